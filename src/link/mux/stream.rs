//! One stream of a link, as tokio sees streams.
//!
//! A reset stream and a lost link are errors, so that a download that broke off never looks finished.

use super::Shared;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;

/// A duplex byte stream over the link. `shutdown` ends one direction; dropping it before that breaks
/// it at the other end too, and dropping it before the other end has ended stops the writer there.
#[derive(Debug)]
pub struct MuxStream {
    id: u32,
    shared: Arc<Shared>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl MuxStream {
    pub(super) const fn new(
        id: u32,
        shared: Arc<Shared>,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        Self {
            id,
            shared,
            _permit: permit,
        }
    }

    /// Waits until nobody takes what is written: the other end reset the stream or reads no more of
    /// it, or the link is gone. For one waiter, which need not read or write to learn of it.
    pub fn broken(&self) -> impl Future<Output = ()> + Send + use<> {
        let (id, shared) = (self.id, Arc::clone(&self.shared));
        poll_fn(move |cx| shared.streams.lock().poll_broken(id, cx))
    }
}

impl Drop for MuxStream {
    fn drop(&mut self) {
        self.shared.streams.lock().release(self.id);
    }
}

impl AsyncRead for MuxStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        self.shared.streams.lock().poll_read(self.id, cx, buf)
    }
}

impl AsyncWrite for MuxStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.shared.streams.lock().poll_write(self.id, cx, buf)
    }

    /// What was written goes out by itself.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shared.streams.lock().finish(self.id))
    }
}
