//! `EventSource`, which any answer but 200 ends for good, while a connection that breaks has it come
//! again (HTML, 9.2): it gets no page of the relay's, but waits, and then no answer at all.
//!
//! It knows which requests those are, and what is worth waiting for.

use super::fault::Fault;
use super::page::Page;
use crate::model::{RelayVerdict, ServiceFault};
use http::header::ACCEPT;
use http::{Method, request};
use std::time::Duration;

/// Between two tries.
pub(super) const RETRY_EVERY: Duration = Duration::from_millis(500);

/// Whether it is an `EventSource` that asks.
pub(super) fn is_wanted(head: &request::Parts) -> bool {
    let mut lines = head.headers.get_all(ACCEPT).iter();
    head.method == Method::GET
        && lines.any(|line| {
            let mut kinds = line.as_bytes().split(|&b| b == b',');
            kinds.any(|kind| {
                let kind = kind.split(|&b| b == b';').next().unwrap_or_default();
                kind.trim_ascii().eq_ignore_ascii_case(b"text/event-stream")
            })
        })
}

/// Whether what the page speaks of may be over soon.
pub(super) fn may_pass(page: Page) -> bool {
    match page {
        Page::Failed(verdict) => {
            let lasting = [
                RelayVerdict::UnknownTunnel,
                RelayVerdict::Service(ServiceFault::Loop),
            ];
            !lasting.contains(&verdict)
        }
        // It was at the service, which may well take it again.
        Page::Fault(Fault::Displaced) => true,
        Page::Relay
        | Page::BadHost
        | Page::BadMethod
        | Page::OtherHost
        | Page::NotForBrowsers
        | Page::Uncarried(_)
        | Page::Fault(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    #[test]
    fn an_event_source_is_known_by_what_it_accepts() {
        let wanted = |method, accept| {
            let request = Request::builder().method(method).header(ACCEPT, accept);
            is_wanted(&request.body(()).expect("it is valid").into_parts().0)
        };
        assert!(wanted(Method::GET, "text/event-stream"));
        assert!(wanted(
            Method::GET,
            "application/json, Text/Event-Stream;q=0.9"
        ));
        assert!(!wanted(Method::POST, "text/event-stream"));
        assert!(!wanted(Method::GET, "text/event-streams, */*"));
    }
}
