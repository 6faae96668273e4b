//! What the machine is told and what it says.

use super::Backoff;
use crate::model::{Diagnosis, PortNumber, Reason, SessionNumber};
use std::time::Duration;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    Start,
    /// The person does not. Wins over anything in flight.
    Stop,
    /// The attempt under way made a session.
    Connected,
    /// The session's link answered.
    Established,
    Dropped(Reason),
    /// The session ended because the other end, which is there and answers, knows it no more.
    Lapsed(Reason),
    /// The other end goes down on purpose and is expected back at once: the session only serves what
    /// it has open, until it ends.
    GoingDown,
    /// The session's link is down; it waits for another one.
    Parked {
        /// How long it may still be resumed.
        left: Duration,
        /// How many connections are held.
        open: u64,
    },
    /// How many connections the parked session holds by now.
    Holds(u64),
    /// The parked session goes on over a new link.
    Resumed,
    /// The attempt under way failed; the other end may have said how long to wait.
    ConnectFailed(Reason, Option<Duration>),
    /// A probe of one port ended.
    Probe(Probe),
    /// The tokens should be replaced while they still work.
    RemintDue,
    ForceReconnect,
    /// The person takes the tunnel from whoever has it, which is what keeps it from being up.
    TakeOver,
    /// The computer woke, or its network changed.
    Woke,
    SignedIn,
    /// The waits between attempts are others from now on.
    Paced(Backoff),
    /// [`Machine::deadline`](super::Machine::deadline) has come.
    Timer,
}

/// What a probe of one port found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The local port whose URL was asked.
    pub port: PortNumber,
    /// The session it began under.
    pub session: SessionNumber,
    pub diagnosis: Diagnosis,
    /// So many that find the URL dead in a row, and the session is replaced.
    pub dead_after: u32,
}

/// What the driver is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Connect,
    /// Begin an attempt with fresh tokens, and keep the session until it succeeds.
    ConnectBeside,
    /// Let the session drain: it ends by itself, and no news of it matters.
    Drain,
    /// Forget the attempt under way.
    Abandon,
    /// Say goodbye and close the session: after [`Input::Connected`], the new one.
    Close,
    /// The new session takes the place of the one there was, which says goodbye and is closed.
    CloseReplaced,
    /// Cut the session: nobody listens at its other end.
    Cut(Cut),
    /// The cached tokens are not to be used again.
    ForgetTokens,
    /// Ask the session's link for a sign of life, or a parked session to dial at once.
    CheckLink,
}

/// Why a session is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Its URL is dead though it seems up.
    Zombie,
    Forced,
}
