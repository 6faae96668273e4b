//! Where ngrok's edge is: nearest, in a region, at an ingress of the person's own, or where a stand-in
//! for it is.

use crate::provider::dial::is_here;
use std::net::IpAddr;

/// The variable that names a stand-in, `HOST:PORT`.
pub const SERVER_VARIABLE: &str = "UNDERPASS_NGROK_SERVER";

/// The variable that names a file with the stand-in's authority (PEM).
pub const CA_VARIABLE: &str = "UNDERPASS_NGROK_CA";

/// The port of an edge that names none.
const USUAL_PORT: u16 = 443;

/// The regions that ngrok has a name for.
const REGIONS: [&str; 7] = ["us", "eu", "ap", "au", "sa", "jp", "in"];

/// One edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name, or an IPv4 address: what its certificate is for.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who vouches for it (PEM) in the place of ngrok's own authority.
    pub authority: Option<Vec<u8>>,
}

impl Default for Server {
    fn default() -> Self {
        Self::named("connect.ngrok-agent.com")
    }
}

impl Server {
    fn named(host: &str) -> Self {
        Self {
            host: host.to_owned(),
            port: USUAL_PORT,
            authority: None,
        }
    }

    /// A region, or `HOST[:PORT]`.
    ///
    /// # Errors
    /// A sentence on what it takes.
    pub fn parse(text: &str) -> Result<Self, String> {
        if REGIONS.contains(&text) {
            return Ok(Self::named(&format!("connect.{text}.ngrok-agent.com")));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok().filter(|port| *port > 0)),
            None => (text, Some(USUAL_PORT)),
        };
        match port {
            Some(port) if is_name(host) => Ok(Self {
                port,
                ..Self::named(&host.to_ascii_lowercase())
            }),
            _ => Err(format!(
                "it takes a region ({}) or HOST[:PORT]",
                REGIONS.join(", ")
            )),
        }
    }

    /// As it is written.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The stand-in that the environment names, if it does. It is on this computer: a token never
    /// leaves it for a place that a variable names.
    ///
    /// # Errors
    /// A sentence on what is wrong with a variable.
    pub fn from_env() -> Result<Option<Self>, String> {
        let said = |name: &str| match std::env::var(name) {
            Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(format!("{name} is no text")),
        };
        Self::stand_in(
            said(SERVER_VARIABLE)?.as_deref(),
            said(CA_VARIABLE)?.as_deref(),
        )
    }

    fn stand_in(server: Option<&str>, authority: Option<&str>) -> Result<Option<Self>, String> {
        let Some(server) = server else {
            return match authority {
                Some(_) => Err(format!(
                    "{CA_VARIABLE} means nothing without {SERVER_VARIABLE}"
                )),
                None => Ok(None),
            };
        };
        let mut parsed =
            Self::parse(server).map_err(|_| format!("{SERVER_VARIABLE} takes HOST:PORT"))?;
        if !is_here(&parsed.host) {
            return Err(format!(
                "{SERVER_VARIABLE} may only name this computer, not {}",
                parsed.host
            ));
        }
        if let Some(path) = authority {
            let read = std::fs::read(path);
            parsed.authority =
                Some(read.map_err(|error| format!("{CA_VARIABLE} names {path}: {error}"))?);
        }
        Ok(Some(parsed))
    }
}

/// A name of letters, digits, `-`, `_` and dots, or an IPv4 address: what the crate takes.
fn is_name(host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return address.is_ipv4();
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    let last = host.rsplit('.').next().unwrap_or(host);
    host.len() <= 253 && host.split('.').all(label) && !last.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_a_region_or_a_place() {
        let address = |text: &str| Server::parse(text).map(|server| server.address());
        for (text, expected) in [
            ("eu", "connect.eu.ngrok-agent.com:443"),
            ("Ingress.Example.org", "ingress.example.org:443"),
            ("ingress.example.org:8443", "ingress.example.org:8443"),
            ("127.0.0.1:9", "127.0.0.1:9"),
        ] {
            assert_eq!(address(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            "",
            ":443",
            "a b",
            "a:",
            "a:0",
            "a:70000",
            "[::1]:443",
            "http://a/",
            "a..b",
            "-a.b",
            "u:p@a",
            "1.2.3",
        ] {
            assert!(address(text).is_err(), "{text}");
        }
        assert_eq!(Server::default().address(), "connect.ngrok-agent.com:443");
    }

    #[test]
    fn a_stand_in_is_on_this_computer() {
        let is = |server, authority| Server::stand_in(server, authority);
        assert_eq!(is(None, None), Ok(None));
        let here = is(Some("localhost:9901"), None).expect("it is here");
        assert_eq!(here.expect("there is one").address(), "localhost:9901");
        for (server, authority, word) in [
            (Some("eu"), None, "this computer"),
            (Some("192.0.2.7:443"), None, "this computer"),
            (Some("no place"), None, "HOST:PORT"),
            (Some("localhost:1"), Some("/no/such/file"), CA_VARIABLE),
            (None, Some("/no/such/file"), SERVER_VARIABLE),
        ] {
            let said = is(server, authority).expect_err(word);
            assert!(said.contains(word), "{said}");
        }
    }
}
