//! Why a local service was not reached or gave no answer: one value from where it is found, at the
//! host, to the visitor's page, the badge and the JSON lines.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The SHA-256 of a certificate, which tells it from any other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| "a fingerprint has 64 hex digits".to_owned())
    }
}

impl Fingerprint {
    /// Reads 64 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

/// What is wrong with a local service, or with the way to it. All of it is on the host's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ServiceFault {
    /// Nothing listens there.
    Refused,
    /// It neither accepts nor refuses connections in time.
    TimedOut,
    /// It accepts connections and does not answer in time.
    NoAnswer,
    /// It accepts connections and does not answer while it answers others.
    Busy,
    /// Its name does not resolve.
    UnknownName,
    /// There is no way to its network or host.
    Unreachable,
    /// Nobody that this computer trusts vouches for its certificate.
    UntrustedCertificate {
        /// The certificate's.
        fingerprint: Fingerprint,
    },
    /// Its certificate is another one than the first that was accepted.
    ChangedCertificate {
        /// The new certificate's.
        fingerprint: Fingerprint,
    },
    /// It does not speak TLS, where the port's protocol is https.
    NotTls,
    /// It speaks TLS and refuses to with us.
    TlsRefused,
    /// It does not speak HTTP.
    NotHttp,
    /// It answers nobody who asks for the visitors' name.
    NameRefused,
    /// The host is out of descriptors.
    HostFull,
    /// The host's system does not permit the connection.
    NotPermitted,
    /// It is a listener of ours: the visitor would come round again.
    Loop,
    /// Anything else.
    Other,
}

impl ServiceFault {
    /// The word for it in the JSON lines: stable, for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::TimedOut => "timed-out",
            Self::NoAnswer => "no-answer",
            Self::Busy => "busy",
            Self::UnknownName => "unknown-name",
            Self::Unreachable => "unreachable",
            Self::UntrustedCertificate { .. } => "untrusted-certificate",
            Self::ChangedCertificate { .. } => "changed-certificate",
            Self::NotTls => "not-tls",
            Self::TlsRefused => "tls-refused",
            Self::NotHttp => "not-http",
            Self::NameRefused => "name-refused",
            Self::HostFull => "host-full",
            Self::NotPermitted => "not-permitted",
            Self::Loop => "loop",
            Self::Other => "other",
        }
    }

    pub const fn fingerprint(self) -> Option<Fingerprint> {
        match self {
            Self::UntrustedCertificate { fingerprint }
            | Self::ChangedCertificate { fingerprint } => Some(fingerprint),
            _ => None,
        }
    }
}
