//! Idle connections to services, kept for the next request.
//!
//! Bounded in number and in time. It knows neither who used a connection nor for what.

use super::service::Service;
use crate::relay::Network;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Wake, Waker};
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
/// Between two looks for connections that are too old.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// From one that is closed, or whose place is wanted, to a look for all that are.
const GATHER: Duration = Duration::from_millis(5);

/// The idle connections of one ingress.
pub(super) struct Pool {
    idle: Mutex<Idle>,
    /// Wakes the sweep when there is a connection to watch.
    filled: Notify,
    /// Wakes it when something happened to one of them.
    sweep_waker: Arc<SweepWaker>,
    waker: Waker,
}

#[derive(Default)]
struct SweepWaker(Notify);

impl Wake for SweepWaker {
    fn wake(self: Arc<Self>) {
        self.0.notify_one();
    }
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
    fn is_good(&mut self, waker: &Waker) -> bool {
        Instant::now() < self.until && self.service.is_silent(waker)
    }
}

impl Default for Pool {
    fn default() -> Self {
        let sweep_waker = Arc::<SweepWaker>::default();
        Self {
            idle: Mutex::default(),
            filled: Notify::new(),
            waker: Waker::from(Arc::clone(&sweep_waker)),
            sweep_waker,
        }
    }
}

impl Pool {
    /// The connection that was used last, if it is good as far as this side knows. Whether it is as
    /// far as the host knows shows when it is used: by somebody of `network`, who has its place now.
    pub(super) fn take(&self, key: u64, network: Network) -> Option<Box<Service>> {
        loop {
            let mut idle = self.idle.lock().pop(key)?;
            idle.service.stream.resume(network);
            // Whoever takes it polls it again.
            if idle.is_good(Waker::noop()) {
                idle.service.reused = true;
                return Some(idle.service);
            }
        }
    }

    /// Keeps `service` for the next request and for `time` at most, or drops it when there are
    /// enough. Its place goes to whoever else wants one before any that is of use.
    pub(super) fn put(&self, key: u64, mut service: Box<Service>, time: Duration) {
        if !service.is_silent(&self.waker) {
            return;
        }
        service.stream.rest();
        service.inbound.clear();
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
                tokio::select! {
                    () = tokio::time::sleep(SWEEP_INTERVAL) => {}
                    () = self.sweep_waker.0.notified() => tokio::time::sleep(GATHER).await,
                }
                let mut idle = self.idle.lock();
                idle.retain_good(&self.waker);
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

    fn retain_good(&mut self, waker: &Waker) {
        self.by_key.retain(|_, entries| {
            entries.retain_mut(|entry| entry.is_good(waker));
            !entries.is_empty()
        });
        self.count = self.by_key.values().map(Vec::len).sum();
    }
}
