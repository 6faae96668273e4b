//! Writes the relay's own answers, and what each answer says of the visitor's connection.
//!
//! It does not know why an answer is given.

use super::body::RelayBody;
use super::buffer::{Inbound, Outgoing};
use super::conn::Conn;
use super::cors;
use super::message::{Decoder, Fault, Length, RequestHead, keeps_alive, write_response};
use super::page::{Page, Reader};
use super::web::After;
use http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderValue};
use http::{HeaderMap, Method, Response, Version, response};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use parking_lot::Mutex;

/// What an answer has to know of its request, whose head may be on its way to a service by then.
#[derive(Clone, Debug)]
pub(super) struct RequestFacts {
    pub(super) method: Method,
    pub(super) version: Version,
    /// How the visitor wants to read a page.
    pub(super) reader: Reader,
    /// The script that asks, which may read one.
    pub(super) cors: cors::CorsRequest,
    /// The visitor would send another request behind this one.
    pub(super) keeps: bool,
    /// Of its body.
    pub(super) length: Length,
}

/// How far a request's body was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing of it was taken out of what is here.
    Untouched,
    Partly,
    Read,
}

impl RequestFacts {
    pub(super) fn of(head: &RequestHead, length: Length) -> Self {
        let parts = &head.parts;
        Self {
            method: parts.method.clone(),
            version: parts.version,
            reader: Reader::of(&parts.headers),
            cors: cors::CorsRequest::of(&parts.method, &parts.headers),
            keeps: keeps_alive(parts.version, &parts.headers),
            length,
        }
    }

    /// Answers with a page; `last` says that no further request is to come.
    pub(super) async fn give(
        &self,
        conn: &mut Conn,
        page: Response<RelayBody>,
        body: Body,
        last: bool,
    ) -> After {
        let whole = match body {
            Body::Untouched => skip_body(&mut conn.inbound, self.length),
            Body::Partly => false,
            Body::Read => true,
        };
        let keeps = self.keeps && whole && !last;
        let (mut parts, text) = page.into_parts();
        parts.version = self.version;
        let length = HeaderValue::from(text.bytes().len());
        if !parts.status.is_informational() {
            parts.headers.insert(CONTENT_LENGTH, length);
        }
        self.finish(&mut parts, keeps);
        let mut out = Outgoing::default();
        write_response(out.front(), &parts, b"");
        if self.method != Method::HEAD {
            out.front().extend_from_slice(text.bytes());
        }
        match out.write(&mut conn.stream).await {
            Err(_) => After::Gone,
            Ok(()) if keeps => After::Next,
            Ok(()) => After::End { sending: !whole },
        }
    }

    /// Says whether the connection goes on, and when the answer was given.
    pub(super) fn finish(&self, parts: &mut response::Parts, keeps: bool) {
        let headers = &mut parts.headers;
        match (keeps, self.version) {
            (true, Version::HTTP_10) => {
                headers.insert(CONNECTION, HeaderValue::from_static("keep-alive"));
            }
            (true, _) => {}
            (false, _) => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
        }
        put_date(headers);
    }
}

/// Answers what is no request. What follows it cannot be told from it.
pub(super) async fn refuse(conn: &mut Conn, fault: Fault) -> After {
    let facts = RequestFacts {
        method: Method::GET,
        version: Version::HTTP_11,
        reader: Reader::UNKNOWN,
        cors: cors::CorsRequest::default(),
        keeps: false,
        length: Length::UntilEnd,
    };
    let page = Page::Fault(fault.into()).answer(b"", &facts.reader);
    // What is no request has no body either that would have to be taken.
    facts.give(conn, page, Body::Read, true).await
}

/// Whether all of a request's body is here already; then it is taken out.
fn skip_body(inbound: &mut Inbound, length: Length) -> bool {
    let mut decoder = Decoder::new(length);
    if decoder.is_over() {
        return true;
    }
    let Ok(chunk) = decoder.decode(inbound.bytes_mut()) else {
        return false;
    };
    inbound.consume(chunk.consumed);
    decoder.is_over()
}

/// A recipient with a clock adds it where it is missing (RFC 9110, 6.6.1).
fn put_date(headers: &mut HeaderMap) {
    /// The second it was made for.
    static LAST: Mutex<Option<(i64, HeaderValue)>> = Mutex::new(None);
    if headers.contains_key(DATE) {
        return;
    }
    let now = Timestamp::now();
    let mut last = LAST.lock();
    if last
        .as_ref()
        .is_none_or(|(second, _)| *second != now.as_second())
    {
        let text = DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
        let value = text.ok().and_then(|text| HeaderValue::try_from(text).ok());
        *last = value.map(|value| (now.as_second(), value));
    }
    if let Some((_, value)) = &*last {
        headers.insert(DATE, value.clone());
    }
}
