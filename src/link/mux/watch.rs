//! Watches the frames' headers go by between yamux and the transport.
//!
//! yamux does not tell its users a reset from an end, and ends a stream that was dropped after the
//! other end had ended its side, as if nothing were missing. Here a reset that comes raises the
//! stream's flag before yamux knows, and such an end goes out as a reset. It knows a header's flags
//! and lengths, and nothing of what frames carry.

use super::Shared;
use futures_util::io::{AsyncRead, AsyncWrite};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

const HEADER: usize = 12;
const DATA: u8 = 0;
const WINDOW_UPDATE: u8 = 1;
const FIN: u8 = 4;
const RST: u8 = 8;

/// A frame's header: version, type, two bytes of flags, four each of the stream's id and length.
type Header = [u8; HEADER];

fn stream_of(header: &Header) -> u32 {
    u32::from_be_bytes([header[4], header[5], header[6], header[7]])
}

fn body_of(header: &Header) -> usize {
    let length = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
    match header[1] {
        DATA => usize::try_from(length).unwrap_or(usize::MAX),
        _ => 0,
    }
}

/// Whether the frame has one of these flags, which mean this on a stream's frames only.
fn has(header: &Header, flags: u8) -> bool {
    matches!(header[1], DATA | WINDOW_UPDATE) && header[3] & flags != 0
}

/// Where in a run of frames we are.
#[derive(Default)]
struct Position {
    header: Header,
    /// So much of the header is here.
    filled: usize,
    /// So much of the body is still to come.
    body: usize,
}

impl Position {
    /// Calls `each` with every header that ends in `bytes`.
    fn advance(&mut self, mut bytes: &[u8], mut each: impl FnMut(&Header)) {
        while !bytes.is_empty() {
            let skipped = self.body.min(bytes.len());
            self.body -= skipped;
            bytes = &bytes[skipped..];
            let taken = (HEADER - self.filled).min(bytes.len());
            self.header[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
            self.filled += taken;
            bytes = &bytes[taken..];
            if self.filled == HEADER {
                self.filled = 0;
                self.body = body_of(&self.header);
                each(&self.header);
            }
        }
    }
}

/// The transport as yamux sees it.
pub(super) struct Watch<I> {
    inner: I,
    shared: Arc<Shared>,
    came: Position,
    went: Position,
}

impl<I> Watch<I> {
    pub(super) fn new(inner: I, shared: &Arc<Shared>) -> Self {
        Self {
            inner,
            shared: Arc::clone(shared),
            came: Position::default(),
            went: Position::default(),
        }
    }

    /// The end of a broken stream becomes a reset. yamux writes each header at once, and the cork
    /// takes it at once; should that change, an end stays an end.
    fn corrected(&self, bytes: &[u8]) -> Option<Header> {
        if self.went.filled > 0 || self.went.body > 0 {
            return None;
        }
        let mut header = Header::try_from(bytes).ok()?;
        if !has(&header, FIN | RST) || !self.shared.take_broken(stream_of(&header)) {
            return None;
        }
        header[3] = header[3] & !FIN | RST;
        Some(header)
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Watch<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Self {
            inner,
            shared,
            came,
            ..
        } = &mut *self;
        let read = ready!(Pin::new(inner).poll_read(cx, buf))?;
        came.advance(&buf[..read], |header| {
            if has(header, RST) {
                shared.handle_reset(stream_of(header));
            }
        });
        Poll::Ready(Ok(read))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Watch<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        // Asked again after a wait it must still be known to be broken.
        let corrected = self.corrected(buf);
        let bytes = corrected.as_ref().map_or(buf, |header| header.as_slice());
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        match (&written, &corrected) {
            (Poll::Ready(Ok(count)), _) => self.went.advance(&bytes[..*count], |_| ()),
            (Poll::Pending, Some(header)) => self.shared.put_broken(stream_of(header)),
            (Poll::Pending, None) | (Poll::Ready(Err(_)), _) => {}
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(kind: u8, flags: u8, stream: u32, body: u32) -> Vec<u8> {
        let mut bytes = vec![0, kind, 0, flags];
        bytes.extend(stream.to_be_bytes());
        bytes.extend(body.to_be_bytes());
        if kind == DATA {
            bytes.extend(vec![0xff; body as usize]);
        }
        bytes
    }

    proptest! {
        #[test]
        fn headers_are_found_however_the_bytes_are_cut(
            frames in prop::collection::vec((0..4_u8, 0..16_u8, any::<u32>(), 0..40_u32), 0..20),
            cut in 1..60_usize,
        ) {
            let bytes: Vec<u8> = frames.iter().flat_map(|&(k, f, s, b)| frame(k, f, s, b)).collect();
            let (mut position, mut found) = (Position::default(), Vec::new());
            for piece in bytes.chunks(cut) {
                position.advance(piece, |header| found.push((stream_of(header), has(header, RST))));
            }
            let expected: Vec<_> = frames.iter().map(|&(k, f, s, _)| (s, k < 2 && f & RST != 0)).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn garbage_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 1..50_usize) {
            let mut position = Position::default();
            for piece in bytes.chunks(cut) {
                position.advance(piece, |_| ());
            }
        }
    }
}
