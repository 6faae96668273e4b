//! What a probe saw, on both sides of the tunnel.

use super::{Diagnosis, Fingerprint, PortKey, Reason, ServiceFault, SessionNumber, UnixMillis};
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
    /// It is served, and whether the URL works cannot be found out from here.
    Unchecked,
    /// The service is there and answers others just now.
    Busy,
    /// The relay was reached, the local service was not, or answered otherwise than is expected of it.
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
    pub const fn routes(self) -> bool {
        match self {
            Self::Operational | Self::Busy | Self::ServiceDown | Self::Full | Self::Slow => true,
            Self::Unchecked | Self::Down => false,
        }
    }
}

/// What the local port did when it was asked directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocalAnswer {
    /// It accepts connections.
    Accepts,
    /// It was not asked: services that expect a handshake are disturbed by a connection without one.
    NotAsked,
    /// It was not reached, or gave no answer.
    Failed(ServiceFault),
}

impl LocalAnswer {
    pub const fn fault(self) -> Option<ServiceFault> {
        match self {
            Self::Failed(fault) => Some(fault),
            Self::Accepts | Self::NotAsked => None,
        }
    }
}

/// What the relay says of itself in the pages it makes itself: ours in their `x-underpass` header,
/// others' by status and header. Any other answer came from the person's own service, whatever
/// its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelayVerdict {
    /// 502, or 504 where it is silent: the relay reached the host, the host not its service.
    Service(ServiceFault),
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

    /// The word for [`RelayVerdict::Full`].
    pub const FULL: &'static str = "full";

    /// Between a word and the certificate that it is about.
    const CERTIFICATE: &'static str = "; sha256=";

    /// All words that have no certificate behind them.
    const PLAIN: [Self; 17] = [
        Self::Service(ServiceFault::Refused),
        Self::Service(ServiceFault::TimedOut),
        Self::Service(ServiceFault::NoAnswer),
        Self::Service(ServiceFault::Busy),
        Self::Service(ServiceFault::UnknownName),
        Self::Service(ServiceFault::Unreachable),
        Self::Service(ServiceFault::NotTls),
        Self::Service(ServiceFault::TlsRefused),
        Self::Service(ServiceFault::NotHttp),
        Self::Service(ServiceFault::NameRefused),
        Self::Service(ServiceFault::HostFull),
        Self::Service(ServiceFault::NotPermitted),
        Self::Service(ServiceFault::Loop),
        Self::Service(ServiceFault::Other),
        Self::Full,
        Self::NoHost,
        Self::UnknownTunnel,
    ];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Service(ServiceFault::Refused) => "service-down",
            Self::Service(ServiceFault::TimedOut) => "service-silent",
            Self::Service(fault) => fault.code(),
            Self::Full => Self::FULL,
            Self::NoHost => "no-host",
            Self::UnknownTunnel => "unknown-tunnel",
        }
    }

    /// The header's value.
    pub fn header_value(self) -> String {
        let mut value = self.word().to_owned();
        if let Self::Service(fault) = self
            && let Some(fingerprint) = fault.fingerprint()
        {
            value.push_str(Self::CERTIFICATE);
            value.push_str(&fingerprint.to_string());
        }
        value
    }

    /// Reads the header's value; `None` for anything else.
    pub fn parse(value: &str) -> Option<Self> {
        let Some((word, digits)) = value.split_once(Self::CERTIFICATE) else {
            return Self::PLAIN.into_iter().find(|v| v.word() == value);
        };
        let fingerprint = Fingerprint::parse(digits)?;
        [
            ServiceFault::UntrustedCertificate { fingerprint },
            ServiceFault::ChangedCertificate { fingerprint },
        ]
        .into_iter()
        .map(Self::Service)
        .find(|v| v.word() == word)
    }
}

/// What the public URL did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PublicAnswer {
    /// An HTTP answer.
    Status {
        code: u16,
        /// From the request's start to the answer's head, in microseconds.
        latency_us: u64,
        /// Set when the relay made the answer itself, or the service refuses the name it was asked by.
        verdict: Option<RelayVerdict>,
        /// It sends the visitor to a login page.
        login_wall: bool,
    },
    /// A TCP port that accepted the connection.
    Accepted {
        /// Time to connect, in microseconds.
        latency_us: u64,
    },
    /// It was not asked: it could say nothing that is not known.
    NotAsked,
    Failed {
        reason: Reason,
    },
}

/// One probe of one port: both answers, and what is made of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    pub key: PortKey,
    /// The session it began under.
    pub session: SessionNumber,
    pub at: UnixMillis,
    /// What the local port did.
    pub local: LocalAnswer,
    /// What the public URL did.
    pub public: PublicAnswer,
    /// What that means.
    pub diagnosis: Diagnosis,
}

impl ProbeReport {
    /// The one word.
    pub const fn health(&self) -> Health {
        self.diagnosis.health()
    }

    /// What the relay said, where the answer was its own.
    pub fn verdict(&self) -> Option<RelayVerdict> {
        match self.public {
            PublicAnswer::Status { verdict, .. } => verdict,
            PublicAnswer::Accepted { .. }
            | PublicAnswer::NotAsked
            | PublicAnswer::Failed { .. } => None,
        }
    }

    pub fn status(&self) -> Option<u16> {
        match self.public {
            PublicAnswer::Status { code, .. } => Some(code),
            PublicAnswer::Accepted { .. }
            | PublicAnswer::NotAsked
            | PublicAnswer::Failed { .. } => None,
        }
    }

    pub fn latency_us(&self) -> Option<u64> {
        match self.public {
            PublicAnswer::Status { latency_us, .. } | PublicAnswer::Accepted { latency_us } => {
                Some(latency_us)
            }
            PublicAnswer::NotAsked | PublicAnswer::Failed { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verdict_comes_back_as_itself() {
        let fingerprint = Fingerprint([9; 32]);
        let with = [
            ServiceFault::UntrustedCertificate { fingerprint },
            ServiceFault::ChangedCertificate { fingerprint },
        ];
        let all = RelayVerdict::PLAIN.into_iter();
        for verdict in all.chain(with.map(RelayVerdict::Service)) {
            let value = verdict.header_value();
            assert_eq!(RelayVerdict::parse(&value), Some(verdict), "{value}");
        }
        for other in ["", "relay", "untrusted-certificate", "no-host; sha256=00"] {
            assert_eq!(RelayVerdict::parse(other), None, "{other}");
        }
    }
}
