//! What a proxy must take out of a message's head, and what it must put in.
//!
//! It knows headers, not connections: nothing here does any I/O.

use super::forwarding::Forwarding;
use super::via;
use crate::model::{PROBE_HEADER, RelayVerdict, ServiceFault};
use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, HOST, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, StatusCode, Version, request, response};

/// What is for one hop only, whether `Connection` says so or not.
pub(super) static HOP_BY_HOP: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

static VERDICT: HeaderName = HeaderName::from_static(RelayVerdict::HEADER);

/// What a probe shows for itself: taken out, so that no service ever sees it.
pub(super) fn take_probe_key(headers: &mut HeaderMap) -> Option<HeaderValue> {
    headers.remove(PROBE_HEADER)
}

/// Says in the answer to a probe that no other visitor would find room.
pub(super) fn insert_full(headers: &mut HeaderMap) {
    let full = HeaderValue::from_static(RelayVerdict::FULL);
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

/// Whether whoever sent this head waits to be asked for the body. HTTP/1.0 has no such thing, and no
/// other expectation is one of that (RFC 9110, 10.1.1).
pub(super) fn waits_for_permission(head: &request::Parts) -> bool {
    let mut lines = head.headers.get_all(EXPECT).iter();
    head.version == Version::HTTP_11 && lines.any(|line| has_token(line, "100-continue"))
}

/// Makes a visitor's request head fit for the service. `chunked` says that a body of unknown length
/// follows.
pub(super) fn prepare_request(
    head: &mut request::Parts,
    forwarding: &Forwarding,
    upgrade: Option<HeaderValue>,
    chunked: bool,
) {
    let came_as = std::mem::replace(&mut head.version, Version::HTTP_11);
    let trailers = head
        .headers
        .get_all(TE)
        .iter()
        .any(|line| has_token(line, "trailers"));
    strip_hop_by_hop(&mut head.headers);
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
    via::add(&mut head.headers, came_as);
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

/// Whether the answer is another relay's page that says that the way there leads in a circle. It is a
/// service's word like any other: all it can do is to make this relay say so of its own tunnel.
pub(super) fn tells_of_a_loop(answer: &response::Parts) -> bool {
    let verdict = answer.headers.get(&VERDICT);
    answer.status == StatusCode::LOOP_DETECTED
        && verdict.is_some_and(|verdict| verdict == ServiceFault::Loop.code())
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
    for name in &HOP_BY_HOP {
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
                && !via::is_protected(&name)
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
    use super::super::forwarding::Approach;
    use super::super::proxied::Caller;
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

    fn prepared(lines: &[(&str, &str)]) -> HeaderMap {
        let mut head = head(lines);
        let peer = ([203, 0, 113, 9], 4711).into();
        let forwarding = Forwarding::new(&Caller::plain(peer), &Approach::default());
        let upgrade = wanted_upgrade(&head);
        prepare_request(&mut head, &forwarding, upgrade, false);
        head.headers
    }

    #[test]
    fn headers_of_this_hop_go_no_further() {
        let headers = prepared(&[
            ("host", "a.localhost"),
            ("connection", "keep-alive, X-Mine, Host"),
            ("connection", "content-length, via"),
            ("via", "1.1 before"),
            ("content-length", "3"),
            ("keep-alive", "timeout=5"),
            ("te", "gzip"),
            ("upgrade", "websocket"),
            ("proxy-authorization", "secret"),
            ("expect", "100-continue"),
            ("x-mine", "1"),
            ("x-other", "2"),
        ]);
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "content-length",
                "expect",
                "host",
                "via",
                "x-forwarded-for",
                "x-forwarded-host",
                "x-forwarded-proto",
                "x-other"
            ]
        );
    }

    #[test]
    fn an_upgrade_is_passed_on_when_connection_says_so() {
        let headers = prepared(&[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
        ]);
        assert_eq!(headers["connection"], "upgrade");
        assert_eq!(headers["upgrade"], "websocket");
        let http2 = prepared(&[
            ("connection", "Upgrade, HTTP2-Settings"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAMA"),
        ]);
        assert!(!http2.contains_key("upgrade") && !http2.contains_key("http2-settings"));
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
