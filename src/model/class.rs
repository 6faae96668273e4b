//! Why something did not work: the class decides what the engine does, the reason what is said.

use super::{Holder, PortNumber, UnixMillis};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Whoever asks us to wait is not asked again before that, whatever they say.
const LEAST_QUOTA: Duration = Duration::from_millis(6_400);

/// A wait by the wall clock is not longer than that: the clock may be wrong.
const LONGEST_QUOTA: Duration = Duration::from_hours(1);

/// What a failure asks of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The person must sign in; trying again by itself would not help.
    SignIn,
    /// Nothing helps but a change by the person.
    Fatal,
    /// The provider's limit is used up; it passes by itself.
    Quota,
    /// Another host has the tunnel now; taking it back by itself would start a fight.
    Displaced,
    /// It may work the next time.
    Transient,
}

/// Whose side a failure is on: the first thing a person wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// This computer, or the service on it.
    Ours,
    /// The network between.
    Network,
    /// The relay or provider.
    Theirs,
}

/// Why a session could not be made, or ended. Closed, so that each one has its sentence; what the
/// operating system or a library said of it goes to the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Reason {
    /// This computer has no route to anywhere.
    Offline,
    /// The relay's name does not resolve.
    UnknownHost { host: String },
    /// Nothing accepts connections at the relay's address.
    RelayUnreachable {
        /// `HOST:PORT`.
        address: String,
    },
    /// The proxy that the environment names does not let the link through.
    ProxyFailed {
        /// The proxy's `HOST:PORT`.
        address: String,
        /// What it said, or what was said of it.
        detail: String,
    },
    /// Something answered at the relay's address that is no relay of ours.
    NotARelay {
        /// `HOST:PORT`.
        address: String,
    },
    /// The certificate is not the one the join link pins.
    CertificateMismatch {
        /// `HOST:PORT`.
        address: String,
    },
    /// The relay speaks a version of the link that we do not.
    VersionMismatch { theirs: u16, ours: u16 },
    /// The relay does not know the token.
    TokenRefused,
    /// Another account holds the name.
    NameTaken { name: String },
    /// The relay gives the name to nobody.
    NameReserved { name: String },
    /// The relay keeps no more names for this account.
    TooManyNames { limit: u32 },
    /// The relay gives this account no more public TCP ports.
    TooManyPublicPorts { limit: u32 },
    /// Another machine of the same account hosts the tunnel.
    HostedElsewhere,
    /// Another process on this computer hosts the tunnel.
    HostedHere {
        /// Its id, if it is known.
        process: Option<u32>,
        /// What it is, if it is known.
        #[serde(default)]
        by: Option<Holder>,
    },
    /// Another host took the tunnel over.
    TakenOver,
    /// The public TCP port that was asked for is not to be had.
    PublicPortTaken { port: PortNumber },
    /// The public TCP port that was asked for is none that the relay gives.
    PublicPortOutside {
        port: PortNumber,
        /// The first that it gives.
        first: u16,
        last: u16,
    },
    /// The place that was asked for is still held, as far as one can tell by an earlier connection of
    /// the tunnel's own, of which the server has not noticed that it is gone.
    StillHeld {
        /// A public `HOST:PORT`, or a name.
        place: String,
    },
    /// The relay's range of public TCP ports is used up, or it has none.
    NoPublicPorts,
    /// The relay takes no more tunnels of this account.
    TooManyTunnels { limit: u32 },
    /// The account has as many hosts online as it may have.
    TooManySessions,
    /// The relay or provider asks to wait.
    QuotaUsedUp {
        /// Until when, if it said.
        until: Option<UnixMillis>,
    },
    /// The link was closed or reset.
    LinkLost,
    /// Nothing came over the link for too long.
    LinkSilent,
    /// The relay is going down on purpose.
    RelayShutDown,
    /// Making the session took too long.
    TimedOut,
    /// Three probes found the public URL dead while the session believed itself up.
    Zombie,
    /// The person asked for a new connection.
    Forced,
    /// The computer slept, or its network changed.
    Woke,
    /// The embedded relay could not start here.
    EmbeddedRelay { detail: String },
    /// Nobody is signed in at the provider, or no longer.
    SignedOut,
    /// No token of the account is kept here.
    TokenMissing { provider: String },
    /// The provider does not take the token that is kept of the account.
    TokenInvalid {
        provider: String,
        /// What it said of it.
        detail: String,
    },
    /// What was chosen for the tunnel cannot be had, or does not go together.
    OptionsInvalid {
        provider: String,
        /// Which, and why.
        detail: String,
    },
    /// The provider does not have the tunnel: it was deleted, or it expired.
    TunnelGone,
    /// The provider would not have what was asked of it.
    Refused { detail: String },
    /// The provider's service is in trouble, and says so.
    ServiceTrouble {
        /// The HTTP status, or 0 where it said it another way.
        status: u16,
    },
    /// The two ends do not understand each other.
    ProtocolFault { detail: String },
    /// Nobody here knows the key that a server shows.
    HostKeyUnknown {
        /// `HOST:PORT`.
        address: String,
        /// Its fingerprint, as the program of the protocol writes it.
        fingerprint: String,
    },
    /// The server shows another key than the one that is known.
    HostKeyChanged {
        /// `HOST:PORT`.
        address: String,
        /// Its fingerprint, as the program of the protocol writes it.
        fingerprint: String,
    },
    /// The server shows a key that was revoked.
    HostKeyRevoked {
        /// `HOST:PORT`.
        address: String,
        /// Its fingerprint, as the program of the protocol writes it.
        fingerprint: String,
    },
    /// The server lets nobody in with what was shown.
    KeysRefused {
        /// `HOST:PORT`.
        address: String,
        /// What was shown, and what it would take.
        detail: String,
    },
    /// The provider's own program is not on this computer.
    NotInstalled { program: String },
    /// This build of the program lacks the provider.
    NoProvider { provider: String },
    /// The provider's own program did not do what it was started for.
    ProgramFailed { program: String, detail: String },
    /// The provider's own program ended while it was to serve.
    ProgramExited {
        program: String,
        /// What it said last.
        detail: String,
    },
    /// What the provider needs is not there yet, on this computer or in an account: the detail says
    /// what, and what helps.
    NotReady { provider: String, detail: String },
    /// Anything else; the detail is what was said of it.
    Other { detail: String },
}

impl Reason {
    /// A row a reason: its word, whose side it is on, and what it asks of the engine.
    const fn row(&self) -> (&'static str, Side, Class) {
        use Class::{Displaced, Fatal, Quota, SignIn, Transient};
        use Side::{Network, Ours, Theirs};
        match self {
            Self::Offline => ("offline", Ours, Transient),
            Self::UnknownHost { .. } => ("unknown-host", Network, Transient),
            Self::RelayUnreachable { .. } => ("relay-unreachable", Theirs, Transient),
            Self::ProxyFailed { .. } => ("proxy-failed", Network, Transient),
            Self::NotARelay { .. } => ("not-a-relay", Theirs, Fatal),
            Self::CertificateMismatch { .. } => ("certificate-mismatch", Theirs, Fatal),
            Self::VersionMismatch { .. } => ("version-mismatch", Theirs, Fatal),
            Self::TokenRefused => ("token-refused", Ours, SignIn),
            Self::NameTaken { .. } => ("name-taken", Theirs, Fatal),
            Self::NameReserved { .. } => ("name-reserved", Theirs, Fatal),
            Self::TooManyNames { .. } => ("too-many-names", Theirs, Fatal),
            Self::TooManyPublicPorts { .. } => ("too-many-public-ports", Theirs, Fatal),
            Self::HostedElsewhere => ("hosted-elsewhere", Theirs, Displaced),
            Self::HostedHere { .. } => ("hosted-here", Ours, Displaced),
            Self::TakenOver => ("taken-over", Theirs, Displaced),
            Self::PublicPortTaken { .. } => ("public-port-taken", Theirs, Fatal),
            Self::PublicPortOutside { .. } => ("public-port-outside", Theirs, Fatal),
            Self::StillHeld { .. } => ("still-held", Theirs, Transient),
            Self::NoPublicPorts => ("no-public-ports", Theirs, Fatal),
            Self::TooManyTunnels { .. } => ("too-many-tunnels", Theirs, Fatal),
            Self::TooManySessions => ("too-many-sessions", Theirs, Quota),
            Self::QuotaUsedUp { .. } => ("quota", Theirs, Quota),
            Self::LinkLost => ("link-lost", Network, Transient),
            Self::LinkSilent => ("link-silent", Network, Transient),
            Self::RelayShutDown => ("relay-shut-down", Theirs, Transient),
            Self::TimedOut => ("timed-out", Network, Transient),
            Self::Zombie => ("zombie", Theirs, Transient),
            Self::Forced => ("forced", Ours, Transient),
            Self::Woke => ("woke", Ours, Transient),
            Self::EmbeddedRelay { .. } => ("embedded-relay", Ours, Transient),
            Self::SignedOut => ("signed-out", Ours, SignIn),
            Self::TokenMissing { .. } => ("token-missing", Ours, SignIn),
            Self::TokenInvalid { .. } => ("token-invalid", Ours, SignIn),
            Self::OptionsInvalid { .. } => ("options-invalid", Ours, Fatal),
            Self::TunnelGone => ("tunnel-gone", Theirs, Fatal),
            Self::Refused { .. } => ("refused", Theirs, Fatal),
            Self::ServiceTrouble { .. } => ("service-trouble", Theirs, Transient),
            Self::ProtocolFault { .. } => ("protocol-fault", Theirs, Fatal),
            Self::HostKeyUnknown { .. } => ("host-key-unknown", Ours, Fatal),
            Self::HostKeyChanged { .. } => ("host-key-changed", Theirs, Fatal),
            Self::HostKeyRevoked { .. } => ("host-key-revoked", Theirs, Fatal),
            Self::KeysRefused { .. } => ("keys-refused", Ours, SignIn),
            Self::NotInstalled { .. } => ("not-installed", Ours, Fatal),
            Self::NoProvider { .. } => ("no-provider", Ours, Fatal),
            Self::ProgramFailed { .. } => ("program-failed", Ours, Transient),
            Self::ProgramExited { .. } => ("process-exited", Ours, Transient),
            // Whoever mends it mends it elsewhere: hosting is to go on by itself then.
            Self::NotReady { .. } => ("not-ready", Ours, Transient),
            Self::Other { .. } => ("other", Ours, Transient),
        }
    }

    /// The word for it in the audit log and the JSON lines: stable, for programs.
    pub const fn code(&self) -> &'static str {
        self.row().0
    }

    pub const fn side(&self) -> Side {
        self.row().1
    }

    /// What it asks of the engine.
    pub const fn class(&self) -> Class {
        self.row().2
    }

    /// How long whoever gave it asks to wait from `now` on, if they say so: within bounds.
    pub fn quota_left(&self, now: UnixMillis) -> Option<Duration> {
        let Self::QuotaUsedUp { until: Some(until) } = self else {
            return None;
        };
        Some(until.since(now).clamp(LEAST_QUOTA, LONGEST_QUOTA))
    }

    /// Whether it says the same as `other`, but for a moment: a limit that is met again names another one.
    pub fn is_again(&self, other: &Self) -> bool {
        let is_quota = |reason: &Self| matches!(reason, Self::QuotaUsedUp { .. });
        self == other || is_quota(self) && is_quota(other)
    }

    /// Whether the account at a provider lets nobody in until the person has done something about it.
    pub const fn is_about_the_account(&self) -> bool {
        matches!(
            self,
            Self::SignedOut | Self::TokenMissing { .. } | Self::TokenInvalid { .. }
        )
    }

    /// What was said of it by whoever was asked, where there is more to say than the reason itself.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::ProxyFailed { detail, .. }
            | Self::EmbeddedRelay { detail }
            | Self::TokenInvalid { detail, .. }
            | Self::KeysRefused { detail, .. }
            | Self::OptionsInvalid { detail, .. }
            | Self::Refused { detail }
            | Self::ProtocolFault { detail }
            | Self::ProgramFailed { detail, .. }
            | Self::ProgramExited { detail, .. }
            | Self::NotReady { detail, .. }
            | Self::Other { detail } => Some(detail),
            Self::HostKeyUnknown { fingerprint, .. }
            | Self::HostKeyChanged { fingerprint, .. }
            | Self::HostKeyRevoked { fingerprint, .. } => Some(fingerprint),
            _ => None,
        }
    }
}
