//! What a probe saw, on both sides of the tunnel.

use super::{PortKey, Reason, SessionNumber, UnixMillis};
use serde::{Deserialize, Serialize};

/// The request header in which a probe shows its key to our relay, which then counts it as nobody's
/// visit and has a place kept for it.
pub const PROBE_HEADER: &str = "x-underpass-probe";

/// So many visitors' connections one tunnel of our relay carries at once.
pub const VISITORS_AT_ONCE: u32 = 1024;

/// One word for a probe's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// The service answered through the public URL.
    Operational,
    /// The relay was reached, the local service was not.
    ServiceDown,
    /// The tunnel is fine and has as many visitors as it may have: more of them have to wait.
    Full,
    /// The public URL does not answer in time, and the session's link carries bytes or answers: what
    /// is on the way is only slow.
    Slow,
    /// The public URL is dead.
    Down,
}

impl Health {
    /// Whether it says that visitors get to the tunnel, whatever the local service does.
    #[must_use]
    pub const fn routes(self) -> bool {
        match self {
            Self::Operational | Self::ServiceDown | Self::Full | Self::Slow => true,
            Self::Down => false,
        }
    }
}

/// What the local port did when it was asked directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LocalAnswer {
    /// It accepts connections.
    Accepts,
    /// Nothing listens there.
    Refused,
    /// It neither accepts nor refuses within the time-out.
    Silent,
}

/// What the relay says of itself in the pages it makes itself: ours in their `x-underpass` header,
/// Dev Tunnels' by status and header. Any other answer came from the person's own service, whatever
/// its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RelayVerdict {
    /// 502: nothing listens on the host's port.
    ServiceDown,
    /// 502: the host's port answers, but not in HTTP.
    NotHttp,
    /// 504: the host's port took the request and gave no answer in time.
    ServiceSilent,
    /// 503: as many visitors as may be are there already.
    Full,
    /// 503: the tunnel is known, nobody hosts it just now.
    NoHost,
    /// 404: no such tunnel.
    UnknownTunnel,
}

impl RelayVerdict {
    /// The response header that carries it.
    pub const HEADER: &'static str = "x-underpass";

    const ALL: [Self; 6] = [
        Self::ServiceDown,
        Self::NotHttp,
        Self::ServiceSilent,
        Self::Full,
        Self::NoHost,
        Self::UnknownTunnel,
    ];

    /// The header's value.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceDown => "service-down",
            Self::NotHttp => "not-http",
            Self::ServiceSilent => "service-silent",
            Self::Full => "full",
            Self::NoHost => "no-host",
            Self::UnknownTunnel => "unknown-tunnel",
        }
    }

    /// Reads the header's value; `None` for anything else.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.as_str() == value)
    }
}

/// What the public URL did.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum PublicAnswer {
    /// An HTTP answer.
    Status {
        /// Its status.
        code: u16,
        /// From the request's start to the answer's head, in microseconds.
        latency_us: u64,
        /// Set when the relay made the answer itself.
        verdict: Option<RelayVerdict>,
        /// It sends the visitor to a login page.
        login_wall: bool,
    },
    /// A TCP port that accepted the connection.
    Accepted {
        /// Time to connect, in microseconds.
        latency_us: u64,
    },
    /// No answer.
    Failed {
        /// Why.
        reason: Reason,
    },
}

/// One probe of one port: both answers, and the one word made of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// Which port.
    pub key: PortKey,
    /// The session it began under.
    pub session: SessionNumber,
    /// When it ended.
    pub at: UnixMillis,
    /// What the local port did.
    pub local: LocalAnswer,
    /// What the public URL did.
    pub public: PublicAnswer,
    /// The one word.
    pub health: Health,
    /// The session's link showed signs of life meanwhile.
    pub alive: bool,
}

impl ProbeReport {
    /// Whether it speaks against the session: nobody answers for it at all, or the provider itself
    /// says that nobody hosts the tunnel.
    #[must_use]
    pub fn is_against_session(&self) -> bool {
        let unhosted = matches!(
            self.public,
            PublicAnswer::Status {
                verdict: Some(RelayVerdict::NoHost | RelayVerdict::UnknownTunnel),
                ..
            }
        );
        self.health == Health::Down && (unhosted || !self.alive)
    }

    /// Whether the relay routed the probe to this tunnel at all, whatever the local service did.
    #[must_use]
    pub fn routed(&self) -> bool {
        self.health.routes()
    }

    /// The HTTP status, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.public {
            PublicAnswer::Status { code, .. } => Some(code),
            PublicAnswer::Accepted { .. } | PublicAnswer::Failed { .. } => None,
        }
    }

    /// How long the public URL took, in microseconds.
    #[must_use]
    pub fn latency_us(&self) -> Option<u64> {
        match self.public {
            PublicAnswer::Status { latency_us, .. } | PublicAnswer::Accepted { latency_us } => {
                Some(latency_us)
            }
            PublicAnswer::Failed { .. } => None,
        }
    }
}
