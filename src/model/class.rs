//! Why something did not work: the class decides what the engine does, the reason what is said.

use super::{PortNumber, UnixMillis};
use serde::{Deserialize, Serialize};

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
    },
    /// Another host took the tunnel over.
    TakenOver,
    /// The public TCP port that was asked for is not to be had.
    PublicPortTaken { port: PortNumber },
    /// The public TCP port that was asked for is none that the relay gives.
    PublicPortOutside {
        port: PortNumber,
        first: u16,
        last: u16,
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
    /// The provider's own program is not on this computer.
    NotInstalled { program: String },
    /// This build of the program lacks the provider.
    NoProvider { provider: String },
    /// The provider's own program did not do what it was started for.
    ProgramFailed { program: String, detail: String },
    /// Anything else; the detail is what was said of it.
    Other { detail: String },
}

impl Reason {
    pub fn side(&self) -> Side {
        match self {
            Self::Offline
            | Self::TokenRefused
            | Self::Forced
            | Self::Woke
            | Self::EmbeddedRelay { .. }
            | Self::HostedHere { .. }
            | Self::SignedOut
            | Self::TokenMissing { .. }
            | Self::TokenInvalid { .. }
            | Self::OptionsInvalid { .. }
            | Self::NotInstalled { .. }
            | Self::NoProvider { .. }
            | Self::ProgramFailed { .. }
            | Self::Other { .. } => Side::Ours,
            Self::UnknownHost { .. }
            | Self::ProxyFailed { .. }
            | Self::LinkLost
            | Self::LinkSilent
            | Self::TimedOut => Side::Network,
            Self::RelayUnreachable { .. }
            | Self::NotARelay { .. }
            | Self::CertificateMismatch { .. }
            | Self::VersionMismatch { .. }
            | Self::NameTaken { .. }
            | Self::NameReserved { .. }
            | Self::TooManyNames { .. }
            | Self::TooManyPublicPorts { .. }
            | Self::HostedElsewhere
            | Self::TakenOver
            | Self::PublicPortTaken { .. }
            | Self::PublicPortOutside { .. }
            | Self::NoPublicPorts
            | Self::TooManyTunnels { .. }
            | Self::TooManySessions
            | Self::QuotaUsedUp { .. }
            | Self::RelayShutDown
            | Self::TunnelGone
            | Self::Refused { .. }
            | Self::ServiceTrouble { .. }
            | Self::ProtocolFault { .. }
            | Self::Zombie => Side::Theirs,
        }
    }

    /// What it asks of the engine.
    pub fn class(&self) -> Class {
        match self {
            Self::TokenRefused
            | Self::SignedOut
            | Self::TokenMissing { .. }
            | Self::TokenInvalid { .. } => Class::SignIn,
            Self::CertificateMismatch { .. }
            | Self::NotARelay { .. }
            | Self::VersionMismatch { .. }
            | Self::NameTaken { .. }
            | Self::NameReserved { .. }
            | Self::TooManyNames { .. }
            | Self::TooManyPublicPorts { .. }
            | Self::PublicPortTaken { .. }
            | Self::PublicPortOutside { .. }
            | Self::NoPublicPorts
            | Self::TunnelGone
            | Self::Refused { .. }
            | Self::OptionsInvalid { .. }
            | Self::ProtocolFault { .. }
            | Self::NotInstalled { .. }
            | Self::NoProvider { .. }
            | Self::TooManyTunnels { .. } => Class::Fatal,
            Self::HostedElsewhere | Self::HostedHere { .. } | Self::TakenOver => Class::Displaced,
            Self::TooManySessions | Self::QuotaUsedUp { .. } => Class::Quota,
            Self::Offline
            | Self::UnknownHost { .. }
            | Self::ProxyFailed { .. }
            | Self::RelayUnreachable { .. }
            | Self::LinkLost
            | Self::LinkSilent
            | Self::RelayShutDown
            | Self::TimedOut
            | Self::Zombie
            | Self::Forced
            | Self::Woke
            | Self::EmbeddedRelay { .. }
            | Self::ServiceTrouble { .. }
            | Self::ProgramFailed { .. }
            | Self::Other { .. } => Class::Transient,
        }
    }

    /// Whether the account at a provider lets nobody in until the person has done something about it.
    #[must_use]
    pub const fn is_about_the_account(&self) -> bool {
        matches!(
            self,
            Self::SignedOut | Self::TokenMissing { .. } | Self::TokenInvalid { .. }
        )
    }

    /// What was said of it by whoever was asked, where there is more to say than the reason itself.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::ProxyFailed { detail, .. }
            | Self::EmbeddedRelay { detail }
            | Self::TokenInvalid { detail, .. }
            | Self::OptionsInvalid { detail, .. }
            | Self::Refused { detail }
            | Self::ProtocolFault { detail }
            | Self::ProgramFailed { detail, .. }
            | Self::Other { detail } => Some(detail),
            _ => None,
        }
    }

    /// The word for it in the audit log and the JSON lines: stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::UnknownHost { .. } => "unknown-host",
            Self::RelayUnreachable { .. } => "relay-unreachable",
            Self::ProxyFailed { .. } => "proxy-failed",
            Self::NotARelay { .. } => "not-a-relay",
            Self::CertificateMismatch { .. } => "certificate-mismatch",
            Self::VersionMismatch { .. } => "version-mismatch",
            Self::TokenRefused => "token-refused",
            Self::NameTaken { .. } => "name-taken",
            Self::NameReserved { .. } => "name-reserved",
            Self::TooManyNames { .. } => "too-many-names",
            Self::TooManyPublicPorts { .. } => "too-many-public-ports",
            Self::HostedElsewhere => "hosted-elsewhere",
            Self::HostedHere { .. } => "hosted-here",
            Self::TakenOver => "taken-over",
            Self::PublicPortTaken { .. } => "public-port-taken",
            Self::PublicPortOutside { .. } => "public-port-outside",
            Self::NoPublicPorts => "no-public-ports",
            Self::TooManyTunnels { .. } => "too-many-tunnels",
            Self::TooManySessions => "too-many-sessions",
            Self::QuotaUsedUp { .. } => "quota",
            Self::LinkLost => "link-lost",
            Self::LinkSilent => "link-silent",
            Self::RelayShutDown => "relay-shut-down",
            Self::TimedOut => "timed-out",
            Self::Zombie => "zombie",
            Self::Forced => "forced",
            Self::Woke => "woke",
            Self::EmbeddedRelay { .. } => "embedded-relay",
            Self::SignedOut => "signed-out",
            Self::TokenMissing { .. } => "token-missing",
            Self::TokenInvalid { .. } => "token-invalid",
            Self::OptionsInvalid { .. } => "options-invalid",
            Self::TunnelGone => "tunnel-gone",
            Self::Refused { .. } => "refused",
            Self::ServiceTrouble { .. } => "service-trouble",
            Self::ProtocolFault { .. } => "protocol-fault",
            Self::NotInstalled { .. } => "not-installed",
            Self::NoProvider { .. } => "no-provider",
            Self::ProgramFailed { .. } => "program-failed",
            Self::Other { .. } => "other",
        }
    }
}
