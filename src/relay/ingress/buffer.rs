//! What a connection has brought and nobody has used yet, and what is on its way out.
//!
//! It knows bytes, not what they mean.

use std::future::poll_fn;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection starts with this much room: most messages need no more.
const SMALL: usize = 8 * 1024;
/// A body that fills its room gets this much: two mux frames, four TLS records.
pub(super) const LARGE: usize = 64 * 1024;

/// Bytes that were read, in order.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Inbound {
    /// What is here.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.end]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Bytes more that can be read without moving anything.
    pub(super) fn room(&self) -> usize {
        self.bytes.len() - self.end
    }

    /// Lets go of the first `count` bytes.
    pub(super) fn consume(&mut self, count: usize) {
        self.start += count;
    }

    /// Takes all that is here out.
    pub(super) fn take(&mut self) -> bytes::Bytes {
        let taken = bytes::Bytes::copy_from_slice(self.bytes());
        *self = Self::default();
        taken
    }

    /// Forgets what is here. Little room is kept for what comes next: making it anew, zeros and all, is a
    /// good part of what a short request costs.
    pub(super) fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
        self.shrink();
    }

    /// Gives the room back while nothing is here.
    pub(super) fn shrink(&mut self) {
        if self.is_empty() && self.bytes.len() > SMALL {
            *self = Self::default();
        }
    }

    /// Reads once, behind what is here; makes room as long as that is below `most`. The number of
    /// bytes that came; 0 at the end.
    pub(super) fn poll_fill<R>(
        &mut self,
        cx: &mut Context<'_>,
        reader: &mut R,
        most: usize,
    ) -> Poll<io::Result<usize>>
    where
        R: AsyncRead + Unpin + ?Sized,
    {
        self.make_room(most);
        let mut buf = ReadBuf::new(&mut self.bytes[self.end..]);
        ready!(Pin::new(reader).poll_read(cx, &mut buf))?;
        let read = buf.filled().len();
        self.end += read;
        Poll::Ready(Ok(read))
    }

    fn make_room(&mut self, most: usize) {
        if self.is_empty() {
            // What filled its room is a body, mostly, and goes on.
            let was_full = self.end == self.bytes.len() && self.end > 0;
            (self.start, self.end) = (0, 0);
            if self.bytes.is_empty() || (was_full && self.bytes.len() < LARGE) {
                self.bytes = vec![0; if was_full { LARGE } else { SMALL }];
            }
        }
        if self.end == self.bytes.len() {
            self.bytes.copy_within(self.start.., 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.bytes.len() {
            let room = (2 * self.bytes.len()).clamp(SMALL, most.max(self.end + 1));
            self.bytes.resize(room, 0);
        }
    }
}

/// Bytes on their way out: some of its own, some of an [`Inbound`], and some behind them.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    front: Vec<u8>,
    front_at: usize,
    /// In the inbound's bytes, counted from their beginning.
    middle: Range<usize>,
    tail: Vec<u8>,
    tail_at: usize,
}

/// Up to this many bytes are copied, to go out with what stands around them.
const FEW: usize = 4 * 1024;

impl Outgoing {
    pub(super) fn is_empty(&self) -> bool {
        self.front_at == self.front.len()
            && self.middle.is_empty()
            && self.tail_at == self.tail.len()
    }

    /// Something to go out before all that is put next; only while nothing else is here.
    pub(super) fn front(&mut self) -> &mut Vec<u8> {
        if self.is_empty() {
            self.front.clear();
            self.tail.clear();
            (self.front_at, self.tail_at) = (0, 0);
            // What it was counted in is used up.
            self.middle = 0..0;
        }
        &mut self.front
    }

    /// These bytes of `inbound` go next, and `tail` behind them.
    pub(super) fn put(
        &mut self,
        inbound: &[u8],
        middle: Range<usize>,
        tail: &[u8],
        vectored: bool,
    ) {
        if middle.is_empty() || (!vectored && middle.len() <= FEW) {
            self.front.extend_from_slice(&inbound[middle]);
            self.front.extend_from_slice(tail);
            return;
        }
        self.middle = middle;
        self.tail.extend_from_slice(tail);
    }

    /// Appends all of it to `other` instead.
    pub(super) fn append_to(&mut self, inbound: &[u8], other: &mut Vec<u8>) {
        other.extend_from_slice(&self.front[self.front_at..]);
        other.extend_from_slice(&inbound[self.middle.clone()]);
        other.extend_from_slice(&self.tail[self.tail_at..]);
        *self = Self::default();
    }

    /// Writes until nothing is left.
    pub(super) fn poll_write<W>(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut W,
        inbound: &[u8],
    ) -> Poll<io::Result<()>>
    where
        W: AsyncWrite + Unpin + ?Sized,
    {
        while !self.is_empty() {
            let parts = [
                &self.front[self.front_at..],
                &inbound[self.middle.clone()],
                &self.tail[self.tail_at..],
            ];
            let mut writer = Pin::new(&mut *writer);
            let written = if writer.is_write_vectored() {
                let slices = parts.map(io::IoSlice::new);
                ready!(writer.poll_write_vectored(cx, &slices))?
            } else {
                let next = parts.into_iter().find(|part| !part.is_empty());
                ready!(writer.as_mut().poll_write(cx, next.unwrap_or_default()))?
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, mut written: usize) {
        let from_front = written.min(self.front.len() - self.front_at);
        self.front_at += from_front;
        written -= from_front;
        let from_middle = written.min(self.middle.len());
        self.middle.start += from_middle;
        self.tail_at += written - from_middle;
    }

    /// Writes and flushes all of it.
    pub(super) async fn write<W>(&mut self, writer: &mut W) -> io::Result<()>
    where
        W: AsyncWrite + Unpin + ?Sized,
    {
        poll_fn(|cx| self.poll_write(cx, writer, &[])).await?;
        poll_fn(|cx| Pin::new(&mut *writer).poll_flush(cx)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn fill(inbound: &mut Inbound, bytes: &[u8]) {
        let mut reader = bytes;
        while !reader.is_empty() {
            let read = poll_fn(|cx| inbound.poll_fill(cx, &mut reader, 2 * LARGE)).await;
            assert!(read.expect("it is memory") > 0);
        }
    }

    #[tokio::test]
    async fn what_is_cleared_keeps_little_room_and_no_bytes() {
        for (len, kept) in [(1, SMALL), (SMALL, SMALL), (SMALL + 1, 0), (LARGE, 0)] {
            let mut inbound = Inbound::default();
            fill(&mut inbound, &vec![7; len]).await;
            assert_eq!(inbound.bytes().len(), len);
            inbound.clear();
            assert_eq!((inbound.bytes(), inbound.bytes.len()), (&[][..], kept));
            fill(&mut inbound, b"next").await;
            assert_eq!(inbound.bytes(), b"next");
        }
    }
}
