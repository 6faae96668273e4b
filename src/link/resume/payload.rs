//! What a session carries in place of one byte stream: bytes that are chosen when they can go.
//!
//! [`ResumeStream`](super::ResumeStream) takes bytes as they are written, and keeps them in their order.
//! A payload is asked for its next ones at the moment at which the link takes them, and takes what comes
//! at once: nothing of it waits in the session, but for what the other end has not acknowledged.

use super::SessionEnd;
use std::task::Waker;

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

    /// Nothing more comes: the other end has ended or has all that this one had to say, or the session
    /// is over and says why. It is told once or more often; the first counts.
    fn conclude(&self, end: Option<SessionEnd>);
}
