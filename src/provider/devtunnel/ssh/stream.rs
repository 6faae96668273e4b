//! One channel, as tokio sees streams.
//!
//! Only the other end's word ends it: when the session breaks, a read is an error, so that a download
//! that broke off never looks finished.

use super::machine::{Read, Write};
use super::shared::Shared;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A duplex stream of bytes. Its shutdown ends one direction; dropping it closes it. What was written
/// before a shutdown goes out all the same, and without one as much as the other end takes at once.
#[derive(Debug)]
pub struct Channel {
    id: u32,
    shared: Arc<Shared>,
}

impl Channel {
    pub(super) const fn new(id: u32, shared: Arc<Shared>) -> Self {
        Self { id, shared }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.shared.with(|machine| machine.abandon(self.id));
    }
}

impl AsyncRead for Channel {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let max = buf.remaining();
        if max == 0 {
            return Poll::Ready(Ok(()));
        }
        self.shared.with(|machine| {
            match machine.read(self.id, max, &mut |bytes| buf.put_slice(bytes)) {
                Read::Some | Read::Eof => Poll::Ready(Ok(())),
                Read::Over => Poll::Ready(Err(over())),
                Read::Wait => {
                    machine.wait_to_read(self.id, cx.waker());
                    Poll::Pending
                }
            }
        })
    }
}

impl AsyncWrite for Channel {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.shared
            .with(|machine| match machine.write(self.id, buf) {
                Write::Taken(count) => Poll::Ready(Ok(count)),
                Write::Closed => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
                Write::Over => Poll::Ready(Err(over())),
                Write::Wait => {
                    machine.wait_to_write(self.id, cx.waker());
                    Poll::Pending
                }
            })
    }

    /// What was written goes out by itself.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.with(|machine| machine.finish(self.id));
        Poll::Ready(Ok(()))
    }
}

fn over() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the session with the relay is over",
    )
}
