//! A visitor's connection: what it has sent, how long it may take for a head, and its end.
//!
//! It reads heads and knows nothing of what is done with them.

use super::accept::Stop;
use super::buffer::Inbound;
use super::message::{Fault, RequestHead, head_end, parse_request};
use super::socket::Socket;
use crate::relay::Activity;
use bytes::Bytes;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// The largest request head: more is 431.
const MAX_HEAD: usize = 64 * 1024;
/// Maximum bytes behind a request that are read while its answer is on its way.
const MAX_AHEAD: usize = 8 * 1024;
/// When nobody new is let in any more, how long whoever is in may take to ask for something.
const LAST_HEAD: Duration = Duration::from_secs(1);
/// How long a connection that has ended is read from at most (RFC 9112, 9.6). Closing it with bytes
/// unread would reset it, and the reset may overtake the answer.
const LINGER: Duration = Duration::from_secs(30);
/// How long a visitor that still sends its request may be silent before it is taken to have read the
/// answer.
const LINGER_SILENCE: Duration = Duration::from_secs(5);
/// The same of one that has sent all of it, and how long any may take when the relay goes down.
const LINGER_SHORT: Duration = Duration::from_secs(2);

/// How long a visitor may take for heads.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeadTimeouts {
    /// From the first byte of a request's head to the last, and from accept to the first head.
    pub(super) head: Duration,
    /// Between an answer and the next request.
    pub(super) idle: Duration,
}

/// A visitor's connection, and what it brought that nobody has used yet.
pub(super) struct Conn {
    pub(super) stream: Socket,
    pub(super) inbound: Inbound,
}

/// Why there is no further request.
#[derive(Debug)]
pub(super) enum NoRequest {
    /// The visitor has said all, or there is to be none.
    Over,
    /// It takes too long, or is gone.
    Late,
    /// What it says is none.
    Faulty(Fault),
}

impl Conn {
    pub(super) fn new(stream: TcpStream, activity: Activity) -> Self {
        Self {
            stream: Socket::new(stream, activity),
            inbound: Inbound::default(),
        }
    }

    /// Reads the next request's head. The `first` has to come within the time for a head.
    pub(super) async fn head(
        &mut self,
        first: bool,
        timeouts: HeadTimeouts,
        stop: &Stop,
    ) -> Result<RequestHead, NoRequest> {
        let begun = Instant::now();
        if self.inbound.is_empty() && !first {
            tokio::select! {
                biased;
                stirred = timeout(timeouts.idle, self.stirred()) => match stirred {
                    Ok(Ok(1..)) => {}
                    Ok(Ok(0)) => return Err(NoRequest::Over),
                    Ok(Err(_)) | Err(_) => return Err(NoRequest::Late),
                },
                () = stop.finish.cancelled() => return Err(NoRequest::Over),
            }
        }
        let begun = if first { begun } else { Instant::now() };
        let deadline = tokio::time::sleep_until(begun + timeouts.head);
        tokio::select! {
            biased;
            head = poll_fn({
                let mut seen = 0;
                move |cx| self.poll_head(cx, &mut seen)
            }) => head,
            () = deadline => Err(NoRequest::Late),
            () = last_head(stop) => Err(NoRequest::Over),
        }
    }

    /// Reads the first bytes of the next request, and has little room while there are none.
    async fn stirred(&mut self) -> io::Result<usize> {
        loop {
            self.inbound.shrink();
            self.stream.readable().await?;
            let read =
                poll_fn(|cx| Poll::Ready(self.inbound.poll_fill(cx, &mut self.stream, MAX_HEAD)));
            if let Poll::Ready(read) = read.await {
                return read;
            }
        }
    }

    fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        seen: &mut usize,
    ) -> Poll<Result<RequestHead, NoRequest>> {
        loop {
            let here = self.inbound.bytes();
            if let Some(end) = head_end(here, *seen) {
                let head = Bytes::copy_from_slice(&here[..end]);
                self.inbound.consume(end);
                return Poll::Ready(parse_request(head).map_err(NoRequest::Faulty));
            }
            *seen = here.len();
            if here.len() >= MAX_HEAD {
                return Poll::Ready(Err(NoRequest::Faulty(Fault::TooLarge)));
            }
            // A TLS hello would never come to the end of a head.
            if here
                .first()
                .is_some_and(|&b| b != b'\r' && b != b'\n' && !b.is_ascii_graphic())
            {
                return Poll::Ready(Err(NoRequest::Faulty(Fault::Malformed)));
            }
            let partial = !here.is_empty();
            match ready!(self.inbound.poll_fill(cx, &mut self.stream, MAX_HEAD)) {
                Ok(0) if partial => return Poll::Ready(Err(NoRequest::Faulty(Fault::Malformed))),
                Ok(0) => return Poll::Ready(Err(NoRequest::Over)),
                Ok(_) => {}
                Err(_) => return Poll::Ready(Err(NoRequest::Late)),
            }
        }
    }

    /// Ready when the visitor is gone. Reads a little of what it sends meanwhile.
    pub(super) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.inbound.bytes().len() < MAX_AHEAD {
            match ready!(self.inbound.poll_fill(cx, &mut self.stream, MAX_AHEAD)) {
                Ok(0) | Err(_) => return Poll::Ready(()),
                Ok(_) => {}
            }
        }
        Poll::Pending
    }

    /// Waits until the visitor is gone.
    pub(super) async fn gone(&mut self) {
        poll_fn(|cx| self.poll_gone(cx)).await;
    }

    /// Waits for the first bytes of a body. False when the visitor is gone.
    pub(super) async fn stirs(&mut self) -> bool {
        if !self.inbound.is_empty() {
            return true;
        }
        let read = poll_fn(|cx| self.inbound.poll_fill(cx, &mut self.stream, MAX_AHEAD)).await;
        matches!(read, Ok(1..))
    }

    /// Ends the connection so that the visitor gets all that was written. It may still be `sending`
    /// a request that was answered already.
    pub(super) async fn end(&mut self, sending: bool, stop: &Stop) {
        let (whole, silence) = if sending {
            (LINGER, LINGER_SILENCE)
        } else {
            (LINGER_SHORT, LINGER_SHORT)
        };
        let drained = async {
            self.stream.shutdown().await?;
            // On the heap: every connection's task would be larger by it.
            let mut rest = vec![0; 4096];
            while timeout(silence, self.stream.read(&mut rest)).await?? > 0 {}
            io::Result::Ok(())
        };
        let hurried = async {
            stop.finish.cancelled().await;
            tokio::time::sleep(LINGER_SHORT).await;
        };
        // However it ends, the connection is closed now.
        tokio::select! {
            _ = timeout(whole, drained) => {}
            () = hurried => {}
        }
    }
}

async fn last_head(stop: &Stop) {
    stop.finish.cancelled().await;
    let _ = timeout(LAST_HEAD, stop.close.cancelled()).await;
}
