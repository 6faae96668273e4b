//! The one lock of a session, and who is woken when something under it changes.
//!
//! Whoever waits leaves its waker under the very lock that it looked under, so no wake-up can fall
//! between the look and the wait. Nothing under the lock waits or does I/O.

use super::machine::Machine;
use parking_lot::Mutex;
use std::sync::Arc;
use std::task::{Context, Waker};
use tokio::sync::watch;

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Whether the driver has gone.
    gone: watch::Sender<bool>,
}

/// What the lock guards.
#[derive(Debug)]
struct State {
    machine: Machine,
    driver: Option<Waker>,
    /// The connection takes nothing now: more to transmit is no reason to wake the driver.
    is_stuck: bool,
}

impl Shared {
    pub(super) fn new(cookie: [u8; 16]) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                machine: Machine::new(cookie),
                driver: None,
                is_stuck: false,
            }),
            gone: watch::Sender::new(false),
        })
    }

    /// Looks and changes under the lock, then wakes whoever has a reason to go on: for all but the
    /// driver.
    pub(super) fn with<R>(&self, change: impl FnOnce(&mut Machine) -> R) -> R {
        let mut woken = Vec::new();
        // Nothing under the lock panics half way.
        let mut state = self.state.lock();
        let result = change(&mut state.machine);
        let is_due = state.machine.is_transmit_due() && !state.is_stuck;
        let driver = if is_due || state.machine.is_over() {
            state.driver.take()
        } else {
            None
        };
        state.machine.swap_woken(&mut woken);
        drop(state);
        for waker in woken.into_iter().chain(driver) {
            waker.wake();
        }
        result
    }

    /// The same for the driver, which says whether its connection takes nothing, and leaves its waker.
    /// The empty list `woken` comes back empty: its memory is used again.
    pub(super) fn drive<R>(
        &self,
        cx: &Context<'_>,
        is_stuck: bool,
        woken: &mut Vec<Waker>,
        change: impl FnOnce(&mut Machine) -> R,
    ) -> R {
        let mut state = self.state.lock();
        match &mut state.driver {
            Some(waker) => waker.clone_from(cx.waker()),
            place @ None => *place = Some(cx.waker().clone()),
        }
        state.is_stuck = is_stuck;
        let result = change(&mut state.machine);
        state.machine.swap_woken(woken);
        drop(state);
        for waker in woken.drain(..) {
            waker.wake();
        }
        result
    }

    /// The driver has gone.
    pub(super) fn part(&self) {
        self.gone.send_replace(true);
    }

    /// Waits until the driver has gone.
    pub(super) async fn gone(&self) {
        // The sender lives as long as this.
        let _ = self.gone.subscribe().wait_for(|gone| *gone).await;
    }
}
