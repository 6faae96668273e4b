//! Carries bytes between two duplex streams, both ways, in one task, half-close and all.
//!
//! It counts what it carried and knows nothing of what the bytes mean.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

/// A direction starts with this much: most connections never need more, and many are idle.
const SMALL: usize = 8 * 1024;

/// A read that brings this many bytes is followed by another one, while there is as much room.
const MUCH: usize = 16 * 1024;

/// A direction that fills its buffer gets this much: two mux frames, four TLS records.
const LARGE: usize = 64 * 1024;

/// Carries bytes until both directions have ended. The end of one is passed on and leaves the other
/// open. `sent` and `received` are told of the bytes that went from `near` to `far` and back.
///
/// Whoever takes nothing more may have said why: what it says is carried to its end.
///
/// # Errors
/// The first failure of either stream; both are then no longer usable. The end of what a stream says
/// that takes nothing more is not passed on: it may be no clean one.
pub async fn pump<A, B>(
    near: &mut A,
    far: &mut B,
    mut sent: impl FnMut(u64),
    mut received: impl FnMut(u64),
) -> io::Result<()>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let (mut out, mut back) = (Half::default(), Half::default());
    poll_fn(|cx| {
        let sent = out.poll(cx, near, far, &mut sent)?;
        back.ends_unsaid |= out.is_refused();
        let received = back.poll(cx, far, near, &mut received)?;
        out.ends_unsaid |= back.is_refused();
        if sent.is_pending() || received.is_pending() {
            return Poll::Pending;
        }
        let refusal = out.refusal.take().or(back.refusal.take());
        Poll::Ready(refusal.map_or(Ok(()), Err))
    })
    .await
}

/// How long a service that has ended its side is given for what its visitor may still have to say: one
/// whose request was answered to the end has nothing.
const LAST_DATA_WITHIN: Duration = Duration::from_millis(50);

/// The idle time-out of a half-closed service, which takes what its visitor still sends.
const HALF_CLOSE_IDLE: Duration = Duration::from_secs(10);

/// A local service at the far end of [`pump_service`].
pub trait Service: AsyncRead + AsyncWrite + Unpin {
    /// Whether it is known to take nothing more. One that has closed its socket is found out by what
    /// is sent to it, and not before.
    fn is_gone(&self) -> bool;
}

impl Service for TcpStream {
    fn is_gone(&self) -> bool {
        !matches!(self.take_error(), Ok(None))
    }
}

/// Carries bytes between a visitor and a service until the connection is over: both directions have
/// ended, or the service has, and nothing more comes for it.
///
/// [`pump`] waits for the second end for ever. A visitor whose client cannot see the end of one
/// direction, as with those that know only the close of an SSH channel, would never be told of a
/// service that answers to the end of its connection, or drops an idle one.
///
/// The visitor's end is passed on and leaves the service's side open, for as long as it wants. A service
/// that takes nothing more may still have an answer, which is carried to its end.
///
/// # Errors
/// The first failure of either stream that ends the connection; both are then no longer usable.
pub async fn pump_service<V, S>(
    visitor: &mut V,
    service: &mut S,
    mut sent: impl FnMut(u64),
    mut received: impl FnMut(u64),
) -> io::Result<()>
where
    V: AsyncRead + AsyncWrite + Unpin,
    S: Service,
{
    let (mut out, mut back) = (Half::default(), Half::default());
    let mut half_close = HalfClose::default();
    let mut timer = pin!(sleep_until(Instant::now()));
    poll_fn(|cx| {
        let mut moved = 0;
        let mut count = |bytes| {
            moved += bytes;
            sent(bytes);
        };
        let has_ended = out.poll(cx, visitor, service, &mut count)?.is_ready();
        if back.poll(cx, service, visitor, &mut received)?.is_pending() {
            return Poll::Pending;
        }
        if let Some(refusal) = back.refusal.take() {
            return Poll::Ready(Err(refusal));
        }
        if has_ended {
            return Poll::Ready(Ok(()));
        }
        if let Some(wait) = half_close.begin(moved) {
            timer.as_mut().reset(Instant::now() + wait);
        }
        while timer.as_mut().poll(cx).is_ready() {
            match half_close.expire(service.is_gone(), out.is_stuck()) {
                Some(wait) => timer.as_mut().reset(Instant::now() + wait),
                None => return Poll::Ready(Ok(())),
            }
        }
        Poll::Pending
    })
    .await
}

/// What is still waited for once the service has ended its side.
#[derive(Debug, Default)]
struct HalfClose {
    has_begun: bool,
    /// Something came for the service since then.
    heard: bool,
    /// It has been found to take it.
    listens: bool,
}

impl HalfClose {
    /// The service has ended, and `moved` bytes went to it just now: how long to wait from here, if that
    /// is another time than before.
    fn begin(&mut self, moved: u64) -> Option<Duration> {
        if self.has_begun && moved == 0 {
            return None;
        }
        self.heard |= self.has_begun;
        self.has_begun = true;
        self.listens = false;
        Some(LAST_DATA_WITHIN)
    }

    /// That time is over: how much longer to wait, or not at all. `is_stuck` when there is more for the
    /// service than it has taken yet.
    fn expire(&mut self, is_gone: bool, is_stuck: bool) -> Option<Duration> {
        if is_gone || self.listens || !self.heard && !is_stuck {
            return None;
        }
        self.listens = true;
        Some(HALF_CLOSE_IDLE.saturating_sub(LAST_DATA_WITHIN))
    }
}

/// One direction: its buffer, and how far both its ends have come.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Default)]
pub(super) struct Half {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes were written since the last flush.
    dirty: bool,
    ended: bool,
    closed: bool,
    /// What the reader failed with behind the bytes that are here.
    failure: Option<io::Error>,
    /// What the writer failed with: it takes nothing more.
    refusal: Option<io::Error>,
    /// The writer is not told of the reader's end.
    pub(super) ends_unsaid: bool,
}

impl Half {
    /// Whether all that was read has been written and flushed.
    pub(super) fn is_drained(&self) -> bool {
        self.start == self.end && !self.dirty && self.failure.is_none()
    }

    /// Puts these few bytes next, where all that was read has been written.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if self.buffer.is_empty() {
            self.buffer = vec![0; SMALL];
        }
        self.buffer[..bytes.len()].copy_from_slice(bytes);
        (self.start, self.end) = (0, bytes.len());
    }

    /// Whether the writer takes nothing more.
    pub(super) fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// Why the writer takes nothing more.
    pub(super) fn take_refusal(&mut self) -> Option<io::Error> {
        self.refusal.take()
    }

    /// Carries what there is. Ready when the reader has ended and the writer was told so, or takes
    /// nothing more: the other direction may still be of use.
    pub(super) fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        reader: &mut R,
        writer: &mut W,
        count: &mut impl FnMut(u64),
    ) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        while !self.closed {
            let written = if self.start < self.end {
                ready!(self.poll_write(cx, writer, count))
            } else if self.ended {
                let ended = ready!(self.poll_end(cx, writer));
                self.closed = true;
                ended
            } else if self.poll_read(cx, reader)?.is_ready() {
                Ok(())
            } else if self.dirty {
                let flushed = ready!(Pin::new(&mut *writer).poll_flush(cx));
                self.dirty = false;
                match flushed {
                    Ok(()) => return Poll::Pending,
                    failed => failed,
                }
            } else {
                return Poll::Pending;
            };
            if let Err(error) = written {
                self.refusal = Some(error);
                self.closed = true;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_end<W>(&self, cx: &mut Context<'_>, writer: &mut W) -> Poll<io::Result<()>>
    where
        W: AsyncWrite + Unpin,
    {
        if self.ends_unsaid {
            Pin::new(writer).poll_flush(cx)
        } else {
            Pin::new(writer).poll_shutdown(cx)
        }
    }

    fn poll_read<R>(&mut self, cx: &mut Context<'_>, reader: &mut R) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
    {
        if let Some(error) = self.failure.take() {
            return Poll::Ready(Err(error));
        }
        if self.buffer.is_empty() {
            self.buffer = vec![0; SMALL];
        } else if self.end == self.buffer.len() && self.end < LARGE {
            self.buffer = vec![0; LARGE];
        }
        (self.start, self.end) = (0, 0);
        let mut buf = ReadBuf::new(&mut self.buffer);
        ready!(Pin::new(&mut *reader).poll_read(cx, &mut buf))?;
        self.ended = buf.filled().is_empty();
        // A stream that has much at once mostly has more: one write for all of it.
        let mut before = 0;
        while buf.filled().len() - before >= MUCH && buf.remaining() >= MUCH {
            before = buf.filled().len();
            match Pin::new(&mut *reader).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    // What came before it goes out first, and no reader says it twice.
                    self.failure = Some(error);
                    break;
                }
                Poll::Pending => break,
            }
        }
        self.end = buf.filled().len();
        Poll::Ready(Ok(()))
    }

    fn poll_write<W>(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut W,
        count: &mut impl FnMut(u64),
    ) -> Poll<io::Result<()>>
    where
        W: AsyncWrite + Unpin,
    {
        while self.start < self.end {
            let rest = &self.buffer[self.start..self.end];
            let written = match ready!(Pin::new(&mut *writer).poll_write(cx, rest)) {
                Ok(0) => Err(io::ErrorKind::WriteZero.into()),
                written => written,
            };
            let written = written?;
            self.start += written;
            self.dirty = true;
            count(written as u64);
        }
        Poll::Ready(Ok(()))
    }

    /// What was read has not been written yet.
    fn is_stuck(&self) -> bool {
        self.start < self.end
    }
}

#[cfg(test)]
#[path = "pump_tests.rs"]
mod tests;
