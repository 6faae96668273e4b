//! Taps the frames between yamux and the transport: reads their headers, and corrects some.
//!
//! yamux does not tell its users a reset from an end, and ends a stream that was dropped after the
//! other end had ended its side, as if nothing were missing. Here a reset that comes raises the
//! stream's flag before yamux knows, and such an end goes out as a reset. It knows a header's flags
//! and lengths, and nothing of what frames carry.
//!
//! yamux reads nothing while a pong of its own waits to be written. When that happens at both ends
//! of a link that is full both ways, neither goes on for ever: here a pong gets past what is full.

use super::{FRAME_BODY, Shared};
use futures_util::io::{AsyncRead, AsyncWrite};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

const HEADER: usize = 12;
const DATA: u8 = 0;
const WINDOW_UPDATE: u8 = 1;
const PING: u8 = 2;
/// On a ping: it asks for a pong.
const SYN: u8 = 1;
/// On a ping: it is the pong.
const ACK: u8 = 2;
const FIN: u8 = 4;
const RST: u8 = 8;

/// Bytes taken beyond what the transport takes: the rest of a frame, and the pong behind it.
const SPARE: usize = FRAME_BODY + 2 * HEADER;

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

fn is_ping(header: &Header, flag: u8) -> bool {
    header[1] == PING && header[3] & flag != 0
}

/// Where in a run of frames we are.
#[derive(Default)]
struct Position {
    header: Header,
    /// Bytes of the header that are here.
    filled: usize,
    /// Bytes of the body that are still to come.
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
pub(super) struct FrameTap<I> {
    inner: I,
    shared: Arc<Shared>,
    came: Position,
    went: Position,
    /// Pings that came and whose pongs have not been written yet.
    owed: u32,
    /// Taken from yamux, and not by the transport yet.
    spare: Vec<u8>,
}

impl<I> FrameTap<I> {
    pub(super) fn new(inner: I, shared: &Arc<Shared>) -> Self {
        Self {
            inner,
            shared: Arc::clone(shared),
            came: Position::default(),
            went: Position::default(),
            owed: 0,
            spare: Vec::new(),
        }
    }

    /// The end of a broken stream becomes a reset. yamux writes each header at once; should that
    /// change, an end stays an end.
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

impl<I: AsyncWrite + Unpin> FrameTap<I> {
    /// Hands on what was taken before.
    fn poll_spare(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.spare.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.spare))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.spare.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    /// Hands on what the transport takes; while a pong is owed, a little more is taken.
    fn poll_take(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let taken = match self.poll_spare(cx)? {
            Poll::Ready(()) => Pin::new(&mut self.inner).poll_write(cx, bytes)?,
            Poll::Pending => Poll::Pending,
        };
        let room = SPARE.saturating_sub(self.spare.len());
        match taken {
            Poll::Ready(count) => Poll::Ready(Ok(count)),
            Poll::Pending if self.owed > 0 && room > 0 => {
                let count = bytes.len().min(room);
                self.spare.extend_from_slice(&bytes[..count]);
                Poll::Ready(Ok(count))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// A header that is not yamux's own goes whole: yamux would go on with the rest of its own.
    fn poll_take_header(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &Header,
    ) -> Poll<io::Result<usize>> {
        let count = ready!(self.poll_take(cx, bytes))?;
        self.spare.extend_from_slice(&bytes[count..]);
        Poll::Ready(Ok(HEADER))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for FrameTap<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Self {
            inner,
            shared,
            came,
            owed,
            ..
        } = &mut *self;
        let read = ready!(Pin::new(inner).poll_read(cx, buf))?;
        came.advance(&buf[..read], |header| {
            if has(header, RST) {
                shared.handle_reset(stream_of(header));
            }
            *owed = owed.saturating_add(u32::from(is_ping(header, SYN)));
        });
        Poll::Ready(Ok(read))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for FrameTap<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        // Asked again after a wait it must still be known to be broken.
        let corrected = self.corrected(buf);
        let written = match &corrected {
            Some(header) => self.poll_take_header(cx, header),
            None => self.poll_take(cx, buf),
        };
        match (&written, &corrected) {
            (Poll::Ready(Ok(count)), _) => {
                let Self { went, owed, .. } = &mut *self;
                let bytes = corrected.as_ref().map_or(buf, |header| header.as_slice());
                went.advance(&bytes[..*count], |header| {
                    *owed = owed.saturating_sub(u32::from(is_ping(header, ACK)));
                });
            }
            (Poll::Pending, Some(header)) => self.shared.put_broken(stream_of(header)),
            (Poll::Pending, None) | (Poll::Ready(Err(_)), _) => {}
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_spare(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_spare(cx))?;
        Pin::new(&mut self.inner).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use proptest::prelude::*;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
    use tokio::time::timeout;
    use tokio_util::compat::{Compat, TokioAsyncReadCompatExt as _};

    fn frame(kind: u8, flags: u8, stream: u32, body: u32) -> Vec<u8> {
        let mut bytes = vec![0, kind, 0, flags];
        bytes.extend(stream.to_be_bytes());
        bytes.extend(body.to_be_bytes());
        if kind == DATA {
            bytes.extend(vec![0xff; body as usize]);
        }
        bytes
    }

    type Near = FrameTap<Compat<DuplexStream>>;

    /// Tapped, over a transport with this much room.
    fn watched(takes: usize) -> (Near, DuplexStream) {
        let (near, far) = tokio::io::duplex(takes);
        (FrameTap::new(near.compat(), &Arc::new(Shared::new(1))), far)
    }

    async fn is_taken(watch: &mut Near, bytes: &[u8]) -> bool {
        timeout(Duration::ZERO, watch.write_all(bytes))
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn the_end_of_a_broken_stream_goes_as_a_whole_reset_through_a_narrow_transport() {
        let (mut watch, mut far) = watched(3);
        watch.shared.put_broken(5);
        let header = frame(WINDOW_UPDATE, FIN, 5, 0);
        assert!(is_taken(&mut watch, &header).await);
        let mut seen = [0; HEADER];
        let (flushed, read) = tokio::join!(watch.flush(), far.read_exact(&mut seen));
        assert!(flushed.is_ok() && read.is_ok());
        assert_eq!(seen[..], frame(WINDOW_UPDATE, RST, 5, 0));
    }

    #[tokio::test]
    async fn a_pong_gets_past_what_is_full_and_a_flood_of_pings_gets_no_further() {
        let (mut watch, mut far) = watched(2 * HEADER);
        let (asks, pong) = (frame(PING, SYN, 0, 1), frame(PING, ACK, 0, 1));
        let data = frame(DATA, 0, 5, 20_000);
        assert!(!is_taken(&mut watch, &data).await, "it is full");
        let rest = &data[2 * HEADER..];
        far.write_all(&asks).await.expect("it goes");
        watch.read_exact(&mut [0; HEADER]).await.expect("it came");
        assert!(is_taken(&mut watch, &[rest, &pong].concat()).await);
        assert!(!is_taken(&mut watch, &data).await, "nothing is owed");
        let mut seen = vec![0; data.len() + HEADER];
        let (flushed, read) = tokio::join!(watch.flush(), far.read_exact(&mut seen));
        assert!(flushed.is_ok() && read.is_ok());
        assert!(seen == [&data[..], &pong].concat(), "in its order");
        for _ in 0..10 {
            far.write_all(&asks).await.expect("it goes");
            watch.read_exact(&mut [0; HEADER]).await.expect("it came");
            is_taken(&mut watch, &data).await;
        }
        assert!(watch.spare.len() <= SPARE);
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
