//! What an answer that came through Dev Tunnels says of the tunnel. Pure.
//!
//! Its relay sends no header of its own with each page: it is told from the service behind it by
//! status, and where there is nobody behind it by who served the answer.

use crate::model::{Header, ProbeDialect, RelayVerdict, ServiceFault};

/// Names who made an answer.
const SERVED_BY: &str = "x-served-by";

/// Whoever serves for Dev Tunnels is called so, with something behind it.
const THEIRS: &str = "tunnels-";

/// Where a private tunnel sends its visitors first.
const SIGN_IN_PLACES: [&str; 3] = [
    "tunnels.api.visualstudio.com",
    "login.microsoftonline.com",
    "/auth",
];

/// See the module.
#[derive(Debug)]
pub(super) struct Dialect;

impl ProbeDialect for Dialect {
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        // Without the first a page that warns of phishing would answer in the service's place.
        &[
            ("x-tunnel-skip-antiphishing-page", "true"),
            ("accept", "*/*"),
        ]
    }

    fn verdict(&self, status: u16, header: Header<'_>) -> Option<RelayVerdict> {
        verdict(status, header(SERVED_BY))
    }

    fn is_sign_in(&self, place: &str) -> bool {
        is_sign_in(place)
    }

    fn asks_tcp(&self) -> bool {
        // Its clients' own program opens such a port: there is no address to ask.
        false
    }

    fn is_limit(&self, status: u16) -> bool {
        status == TOO_MANY_REQUESTS
    }
}

/// The HTTP status of somebody who wants to be asked less often.
const TOO_MANY_REQUESTS: u16 = 429;

/// What the relay says; `None` for an answer of the service itself.
///
/// A 502, 503 or 504 may be the service's own: the spec of the public relay does not tell them
/// apart, and in both cases it is the person's own side that is to be looked at. A 429 is neither
/// side's failure: whoever sent it is up.
fn verdict(status: u16, served_by: Option<&str>) -> Option<RelayVerdict> {
    let theirs = served_by.is_some_and(|by| by.trim().to_ascii_lowercase().starts_with(THEIRS));
    match status {
        404 if theirs => Some(RelayVerdict::NoHost),
        // It reached the host, and what came back was no HTTP, or nothing.
        502 => Some(RelayVerdict::Service(ServiceFault::NotHttp)),
        503 => Some(RelayVerdict::Service(ServiceFault::Refused)),
        504 => Some(RelayVerdict::Service(ServiceFault::TimedOut)),
        _ => None,
    }
}

/// Whether a redirect to `place`, a host and a path, asks a visitor of a private tunnel to sign in.
fn is_sign_in(place: &str) -> bool {
    SIGN_IN_PLACES.iter().any(|part| place.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    /// What an answer with this status and this server says.
    fn said(status: u16, served_by: Option<&str>) -> Option<RelayVerdict> {
        Dialect.verdict(status, &|name| served_by.filter(|_| name == SERVED_BY))
    }

    #[test]
    fn what_the_service_answers_is_its_own() {
        for status in [200, 204, 301, 400, 401, 403, 404, 418, 500] {
            assert_eq!(said(status, None), None, "{status}");
        }
        assert_eq!(said(404, Some("nginx-3")), None, "a page that it lacks");
    }

    #[test]
    fn private_is_no_verdict_and_known_by_its_place() {
        assert_eq!(said(302, Some("tunnels-1")), None);
        assert!(Dialect.is_sign_in("uks1.rel.tunnels.api.visualstudio.com/web/redirect"));
        assert!(Dialect.is_sign_in("login.microsoftonline.com/common/oauth2"));
        assert!(!Dialect.is_sign_in("example.org/shop"));
    }

    #[test]
    fn limited_is_no_verdict_and_a_limit() {
        assert_eq!(said(429, Some("tunnels-1")), None);
        assert_eq!(said(429, None), None);
        assert!(Dialect.is_limit(429) && !Dialect.is_limit(503));
    }

    #[test]
    fn nobody_behind_the_url_is_told_by_who_served_it() {
        for by in ["tunnels-ppe-rel-uks1", " Tunnels-Prod "] {
            assert_eq!(said(404, Some(by)), Some(RelayVerdict::NoHost), "{by}");
        }
    }

    #[test]
    fn the_local_side_is_never_theirs() {
        for (status, fault) in [
            (502, ServiceFault::NotHttp),
            (503, ServiceFault::Refused),
            (504, ServiceFault::TimedOut),
        ] {
            assert_eq!(said(status, None), Some(RelayVerdict::Service(fault)));
        }
    }
}
