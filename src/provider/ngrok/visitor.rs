//! A visitor that the edge brings, as a stream that fails where the visitor or the link is gone.
//!
//! The crate tells nobody of a visitor's reset: its reader sees an end, or waits on. What ended is
//! found out here, so that a part never passes for the whole. The other way it can say no more than an
//! end: a service's reset reaches the edge as one.

use super::link::Link;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// A visitor that says nothing is looked after so often: its reset is told to nobody.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A visitor whose end is one only if it said so itself.
pub(super) struct Visitor<C> {
    conn: C,
    link: Link,
    look: Interval,
}

impl<C: AsyncWrite + Unpin> Visitor<C> {
    pub(super) fn new(conn: C, link: Link) -> Self {
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { conn, link, look }
    }

    /// The crate says to a writer alone that the visitor is gone, and nothing of a connection that is.
    fn is_broken(&mut self, cx: &mut Context<'_>) -> bool {
        let flushed = Pin::new(&mut self.conn).poll_flush(cx);
        matches!(flushed, Poll::Ready(Err(_))) || self.link.is_over()
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> AsyncRead for Visitor<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let reset = || Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        let before = buf.filled().len();
        loop {
            let read = Pin::new(&mut self.conn).poll_read(cx, buf);
            match read {
                Poll::Ready(Ok(())) if buf.filled().len() == before && buf.remaining() > 0 => {
                    return if self.is_broken(cx) { reset() } else { read };
                }
                Poll::Ready(_) => return read,
                Poll::Pending => {
                    ready!(self.look.poll_tick(cx));
                    if self.is_broken(cx) {
                        return reset();
                    }
                }
            }
        }
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Visitor<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.conn).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.conn).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.conn).poll_shutdown(cx)
    }
}
