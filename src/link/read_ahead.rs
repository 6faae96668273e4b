//! A socket that is read in pieces as large as what comes: small ones as long as little does, so that
//! a stranger who only connects costs little, and large ones for a link that is busy.

use crate::base::forward::forward_writes;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is read at once at first: the words of a handshake fit.
const FIRST: usize = 4 * 1024;

/// What is read at once from a link that is busy. rustls by itself asks for 4 KiB a call, which costs
/// a system call for each quarter of a TLS record.
const MOST: usize = 128 * 1024;

/// By how much a piece grows when it was filled.
const GROWTH: usize = 4;

/// A socket with a buffer before it, from which small reads are served.
#[derive(Debug)]
pub struct ReadAhead<S> {
    inner: S,
    buffer: Box<[u8]>,
    /// What of the buffer is still to be read.
    start: usize,
    end: usize,
}

impl<S> ReadAhead<S> {
    /// Nothing is read yet, and nothing held.
    pub(super) fn new(inner: S) -> Self {
        Self {
            inner,
            buffer: Box::default(),
            start: 0,
            end: 0,
        }
    }

    /// One from which this was read already, and is to be read again.
    pub fn behind(read: &[u8], inner: S) -> Self {
        Self {
            inner,
            buffer: read.into(),
            start: 0,
            end: read.len(),
        }
    }

    /// What it reads from.
    #[cfg(test)]
    pub(super) fn get_ref(&self) -> &S {
        &self.inner
    }

    /// How much is read at once now.
    #[cfg(test)]
    fn size(&self) -> usize {
        self.buffer.len()
    }

    /// The size of the next piece, the last one having been read whole.
    fn grow(&mut self) {
        let len = self.buffer.len();
        let was_full = self.end == len;
        let wanted = if was_full { len * GROWTH } else { len };
        let wanted = wanted.clamp(FIRST, MOST);
        if wanted > len {
            self.buffer = vec![0; wanted].into_boxed_slice();
        }
        (self.start, self.end) = (0, 0);
    }
}

impl<S: AsyncRead + Unpin> ReadAhead<S> {
    /// Waits until something has come, or the end: what has come is read as if nobody had waited.
    pub async fn wait(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_fill(cx)).await
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.start < self.end {
            return Poll::Ready(Ok(()));
        }
        self.grow();
        let mut piece = ReadBuf::new(&mut self.buffer);
        ready!(Pin::new(&mut self.inner).poll_read(cx, &mut piece))?;
        self.end = piece.filled().len();
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ReadAhead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.start == self.end && out.remaining() >= MOST {
            return Pin::new(&mut self.inner).poll_read(cx, out);
        }
        ready!(self.poll_fill(cx))?;
        let count = out.remaining().min(self.end - self.start);
        out.put_slice(&self.buffer[self.start..self.start + count]);
        self.start += count;
        Poll::Ready(Ok(()))
    }
}

forward_writes!([S: AsyncWrite + Unpin] ReadAhead<S>, inner);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn a_piece_grows_with_what_comes_and_not_before() {
        let bytes = vec![7; 1024 * 1024];
        let mut ahead = ReadAhead::new(&bytes[..100]);
        assert_eq!(ahead.size(), 0);
        ahead.wait().await.expect("it is there");
        let mut all = Vec::new();
        ahead.read_to_end(&mut all).await.expect("it is there");
        assert_eq!((all.len(), ahead.size()), (100, FIRST));

        let mut ahead = ReadAhead::new(&bytes[..]);
        let mut some = [0; 1000];
        for _ in 0..200 {
            ahead.read_exact(&mut some).await.expect("it is there");
        }
        assert_eq!(ahead.size(), MOST);
    }

    proptest! {
        #[test]
        fn it_is_the_stream_that_it_reads(
            bytes in prop::collection::vec(any::<u8>(), 0..20_000),
            reads in prop::collection::vec(1..9_000_usize, 1..40),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it is made");
            let all = runtime.block_on(async {
                let (mut ahead, mut all) = (ReadAhead::new(&bytes[..]), Vec::new());
                for len in reads {
                    let mut piece = vec![0; len];
                    let count = ahead.read(&mut piece).await.expect("it is memory");
                    all.extend_from_slice(&piece[..count]);
                }
                ahead.read_to_end(&mut all).await.expect("it is memory");
                all
            });
            prop_assert_eq!(all, bytes);
        }
    }
}
