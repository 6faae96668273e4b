//! Bodies in pieces, whatever the writer takes at a time.

use super::*;
use crate::relay::ingress::message::Length;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::task::Waker;

/// Gives what it has, a piece at a time, and is not always ready.
struct Pieces(VecDeque<Option<Vec<u8>>>);

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.0.pop_front() {
            None => Poll::Ready(Ok(())),
            Some(None) => Poll::Pending,
            Some(Some(mut piece)) => {
                let fits = piece.len().min(buf.remaining());
                buf.put_slice(&piece[..fits]);
                if fits < piece.len() {
                    self.0.push_front(Some(piece.split_off(fits)));
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

/// Takes so many bytes at a time, every other time.
struct Slow {
    got: Vec<u8>,
    most: usize,
    vectored: bool,
    ready: bool,
}

impl AsyncWrite for Slow {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.ready = !self.ready;
        if !self.ready {
            return Poll::Pending;
        }
        let fits = bytes.len().min(self.most);
        self.got.extend_from_slice(&bytes[..fits]);
        Poll::Ready(Ok(fits))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let all: Vec<u8> = slices
            .iter()
            .flat_map(|slice| slice.iter().copied())
            .collect();
        self.poll_write(cx, &all)
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What arrives of a body behind the head `H`, and what is left for the next message.
fn carried(
    length: Length,
    coding: Coding,
    pieces: Vec<Option<Vec<u8>>>,
    (most, vectored): (usize, bool),
) -> (Result<(), Broken>, Vec<u8>, Vec<u8>) {
    let mut transfer = Transfer::new(length, coding, b"H".to_vec());
    let (mut sender, mut from) = (Pieces(pieces.into()), Inbound::default());
    let mut receiver = Slow {
        got: Vec::new(),
        most,
        vectored,
        ready: false,
    };
    let mut cx = Context::from_waker(Waker::noop());
    let ended = loop {
        match transfer.poll(&mut cx, &mut sender, &mut from, &mut receiver) {
            Poll::Ready(ended) => break ended,
            Poll::Pending => {}
        }
    };
    let mut rest = from.bytes().to_vec();
    rest.extend(sender.0.into_iter().flatten().flatten());
    (ended, receiver.got, rest)
}

fn unchunked(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut decoder = Decoder::new(Length::Chunked);
    let chunk = decoder.decode(&mut bytes).expect("it is chunked");
    assert!(decoder.is_over() && chunk.consumed == bytes.len());
    bytes[chunk.data].to_vec()
}

proptest! {
    #[test]
    fn a_body_arrives_whole_and_what_follows_it_stays(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..9000), 0..6),
        cuts in prop::collection::vec((1..7000_usize, any::<bool>()), 1..6),
        chunked in any::<bool>(),
        to_chunked in any::<bool>(),
        most in prop_oneof![1..40_usize, Just(100_000)],
        vectored in any::<bool>(),
    ) {
        let body = chunks.concat();
        let mut bytes = Vec::new();
        if chunked {
            for chunk in &chunks {
                write!(bytes, "{:x}\r\n", chunk.len()).expect("it fits");
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\n");
        } else {
            bytes.extend_from_slice(&body);
        }
        bytes.extend_from_slice(b"next");
        let (mut pieces, mut rest) = (Vec::new(), &bytes[..]);
        for &(cut, pause) in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(Some(piece.to_vec()));
            if pause {
                pieces.push(None);
            }
            rest = after;
        }
        let length = if chunked { Length::Chunked } else { Length::Known(body.len() as u64) };
        let coding = if to_chunked { Coding::Chunked } else { Coding::Plain };
        if !chunked && to_chunked {
            return Ok(());
        }
        let (ended, got, left) = carried(length, coding, pieces, (most, vectored));
        prop_assert!(ended.is_ok());
        prop_assert_eq!(&got[..1], b"H");
        let got = if to_chunked { unchunked(got[1..].to_vec()) } else { got[1..].to_vec() };
        prop_assert!(got == body);
        prop_assert_eq!(left, b"next");
    }
}

#[test]
fn an_end_is_the_end_of_a_body_only_where_it_may_be() {
    let pieces = || vec![Some(b"part".to_vec())];
    let (ended, got, _) = carried(Length::UntilEnd, Coding::Chunked, pieces(), (100, true));
    assert!(ended.is_ok());
    assert_eq!(unchunked(got[1..].to_vec()), b"part");
    for length in [Length::Known(5), Length::Chunked] {
        let pieces = vec![Some(b"4\r\npart".to_vec()[..4].to_vec())];
        let (ended, ..) = carried(length, Coding::Plain, pieces, (100, true));
        assert!(matches!(ended, Err(Broken::Sender(_))), "{length:?}");
    }
}
