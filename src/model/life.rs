//! The life of a tunnel that is hosted: the keep-alive machine's own state. Window, tray, lines and
//! audit log read it as it is, so that nothing between them can say something else.

use super::{Reason, SessionNumber, UnixMillis};

/// How far an attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Getting the tokens.
    Authorising,
    /// Dialling the relay.
    ConnectingRelay,
    /// Asking it for the ports.
    ForwardingPorts,
}

impl Phase {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorising => "authorising",
            Self::ConnectingRelay => "connecting-relay",
            Self::ForwardingPorts => "forwarding-ports",
        }
    }
}

/// How hosting goes, whole: whoever shows it needs nothing else. The machine has it by a monotonic
/// clock, everybody else by the model's: [`Life::map`] is the only step between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Life<At = UnixMillis> {
    #[default]
    Stopped,
    /// An attempt is under way.
    Connecting {
        phase: Phase,
        /// Its number since there was a session, from 1.
        attempt: u32,
        /// Why another one is needed; `None` for the first since the start.
        outage: Option<Outage<At>>,
    },
    /// A session is up.
    Up {
        session: SessionNumber,
        /// Since when its link is up: a resumed session begins anew with that.
        since: At,
        /// Its link has proven itself (first answered ping, or 10 s).
        proven: bool,
    },
    /// The link is down and the session waits for another one: what its visitors sent is kept, and
    /// no new visitor gets through.
    Parked {
        session: SessionNumber,
        /// Since when its link is down.
        since: At,
        /// When it is given up.
        until: At,
        /// How many connections are held.
        open: u64,
    },
    /// No session; the next attempt is waited for.
    Waiting {
        /// Its number since there was a session, from 1.
        attempt: u32,
        /// When it begins.
        next_at: At,
        outage: Outage<At>,
    },
    /// The person must sign in; hosting goes on by itself after it.
    SignIn(Outage<At>),
    /// Another host has the tunnel: it was taken from us, or never ours.
    Displaced(Outage<At>),
    /// The provider's limit is used up; the next attempt comes by itself.
    Quota {
        /// When it begins.
        next_at: At,
        /// The provider's own words, if it said more.
        outage: Outage<At>,
    },
    /// Nothing helps but a change by the person.
    Failed(Outage<At>),
}

/// A stretch without a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage<At = UnixMillis> {
    pub since: At,
    /// Why the last session ended, or the last attempt failed.
    pub reason: Reason,
}

impl<At> Outage<At> {
    fn map<B>(self, to: &mut impl FnMut(At) -> B) -> Outage<B> {
        Outage {
            since: to(self.since),
            reason: self.reason,
        }
    }
}

impl<At> Life<At> {
    /// The first attempt since the start.
    pub const fn starting(phase: Phase) -> Self {
        Self::Connecting {
            phase,
            attempt: 1,
            outage: None,
        }
    }

    /// The word for it in the JSON lines: stable, for programs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Connecting { outage: None, .. } => "connecting",
            Self::Up { .. } => "hosting",
            Self::Parked { .. } => "held",
            Self::Connecting { .. } | Self::Waiting { .. } => "reconnecting",
            Self::SignIn(_) => "sign-in",
            Self::Displaced(_) => "displaced",
            Self::Quota { .. } => "quota",
            Self::Failed(_) => "failed",
        }
    }

    /// What makes it another line of the timeline: a later attempt or a longer life does not.
    pub fn kind(&self) -> (&'static str, Option<SessionNumber>, Option<&'static str>) {
        let reason = self.reason().map(Reason::code);
        (self.as_str(), self.session(), reason)
    }

    /// The session there is, with or without a link.
    pub const fn session(&self) -> Option<SessionNumber> {
        match self {
            Self::Up { session, .. } | Self::Parked { session, .. } => Some(*session),
            _ => None,
        }
    }

    /// The session that visitors can reach, if one is up.
    pub const fn serving(&self) -> Option<SessionNumber> {
        match self {
            Self::Parked { .. } => None,
            _ => self.session(),
        }
    }

    /// What is wrong, if something is.
    pub const fn outage(&self) -> Option<&Outage<At>> {
        match self {
            Self::Stopped | Self::Up { .. } | Self::Parked { .. } => None,
            Self::Connecting { outage, .. } => outage.as_ref(),
            Self::Waiting { outage, .. }
            | Self::SignIn(outage)
            | Self::Displaced(outage)
            | Self::Quota { outage, .. }
            | Self::Failed(outage) => Some(outage),
        }
    }

    /// Why it is not up, if something is wrong.
    pub fn reason(&self) -> Option<&Reason> {
        self.outage().map(|outage| &outage.reason)
    }

    /// The same by another clock.
    pub fn map<B>(self, mut to: impl FnMut(At) -> B) -> Life<B> {
        match self {
            Self::Stopped => Life::Stopped,
            Self::Connecting {
                phase,
                attempt,
                outage,
            } => Life::Connecting {
                phase,
                attempt,
                outage: outage.map(|outage| outage.map(&mut to)),
            },
            Self::Up {
                session,
                since,
                proven,
            } => Life::Up {
                session,
                since: to(since),
                proven,
            },
            Self::Parked {
                session,
                since,
                until,
                open,
            } => Life::Parked {
                session,
                since: to(since),
                until: to(until),
                open,
            },
            Self::Waiting {
                attempt,
                next_at,
                outage,
            } => Life::Waiting {
                attempt,
                next_at: to(next_at),
                outage: outage.map(&mut to),
            },
            Self::SignIn(outage) => Life::SignIn(outage.map(&mut to)),
            Self::Displaced(outage) => Life::Displaced(outage.map(&mut to)),
            Self::Quota { next_at, outage } => Life::Quota {
                next_at: to(next_at),
                outage: outage.map(&mut to),
            },
            Self::Failed(outage) => Life::Failed(outage.map(&mut to)),
        }
    }
}

impl<At: Copy> Life<At> {
    /// The number of the attempt at another session, and when it begins; no time while it is under
    /// way.
    pub const fn retry(&self) -> Option<(u32, Option<At>)> {
        match self {
            Self::Connecting {
                attempt,
                outage: Some(_),
                ..
            } => Some((*attempt, None)),
            Self::Waiting {
                attempt, next_at, ..
            } => Some((*attempt, Some(*next_at))),
            _ => None,
        }
    }
}
