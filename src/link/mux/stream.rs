//! One stream of a link, as tokio sees streams.
//!
//! yamux reports a reset stream and a lost link as a clean end. Here they are errors, so that a
//! download that broke off never looks finished.

use super::Shared;
use futures_util::io::{AsyncRead as _, AsyncWrite as _};
use futures_util::task::AtomicWaker;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;

/// Zeroing more than this for a read that may bring little costs more than a second read.
const SMALL_READ: usize = 8 * 1024;

/// A duplex byte stream over the link. `shutdown` ends one direction; dropping it before both have
/// ended breaks it at the other end too.
#[derive(Debug)]
pub struct MuxStream {
    inner: yamux::Stream,
    flag: Arc<ResetFlag>,
    shared: Arc<Shared>,
    write_ended: bool,
    read_ended: bool,
    _permit: OwnedSemaphorePermit,
}

/// Raised once when the stream is of no use any more.
#[derive(Debug, Default)]
pub(super) struct ResetFlag {
    raised: AtomicBool,
    /// The other end has reset the stream.
    reset: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
    watcher: AtomicWaker,
}

impl ResetFlag {
    pub(super) fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        self.reader.wake();
        self.writer.wake();
        self.watcher.wake();
    }

    pub(super) fn handle_reset(&self) {
        self.reset.store(true, Ordering::Release);
        self.raise();
    }

    fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Acquire)
    }
}

impl MuxStream {
    pub(super) fn new(
        inner: yamux::Stream,
        permit: OwnedSemaphorePermit,
        shared: &Arc<Shared>,
    ) -> Self {
        let flag = Arc::new(ResetFlag::default());
        shared
            .streams
            .lock()
            .live
            .insert(inner.id().val(), Arc::clone(&flag));
        Self {
            inner,
            flag,
            shared: Arc::clone(shared),
            write_ended: false,
            read_ended: false,
            _permit: permit,
        }
    }

    /// Waits until the stream is of no use any more: the other end reset or abandoned it, or the
    /// link is gone. For one waiter, which need not read or write to learn of it.
    pub fn broken(&self) -> impl Future<Output = ()> + Send + use<> {
        let flag = Arc::clone(&self.flag);
        poll_fn(move |cx| {
            flag.watcher.register(cx.waker());
            if flag.is_raised() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }

    #[cfg(test)]
    pub(super) fn inner_is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// yamux says "end" of a reset and of a lost link too.
    fn is_clean_end(&self) -> bool {
        if !self.inner.is_closed() {
            return true;
        }
        if !self.write_ended || self.flag.is_raised() {
            return false;
        }
        // Whatever ended it is over now, and has left its mark.
        let _moved = self.shared.moving.lock();
        !self.shared.is_closed()
    }
}

impl Drop for MuxStream {
    fn drop(&mut self) {
        let id = self.inner.id().val();
        let mut streams = self.shared.streams.lock();
        streams.live.remove(&id);
        // yamux has no last word on a stream that the other end has reset.
        if !self.write_ended && !self.flag.reset.load(Ordering::Acquire) {
            streams.broken.insert(id);
        }
        drop(streams);
        let writer_waits = self.write_ended && !self.read_ended;
        if writer_waits && !self.flag.is_raised() && !self.shared.is_closed() {
            self.shared.abandon(id);
        }
    }
}

impl AsyncRead for MuxStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 || self.read_ended {
            return Poll::Ready(Ok(()));
        }
        // What is not zeroed yet is zeroed for this read: only as much as a small one needs.
        let ready = buf.initialized().len() - buf.filled().len();
        let unfilled = buf.initialize_unfilled_to(ready.max(SMALL_READ).min(buf.remaining()));
        match Pin::new(&mut self.inner).poll_read(cx, unfilled) {
            Poll::Ready(Ok(0)) if !self.is_clean_end() => Poll::Ready(Err(reset())),
            Poll::Ready(Ok(read)) => {
                self.read_ended = read == 0;
                buf.advance(read);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(_)) => Poll::Ready(Err(reset())),
            Poll::Pending => {
                self.flag.reader.register(cx.waker());
                if self.flag.is_raised() {
                    return Poll::Ready(Err(reset()));
                }
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for MuxStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.flag.is_raised() {
            return Poll::Ready(Err(reset()));
        }
        match Pin::new(&mut self.inner).poll_write(cx, buf) {
            Poll::Ready(written) => Poll::Ready(written.map_err(|_| reset())),
            Poll::Pending => self.poll_raised(cx).map(|()| Err(reset())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.inner).poll_flush(cx) {
            Poll::Ready(flushed) => Poll::Ready(flushed.map_err(|_| reset())),
            Poll::Pending => self.poll_raised(cx).map(|()| Err(reset())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.write_ended {
            return Poll::Ready(Ok(()));
        }
        // yamux would gladly end what is gone.
        if self.flag.is_raised() || self.inner.is_closed() {
            return Poll::Ready(Err(reset()));
        }
        let closed = match Pin::new(&mut self.inner).poll_close(cx) {
            // yamux takes the end of a stream that was reset meanwhile.
            Poll::Ready(Ok(())) if self.flag.is_raised() => Err(reset()),
            Poll::Ready(closed) => closed.map_err(|_| reset()),
            Poll::Pending => Err(ready!(self.poll_raised(cx).map(|()| reset()))),
        };
        self.write_ended = closed.is_ok();
        Poll::Ready(closed)
    }
}

impl MuxStream {
    fn poll_raised(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.flag.writer.register(cx.waker());
        if self.flag.is_raised() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

fn reset() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionReset,
        "the stream was reset or its link is gone",
    )
}
