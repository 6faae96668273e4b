//! The control messages: what host and relay say to each other on the first stream.
//!
//! Unknown fields are ignored and an unknown message is [`HostMessage::Unknown`] or
//! [`RelayMessage::Unknown`], so that either end may be the newer one within a version.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU16;

/// The version both ends must speak.
pub const VERSION: u16 = 1;

/// A token on the wire; it does not print.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub String);

impl Token {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a port speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// HTTP in the clear at the host.
    Http,
    /// HTTP inside TLS at the host.
    Https,
    /// Bytes that nobody looks into.
    Tcp,
    /// HTTP, with or without TLS at the host.
    Auto,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortSpec {
    /// The local port: its name on this link.
    pub number: NonZeroU16,
    pub protocol: Protocol,
    /// Its host-name label.
    pub label: String,
    /// The public TCP port asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_port: Option<NonZeroU16>,
    /// `HOST[:PORT]` that the service is asked for in place of the visitors' name, 1 to 255 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_name: Option<String>,
    /// No two visitors share a connection to the service.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub per_visitor: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedPort {
    /// The local port.
    pub number: NonZeroU16,
    pub url: String,
    /// Where other machines of the relay's network reach it, when that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lan_url: Option<String>,
}

/// The host's first message: which tunnel it wants to host, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// See [`VERSION`].
    pub version: u16,
    pub token: Token,
    /// The tunnel's id, which its label begins with.
    pub tunnel: String,
    /// The installation that hosts it.
    pub install: String,
    /// Random, one for each connector: for the relay's log.
    pub instance: String,
    /// Whoever shows this at the tunnel's URL, in a header, is the host's own
    /// probe; nobody is when it is empty.
    #[serde(default, skip_serializing_if = "Token::is_empty")]
    pub probe: Token,
    /// Take the tunnel from another installation of the account.
    #[serde(default)]
    pub take_over: bool,
    /// It takes a stream's reset behind the stream's end for "nobody reads this".
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub knows_stop: bool,
    pub ports: Vec<PortSpec>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum HostMessage {
    /// Comes first, and once.
    Hello(Hello),
    Ping {
        /// Comes back in it.
        number: u32,
    },
    /// Serve these ports from now on.
    SetPorts {
        /// Every port to serve: whatever is absent here is served no longer.
        ports: Vec<PortSpec>,
    },
    /// Nobody reads these streams any more: stop writing to them. Only ends that do not know how to stop
    /// a stream say so.
    Abandon { streams: Vec<u32> },
    /// The host ends the session.
    Goodbye,
    /// A message of a later version: it is ignored.
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum RelayMessage {
    /// Answers the hello: the session is up.
    Welcome {
        /// Its number at the relay: for the log.
        session: u64,
        /// As the hello's.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        knows_stop: bool,
        ports: Vec<ServedPort>,
    },
    Refused {
        reason: Refusal,
    },
    Pong {
        number: u32,
    },
    Ports {
        /// Every port that is served, in the order it was asked for.
        ports: Vec<ServedPort>,
    },
    PortsRefused {
        reason: Refusal,
    },
    /// Nobody reads these streams any more: as the host's.
    Abandon {
        streams: Vec<u32>,
    },
    /// Another host has the tunnel now; the session ends.
    Displaced,
    /// The account is gone, or has another token; the session ends.
    Revoked,
    /// The relay is going down; the session ends.
    ShuttingDown,
    /// A message of a later version: it is ignored.
    #[serde(other)]
    Unknown,
}

/// Why a relay does not serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Refusal {
    #[error("the relay speaks version {relay}")]
    Version {
        /// The version that the relay speaks.
        relay: u16,
    },
    #[error("the relay does not know the token")]
    Token,
    #[error("the name {label} is taken")]
    NameTaken {
        /// The host-name label as it was asked for.
        label: String,
    },
    #[error("the name {label} is reserved")]
    NameReserved {
        /// The host-name label as it was asked for.
        label: String,
    },
    #[error("the account may have {limit} names")]
    TooManyNames { limit: u32 },
    #[error("the account may have {limit} public ports")]
    TooManyPublicPorts { limit: u32 },
    #[error("another installation hosts the tunnel")]
    HostedElsewhere,
    #[error("the public port {port} is not to be had")]
    PublicPortTaken {
        /// As the host asked for it.
        port: NonZeroU16,
    },
    #[error("the public port {port} is outside {first}-{last}")]
    PublicPortOutside {
        /// As the host asked for it.
        port: NonZeroU16,
        first: u16,
        last: u16,
    },
    #[error("there is no public port left")]
    NoPublicPorts,
    #[error("the account hosts {limit} tunnels already")]
    TooManyTunnels { limit: u32 },
    #[error("the request makes no sense: {detail}")]
    Invalid {
        /// Which field, and what it may be.
        detail: String,
    },
    /// A reason of a later version.
    #[serde(other)]
    #[error("the relay did not say why in words we know")]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_does_not_print() {
        let token = Token("s3cret".to_owned());
        assert_eq!(format!("{token:?}"), "***");
    }

    #[test]
    fn unknown_fields_messages_and_refusals_are_lived_with() {
        let host = |text| serde_json::from_str::<HostMessage>(text).expect("it is lived with");
        let relay = |text| serde_json::from_str::<RelayMessage>(text).expect("it is lived with");
        assert_eq!(
            host(r#"{"type":"ping","number":4,"mood":"good"}"#),
            HostMessage::Ping { number: 4 }
        );
        assert_eq!(host(r#"{"type":"sing","song":1}"#), HostMessage::Unknown);
        assert_eq!(
            relay(r#"{"type":"refused","reason":{"kind":"full-moon","until":3}}"#),
            RelayMessage::Refused {
                reason: Refusal::Unknown
            }
        );
    }

    #[test]
    fn the_hello_is_on_the_wire_as_documented() {
        let text = r#"{"type":"hello","version":1,"token":"t","tunnel":"web","install":"i","instance":"n","take_over":false,"ports":[{"number":3000,"protocol":"http","label":"web"}]}"#;
        let hello: HostMessage = serde_json::from_str(text).expect("it is read");
        assert_eq!(serde_json::to_string(&hello).expect("it is written"), text);
    }
}
