//! Carries bytes between two duplex streams, both ways, in one task, half-close and all.
//!
//! It counts what it carried and knows nothing of what the bytes mean.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A direction starts with this much: most connections never need more, and many are idle.
const SMALL: usize = 8 * 1024;

/// A read that brings so much is followed by another one, while there is as much room.
const MUCH: usize = 16 * 1024;

/// A direction that fills its buffer gets this much: two mux frames, four TLS records.
const LARGE: usize = 64 * 1024;

/// Carries bytes until both directions have ended. The end of one is passed on and leaves the other
/// open. `sent` and `received` are told of the bytes that went from `near` to `far` and back.
///
/// # Errors
/// The first failure of either stream; both are then no longer usable.
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
    let (mut out, mut back) = (Half::new(), Half::new());
    poll_fn(|cx| {
        let out = out.poll(cx, near, far, &mut sent)?;
        let back = back.poll(cx, far, near, &mut received)?;
        match (out, back) {
            (Poll::Ready(()), Poll::Ready(())) => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        }
    })
    .await
}

/// One direction.
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
}

impl Half {
    pub(super) fn new() -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            end: 0,
            dirty: false,
            ended: false,
            closed: false,
            failure: None,
        }
    }

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

    /// Carries what there is. Ready when the reader has ended and the writer was told so.
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
            if self.start < self.end {
                ready!(self.poll_write(cx, writer, count))?;
            } else if self.ended {
                ready!(Pin::new(&mut *writer).poll_shutdown(cx))?;
                self.closed = true;
            } else if self.poll_read(cx, reader)?.is_pending() {
                if self.dirty {
                    ready!(Pin::new(&mut *writer).poll_flush(cx))?;
                    self.dirty = false;
                }
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(()))
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
            let written = ready!(Pin::new(&mut *writer).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.start += written;
            self.dirty = true;
            count(written as u64);
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    #[tokio::test]
    async fn both_directions_are_carried_and_counted_and_end_one_at_a_time() {
        let ((mut visitor, mut near), (mut far, mut service)) = (duplex(700), duplex(700));
        let carrying = tokio::spawn(async move {
            let (mut sent, mut received) = (0, 0);
            let end = pump(&mut near, &mut far, |n| sent += n, |n| received += n).await;
            (end.is_ok(), sent, received)
        });
        let question = vec![7; 200_000];
        let asking = tokio::spawn(async move {
            visitor.write_all(&question).await.expect("it goes");
            visitor.shutdown().await.expect("it is passed on");
            let mut answer = String::new();
            visitor.read_to_string(&mut answer).await.expect("it comes");
            answer
        });
        let mut heard = Vec::new();
        service.read_to_end(&mut heard).await.expect("it comes");
        service.write_all(b"answer").await.expect("still open");
        service.shutdown().await.expect("it is passed on");
        assert_eq!(heard, vec![7; 200_000]);
        assert_eq!(asking.await.expect("it ends"), "answer");
        assert_eq!(carrying.await.expect("it ends"), (true, 200_000, 6));
    }
}
