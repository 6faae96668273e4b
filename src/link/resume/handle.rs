//! The outside's grip on a session: attaches links, watches its state, calls it off.

use super::auth::{Secret, SessionId};
use super::end::{ResumeRefusal, SessionEnd};
use super::machine::{SessionMachine, Ticket};
use super::shared::Shared;
use crate::link::Transport;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has no link, and waits for one.
    Parked,
    /// It has a link.
    Attached {
        /// Counts its links, from 1.
        generation: u64,
        /// The peer was asked for a sign of life and has not answered yet.
        checking: bool,
    },
    /// It is over.
    Ended(SessionEnd),
}

impl Status {
    pub(super) fn of(machine: &SessionMachine) -> Self {
        match machine.end() {
            Some(end) => Self::Ended(end),
            None if machine.is_attached() => Self::Attached {
                generation: machine.generation(),
                checking: machine.is_checking(),
            },
            None => Self::Parked,
        }
    }

    /// Whether a new link would do it good.
    pub const fn wants_link(self) -> bool {
        matches!(self, Self::Parked | Self::Attached { checking: true, .. })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// Another attempt was begun since, or the session is over.
    #[error("the attempt is out of date")]
    OutOfDate,
}

/// Attaches connections to a [`session`](super::session), which has the contract, watches and ends it.
///
/// Clones are handles to the same session. It keeps the session's memory, but not the session: that
/// ends with its driver.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
    id: SessionId,
    secret: Secret,
    /// Whoever dials is to do it now.
    redial_now: Arc<Notify>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Handle {
    pub(super) fn new(shared: Arc<Shared>, id: SessionId, secret: Secret) -> Self {
        Self {
            shared,
            id,
            secret,
            redial_now: Arc::default(),
        }
    }

    /// The session's id: a key to look it up by, and no more.
    pub const fn id(&self) -> SessionId {
        self.id
    }

    pub(super) const fn secret(&self) -> &Secret {
        &self.secret
    }

    pub fn status(&self) -> watch::Receiver<Status> {
        self.shared.subscribe()
    }

    /// Begins over its first link.
    ///
    /// # Errors
    /// When it has begun already.
    pub fn begin(&self, transport: impl Transport) -> Result<(), AttachError> {
        let first = self.shared.with(|state| match state.machine.generation() {
            0 => state.machine.fence().ok(),
            _ => None,
        });
        self.attach(first.ok_or(AttachError::OutOfDate)?, 0, transport)
    }

    /// Cuts the present link off, for a new one that this end dials.
    ///
    /// # Errors
    /// When the session is over.
    pub fn fence(&self) -> Result<Ticket, SessionEnd> {
        self.shared.with(|state| {
            state.wake_driver();
            state.machine.fence()
        })
    }

    /// Cuts the present link off, for a new one that the other end dialled. Its proof must have
    /// been verified before.
    ///
    /// # Errors
    /// When the attempt is older than the last or makes no sense; the link then stays.
    pub fn fence_for(&self, epoch: u64, peer_next: u64) -> Result<Ticket, ResumeRefusal> {
        self.shared.with(|state| {
            state.wake_driver();
            state.machine.fence_for(epoch, peer_next)
        })
    }

    /// Goes on over `transport`: the other end has all before `peer_next`.
    ///
    /// # Errors
    /// When the ticket is out of date.
    pub fn attach(
        &self,
        ticket: Ticket,
        peer_next: u64,
        transport: impl Transport,
    ) -> Result<(), AttachError> {
        let transport: Box<dyn Transport> = Box::new(transport);
        let now = self.shared.now();
        let mut refused = Some(transport);
        self.shared.with(|state| {
            state.wake_driver();
            if state.machine.attach(ticket.generation, peer_next, now)
                && let Some(transport) = refused.take()
            {
                // One that the driver never saw would be dropped under the lock.
                let arriving = Some((ticket.generation, transport));
                let unseen = std::mem::replace(&mut state.arriving, arriving);
                refused = unseen.map(|(_, transport)| transport);
                return Ok(());
            }
            Err(AttachError::OutOfDate)
        })
    }

    /// The link is known to be broken: the session parks.
    pub fn disconnect(&self) {
        self.shared.with(|state| {
            state.machine.detach(state.machine.generation());
            state.wake_driver();
        });
    }

    /// Drops the link, and waits until the next one is up. Whoever asks while there is none waits
    /// for the same.
    ///
    /// # Errors
    /// When the session is over.
    pub async fn reconnect(&self) -> Result<(), SessionEnd> {
        let mut status = self.status();
        let before = self.shared.with(|state| {
            let generation = state.machine.generation();
            let was_attached = state.machine.is_attached();
            state.machine.detach(generation);
            state.wake_driver();
            was_attached.then_some(generation)
        });
        let up = status.wait_for(|status| match status {
            Status::Parked => false,
            Status::Attached { generation, .. } => before.is_none_or(|old| *generation > old),
            Status::Ended(_) => true,
        });
        match up.await.as_deref() {
            Ok(Status::Ended(end)) => Err(*end),
            Ok(Status::Parked | Status::Attached { .. }) => Ok(()),
            Err(_) => Err(SessionEnd::Dropped),
        }
    }

    /// Asks the other end for a sign of life at once, and soon gives the link up without one. When
    /// there is no link, whoever dials does it now.
    pub fn check(&self) {
        let now = self.shared.now();
        let is_attached = self.shared.with(|state| {
            state.machine.check(now);
            state.wake_driver();
            state.machine.is_attached()
        });
        if !is_attached {
            self.redial_now.notify_one();
        }
    }

    /// Waits until a check finds no link.
    pub(super) async fn redial_now(&self) {
        self.redial_now.notified().await;
    }

    /// Closes the session at both ends: reads end, writes fail.
    pub fn close(&self) {
        self.terminate(SessionEnd::Closed);
    }

    /// It can never be resumed: says why to whoever reads and writes. One that had come to its end
    /// needs not be resumed.
    pub fn give_up(&self, reason: ResumeRefusal) {
        self.shared.with(|state| {
            state.machine.give_up(reason);
            state.wake_driver();
        });
    }

    /// The same, but only when it has no link: whether it is over.
    pub fn give_up_if_parked(&self, reason: ResumeRefusal) -> bool {
        self.shared.with(|state| {
            if state.machine.is_attached() {
                return false;
            }
            state.machine.terminate(SessionEnd::CannotResume(reason));
            state.wake_driver();
            true
        })
    }

    fn terminate(&self, end: SessionEnd) {
        self.shared.with(|state| {
            state.machine.terminate(end);
            state.wake_driver();
        });
    }

    /// Gives back the memory that holds nothing: how much is still held.
    pub fn shrink(&self) -> usize {
        self.shared.with(|state| {
            state.machine.shrink();
            state.machine.held() + state.payload.held()
        })
    }

    /// Bytes written that the other end may not have yet.
    pub fn unacked(&self) -> usize {
        self.shared.with(|state| state.machine.unacked())
    }

    /// For how long nothing has come over any link: no byte, no answer to a ping.
    pub fn silence(&self) -> Duration {
        let now = self.shared.now();
        self.shared.with(|state| state.machine.silence(now))
    }

    /// The last measured round-trip time.
    pub fn round_trip(&self) -> Option<Duration> {
        self.shared.with(|state| state.machine.round_trip())
    }
}
