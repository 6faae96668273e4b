//! Where a bore server is.

use std::fmt;
use std::net::Ipv6Addr;

/// The port of a server that names none. The server itself knows no other; something before it may.
const USUAL_PORT: u16 = 7835;

/// The longest name (RFC 1035).
const LONGEST: usize = 253;

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A name or an address, without brackets.
    pub host: String,
    pub port: u16,
}

impl Server {
    /// `HOST[:PORT]`; an IPv6 address stands in brackets where a port follows.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Some(Self::at(&address.to_string(), USUAL_PORT));
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, rest) = rest.split_once(']')?;
                let address: Ipv6Addr = address.parse().ok()?;
                (address.to_string(), port(rest.strip_prefix(':'), rest)?)
            }
            None => match text.split_once(':') {
                Some((host, digits)) => (host.to_ascii_lowercase(), port(Some(digits), text)?),
                None => (text.to_ascii_lowercase(), USUAL_PORT),
            },
        };
        (is_name(&host) || host.contains(':')).then(|| Self::at(&host, port))
    }

    fn at(host: &str, port: u16) -> Self {
        Self {
            host: host.to_owned(),
            port,
        }
    }

    /// `HOST:PORT` of a port there.
    pub(super) fn place(&self, port: u16) -> String {
        if self.host.contains(':') {
            format!("[{}]:{port}", self.host)
        } else {
            format!("{}:{port}", self.host)
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place(self.port))
    }
}

/// The port that stands behind a host, or the usual one where nothing does.
fn port(digits: Option<&str>, behind: &str) -> Option<u16> {
    match digits {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port > 0)
        }
        Some(_) => None,
        None => behind.is_empty().then_some(USUAL_PORT),
    }
}

fn is_name(host: &str) -> bool {
    let taken = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let label = |label: &str| (1..=63).contains(&label.len()) && label.bytes().all(taken);
    let host = host.strip_suffix('.').unwrap_or(host);
    host.len() <= LONGEST && host.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_with_a_port_or_without() {
        for (text, expected) in [
            ("bore.pub", "bore.pub:7835"),
            (" Bore.Example.ORG:9 ", "bore.example.org:9"),
            ("127.0.0.1", "127.0.0.1:7835"),
            ("::1", "[::1]:7835"),
            ("[::1]", "[::1]:7835"),
            ("[2001:db8::1]:80", "[2001:db8::1]:80"),
            ("localhost", "localhost:7835"),
        ] {
            let server = Server::parse(text).expect(text);
            assert_eq!(server.to_string(), expected);
        }
        let long = "a.".repeat(LONGEST);
        for none in [
            "",
            ":7835",
            "bore.pub:",
            "bore.pub:0",
            "bore.pub:65536",
            "bore.pub:+1",
            "a b",
            "http://bore.pub",
            "bore.pub/x",
            "u@bore.pub",
            "[::1",
            "[::1]x",
            "[::1]:",
            "[a]:1",
            "a..b",
            &long,
        ] {
            assert_eq!(Server::parse(none), None, "{none}");
        }
    }
}
