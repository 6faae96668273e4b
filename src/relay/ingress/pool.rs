//! Idle connections to services, kept for the next request.
//!
//! Bounded in number and in time. It knows neither who used a connection nor for what.

use super::buffer::Inbound;
use super::service::Service;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How many connections to one port are kept: as many as a browser storm leaves behind.
const MAX_IDLE_PER_KEY: usize = 128;
/// How many are kept in all.
const MAX_IDLE: usize = 1024;
/// How long one is kept at most. Many services close idle connections after 5 s (Node does by
/// default), and a request that meets such a close has to be made again.
pub(super) const MAX_IDLE_TIME: Duration = Duration::from_secs(4);
/// Between two looks for connections that are too old, or closed by their service.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// The idle connections of one ingress.
#[derive(Default)]
pub(super) struct Pool {
    idle: Mutex<Idle>,
    /// Wakes the sweep when there is something to look after.
    filled: Notify,
}

#[derive(Default)]
struct Idle {
    by_key: HashMap<u64, Vec<Entry>>,
    count: usize,
}

struct Entry {
    until: Instant,
    service: Box<Service>,
}

impl Entry {
    fn is_good(&mut self) -> bool {
        Instant::now() < self.until && self.service.is_silent()
    }
}

impl Pool {
    /// The connection that was used last, if it is good as far as this side knows. Whether it is as
    /// far as the host knows shows when it is used.
    pub(super) fn take(&self, key: u64) -> Option<Box<Service>> {
        loop {
            let mut idle = self.idle.lock().pop(key)?;
            if idle.is_good() {
                idle.service.reused = true;
                return Some(idle.service);
            }
        }
    }

    /// Keeps `service` for the next request and for `time` at most, or drops it when there are
    /// enough.
    pub(super) fn put(&self, key: u64, mut service: Box<Service>, time: Duration) {
        if !service.is_silent() {
            return;
        }
        service.inbound = Inbound::default();
        let until = Instant::now() + time.min(MAX_IDLE_TIME);
        let mut idle = self.idle.lock();
        let was_empty = idle.count == 0;
        if idle.push(key, Entry { until, service }) && was_empty {
            self.filled.notify_one();
        }
    }

    /// Drops what is too old or closed, for as long as it is polled. Sleeps while there is nothing.
    pub(super) async fn sweep(&self) {
        loop {
            self.filled.notified().await;
            loop {
                tokio::time::sleep(SWEEP_INTERVAL).await;
                let mut idle = self.idle.lock();
                idle.retain_good();
                if idle.count == 0 {
                    break;
                }
            }
        }
    }
}

impl Idle {
    fn pop(&mut self, key: u64) -> Option<Entry> {
        let popped = self.by_key.get_mut(&key)?.pop()?;
        self.count -= 1;
        Some(popped)
    }

    fn push(&mut self, key: u64, entry: Entry) -> bool {
        if self.count >= MAX_IDLE {
            return false;
        }
        let entries = self.by_key.entry(key).or_default();
        let room = entries.len() < MAX_IDLE_PER_KEY;
        if room {
            entries.push(entry);
            self.count += 1;
        }
        room
    }

    fn retain_good(&mut self) {
        self.by_key.retain(|_, entries| {
            entries.retain_mut(Entry::is_good);
            !entries.is_empty()
        });
        self.count = self.by_key.values().map(Vec::len).sum();
    }
}
