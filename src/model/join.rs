//! The join link: everything a host needs to know of a relay, in one line to paste.

use super::{Fingerprint, PortNumber};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Text that must not be seen: it prints as `***`, also in `{:?}`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text`, without the white space that pasting leaves around it.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The text itself: for the wire and the keychain, never for a log or a message.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// `underpass://TOKEN@HOST:PORT#FINGERPRINT`. Printing it with `{}` shows the token as `***`;
/// [`JoinLink::reveal`] gives the real line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JoinLink {
    /// The account's token.
    pub token: Secret,
    /// The relay's name or address.
    pub host: String,
    /// The port of its link listener.
    pub port: PortNumber,
    /// SHA-256 of its certificate (DER).
    pub fingerprint: [u8; 32],
}

/// What was given is no join link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum InvalidJoinLink {
    #[error("a join link begins with underpass://")]
    Scheme,
    #[error("the join link has no token: it goes between underpass:// and @")]
    Token,
    #[error("the join link has no HOST:PORT after the @")]
    Address,
    /// The part behind `#` is not 64 hex digits.
    #[error("the join link's certificate fingerprint (the part behind #) must be 64 hex digits")]
    Fingerprint,
}

impl JoinLink {
    /// How a join link begins.
    pub const SCHEME: &'static str = "underpass://";

    /// `HOST:PORT`, with brackets around an IPv6 address.
    pub fn address(&self) -> String {
        super::Target {
            host: self.host.clone(),
            port: self.port,
        }
        .to_string()
    }

    /// `HOST:PORT#FINGERPRINT`: what the settings keep of it, without the token.
    pub fn without_token(&self) -> String {
        let fingerprint = Fingerprint(self.fingerprint);
        format!("{}#{fingerprint}", self.address())
    }

    /// The whole line, token and all.
    pub fn reveal(&self) -> String {
        self.with_token(self.token.expose())
    }

    fn with_token(&self, token: &str) -> String {
        format!("{}{token}@{}", Self::SCHEME, self.without_token())
    }
}

impl fmt::Display for JoinLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_token("***"))
    }
}

impl FromStr for JoinLink {
    type Err = InvalidJoinLink;
    fn from_str(text: &str) -> Result<Self, InvalidJoinLink> {
        let rest = text
            .trim()
            .strip_prefix(Self::SCHEME)
            .ok_or(InvalidJoinLink::Scheme)?;
        let (token, rest) = rest.split_once('@').ok_or(InvalidJoinLink::Token)?;
        let token_ok = !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic());
        if !token_ok {
            return Err(InvalidJoinLink::Token);
        }
        let (address, digits) = rest.split_once('#').ok_or(InvalidJoinLink::Fingerprint)?;
        let (host, port) = split_address(address).ok_or(InvalidJoinLink::Address)?;
        let fingerprint = Fingerprint::parse(digits).ok_or(InvalidJoinLink::Fingerprint)?;
        Ok(Self {
            token: Secret::new(token),
            host,
            port,
            fingerprint: fingerprint.0,
        })
    }
}

fn split_address(address: &str) -> Option<(String, PortNumber)> {
    let (host, port) = address.trim_end_matches('/').rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    let printable = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_:".contains(&b));
    Some((printable.then(|| host.to_owned())?, port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn link() -> String {
        format!("underpass://s3cret@relay.example:7443#{}", "0a".repeat(32))
    }

    #[test]
    fn it_is_read_and_written_back() {
        let parsed: JoinLink = link().parse().expect("a good link");
        assert_eq!(parsed.address(), "relay.example:7443");
        assert_eq!(parsed.reveal(), link());
        let v6 = link().replace("relay.example", "[::1]");
        assert_eq!(v6.parse::<JoinLink>().map(|l| l.reveal()), Ok(v6));
    }

    #[test]
    fn the_token_never_prints() {
        let parsed: JoinLink = link().parse().expect("a good link");
        assert!(!format!("{parsed} {parsed:?}").contains("s3cret"));
    }

    #[test]
    fn each_fault_has_its_own_message() {
        let cases = [
            ("", InvalidJoinLink::Scheme),
            ("https://x@y:1#00", InvalidJoinLink::Scheme),
            ("underpass://relay.example:7443", InvalidJoinLink::Token),
            ("underpass://@relay.example:7443#00", InvalidJoinLink::Token),
            ("underpass://t@relay.example#00", InvalidJoinLink::Address),
            ("underpass://t@relay.example:0#00", InvalidJoinLink::Address),
            (
                "underpass://t@relay.example:7443",
                InvalidJoinLink::Fingerprint,
            ),
            (
                "underpass://t@relay.example:7443#zz",
                InvalidJoinLink::Fingerprint,
            ),
        ];
        for (text, fault) in cases {
            assert_eq!(text.parse::<JoinLink>(), Err(fault), "{text}");
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics_and_what_is_read_is_written_back(text in "(underpass://)?[a-z@:#\\[\\]0-9é]{0,90}") {
            if let Ok(link) = text.parse::<JoinLink>() {
                prop_assert_eq!(link.reveal().parse::<JoinLink>(), Ok(link));
            }
        }
    }
}
