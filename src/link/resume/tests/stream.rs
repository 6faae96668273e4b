//! A session that carries one duplex stream.

use crate::link::resume::fuzz::bytes::{Bytes, Read};
use crate::link::resume::{
    Config, Handle, Secret, SessionDriver, SessionEnd, SessionGuard, SessionId, session,
};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// So many bytes may wait to go.
const CAPACITY: usize = 128 * 1024;

/// A duplex stream with half-close; dropping it ends its session.
pub(in crate::link) struct ByteStream {
    bytes: Arc<Bytes>,
    _guard: SessionGuard,
}

impl std::fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ByteStream").finish_non_exhaustive()
    }
}

pub(in crate::link) fn stream(
    config: Config,
    id: SessionId,
    secret: Secret,
) -> (Handle, ByteStream, SessionDriver) {
    // One that has to wait when the ring is small.
    let bytes = Arc::new(Bytes::new(CAPACITY.min(config.tx_ring)));
    let payload = Arc::clone(&bytes) as Arc<dyn crate::link::resume::Payload>;
    let (handle, guard, driver) = session(config, id, secret, payload);
    let stream = ByteStream {
        bytes,
        _guard: guard,
    };
    (handle, stream, driver)
}

/// The same over its one connection.
pub(in crate::link) fn over(transport: impl crate::link::Transport) -> ByteStream {
    let bytes = Arc::new(Bytes::new(CAPACITY));
    let (_, guard) = crate::link::resume::over(transport, Arc::clone(&bytes) as _);
    ByteStream {
        bytes,
        _guard: guard,
    }
}

fn poll<R>(bytes: &Bytes, cx: &Context<'_>, attempt: impl FnMut(&Bytes) -> Option<R>) -> Poll<R> {
    bytes
        .or_wait(cx, attempt)
        .map_or(Poll::Pending, Poll::Ready)
}

impl AsyncRead for ByteStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        poll(&self.bytes, cx, |bytes| {
            Some(match bytes.read(buf.initialize_unfilled()) {
                Read::Wait => return None,
                Read::Eof => Ok(()),
                Read::Over(end) => Err(error(end)),
                Read::Bytes(count) => {
                    buf.advance(count);
                    Ok(())
                }
            })
        })
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        poll(&self.bytes, cx, |bytes| {
            match (bytes.end(), bytes.write(buf)) {
                (Some(end), _) => Some(Err(error(end))),
                (None, 0) if bytes.is_finished() => Some(Err(io::ErrorKind::BrokenPipe.into())),
                (None, 0) if !buf.is_empty() => None,
                (None, count) => Some(Ok(count)),
            }
        })
    }

    /// What was written goes out by itself.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Ready once the other end has everything.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.bytes.is_finished() {
            self.bytes.finish();
        }
        poll(&self.bytes, cx, |bytes| match bytes.end() {
            _ if bytes.is_delivered() => Some(Ok(())),
            Some(SessionEnd::Closed) => Some(Ok(())),
            Some(end) => Some(Err(error(end))),
            None => None,
        })
    }
}

fn error(end: SessionEnd) -> io::Error {
    let kind = match end {
        SessionEnd::Finished | SessionEnd::Closed | SessionEnd::Dropped => {
            io::ErrorKind::BrokenPipe
        }
        SessionEnd::Reset(_) => io::ErrorKind::ConnectionReset,
        SessionEnd::Protocol(_) => io::ErrorKind::InvalidData,
        SessionEnd::CannotResume(_) => io::ErrorKind::ConnectionAborted,
    };
    io::Error::new(kind, end)
}
