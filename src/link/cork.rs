//! Gathers what the multiplexer writes until it has nothing more to say, then lets it go at once.
//!
//! yamux writes a 12-byte header and a body and flushes after each frame: straight onto TLS that is
//! two records and two system calls a frame. It knows nothing of frames: bytes in, bytes out.

use super::Transport;
use futures_util::io::{AsyncRead, AsyncWrite};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::ReadBuf;

/// Beyond this much unsent, a write waits for the transport: four full TLS records.
const HIGH_WATER: usize = 64 * 1024;

/// One end for yamux, a clone for its driver, which lets the gathered bytes go.
pub(super) struct Cork<T>(Arc<Mutex<Gathered<T>>>);

struct Gathered<T> {
    transport: T,
    unsent: Vec<u8>,
    /// So much at the head of `unsent` has gone.
    gone: usize,
    /// Bytes went to the transport since its last flush.
    dirty: bool,
}

impl<T> Clone for Cork<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Transport> Cork<T> {
    pub(super) fn new(transport: T) -> Self {
        Self(Arc::new(Mutex::new(Gathered {
            transport,
            unsent: Vec::new(),
            gone: 0,
            dirty: false,
        })))
    }

    /// Lets everything gathered go.
    pub(super) fn poll_release(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut gathered = self.lock();
        ready!(gathered.poll_drain(cx))?;
        if gathered.dirty {
            ready!(Pin::new(&mut gathered.transport).poll_flush(cx))?;
            gathered.dirty = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Whether there is something to let go, but less than makes a write wait.
    pub(super) fn has_room(&self) -> bool {
        let gathered = self.lock();
        (1..HIGH_WATER).contains(&(gathered.unsent.len() - gathered.gone))
    }

    /// Never held across a wait, and nothing in it panics half way.
    fn lock(&self) -> MutexGuard<'_, Gathered<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> Gathered<T> {
    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.gone < self.unsent.len() {
            let rest = &self.unsent[self.gone..];
            match Pin::new(&mut self.transport).poll_write(cx, rest) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => {
                    self.gone += written;
                    self.dirty = true;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    self.unsent.drain(..self.gone);
                    self.gone = 0;
                    return Poll::Pending;
                }
            }
        }
        self.unsent.clear();
        self.gone = 0;
        Poll::Ready(Ok(()))
    }
}

impl<T: Transport> AsyncRead for Cork<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut gathered = self.lock();
        let mut buf = ReadBuf::new(buf);
        ready!(Pin::new(&mut gathered.transport).poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<T: Transport> AsyncWrite for Cork<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut gathered = self.lock();
        if gathered.unsent.len() - gathered.gone >= HIGH_WATER {
            ready!(gathered.poll_drain(cx))?;
        }
        gathered.unsent.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    /// yamux flushes after every frame; the driver does it once it has nothing more to write.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_release(cx))?;
        Pin::new(&mut self.lock().transport).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::io::AsyncWriteExt as _;
    use std::future::poll_fn;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn nothing_goes_before_it_is_released_and_then_all_of_it_in_order() {
        let (near, mut far) = tokio::io::duplex(1 << 20);
        let cork = Cork::new(near);
        let mut yamux = cork.clone();
        yamux.write_all(b"header").await.expect("it is gathered");
        yamux.write_all(b"body").await.expect("it is gathered");
        yamux.flush().await.expect("it does nothing");
        let mut seen = [0; 10];
        let early = tokio::time::timeout(std::time::Duration::ZERO, far.read(&mut seen)).await;
        assert!(early.is_err(), "nothing came yet");
        poll_fn(|cx| cork.poll_release(cx)).await.expect("it goes");
        far.read_exact(&mut seen).await.expect("it came");
        assert_eq!(&seen, b"headerbody");
    }

    #[tokio::test]
    async fn a_full_cork_waits_for_the_transport_and_loses_nothing() {
        let (near, mut far) = tokio::io::duplex(1024);
        let cork = Cork::new(near);
        let mut yamux = cork.clone();
        let sent: Vec<u8> = (0..300_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let copy = sent.clone();
        let writer = tokio::spawn(async move {
            for chunk in copy.chunks(5_000) {
                yamux.write_all(chunk).await.expect("it is gathered");
                assert!(yamux.lock().unsent.len() <= HIGH_WATER + 5_000);
            }
            yamux.close().await.expect("it closes");
        });
        let mut seen = Vec::new();
        far.read_to_end(&mut seen).await.expect("it came");
        writer.await.expect("it ends");
        assert!(seen == sent);
    }
}
