//! What the engine says of the tunnel it hosts.

use super::{Fingerprint, PortNumber, Reason, ServiceFault, SessionNumber, UnixMillis};
use serde::{Deserialize, Serialize};

/// How far a first or later attempt has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Getting the tokens.
    Authorising,
    /// Dialling the relay.
    ConnectingRelay,
    /// Asking it for the ports.
    ForwardingPorts,
}

impl Phase {
    /// The word for it in the JSON lines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorising => "authorising",
            Self::ConnectingRelay => "connecting-relay",
            Self::ForwardingPorts => "forwarding-ports",
        }
    }
}

/// The engine's state, whole: the view needs nothing else to say what goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum HostState {
    /// Not hosted.
    #[default]
    Stopped,
    /// The first attempt since the start.
    Connecting {
        /// Where it is.
        phase: Phase,
    },
    /// A session is up.
    Hosting {
        /// Which one.
        session: SessionNumber,
        /// Since when its link is up: a resumed session begins anew with that.
        since: UnixMillis,
        /// Its link has proven itself (first answered ping, or 10 s).
        established: bool,
    },
    /// The link is down and the session waits for another one: what its visitors sent is kept, and
    /// no new visitor gets through.
    Held {
        /// Which session.
        session: SessionNumber,
        /// Since when its link is down.
        since: UnixMillis,
        /// When it is given up.
        until: UnixMillis,
        /// How many connections are held.
        open: u64,
    },
    /// No session; the next attempt is under way or waited for.
    Reconnecting {
        /// The number of the attempt, from 1.
        attempt: u32,
        /// When it begins; `None` while it is under way.
        next_at: Option<UnixMillis>,
        /// Since when there is no session.
        since: UnixMillis,
        /// Why the last one ended or failed.
        reason: Reason,
    },
    /// The person must sign in; hosting goes on by itself after it.
    SignIn {
        /// Since when.
        since: UnixMillis,
        /// Why.
        reason: Reason,
    },
    /// Another host has the tunnel.
    Displaced {
        /// Since when.
        since: UnixMillis,
        /// Whether it was taken from us or never ours.
        reason: Reason,
    },
    /// The provider's limit is used up; the next attempt comes by itself.
    Quota {
        /// Since when.
        since: UnixMillis,
        /// When the next attempt begins.
        next_at: UnixMillis,
        /// The provider's own words, if it said more.
        reason: Reason,
    },
    /// Nothing helps but a change by the person.
    Failed {
        /// Since when.
        since: UnixMillis,
        /// Why.
        reason: Reason,
    },
}

impl HostState {
    /// The word for it in the JSON lines.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Connecting { .. } => "connecting",
            Self::Hosting { .. } => "hosting",
            Self::Held { .. } => "held",
            Self::Reconnecting { .. } => "reconnecting",
            Self::SignIn { .. } => "sign-in",
            Self::Displaced { .. } => "displaced",
            Self::Quota { .. } => "quota",
            Self::Failed { .. } => "failed",
        }
    }

    /// The session there is, with or without a link.
    #[must_use]
    pub const fn session(&self) -> Option<SessionNumber> {
        match self {
            Self::Hosting { session, .. } | Self::Held { session, .. } => Some(*session),
            Self::Stopped
            | Self::Connecting { .. }
            | Self::Reconnecting { .. }
            | Self::SignIn { .. }
            | Self::Displaced { .. }
            | Self::Quota { .. }
            | Self::Failed { .. } => None,
        }
    }

    /// The session that visitors can reach, if one is up.
    #[must_use]
    pub const fn serving(&self) -> Option<SessionNumber> {
        match self {
            Self::Held { .. } => None,
            _ => self.session(),
        }
    }

    /// Why it is not up, if something is wrong.
    #[must_use]
    pub const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::Stopped | Self::Connecting { .. } | Self::Hosting { .. } | Self::Held { .. } => {
                None
            }
            Self::Reconnecting { reason, .. }
            | Self::SignIn { reason, .. }
            | Self::Displaced { reason, .. }
            | Self::Quota { reason, .. }
            | Self::Failed { reason, .. } => Some(reason),
        }
    }
}

/// A port as the relay serves it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LivePort {
    /// The local port.
    pub number: PortNumber,
    /// Where visitors reach it.
    pub url: String,
    /// Where other machines of this network reach it, when that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lan_url: Option<String>,
    /// The URL is one of the relay's own computer, which is another one: it is shown and never asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub relays_own: bool,
}

/// What went through one port since its engine started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Connections open now.
    pub open: u64,
    /// Connections so far.
    pub total: u64,
    /// Bytes from visitors to the service.
    pub bytes_in: u64,
    /// Bytes from the service to visitors.
    pub bytes_out: u64,
    /// Connections so far that did not reach the service.
    #[serde(default)]
    pub failed: u64,
    /// Why the last one did not, unless a later one did.
    #[serde(default)]
    pub fault: Option<ServiceFault>,
    /// The service's certificate, where it was accepted because it came first.
    #[serde(default)]
    pub certificate: Option<Fingerprint>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_as_they_were_written_before_there_was_held_are_read_still() {
        let held = HostState::Held {
            session: SessionNumber(3),
            since: UnixMillis(5),
            until: UnixMillis(9),
            open: 2,
        };
        for (text, state) in [
            (r#"{"state":"stopped"}"#, HostState::Stopped),
            (
                r#"{"state":"hosting","session":3,"since":5,"established":true}"#,
                HostState::Hosting {
                    session: SessionNumber(3),
                    since: UnixMillis(5),
                    established: true,
                },
            ),
            (
                r#"{"state":"held","session":3,"since":5,"until":9,"open":2}"#,
                held,
            ),
        ] {
            assert_eq!(serde_json::from_str::<HostState>(text).ok(), Some(state));
        }
    }
}
