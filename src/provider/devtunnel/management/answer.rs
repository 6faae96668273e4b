//! What an answer of the management service, or the lack of one, means.

use super::shapes::problem;
use crate::model::{Reason, UnixMillis};
use crate::provider::ConnectError;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::error::Error;
use std::io;
use std::time::SystemTime;

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

/// What an answer that is no success means. `behind` is the address of a service that puts its name
/// into its answers: what comes without it is something else's.
pub(in crate::provider::devtunnel) fn map_status(
    status: u16,
    headers: &HeaderMap,
    body: &str,
    behind: Option<&str>,
) -> ConnectError {
    let said = problem(body);
    let detail = format!("the service answered {status}: {said}");
    let theirs = header(headers, SERVED_BY).starts_with(SERVED_BY_SERVICE);
    let between = behind.filter(|_| !theirs && (300..500).contains(&status));
    let reason = match status {
        401 => Reason::SignedOut,
        429 => Reason::QuotaUsedUp {
            until: retry_after(headers),
        },
        // A sign-in page of the network, or a proxy that has its own opinion.
        _ if let Some(address) = between => Reason::ProxyFailed {
            address: address.to_owned(),
            detail: format!("something on the way answered {status} in the service's place"),
        },
        403 => Reason::SignedOut,
        404 => Reason::TunnelGone,
        500..=599 => Reason::ServiceTrouble { status },
        _ if said.is_empty() => Reason::Refused {
            detail: format!("HTTP {status}"),
        },
        _ => Reason::Refused { detail: said },
    };
    ConnectError::with(reason, detail)
}

fn retry_after(headers: &HeaderMap) -> Option<UnixMillis> {
    let seconds: u64 = header(headers, RETRY_AFTER.as_str()).parse().ok()?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = u64::try_from(now.ok()?.as_millis()).ok()?;
    Some(UnixMillis(now.checked_add(seconds.checked_mul(1000)?)?))
}

/// What it means that there is no answer.
pub(super) fn map_failure(error: &reqwest::Error, host: &str, address: &str) -> ConnectError {
    // Its URL is left out: it says nothing that the log does not say already.
    let mut said = vec![];
    let mut source: Option<&dyn Error> = Some(error);
    let mut kind = None;
    while let Some(cause) = source {
        said.push(cause.to_string());
        kind = kind.or(cause.downcast_ref::<io::Error>().map(io::Error::kind));
        source = cause.source();
    }
    let said = said.join(": ");
    let reason = if error.is_timeout() {
        Reason::TimedOut
    } else if said.contains("dns error") {
        let host = host.to_owned();
        Reason::UnknownHost { host }
    } else {
        map_kind(kind, error.is_connect(), address, &said)
    };
    ConnectError::with(reason, said)
}

fn map_kind(kind: Option<io::ErrorKind>, connecting: bool, address: &str, said: &str) -> Reason {
    let unreachable = || Reason::RelayUnreachable {
        address: address.to_owned(),
    };
    match kind {
        Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown) => Reason::Offline,
        Some(io::ErrorKind::TimedOut) => Reason::TimedOut,
        // Mostly a certificate that nobody trusts.
        Some(io::ErrorKind::InvalidData) => Reason::Other {
            detail: said.to_owned(),
        },
        Some(io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable) => unreachable(),
        Some(
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::BrokenPipe,
        ) => Reason::LinkLost,
        _ if connecting => unreachable(),
        _ => Reason::Other {
            detail: said.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Class;

    fn answered(status: u16, served_by: &str) -> ConnectError {
        let mut headers = HeaderMap::new();
        if !served_by.is_empty() {
            headers.insert(SERVED_BY, served_by.parse().expect("a value"));
        }
        let body = r#"{"title":"T","detail":"D"}"#;
        map_status(status, &headers, body, Some("x:443"))
    }

    #[test]
    fn each_status_has_its_class() {
        let ours = "tunnels-prod-rel-usw2-v3-cluster";
        for (status, served_by, class, code) in [
            (401, ours, Class::SignIn, "signed-out"),
            (401, "", Class::SignIn, "signed-out"),
            (403, ours, Class::SignIn, "signed-out"),
            (404, ours, Class::Fatal, "tunnel-gone"),
            (400, ours, Class::Fatal, "refused"),
            (409, ours, Class::Fatal, "refused"),
            (429, ours, Class::Quota, "quota"),
            (429, "", Class::Quota, "quota"),
            (500, "", Class::Transient, "service-trouble"),
            (503, ours, Class::Transient, "service-trouble"),
            // A proxy's answers say nothing of the tunnel.
            (403, "", Class::Transient, "proxy-failed"),
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
