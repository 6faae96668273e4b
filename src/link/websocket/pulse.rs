//! Asks the other end of a WebSocket for a sign of life, from beside whoever reads and writes it.
//!
//! It knows no time: who waits for the answer says for how long.

use futures_util::task::AtomicWaker;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Waker;
use tokio::sync::Notify;

/// The handle; cheap to clone. The WebSocket must be read all the while, or nothing is sent.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// A ping is to go.
    wanted: AtomicBool,
    /// Whoever reads the WebSocket.
    reader: AtomicWaker,
    pong: Notify,
    /// Messages of any kind that have come.
    heard: AtomicU64,
}

impl Pulse {
    /// Sends a ping and waits for an answer.
    pub async fn ping(&self) {
        let mut answered = pin!(self.0.pong.notified());
        answered.as_mut().enable();
        self.0.wanted.store(true, Ordering::Release);
        self.0.reader.wake();
        answered.await;
    }

    /// How many messages have come so far: an end that still talks is not dead, however late its
    /// answers.
    pub fn heard(&self) -> u64 {
        self.0.heard.load(Ordering::Relaxed)
    }

    pub(super) fn register(&self, reader: &Waker) {
        self.0.reader.register(reader);
    }

    /// Whether a ping is to go; says so once.
    pub(super) fn take_wanted(&self) -> bool {
        self.0.wanted.swap(false, Ordering::AcqRel)
    }

    pub(super) fn hear(&self) {
        self.0.heard.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answer(&self) {
        self.0.pong.notify_waiters();
    }
}
