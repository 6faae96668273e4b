//! What a proxy must take out of a message's head, and what it must put in.
//!
//! It knows headers, not connections: nothing here does any I/O.

use crate::model::{PROBE_HEADER, RelayVerdict};
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, Version, request, response};
use std::net::IpAddr;

static KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
static PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static VERDICT: HeaderName = HeaderName::from_static(RelayVerdict::HEADER);

/// Says who asked, in the request that goes to the service.
pub(super) struct Forwarding {
    peer: HeaderValue,
    behind_proxy: bool,
}

impl Forwarding {
    /// For all requests of the visitor at `peer`. What the visitor says of itself in these headers
    /// counts only when a proxy of ours is known to have written it.
    pub(super) fn new(peer: IpAddr, behind_proxy: bool) -> Self {
        let text = peer.to_canonical().to_string();
        let unknown = HeaderValue::from_static("unknown");
        Self {
            peer: HeaderValue::try_from(text).unwrap_or(unknown),
            behind_proxy,
        }
    }

    fn apply(&self, headers: &mut HeaderMap) {
        if self.behind_proxy {
            self.append_peer(headers);
        } else {
            remove_claims(headers);
            headers.insert(&FORWARDED_FOR, self.peer.clone());
        }
        if let Some(host) = headers.get(HOST).cloned() {
            headers.entry(&FORWARDED_HOST).or_insert(host);
        }
        headers
            .entry(&FORWARDED_PROTO)
            .or_insert(HeaderValue::from_static("http"));
    }

    /// One line with all addresses: many programs read the first line only.
    fn append_peer(&self, headers: &mut HeaderMap) {
        let mut chain = Vec::new();
        for line in headers.get_all(&FORWARDED_FOR) {
            chain.extend_from_slice(line.as_bytes());
            chain.extend_from_slice(b", ");
        }
        chain.extend_from_slice(self.peer.as_bytes());
        let chain = HeaderValue::from_bytes(&chain).unwrap_or_else(|_| self.peer.clone());
        headers.insert(&FORWARDED_FOR, chain);
    }
}

/// Takes out what a visitor says of itself. Many services read `_` in a name as `-`, so it counts as
/// such here.
fn remove_claims(headers: &mut HeaderMap) {
    let is_claim = |name: &&HeaderName| {
        let name = name.as_str().replace('_', "-");
        matches!(
            name.as_str(),
            "forwarded" | "x-forwarded" | "x-real-ip" | "true-client-ip"
        ) || name.starts_with("x-forwarded-")
    };
    let claims: Vec<HeaderName> = headers.keys().filter(is_claim).cloned().collect();
    for name in claims {
        headers.remove(name);
    }
}

/// What a probe shows for itself: taken out, so that no service ever sees it.
pub(super) fn take_probe_key(headers: &mut HeaderMap) -> Option<HeaderValue> {
    headers.remove(PROBE_HEADER)
}

/// Says in the answer to a probe that no other visitor would find room.
pub(super) fn insert_full(headers: &mut HeaderMap) {
    let full = HeaderValue::from_static(RelayVerdict::Full.as_str());
    headers.insert(&VERDICT, full);
}

/// The protocol that a request wants to switch to. HTTP/2 is not passed on: one such connection may
/// ask for many hosts, and nothing behind the switch is routed.
pub(super) fn wanted_upgrade(head: &request::Parts) -> Option<HeaderValue> {
    let wanted = head.headers.get(UPGRADE)?;
    let mut lines = head.headers.get_all(CONNECTION).iter();
    let listed = lines.any(|line| has_token(line, "upgrade"));
    let fit = listed && head.version == Version::HTTP_11 && !has_token(wanted, "h2c");
    fit.then(|| wanted.clone())
}

/// Makes a visitor's request head fit for the service. `chunked` says that a body of unknown length
/// follows.
pub(super) fn prepare_request(
    head: &mut request::Parts,
    forwarding: &Forwarding,
    upgrade: Option<HeaderValue>,
    chunked: bool,
) {
    let trailers = head
        .headers
        .get_all(TE)
        .iter()
        .any(|line| has_token(line, "trailers"));
    strip_hop_by_hop(&mut head.headers);
    // The relay has answered it already by the time the service sees the body.
    head.headers.remove(EXPECT);
    if chunked {
        head.headers.remove(CONTENT_LENGTH);
        let value = HeaderValue::from_static("chunked");
        head.headers.insert(TRANSFER_ENCODING, value);
    }
    if trailers {
        head.headers
            .insert(TE, HeaderValue::from_static("trailers"));
    }
    if let Some(protocol) = upgrade {
        insert_upgrade(&mut head.headers, protocol);
    }
    forwarding.apply(&mut head.headers);
}

/// Makes a service's response head fit for the visitor.
pub(super) fn prepare_response(head: &mut response::Parts) {
    // Transfer-Encoding wins over Content-Length, which then says something else (RFC 9112, 6.3).
    if head.headers.contains_key(TRANSFER_ENCODING) {
        head.headers.remove(CONTENT_LENGTH);
    }
    strip_hop_by_hop(&mut head.headers);
    // Only the relay's own pages may carry it.
    head.headers.remove(&VERDICT);
}

/// Names the protocol that this connection switches to.
pub(super) fn insert_upgrade(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, protocol);
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    for name in listed_in_connection(headers) {
        headers.remove(name);
    }
    for name in [
        &CONNECTION,
        &KEEP_ALIVE,
        &PROXY_CONNECTION,
        &PROXY_AUTHENTICATE,
        &PROXY_AUTHORIZATION,
        &TE,
        &TRANSFER_ENCODING,
        &UPGRADE,
    ] {
        headers.remove(name);
    }
}

/// The headers that `Connection` declares to be for this hop only, without those that no peer may
/// make us forget.
fn listed_in_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let mut listed = Vec::new();
    for line in headers.get_all(CONNECTION) {
        for token in line.as_bytes().split(|&b| b == b',') {
            let token = token.trim_ascii();
            let plain = [&b"close"[..], b"keep-alive", b"upgrade"]
                .iter()
                .any(|known| token.eq_ignore_ascii_case(known));
            if plain {
                continue;
            }
            if let Ok(name) = HeaderName::from_bytes(token)
                && name != HOST
                && name != CONTENT_LENGTH
            {
                listed.push(name);
            }
        }
    }
    listed
}

fn has_token(line: &HeaderValue, token: &str) -> bool {
    line.as_bytes()
        .split(|&b| b == b',')
        .any(|part| part.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{Request, Response};

    fn head(lines: &[(&str, &str)]) -> request::Parts {
        let mut request = Request::builder();
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        request
            .body(())
            .expect("the test's headers are valid")
            .into_parts()
            .0
    }

    fn prepared(lines: &[(&str, &str)], behind_proxy: bool) -> HeaderMap {
        let mut head = head(lines);
        let peer = IpAddr::from([203, 0, 113, 9]);
        let upgrade = wanted_upgrade(&head);
        prepare_request(
            &mut head,
            &Forwarding::new(peer, behind_proxy),
            upgrade,
            false,
        );
        head.headers
    }

    #[test]
    fn headers_of_this_hop_go_no_further() {
        let headers = prepared(
            &[
                ("host", "a.localhost"),
                ("connection", "keep-alive, X-Mine, Host"),
                ("connection", "content-length"),
                ("content-length", "3"),
                ("keep-alive", "timeout=5"),
                ("te", "gzip"),
                ("upgrade", "websocket"),
                ("proxy-authorization", "secret"),
                ("expect", "100-continue"),
                ("x-mine", "1"),
                ("x-other", "2"),
            ],
            false,
        );
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "content-length",
                "host",
                "x-forwarded-for",
                "x-forwarded-host",
                "x-forwarded-proto",
                "x-other"
            ]
        );
    }

    #[test]
    fn an_upgrade_is_passed_on_when_connection_says_so() {
        let headers = prepared(
            &[
                ("connection", "keep-alive, Upgrade"),
                ("upgrade", "websocket"),
            ],
            false,
        );
        assert_eq!(headers["connection"], "upgrade");
        assert_eq!(headers["upgrade"], "websocket");
        let http2 = prepared(
            &[
                ("connection", "Upgrade, HTTP2-Settings"),
                ("upgrade", "h2c"),
                ("http2-settings", "AAMA"),
            ],
            false,
        );
        assert!(!http2.contains_key("upgrade") && !http2.contains_key("http2-settings"));
    }

    #[test]
    fn a_visitor_cannot_say_who_it_is() {
        let claims = [
            ("host", "a.localhost"),
            ("forwarded", "for=10.0.0.1"),
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-for", "10.0.0.2"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "bank.example"),
        ];
        let headers = prepared(&claims, false);
        assert_eq!(headers["x-forwarded-for"], "203.0.113.9");
        assert_eq!(headers["x-forwarded-proto"], "http");
        assert_eq!(headers["x-forwarded-host"], "a.localhost");
        assert!(!headers.contains_key("forwarded"));
        let headers = prepared(&claims, true);
        assert_eq!(
            headers["x-forwarded-for"],
            "10.0.0.1, 10.0.0.2, 203.0.113.9"
        );
        assert_eq!(headers["x-forwarded-proto"], "https");
        assert_eq!(headers["x-forwarded-host"], "bank.example");
    }

    #[test]
    fn no_other_spelling_says_who_a_visitor_is_either() {
        let claims = [
            "X-Real-IP",
            "x_real_ip",
            "True-Client-IP",
            "true_client-ip",
            "X-Forwarded-Port",
            "X-Forwarded-Prefix",
            "X_Forwarded_For",
            "x-forwarded_host",
            "X-Forwarded",
        ];
        let mut sent = vec![("host", "a.localhost"), ("x-forward", "1")];
        sent.extend(claims.map(|name| (name, "10.0.0.1")));
        let headers = prepared(&sent, false);
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        let own = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"];
        assert_eq!(names, [&["host", "x-forward"][..], &own].concat());
        let headers = prepared(&sent, true);
        assert_eq!(headers["x-real-ip"], "10.0.0.1");
    }

    #[test]
    fn a_mapped_address_is_written_as_the_address_it_is() {
        let mapped = "::ffff:203.0.113.9".parse().expect("it is an address");
        assert_eq!(Forwarding::new(mapped, false).peer, "203.0.113.9");
    }

    #[test]
    fn a_service_cannot_speak_for_the_relay() {
        let response = Response::builder()
            .header("x-underpass", "service-down")
            .header("transfer-encoding", "chunked")
            .header("content-length", "5")
            .header("connection", "x-gone")
            .header("x-gone", "1")
            .header("x-kept", "1");
        let mut head = response.body(()).expect("it is valid").into_parts().0;
        prepare_response(&mut head);
        let names: Vec<_> = head.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["x-kept"]);
    }
}
