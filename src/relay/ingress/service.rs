//! One HTTP/1.1 connection to a service, over a stream of the backend.
//!
//! It knows nothing of visitors or pages.

use super::buffer::Inbound;
use super::message::{
    Fault, Length, ResponseHead, begins_a_response, head_end, keeps_alive, of_response,
    parse_response,
};
use crate::relay::{Activity, Evicted, HttpStream};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, Method, StatusCode, Version};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;
use tokio::io::ReadBuf;

/// The largest head of an answer.
const MAX_HEAD: usize = 128 * 1024;

static KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");

/// A connection, idle or busy.
pub(super) struct Service {
    pub(super) stream: Box<dyn HttpStream>,
    pub(super) inbound: Inbound,
    /// Bytes of what is here that have no end of a head in them.
    seen: usize,
    /// It had requests before this one.
    pub(super) reused: bool,
    /// The stream's.
    place: Option<Activity>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unanswered {
    /// The connection ended or broke before a byte of it.
    #[error("the connection ended without a word: {0}")]
    Silent(io::Error),
    /// It broke off in its head.
    #[error("the answer broke off: {0}")]
    BrokenOff(io::Error),
    #[error("what came is no answer: {0}")]
    Faulty(Fault),
}

impl Service {
    pub(super) fn new(stream: Box<dyn HttpStream>) -> Self {
        Self {
            place: stream.place(),
            stream,
            inbound: Inbound::default(),
            seen: 0,
            reused: false,
        }
    }

    /// Looks whether somebody else wants its place: first of all, for what follows may wait for the
    /// visitor alone. The task is woken when that happens.
    pub(super) fn check_place(&self, cx: &mut Context<'_>) -> Result<(), Unanswered> {
        match &self.place {
            Some(place) if place.poll_evicted(cx).is_ready() => {
                Err(Unanswered::BrokenOff(Evicted.into()))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What somebody else may want.
    pub(super) fn place(&self) -> Option<&Activity> {
        self.place.as_ref()
    }

    /// Whether nothing has come that belongs to no answer, not even the connection's end, as far as
    /// this side knows.
    /// Who waits for that is woken by `waker`.
    pub(super) fn is_silent(&mut self, waker: &Waker) -> bool {
        let mut cx = Context::from_waker(waker);
        self.inbound.is_empty() && self.poll_stir(&mut cx).is_pending()
    }

    /// Ready when anything comes, or the connection ends. What came is lost.
    pub(super) fn poll_stir(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.inbound.is_empty() {
            return Poll::Ready(());
        }
        let mut byte = [0; 1];
        let mut buf = ReadBuf::new(&mut byte);
        Pin::new(&mut *self.stream)
            .poll_read(cx, &mut buf)
            .map(|_| ())
    }

    /// Reads the next head, interim ones too.
    pub(super) fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<ResponseHead, Unanswered>> {
        loop {
            let here = self.inbound.bytes();
            if let Some(end) = head_end(here, self.seen) {
                let head = Bytes::copy_from_slice(&here[..end]);
                self.inbound.consume(end);
                self.seen = 0;
                return Poll::Ready(parse_response(head).map_err(Unanswered::Faulty));
            }
            self.seen = here.len();
            if !begins_a_response(here) {
                return Poll::Ready(Err(Unanswered::Faulty(Fault::Malformed)));
            }
            if here.len() >= MAX_HEAD {
                return Poll::Ready(Err(Unanswered::Faulty(Fault::TooLarge)));
            }
            let silent = here.is_empty();
            let error = match ready!(self.inbound.poll_fill(cx, &mut *self.stream, MAX_HEAD)) {
                Ok(0) => io::ErrorKind::UnexpectedEof.into(),
                Ok(_) => continue,
                Err(error) => error,
            };
            return Poll::Ready(Err(if silent {
                Unanswered::Silent(error)
            } else {
                Unanswered::BrokenOff(error)
            }));
        }
    }
}

/// What an answer's head says of its body and its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Framing {
    pub(super) length: Length,
    /// How long the connection may be kept behind the answer. Not at all where there is doubt:
    /// services that send a body where none may be are common (RFC 9112, 6.3), and what is left of
    /// it would answer the next request.
    pub(super) idle: Option<Duration>,
}

impl Framing {
    /// Of the answer to a request of `method`. `most` is how long a connection is kept in any case.
    pub(super) fn of(method: &Method, head: &ResponseHead, most: Duration) -> Result<Self, Fault> {
        let parts = &head.parts;
        let length = of_response(method, parts)?;
        let bodiless = matches!(
            parts.status,
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
        );
        let coded = parts.headers.contains_key(TRANSFER_ENCODING);
        let doubtful = coded
            && (parts.version == Version::HTTP_10 || parts.headers.contains_key(CONTENT_LENGTH));
        let kept = keeps_alive(parts.version, &parts.headers)
            && length != Length::UntilEnd
            && *method != Method::HEAD
            && !bodiless
            && !doubtful;
        let idle = kept.then(|| idle_time(&parts.headers).map_or(most, |time| time.min(most)));
        let idle = idle.filter(|time| !time.is_zero());
        Ok(Self { length, idle })
    }
}

/// What the service says of how long it keeps the connection, less what the way there may take.
fn idle_time(headers: &HeaderMap) -> Option<Duration> {
    const MARGIN: Duration = Duration::from_secs(1);
    let lines = headers.get_all(&KEEP_ALIVE).into_iter();
    let mut parts = lines.flat_map(|line| line.as_bytes().split(|&b| matches!(b, b',' | b';')));
    let seconds = parts.find_map(|part| {
        let part = std::str::from_utf8(part).ok()?.trim().to_ascii_lowercase();
        part.strip_prefix("timeout=")?
            .trim_matches('"')
            .parse()
            .ok()
    })?;
    Some(Duration::from_secs(seconds).saturating_sub(MARGIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: Duration = Duration::from_secs(4);

    fn kept(method: &Method, head: &'static str) -> Option<Duration> {
        let head = parse_response(Bytes::from_static(head.as_bytes())).expect("it is a head");
        let framing = Framing::of(method, &head, MOST).expect("it is framed");
        framing.idle
    }

    #[test]
    fn a_connection_is_kept_for_as_long_as_its_service_says_and_no_longer() {
        let get = Method::GET;
        for (head, seconds) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", 4),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nkeep-alive: timeout=3, max=100\r\n\r\n",
                2,
            ),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nkeep-alive: max=5, timeout=75\r\n\r\n",
                4,
            ),
            (
                "HTTP/1.0 200 OK\r\ncontent-length: 2\r\nconnection: Keep-Alive\r\n\r\n",
                4,
            ),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", 4),
        ] {
            assert_eq!(
                kept(&get, head),
                Some(Duration::from_secs(seconds)),
                "{head}"
            );
        }
        for head in [
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nkeep-alive: timeout=1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: x, Close\r\n\r\n",
            "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
        ] {
            assert_eq!(kept(&get, head), None, "{head}");
        }
    }

    #[test]
    fn where_a_body_may_come_that_may_not_be_the_connection_is_not_kept() {
        for (method, head) in [
            (Method::HEAD, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"),
            (Method::GET, "HTTP/1.1 204 No Content\r\n\r\n"),
            (Method::GET, "HTTP/1.1 304 Not Modified\r\n\r\n"),
            (
                Method::GET,
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n",
            ),
            (
                Method::GET,
                "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n",
            ),
        ] {
            assert_eq!(kept(&method, head), None, "{head}");
        }
    }
}
