//! What a session carries: bytes that are chosen when they can go.
//!
//! A payload is asked for its next bytes at the moment at which the link takes them, and takes what comes
//! at once: nothing of it waits in the session, but for what the other end has not acknowledged.

use super::SessionEnd;
use super::shared::Shared;
use std::sync::Arc;
use std::task::Waker;

/// How far a session has come with a [`Payload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Milestone {
    /// The other end's last byte is here.
    Ended,
    /// The other end has this one's last byte.
    Delivered,
    /// The session is over.
    Over(SessionEnd),
}

/// See the module. It is called while the session is locked, and may not call back.
pub trait Payload: Send + Sync {
    /// The next bytes that came.
    ///
    /// # Errors
    /// What is wrong with them; the session then ends.
    fn receive(&self, bytes: &[u8]) -> Result<(), &'static str>;

    /// Hands its next bytes to `put`, `room` of them at most: whether they were its last.
    fn transmit(&self, room: usize, put: &mut dyn FnMut(&[u8])) -> bool;

    /// Whom to wake when it has something to send; how many bytes it has now.
    fn drive(&self, waker: &Waker) -> usize;

    /// The memory it holds.
    fn held(&self) -> usize;

    /// It has come so far: it is told each once or more often.
    fn reach(&self, milestone: Milestone);
}

/// The right to a [`session`](super::session), which has the contract: dropping it calls the session off,
/// but for a payload whose last byte has gone out.
pub struct SessionGuard(pub(super) Arc<Shared>);

impl std::fmt::Debug for SessionGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionGuard").finish_non_exhaustive()
    }
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        self.0.with(|state| {
            state.machine.abandon();
            state.wake_driver();
        });
    }
}
