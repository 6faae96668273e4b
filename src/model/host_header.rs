//! What a service behind a web port is asked for in the `Host` of requests.

use super::{Port, Protocol};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Which name a service is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum HostHeader {
    /// The name that visitors ask for; its own as soon as it turns out to refuse that one, as
    /// development servers do.
    #[default]
    Auto,
    /// The name that visitors ask for.
    Keep,
    /// Its own: the target as it was typed.
    Rewrite,
    /// This one, `HOST[:PORT]`, 1 to 255 bytes.
    Value(String),
}

impl HostHeader {
    /// What it takes, for whoever typed something else.
    pub const TAKES: &'static str = "auto, keep, rewrite, or HOST[:PORT]";

    /// The longest name, in bytes.
    const MAX_LEN: usize = 255;

    /// The name that takes the place of the visitors', for the service of `port`. The port of a scheme
    /// is left out of it, as browsers do.
    pub fn local_name(&self, port: &Port) -> Option<String> {
        if !port.protocol.is_web() {
            return None;
        }
        match self {
            Self::Auto | Self::Keep => None,
            Self::Value(name) => Some(name.clone()),
            Self::Rewrite => {
                let implied = if port.protocol == Protocol::Https {
                    ":443"
                } else {
                    ":80"
                };
                let name = port.target.to_string();
                Some(name.strip_suffix(implied).unwrap_or(&name).to_owned())
            }
        }
    }
}

impl fmt::Display for HostHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Keep => "keep",
            Self::Rewrite => "rewrite",
            Self::Value(name) => name,
        })
    }
}

impl FromStr for HostHeader {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "auto" => Self::Auto,
            "keep" => Self::Keep,
            "rewrite" => Self::Rewrite,
            name if is_name(name) => Self::Value(name.to_owned()),
            _ => return Err(format!("it takes {}", Self::TAKES)),
        })
    }
}

/// `HOST[:PORT]` or `[IPV6][:PORT]`.
fn is_name(name: &str) -> bool {
    let (host, port) = match name.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        Some(_) | None => (name, None),
    };
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let in_name = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
    let host_fits = match bare {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(in_name),
    };
    let digits = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    let port_fits = port.is_none_or(|port| digits(port) && port.parse::<u16>().is_ok());
    name.len() <= HostHeader::MAX_LEN && host_fits && port_fits
}

impl From<HostHeader> for String {
    fn from(header: HostHeader) -> Self {
        header.to_string()
    }
}

impl TryFrom<String> for HostHeader {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Which version of the PROXY protocol a service is spoken to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyVersion {
    /// One line of text.
    V1,
    /// Binary.
    V2,
}

impl FromStr for ProxyVersion {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "v1" => Ok(Self::V1),
            "v2" => Ok(Self::V2),
            _ => Err("it takes v1 or v2".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PortOptions, TunnelId, parse_target};

    fn name(header: &str, target: &str, protocol: Protocol) -> Option<String> {
        let target = parse_target(target).expect("a target");
        let port = Port {
            number: target.port,
            protocol,
            target,
            label: TunnelId::new("a").expect("an id"),
            public_port: None,
            options: PortOptions::default(),
        };
        let header: HostHeader = header.parse().expect("it is right");
        header.local_name(&port)
    }

    #[test]
    fn a_service_is_asked_for_as_it_was_typed() {
        for (header, target, protocol, expected) in [
            ("auto", "3000", Protocol::Auto, None),
            ("keep", "3000", Protocol::Http, None),
            ("rewrite", "3000", Protocol::Auto, Some("localhost:3000")),
            ("rewrite", "127.0.0.1:80", Protocol::Http, Some("127.0.0.1")),
            ("rewrite", "nas.lan:443", Protocol::Https, Some("nas.lan")),
            (
                "rewrite",
                "nas.lan:443",
                Protocol::Http,
                Some("nas.lan:443"),
            ),
            ("rewrite", "[::1]:8080", Protocol::Http, Some("[::1]:8080")),
            ("rewrite", "22", Protocol::Tcp, None),
            ("app.test:81", "3000", Protocol::Http, Some("app.test:81")),
            ("app.test", "3000", Protocol::Tcp, None),
        ] {
            let name = name(header, target, protocol);
            assert_eq!(name.as_deref(), expected, "{header} {target}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused_and_what_is_reads_back() {
        let long = "a".repeat(256);
        for bad in [
            "", "a b", "http://a", "a/b", "u@a", ":80", "a:x", "a:70000", "[x]", &long,
        ] {
            assert!(bad.parse::<HostHeader>().is_err(), "{bad:?}");
        }
        for good in [
            "auto",
            "keep",
            "rewrite",
            "localhost",
            "app.test:81",
            "[::1]:80",
        ] {
            let header: HostHeader = good.parse().expect("it is right");
            let text = serde_json::to_string(&header).expect("it is written");
            assert_eq!(text, format!("\"{good}\""));
            assert_eq!(
                serde_json::from_str::<HostHeader>(&text).expect("read"),
                header
            );
        }
    }
}
