//! The one lock of a session, and who is woken when something under it changes.
//!
//! Whoever waits leaves its waker under the very lock that it looked under, so no wake-up can fall
//! between the look and the wait. Nothing under the lock waits or dials; only the link takes what it can out of the ring
//! under it.

use super::handle::Status;
use super::machine::SessionMachine;
#[cfg(test)]
use super::tests::lock::Mutex;
use super::{Config, Payload};
use crate::link::Transport;
#[cfg(not(test))]
use parking_lot::Mutex;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

pub(super) struct Shared {
    state: Mutex<State>,
    status: watch::Sender<Status>,
    origin: Instant,
}

/// What the lock guards.
pub(super) struct State {
    pub(super) machine: SessionMachine,
    /// What is carried, if it is not one stream.
    pub(super) payload: Option<Arc<dyn Payload>>,
    /// A link that the driver has not taken over yet.
    pub(super) arriving: Option<(u64, Box<dyn Transport>)>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// Stays while the driver runs: whoever has work for it then makes it run once more.
    driver: Option<Waker>,
    /// The driver has something to do.
    driver_wanted: bool,
    published: Status,
}

impl State {
    /// Remembers who waits to read.
    pub(super) fn wait_to_read(&mut self, cx: &Context<'_>) {
        remember(&mut self.reader, cx);
    }

    /// Remembers who waits to write or to finish.
    pub(super) fn wait_to_write(&mut self, cx: &Context<'_>) {
        remember(&mut self.writer, cx);
    }

    /// Remembers the driver, which looks at everything from here on.
    pub(super) fn wait_to_drive(&mut self, cx: &Context<'_>) {
        remember(&mut self.driver, cx);
    }

    /// The driver must look.
    pub(super) fn wake_driver(&mut self) {
        self.driver_wanted = true;
    }

    /// The driver must look if the link has something to carry.
    pub(super) fn wake_driver_if_due(&mut self) {
        self.driver_wanted |= self.machine.is_transmit_due();
    }

    /// What is carried hears whether the session is at its end.
    pub(super) fn tell_payload(&self) {
        if let Some(payload) = &self.payload {
            self.machine.tell(&**payload);
        }
    }

    fn take_ready(&mut self) -> [Option<Waker>; 3] {
        let machine = &self.machine;
        let is_over = machine.end().is_some();
        let writable = is_over || machine.is_delivered() || machine.is_writable();
        let readable = machine.is_readable();
        let driver_wanted = std::mem::take(&mut self.driver_wanted);
        [
            self.reader.take_if(|_| readable),
            self.writer.take_if(|_| writable),
            driver_wanted.then(|| self.driver.clone()).flatten(),
        ]
    }
}

fn remember(place: &mut Option<Waker>, cx: &Context<'_>) {
    match place {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *place = Some(cx.waker().clone()),
    }
}

impl Shared {
    pub(super) fn new(config: Config) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                machine: SessionMachine::new(&config),
                payload: None,
                arriving: None,
                reader: None,
                writer: None,
                driver: None,
                driver_wanted: false,
                published: Status::Parked,
            }),
            status: watch::Sender::new(Status::Parked),
            origin: Instant::now(),
        })
    }

    pub(super) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    pub(super) fn instant(&self, at: Duration) -> Instant {
        self.origin + at
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Looks and changes under the lock, then wakes whoever has a reason to go on.
    pub(super) fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        // Nothing under the lock panics half way.
        let mut state = self.state.lock();
        let result = change(&mut state);
        let ready = state.take_ready();
        self.publish(&mut state);
        drop(state);
        for waker in ready.into_iter().flatten() {
            waker.wake();
        }
        result
    }

    /// Under the lock, or a later state could be overtaken by an earlier one.
    fn publish(&self, state: &mut State) {
        let status = Status::of(&state.machine);
        if state.published != status {
            state.published = status;
            self.status.send_replace(status);
        }
    }
}
