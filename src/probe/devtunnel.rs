//! What an answer that came through Dev Tunnels says of the tunnel. Pure.
//!
//! Its relay sends no header of its own with each page: it is told from the service behind it by
//! status, and where there is nobody behind it by who served the answer.

use crate::model::{RelayVerdict, ServiceFault};

/// Names who made an answer.
pub(super) const SERVED_BY: &str = "x-served-by";

/// Whoever serves for Dev Tunnels is called so, with something behind it.
const THEIRS: &str = "tunnels-";

/// Where a private tunnel sends its visitors first.
const SIGN_IN_PLACES: [&str; 3] = [
    "tunnels.api.visualstudio.com",
    "login.microsoftonline.com",
    "/auth",
];

/// What the relay says; `None` for an answer of the service itself.
///
/// A 502, 503 or 504 may be the service's own: the spec of the public relay does not tell them
/// apart, and in both cases it is the person's own side that is to be looked at. A 429 is neither
/// side's failure: whoever sent it is up.
pub(super) fn verdict(status: u16, served_by: Option<&str>) -> Option<RelayVerdict> {
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
pub(super) fn is_sign_in(place: &str) -> bool {
    SIGN_IN_PLACES.iter().any(|part| place.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Health, LocalAnswer, PublicAnswer};
    use crate::probe::classify;

    fn word(status: u16, served_by: Option<&str>, local: LocalAnswer, login_wall: bool) -> Health {
        let public = PublicAnswer::Status {
            code: status,
            latency_us: 1,
            verdict: verdict(status, served_by),
            login_wall,
        };
        classify(local, &public, false)
    }

    #[test]
    fn what_the_service_answers_is_operational() {
        for status in [200, 204, 301, 400, 401, 403, 404, 418, 500] {
            let health = word(status, None, LocalAnswer::Accepts, false);
            assert_eq!(health, Health::Operational, "{status}");
        }
        let own = word(404, Some("nginx-3"), LocalAnswer::Accepts, false);
        assert_eq!(own, Health::Operational, "a page that the service lacks");
    }

    #[test]
    fn private_is_not_down() {
        assert_eq!(
            word(302, Some("tunnels-1"), LocalAnswer::Accepts, true),
            Health::Operational
        );
        assert!(is_sign_in(
            "uks1.rel.tunnels.api.visualstudio.com/web/redirect"
        ));
        assert!(is_sign_in("login.microsoftonline.com/common/oauth2"));
        assert!(!is_sign_in("example.org/shop"));
    }

    #[test]
    fn limited_is_not_down() {
        assert_eq!(
            word(429, Some("tunnels-1"), LocalAnswer::Accepts, false),
            Health::Operational
        );
        assert_eq!(
            word(429, None, LocalAnswer::Failed(ServiceFault::Refused), false),
            Health::Operational
        );
    }

    #[test]
    fn nobody_behind_the_url_is_down() {
        for by in ["tunnels-ppe-rel-uks1", " Tunnels-Prod "] {
            assert_eq!(
                word(404, Some(by), LocalAnswer::Accepts, false),
                Health::Down,
                "{by}"
            );
        }
    }

    #[test]
    fn the_local_side_is_never_theirs() {
        for status in [502, 503, 504] {
            for local in [
                LocalAnswer::Accepts,
                LocalAnswer::Failed(ServiceFault::Refused),
                LocalAnswer::Failed(ServiceFault::TimedOut),
            ] {
                assert_eq!(
                    word(status, None, local, false),
                    Health::ServiceDown,
                    "{status}"
                );
            }
        }
        assert_eq!(
            verdict(502, None),
            Some(RelayVerdict::Service(ServiceFault::NotHttp))
        );
    }
}
