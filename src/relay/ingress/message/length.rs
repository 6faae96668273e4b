//! Where a body ends (RFC 9112, 6), and whether a connection goes on behind it (9.3).

use super::Fault;
use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode, Version, request, response};

/// The longest body that is announced in earnest: a greater number has no room for the head that is
/// counted with it, and many readers take it for a negative one.
const MAX_LENGTH: u64 = i64::MAX as u64;

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// After this many bytes; there is no body when it is 0.
    Known(u64),
    /// With its last chunk.
    Chunked,
    /// With the connection.
    UntilEnd,
}

/// The length of a request's body.
pub fn of_request(head: &request::Parts) -> Result<Length, Fault> {
    let known = content_length(&head.headers)?;
    if !head.headers.contains_key(TRANSFER_ENCODING) {
        return Ok(Length::Known(known.unwrap_or(0)));
    }
    // Both at once is how requests are smuggled, and HTTP/1.0 knows no codings.
    if known.is_some() || head.version == Version::HTTP_10 {
        return Err(Fault::Malformed);
    }
    match codings(&head.headers) {
        Codings::Chunked => Ok(Length::Chunked),
        Codings::OthersThenChunked => Err(Fault::UnknownCoding),
        Codings::NotChunked => Err(Fault::Malformed),
    }
}

/// The length of the body in the answer to a request of `method`.
pub fn of_response(method: &Method, head: &response::Parts) -> Result<Length, Fault> {
    if head.status.is_informational() || head.status == StatusCode::NO_CONTENT {
        return Ok(Length::Known(0));
    }
    let bodiless = *method == Method::HEAD || head.status == StatusCode::NOT_MODIFIED;
    if !head.headers.contains_key(TRANSFER_ENCODING) {
        // What is said of a body that does not come has to be a length all the same.
        let known = content_length(&head.headers)?.filter(|_| !bodiless);
        let none = if bodiless {
            Length::Known(0)
        } else {
            Length::UntilEnd
        };
        return Ok(known.map_or(none, Length::Known));
    }
    if bodiless {
        return Ok(Length::Known(0));
    }
    match codings(&head.headers) {
        Codings::Chunked => Ok(Length::Chunked),
        Codings::OthersThenChunked | Codings::NotChunked => Err(Fault::UnknownCoding),
    }
}

/// Whether whoever sent this head keeps the connection open behind its message.
pub fn keeps_alive(version: Version, headers: &HeaderMap) -> bool {
    match version {
        Version::HTTP_10 => {
            has_token(headers, &CONNECTION, "keep-alive")
                && !has_token(headers, &CONNECTION, "close")
        }
        _ => !has_token(headers, &CONNECTION, "close"),
    }
}

/// Whether a list of tokens has this one, in whatever case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    tokens(headers, name).any(|part| part.eq_ignore_ascii_case(token.as_bytes()))
}

fn tokens<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(name).into_iter();
    lines.flat_map(|line| {
        line.as_bytes()
            .split(|&b| b == b',')
            .map(<[u8]>::trim_ascii)
    })
}

/// The number that all lines of it agree on.
pub fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Fault> {
    let mut known = None;
    for text in tokens(headers, &CONTENT_LENGTH) {
        let digits = std::str::from_utf8(text).ok();
        // `parse` takes a sign too.
        let digits = digits.filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let number: u64 = digits
            .and_then(|d| d.parse().ok())
            .filter(|number| *number <= MAX_LENGTH)
            .ok_or(Fault::Malformed)?;
        if known.is_some_and(|known| known != number) {
            return Err(Fault::Malformed);
        }
        known = Some(number);
    }
    Ok(known)
}

enum Codings {
    Chunked,
    OthersThenChunked,
    NotChunked,
}

fn codings(headers: &HeaderMap) -> Codings {
    let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
    let (mut count, mut last, mut chunks) = (0, false, 0);
    for coding in tokens(headers, &TRANSFER_ENCODING).filter(|coding| !coding.is_empty()) {
        count += 1;
        last = is_chunked(coding);
        chunks += usize::from(last);
    }
    match (count, last, chunks) {
        (1, true, 1) => Codings::Chunked,
        (_, true, 1) => Codings::OthersThenChunked,
        _ => Codings::NotChunked,
    }
}
