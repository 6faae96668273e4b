//! The host's end: passes each request on if the service's connection is idle, and the service's
//! bytes back as they come.

use super::{RECORD, Record, UNTIL_END};
use crate::link::pump::Half;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How serving a stream ended without an error of the streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Between two requests, or both directions have come to their end.
    Clean,
    /// The relay wanted a request passed on, and the connection was not idle.
    Stale,
}

/// Serves a relay's [`ExchangeStream`](super::ExchangeStream) until either end is done. `is_silent`
/// asks the system whether the service's connection is open and has nothing to read; `sent` and
/// `received` are told of the bytes that went to the service and back.
///
/// A service that takes no more of a request may have answered it: what it says is carried to its end.
///
/// # Errors
/// The first failure of either while a request is on its way: the service has a part of it.
pub async fn serve<A, B>(
    stream: &mut A,
    service: &mut B,
    is_silent: impl Fn(&B) -> bool,
    mut sent: impl FnMut(u64),
    mut received: impl FnMut(u64),
) -> io::Result<Ended>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let (mut requests, mut back) = (Requests::default(), Half::default());
    // Of the bytes that went back, and of the nonces among them that did not.
    let (mut passed, mut nonces) = (0, 0);
    poll_fn(|cx| {
        loop {
            // What the service has said comes before the question whether it is silent.
            let answered = back.poll(cx, service, stream, &mut |bytes| {
                let own = bytes.min(nonces);
                nonces -= own;
                passed += bytes - own;
                if bytes > own {
                    received(bytes - own);
                }
            });
            let over = match answered {
                Poll::Ready(Ok(())) => true,
                Poll::Ready(Err(error)) => return Poll::Ready(requests.failed(error)),
                Poll::Pending => false,
            };
            if let Some(error) = back.take_refusal() {
                return Poll::Ready(requests.failed(error));
            }
            if requests.out.is_refused() && !over {
                return Poll::Pending;
            }
            if let Some(error) = requests.out.take_refusal() {
                return Poll::Ready(Err(error));
            }
            let record = match requests.poll(cx, stream, service, &mut sent) {
                Poll::Ready(Ok(Next::Record(record))) => record,
                Poll::Ready(Ok(Next::End)) if over => return Poll::Ready(Ok(Ended::Clean)),
                Poll::Ready(Ok(Next::Refused)) => {
                    // An end behind it may be no clean one.
                    back.ends_unsaid = true;
                    continue;
                }
                // The relay says no more, and is told what comes.
                Poll::Ready(Ok(Next::End)) if requests.until_end => return Poll::Pending,
                Poll::Ready(Ok(Next::End)) => return Poll::Ready(Ok(Ended::Clean)),
                Poll::Ready(Err(error)) => return Poll::Ready(requests.failed(error)),
                Poll::Pending => return Poll::Pending,
            };
            let idle = !over && back.is_drained() && passed == record.seen;
            // A connection that was made just now has never been idle; in TLS there may be tickets.
            if !idle || (requests.begun && !is_silent(service)) {
                return Poll::Ready(Ok(Ended::Stale));
            }
            requests.begin(record);
            back.put(&record.nonce);
            nonces = record.nonce.len() as u64;
        }
    })
    .await
}

enum Next {
    Record(Record),
    End,
    /// The service takes no more of the request.
    Refused,
}

/// The direction to the service.
#[derive(Default)]
struct Requests {
    out: Half,
    header: [u8; RECORD],
    filled: usize,
    /// Of the request under way.
    left: u64,
    until_end: bool,
    /// There was a request before.
    begun: bool,
}

impl Requests {
    fn begin(&mut self, record: Record) {
        self.left = record.length;
        self.until_end = record.length == UNTIL_END;
        self.begun = true;
    }

    /// A stream that breaks between two requests is one that the relay does not need any more.
    fn failed(&self, error: io::Error) -> io::Result<Ended> {
        let whole = self.left == 0 && self.out.is_drained();
        if whole { Ok(Ended::Clean) } else { Err(error) }
    }

    fn poll<A, B>(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut A,
        service: &mut B,
        sent: &mut impl FnMut(u64),
    ) -> Poll<io::Result<Next>>
    where
        A: AsyncRead + Unpin,
        B: AsyncWrite + Unpin,
    {
        if self.left > 0 || !self.out.is_drained() {
            let endless = self.until_end;
            let mut request = Request {
                stream,
                left: &mut self.left,
                endless,
            };
            let polled = self.out.poll(cx, &mut request, service, sent);
            if let Poll::Ready(ended) = polled {
                if self.out.is_refused() {
                    return Poll::Ready(Ok(Next::Refused));
                }
                // A request of a known length that ends before it is a part of one.
                return Poll::Ready(match ended {
                    Ok(()) if self.left > 0 && !endless => Err(io::ErrorKind::UnexpectedEof.into()),
                    ended => ended.map(|()| Next::End),
                });
            }
            if self.left > 0 || !self.out.is_drained() {
                return Poll::Pending;
            }
        }
        self.poll_record(cx, stream)
    }

    fn poll_record<A>(&mut self, cx: &mut Context<'_>, stream: &mut A) -> Poll<io::Result<Next>>
    where
        A: AsyncRead + Unpin,
    {
        while self.filled < RECORD {
            let mut buf = ReadBuf::new(&mut self.header[self.filled..]);
            ready!(Pin::new(&mut *stream).poll_read(cx, &mut buf))?;
            let read = buf.filled().len();
            if read == 0 {
                return Poll::Ready(Ok(Next::End));
            }
            self.filled += read;
        }
        self.filled = 0;
        Poll::Ready(Ok(Next::Record(Record::decode(&self.header))))
    }
}

/// A stream up to the end of a request. There it waits for nothing: whoever reads looks again.
struct Request<'a, A> {
    stream: &'a mut A,
    left: &'a mut u64,
    endless: bool,
}

impl<A: AsyncRead + Unpin> AsyncRead for Request<'_, A> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.endless {
            return Pin::new(&mut *self.stream).poll_read(cx, buf);
        }
        if *self.left == 0 {
            return Poll::Pending;
        }
        let most = usize::try_from(*self.left).map_or(buf.remaining(), |l| l.min(buf.remaining()));
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(most));
        ready!(Pin::new(&mut *self.stream).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        buf.advance(read);
        *self.left -= read as u64;
        Poll::Ready(Ok(()))
    }
}
