//! Who asks, and for what address, as the service is told (RFC 7239 and the fields before it).
//!
//! Whom a relay believes is decided here, for each connection once. It knows heads and addresses, no
//! connections.

use super::claims::{self, Author};
use super::proxied::Caller;
use crate::model::Network;
use http::HeaderMap;
use http::header::{FORWARDED, HOST, HeaderName, HeaderValue};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(super) static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
pub(super) static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// How visitors get to this relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approach {
    /// The operator's proxies: what they say of a visitor is believed, and nobody else's word.
    pub trusted: Arc<[Network]>,
    /// They begin each connection with a header of the PROXY protocol.
    pub proxy_protocol: bool,
    /// Whether visitors speak TLS, to whatever stands in front of the relay.
    pub secure: bool,
}

impl Default for Approach {
    fn default() -> Self {
        Self {
            trusted: Arc::new([]),
            proxy_protocol: false,
            secure: false,
        }
    }
}

impl Approach {
    /// Whether a proxy of the operator's is at `peer`.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(peer))
    }
}

/// Says who asked, in the requests of one connection.
pub(super) struct Forwarding {
    peer: SocketAddr,
    author: Author,
    approach: Approach,
}

impl Forwarding {
    /// For all requests of `caller`'s connection. A proxy that passes bytes on vouches for none of them.
    pub(super) fn new(caller: &Caller, approach: &Approach) -> Self {
        let peer = caller.peer;
        let author = if approach.trusts(peer.ip()) && !caller.is_unnamed {
            Author::TrustedProxy
        } else {
            Author::Stranger
        };
        Self {
            peer: SocketAddr::new(peer.ip().to_canonical(), peer.port()),
            author,
            approach: approach.clone(),
        }
    }

    /// Whether the connection is a trusted proxy's.
    pub(super) fn is_proxys(&self) -> bool {
        self.author == Author::TrustedProxy
    }

    /// The visitor: the last address that no trusted proxy has, of those that the trusted proxies have
    /// written down; with port 0, as they do not write one. To be asked before [`apply`](Self::apply).
    pub(super) fn visitor(&self, headers: &HeaderMap) -> SocketAddr {
        if !self.is_proxys() {
            return self.peer;
        }
        let mut nearest = self.peer;
        for address in chain(headers).rev() {
            // What is no address ends what is known.
            let Some(address) = address else { break };
            nearest = SocketAddr::new(address, 0);
            if !self.approach.trusts(address) {
                break;
            }
        }
        nearest
    }

    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        claims::remove_from_head(headers, self.author);
        let peer = value(&self.peer.ip().to_string());
        match self.author {
            Author::Stranger => {
                headers.insert(&FORWARDED_FOR, peer);
            }
            Author::TrustedProxy => {
                append(headers, &FORWARDED_FOR, &peer);
                if headers.contains_key(FORWARDED) {
                    append(headers, &FORWARDED, &value(&element(self.peer.ip())));
                }
            }
        }
        if let Some(host) = headers.get(HOST).cloned() {
            headers.entry(&FORWARDED_HOST).or_insert(host);
        }
        let scheme = if self.approach.secure {
            "https"
        } else {
            "http"
        };
        headers
            .entry(&FORWARDED_PROTO)
            .or_insert(HeaderValue::from_static(scheme));
    }
}

/// The addresses of `X-Forwarded-For`, the visitor's own words first.
fn chain(headers: &HeaderMap) -> impl DoubleEndedIterator<Item = Option<IpAddr>> {
    let lines: Vec<&HeaderValue> = headers.get_all(&FORWARDED_FOR).iter().collect();
    lines.into_iter().flat_map(|line| {
        let members: Vec<_> = line.as_bytes().split(|&b| b == b',').collect();
        members.into_iter().map(address)
    })
}

/// An address, with or without a port: some proxies write one.
fn address(member: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(member).ok()?.trim();
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>().or_else(|_| with_port());
    address.ok().map(|address| address.to_canonical())
}

/// A member of `Forwarded` for the one who asked.
fn element(peer: IpAddr) -> String {
    match peer {
        IpAddr::V4(peer) => format!("for={peer}"),
        IpAddr::V6(peer) => format!("for=\"[{peer}]\""),
    }
}

/// An address in any of its spellings is a valid value.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

/// One line with all members: many programs read the first line only.
fn append(headers: &mut HeaderMap, name: &HeaderName, last: &HeaderValue) {
    let mut members = Vec::new();
    for line in headers.get_all(name) {
        members.extend_from_slice(line.as_bytes());
        members.extend_from_slice(b", ");
    }
    members.extend_from_slice(last.as_bytes());
    let all = HeaderValue::from_bytes(&members).unwrap_or_else(|_| last.clone());
    headers.insert(name, all);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const STRANGER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

    fn approach() -> Approach {
        let network = |text: &str| text.parse().expect("a network");
        Approach {
            trusted: Arc::new([network("10.0.0.0/8"), network("::1")]),
            ..Approach::default()
        }
    }

    fn from(peer: IpAddr, approach: &Approach) -> Forwarding {
        Forwarding::new(&Caller::plain(SocketAddr::new(peer, 9)), approach)
    }

    fn map(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let value = HeaderValue::from_str(value).expect("a value");
            headers.append(HeaderName::from_static(name), value);
        }
        headers
    }

    const CLAIMS: [(&str, &str); 7] = [
        ("host", "a.localhost"),
        ("forwarded", "for=192.0.2.1"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-for", "192.0.2.2"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "bank.example"),
        ("x-forwarded-port", "8443"),
    ];

    #[test]
    fn a_proxy_that_does_not_say_for_whom_it_passes_bytes_on_is_not_believed() {
        let caller = Caller {
            is_unnamed: true,
            ..Caller::plain(SocketAddr::new(PROXY, 9))
        };
        let forwarding = Forwarding::new(&caller, &approach());
        let mut headers = map(&CLAIMS);
        assert_eq!(forwarding.visitor(&headers).ip(), PROXY);
        forwarding.apply(&mut headers);
        let lines: Vec<_> = headers.get_all(&FORWARDED_FOR).iter().collect();
        assert_eq!(lines, ["10.0.0.1"]);
        assert!(!headers.contains_key(FORWARDED) && !forwarding.is_proxys());
    }

    #[test]
    fn a_strangers_word_is_replaced() {
        for approach in [approach(), Approach::default()] {
            let mut headers = map(&CLAIMS);
            let forwarding = from(STRANGER, &approach);
            assert_eq!(forwarding.visitor(&headers), SocketAddr::new(STRANGER, 9));
            forwarding.apply(&mut headers);
            let expected = [
                ("host", "a.localhost"),
                ("x-forwarded-for", "203.0.113.9"),
                ("x-forwarded-host", "a.localhost"),
                ("x-forwarded-proto", "http"),
            ];
            assert_eq!(headers, map(&expected));
        }
    }

    #[test]
    fn a_trusted_proxys_word_is_kept_and_gone_on_with() {
        for (peer, shown, element) in [
            (PROXY, "10.0.0.1", "for=10.0.0.1"),
            (
                "::ffff:10.0.0.1".parse().expect("an address"),
                "10.0.0.1",
                "for=10.0.0.1",
            ),
            ("::1".parse().expect("an address"), "::1", "for=\"[::1]\""),
        ] {
            let mut headers = map(&CLAIMS);
            from(peer, &approach()).apply(&mut headers);
            let expected = [
                ("host", "a.localhost"),
                ("forwarded", &format!("for=192.0.2.1, {element}")),
                ("x-forwarded-for", &format!("192.0.2.1, 192.0.2.2, {shown}")),
                ("x-forwarded-proto", "https"),
                ("x-forwarded-host", "bank.example"),
                ("x-forwarded-port", "8443"),
            ];
            assert_eq!(headers, map(&expected));
        }
    }

    #[test]
    fn what_the_public_url_says_is_the_scheme_unless_a_proxy_says_otherwise() {
        let secure = Approach {
            secure: true,
            ..approach()
        };
        for (peer, said, expected) in [(STRANGER, "http", "https"), (PROXY, "http", "http")] {
            let mut headers = map(&[("x-forwarded-proto", said)]);
            from(peer, &secure).apply(&mut headers);
            assert_eq!(headers[&FORWARDED_PROTO], expected);
        }
    }

    #[test]
    fn the_visitor_is_the_last_one_whom_no_trusted_proxy_is() {
        for (lines, expected) in [
            (&[][..], "10.0.0.1"),
            (&["192.0.2.1"], "192.0.2.1"),
            (&["192.0.2.1, 192.0.2.2"], "192.0.2.2"),
            (
                &["192.0.2.1", "192.0.2.2,10.0.0.9", "10.0.0.8"],
                "192.0.2.2",
            ),
            (&["10.0.0.9"], "10.0.0.9"),
            (&["192.0.2.1:4711, [::1]:80"], "192.0.2.1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["192.0.2.1, unknown, 10.0.0.9"], "10.0.0.9"),
            (&["unknown"], "10.0.0.1"),
        ] {
            let lines: Vec<_> = lines.iter().map(|l| ("x-forwarded-for", *l)).collect();
            let visitor = from(PROXY, &approach()).visitor(&map(&lines));
            assert_eq!(visitor.ip().to_string(), expected, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn any_chain_is_read_and_gets_one_more(
            line in "[ -~]{0,40}",
            peer in any::<IpAddr>(),
        ) {
            let mut headers = map(&[("x-forwarded-for", line.as_str())]);
            let forwarding = from(peer, &approach());
            let _ = forwarding.visitor(&headers);
            forwarding.apply(&mut headers);
            let chain: Vec<_> = chain(&headers).collect();
            prop_assert_eq!(chain.last(), Some(&Some(peer.to_canonical())));
            prop_assert_eq!(headers.get_all(&FORWARDED_FOR).iter().count(), 1);
        }
    }
}
