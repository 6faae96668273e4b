//! Where visitors reach a relay, as its operator says it.

use std::fmt;
use std::str::FromStr;

/// `SCHEME://DOMAIN[:PORT]`: each tunnel is at its name before the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    /// Whether visitors speak TLS.
    pub secure: bool,
    /// What follows a tunnel's name, in lower case.
    pub domain: String,
    /// The port; the scheme's own is left out of URLs.
    pub port: u16,
}

/// What was given is no such URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} can't be a public URL: use http://DOMAIN or https://DOMAIN, with :PORT if it isn't the scheme's default"
)]
pub struct InvalidPublicUrl(pub String);

impl PublicUrl {
    /// Where the tunnel of this label is.
    pub fn of_tunnel(&self, label: &str) -> String {
        self.at(&format!("{label}.{}", self.domain))
    }

    fn at(&self, host: &str) -> String {
        let (scheme, implied) = if self.secure {
            ("https", 443)
        } else {
            ("http", 80)
        };
        if self.port == implied {
            format!("{scheme}://{host}/")
        } else {
            format!("{scheme}://{host}:{}/", self.port)
        }
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.at(&self.domain))
    }
}

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;
    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        let read = || {
            let (scheme, rest) = text.trim().split_once("://")?;
            let (secure, implied) = match scheme.to_ascii_lowercase().as_str() {
                "https" => (true, 443),
                "http" => (false, 80),
                _ => return None,
            };
            let authority = rest.strip_suffix('/').unwrap_or(rest);
            let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
            let digits = port.bytes().all(|b| b.is_ascii_digit());
            let port = match port {
                "" if authority.ends_with(':') => return None,
                "" => implied,
                port => port.parse().ok().filter(|port| digits && *port > 0)?,
            };
            // A certificate's name and a DNS record are written with it.
            let host = host.strip_prefix("*.").unwrap_or(host);
            let valid_label = |label: &str| {
                let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
                (1..=63).contains(&label.len()) && label.bytes().all(inner)
            };
            let fits = host.len() <= 253 && host.parse::<std::net::IpAddr>().is_err();
            (fits && host.split('.').all(valid_label)).then(|| Self {
                secure,
                domain: host.to_ascii_lowercase(),
                port,
            })
        };
        read().ok_or_else(|| InvalidPublicUrl(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tunnels_are_before_the_domain() {
        for (text, shop) in [
            (
                "https://tunnels.example.org",
                "https://shop.tunnels.example.org/",
            ),
            (
                "HTTPS://*.Tunnels.example.org/",
                "https://shop.tunnels.example.org/",
            ),
            ("https://example.org:443", "https://shop.example.org/"),
            ("https://example.org:8443", "https://shop.example.org:8443/"),
            ("http://localhost:7480/", "http://shop.localhost:7480/"),
            ("http://example.org:443", "http://shop.example.org:443/"),
        ] {
            let url: PublicUrl = text.parse().expect("it is one");
            assert_eq!(url.of_tunnel("shop"), shop, "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "tunnels.example.org",
            "ftp://example.org",
            "https://",
            "https://*.",
            "https://example.org:",
            "https://example.org:0",
            "https://example.org:+1",
            "https://example.org:70000",
            "https://example.org/path",
            "https://user@example.org",
            "https://a..b",
            "https://a.*.b",
            "https://192.0.2.1",
            "https://[::1]",
            "https://b\u{fc}ro.example",
        ] {
            assert!(text.parse::<PublicUrl>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_the_same(text in "(http|https)://[a-z0-9.-]{1,20}(:[0-9]{1,5})?") {
            if let Ok(url) = text.parse::<PublicUrl>() {
                prop_assert_eq!(url.to_string().parse(), Ok(url));
            }
        }
    }
}
