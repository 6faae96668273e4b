//! Two streams made one: what comes out of either goes into the other, ends included.
//!
//! It knows nothing of what the bytes mean.

use crate::link::pump::pump;
use bytes::{Buf, Bytes};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// How long an ended connection is still read from. Closing it with bytes unread would reset it, and
/// the reset may overtake what was written.
const LINGER: Duration = Duration::from_secs(2);

/// Carries bytes and half-closes both ways until both have ended, or until `close`: both then get an
/// end as if the other had come to its own. When either breaks, the visitor's connection is reset: a
/// clean end would pass a part for the whole.
pub(super) async fn splice<S>(
    mut visitor: Rewound<TcpStream>,
    mut service: S,
    close: &CancellationToken,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let carrying = pump(&mut visitor, &mut service, |_| (), |_| ());
    let Some(carried) = close.run_until_cancelled(carrying).await else {
        let leaving = tokio::time::timeout(LINGER, service.shutdown());
        // Whoever does not take it is let go all the same.
        let _ = tokio::join!(leaving, end(visitor.stream));
        return Ok(());
    };
    if carried.is_err() {
        reset(&visitor.stream);
    }
    carried
}

/// Ends a connection so that the visitor gets all that was written.
pub(super) async fn end(mut stream: TcpStream) {
    let drained = async {
        stream.shutdown().await?;
        let mut rest = [0; 4096];
        while stream.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    // However it ends, the connection is closed now.
    let _ = tokio::time::timeout(LINGER, drained).await;
}

/// Makes the coming close of `stream` a reset.
pub(super) fn reset(stream: &TcpStream) {
    if let Err(error) = stream.set_zero_linger() {
        tracing::debug!(%error, "a connection cannot be reset");
    }
}

/// A stream with some bytes put back in front of it.
pub(super) struct Rewound<S> {
    first: Bytes,
    stream: S,
}

impl<S> Rewound<S> {
    pub(super) fn new(first: Bytes, stream: S) -> Self {
        Self { first, stream }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Rewound<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        let fits = self.first.len().min(buffer.remaining());
        buffer.put_slice(&self.first[..fits]);
        self.first.advance(fits);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Rewound<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    #[tokio::test]
    async fn the_bytes_put_back_come_first() {
        let mut rewound = Rewound::new(Bytes::from_static(b"first "), &b"second"[..]);
        let mut short = [0; 3];
        rewound
            .read_exact(&mut short)
            .await
            .expect("there are enough");
        let mut rest = String::new();
        rewound.read_to_string(&mut rest).await.expect("it is text");
        assert_eq!((&short[..], rest.as_str()), (&b"fir"[..], "st second"));
    }
}
