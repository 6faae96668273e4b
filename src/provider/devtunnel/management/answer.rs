//! What an answer of the management service, or the lack of one, means.

use super::shapes::problem;
use crate::base::clock;
use crate::model::{Reason, UnixMillis};
use crate::provider::ConnectError;
use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The header by which the service's own answers are told from a proxy's.
const SERVED_BY: &str = "x-served-by";

/// The service's own name in it.
const SERVED_BY_SERVICE: &str = "tunnels-";

/// The header by which the service's people find a request again.
pub(super) const REQUEST_ID: &str = "vssaas-request-id";

/// A header's text, or nothing.
pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// Which part of the service was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// It puts its name into its answers: what comes without it is something else's.
    Management,
    /// It says nothing of itself, and answers an upgrade with a page of its own only to refuse it.
    Relay,
}

/// Whether the service itself made the answer, as far as it says so.
pub(super) fn is_signed(headers: &HeaderMap) -> bool {
    header(headers, SERVED_BY).starts_with(SERVED_BY_SERVICE)
}

/// Something on the way answered in the place of the service at `address`: a sign-in page of the network,
/// or a proxy that has its own opinion. It says nothing of the tunnel, and it passes.
pub(super) fn between(status: u16, address: &str) -> ConnectError {
    let detail = format!("something on the way answered {status} in the service's place");
    let said = detail.clone();
    let address = address.to_owned();
    ConnectError::with(Reason::ProxyFailed { address, detail }, said)
}

/// What an answer means that is no success, or none where an upgrade was asked for. `address` is where
/// the service is.
pub fn map_status(
    status: u16,
    headers: &HeaderMap,
    body: &str,
    (half, address): (Half, &str),
) -> ConnectError {
    let is_theirs = is_signed(headers)
        || match half {
            Half::Management => matches!(status, 429 | 500..),
            Half::Relay => matches!(status, 400..),
        };
    if !is_theirs {
        return between(status, address);
    }
    let said = problem(body);
    let detail = format!("the service answered {status}: {said}");
    let reason = match status {
        429 => Reason::QuotaUsedUp {
            until: retry_after(headers),
        },
        401 | 403 => Reason::SignedOut,
        404 => Reason::TunnelGone,
        500..=599 => Reason::ServiceTrouble { status },
        _ if said.is_empty() => Reason::Refused {
            detail: format!("HTTP {status}"),
        },
        _ => Reason::Refused { detail: said },
    };
    ConnectError::with(reason, detail)
}

/// When to ask again. It is said in seconds, or as a time of day: by the service's clock, where it tells
/// that one too.
fn retry_after(headers: &HeaderMap) -> Option<UnixMillis> {
    let UnixMillis(now) = clock::wall();
    let said = header(headers, RETRY_AFTER.as_str()).trim();
    let wait = if let Ok(seconds) = said.parse::<u64>() {
        seconds.checked_mul(1000)?
    } else {
        let theirs = time(header(headers, DATE.as_str())).unwrap_or(now);
        time(said)?.saturating_sub(theirs)
    };
    Some(UnixMillis(now.checked_add(wait)?))
}

/// A time as HTTP's headers have it, in milliseconds since 1970.
fn time(text: &str) -> Option<u64> {
    let time = DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    u64::try_from(time.as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Class;
    use proptest::prelude::*;
    use std::time::Duration;

    fn answered(status: u16, served_by: &str) -> ConnectError {
        let mut headers = HeaderMap::new();
        if !served_by.is_empty() {
            headers.insert(SERVED_BY, served_by.parse().expect("a value"));
        }
        let body = r#"{"title":"T","detail":"D"}"#;
        map_status(status, &headers, body, (Half::Management, "x:443"))
    }

    #[test]
    fn each_status_has_its_class() {
        let ours = "tunnels-prod-rel-usw2-v3-cluster";
        for (status, served_by, class, code) in [
            (401, ours, Class::SignIn, "signed-out"),
            (403, ours, Class::SignIn, "signed-out"),
            (404, ours, Class::Fatal, "tunnel-gone"),
            (400, ours, Class::Fatal, "refused"),
            (409, ours, Class::Fatal, "refused"),
            (429, ours, Class::Quota, "quota"),
            (429, "", Class::Quota, "quota"),
            (500, "", Class::Transient, "service-trouble"),
            (503, ours, Class::Transient, "service-trouble"),
            // A proxy's answers say nothing of the tunnel.
            (401, "", Class::Transient, "proxy-failed"),
            (403, "", Class::Transient, "proxy-failed"),
            (511, "", Class::Transient, "service-trouble"),
            (404, "squid", Class::Transient, "proxy-failed"),
            (302, "", Class::Transient, "proxy-failed"),
        ] {
            let error = answered(status, served_by);
            assert_eq!(
                (error.class(), error.reason.code()),
                (class, code),
                "{status}"
            );
        }
        let Reason::Refused { detail } = answered(400, ours).reason else {
            panic!("it is refused");
        };
        assert_eq!(detail, "T D");
    }

    #[test]
    fn an_upgrade_is_never_answered_with_a_page_that_is_no_refusal() {
        for (status, class) in [
            (200, Class::Transient),
            (302, Class::Transient),
            (401, Class::SignIn),
            (404, Class::Fatal),
            (503, Class::Transient),
        ] {
            let asked = (Half::Relay, "x:443");
            let error = map_status(status, &HeaderMap::new(), "<html>", asked);
            assert_eq!(error.class(), class, "{status}");
        }
    }

    #[test]
    fn a_time_to_ask_again_is_by_the_clock_of_who_says_it() {
        let mut headers = HeaderMap::new();
        let (date, until) = (
            "Fri, 01 Jan 2100 00:00:00 GMT",
            "Fri, 01 Jan 2100 00:02:00 GMT",
        );
        headers.insert(DATE, date.parse().expect("a value"));
        headers.insert(RETRY_AFTER, until.parse().expect("a value"));
        let before = clock::wall();
        let at = retry_after(&headers).expect("it is read");
        let wait = Duration::from_mins(2);
        assert!(
            at >= before.after(wait) && at <= clock::wall().after(wait),
            "{at:?}"
        );
        headers.remove(DATE);
        let at = retry_after(&headers).expect("it is read");
        assert_eq!(at, UnixMillis(4_102_444_920_000));
        headers.insert(RETRY_AFTER, "Fri, 32 Foo".parse().expect("a value"));
        assert_eq!(retry_after(&headers), None);
    }

    proptest! {
        #[test]
        fn anything_may_stand_in_the_headers(said in "[ -~]{0,40}", date in "[ -~]{0,40}") {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, said.parse().expect("a value"));
            headers.insert(DATE, date.parse().expect("a value"));
            let _ = retry_after(&headers);
        }
    }

    #[test]
    fn when_to_ask_again_is_read() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, "7".parse().expect("a value"));
        assert!(retry_after(&headers).is_some());
        headers.insert(
            RETRY_AFTER,
            "18446744073709551615".parse().expect("a value"),
        );
        assert_eq!(retry_after(&headers), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
