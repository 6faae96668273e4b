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
    pub(super) payload: Arc<dyn Payload>,
    /// A link that the driver has not taken over yet.
    pub(super) arriving: Option<(u64, Box<dyn Transport>)>,
    /// Stays while the driver runs: whoever has work for it then makes it run once more.
    driver: Option<Waker>,
    /// The driver has something to do.
    driver_wanted: bool,
    published: Status,
}

impl State {
    /// Remembers the driver, which looks at everything from here on.
    pub(super) fn wait_to_drive(&mut self, cx: &Context<'_>) {
        match &mut self.driver {
            Some(waker) => waker.clone_from(cx.waker()),
            None => self.driver = Some(cx.waker().clone()),
        }
    }

    /// The driver must look.
    pub(super) fn wake_driver(&mut self) {
        self.driver_wanted = true;
    }

    /// What is carried hears whether the session is at its end.
    pub(super) fn tell_payload(&self) {
        self.machine.tell(&*self.payload);
    }
}

impl Shared {
    pub(super) fn new(config: Config, payload: Arc<dyn Payload>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                machine: SessionMachine::new(&config),
                payload,
                arriving: None,
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

    /// Looks and changes under the lock, then wakes the driver if it has a reason to go on.
    pub(super) fn with<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        // Nothing under the lock panics half way.
        let mut state = self.state.lock();
        let result = change(&mut state);
        let is_wanted = std::mem::take(&mut state.driver_wanted);
        let driver = state.driver.clone().filter(|_| is_wanted);
        self.publish(&mut state);
        drop(state);
        if let Some(driver) = driver {
            driver.wake();
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
