//! What must hold whatever bytes come: the frames, the greetings, and whole sessions, driven by a
//! string of bytes that a fuzzer (`tests/fuzz`) or a seed makes up.
//!
//! Built for tests and the fuzzer alone. It panics where something does not hold, and knows no I/O.

pub(in crate::link) mod bytes;
mod hostile;
mod pair;

use super::Config;
use super::detector::DetectorConfig;
use super::end::SessionEnd;
use super::frame::{Frame, FrameError, Item, Parser, put, put_data_head};
use super::greeting::{HEAD, Reply, Request, head};
use std::time::Duration;

/// Runs one case; the first byte says of which kind.
///
/// # Panics
/// When something does not hold.
pub fn check(data: &[u8]) {
    let mut input = Input(data);
    match input.byte().map(|kind| kind % 4) {
        None => {}
        Some(0) => check_frames(&mut input),
        Some(1) => check_greeting(input.0),
        Some(2) => hostile::run(&mut input),
        Some(_) => pair::run(&mut input),
    }
}

/// The case, read from its front.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A byte, or zero behind the end.
    fn small(&mut self) -> u8 {
        self.byte().unwrap_or_default()
    }

    /// Up to so many bytes.
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (front, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        front
    }

    fn long(&mut self) -> u64 {
        let mut bytes = [0; 8];
        let front = self.take(8);
        bytes[..front.len()].copy_from_slice(front);
        u64::from_le_bytes(bytes)
    }

    /// Tiny rings, so that every edge is near.
    fn config(&mut self) -> Config {
        Config {
            tx_ring: 1 + usize::from(self.small()),
            window: 1 + usize::from(self.small()),
            ack_bytes: 1 + usize::from(self.small() % 64),
            ack_delay: Duration::from_millis(u64::from(self.small() % 20)),
            detector: DetectorConfig::default(),
        }
    }
}

/// What a stream carries at that place, told apart by its seed.
fn byte_at(seed: u8, place: u64) -> u8 {
    place.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[0] ^ seed
}

fn bytes_at(seed: u8, place: u64, count: usize) -> Vec<u8> {
    (place..).take(count).map(|at| byte_at(seed, at)).collect()
}

/// An item that owns its bytes; pieces that follow on each other are one.
#[derive(Debug, PartialEq)]
enum Owned {
    Data(u64, Vec<u8>),
    Frame(Frame),
}

/// Frames come out the same however they are cut, and go back into the same bytes.
fn check_frames(input: &mut Input<'_>) {
    let step = 1 + usize::from(input.small());
    let bytes = input.0;
    let (whole, ends) = parse([bytes].into_iter());
    let (cut, cut_ends) = parse(bytes.chunks(step));
    assert_eq!((&whole, ends), (&cut, cut_ends));
    let mut wire = Vec::new();
    for item in &whole {
        match item {
            Owned::Frame(frame) => put(&mut wire, *frame),
            Owned::Data(seq, bytes) => {
                let mut seq = *seq;
                for piece in bytes.chunks(1_000) {
                    put_data_head(&mut wire, seq, piece.len());
                    wire.extend_from_slice(piece);
                    seq += piece.len() as u64;
                }
            }
        }
    }
    assert_eq!(parse([&wire[..]].into_iter()), (whole, Ok(())));
}

fn parse<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> (Vec<Owned>, Result<(), FrameError>) {
    let (mut parser, mut seen) = (Parser::default(), Vec::new());
    for mut chunk in chunks {
        loop {
            match parser.next(&mut chunk) {
                Ok(Some(item)) => gather(&mut seen, item),
                Ok(None) => break,
                Err(error) => return (seen, Err(error)),
            }
        }
        assert!(chunk.is_empty(), "everything is taken");
    }
    (seen, Ok(()))
}

fn gather(seen: &mut Vec<Owned>, item: Item<'_>) {
    match (item, seen.last_mut()) {
        (Item::Data { seq, bytes }, Some(Owned::Data(from, before)))
            if *from + before.len() as u64 == seq =>
        {
            before.extend_from_slice(bytes);
        }
        (Item::Data { seq, bytes }, _) => seen.push(Owned::Data(seq, bytes.to_vec())),
        (Item::Frame(frame), _) => seen.push(Owned::Frame(frame)),
    }
}

/// A greeting says what it is by its head, and goes back into the same bytes.
fn check_greeting(bytes: &[u8]) {
    let Some((first, body)) = bytes.split_first_chunk::<HEAD>() else {
        return;
    };
    let Ok(head) = head(*first) else { return };
    let Some(body) = body.get(..head.len) else {
        return;
    };
    let (request, answer) = (Request::decode(head, body), Reply::decode(head, body));
    assert!(request.is_ok() != answer.is_ok(), "it is one of the two");
    let again = match (&request, &answer) {
        (Ok(request), _) => request.encode(),
        // Codes of newer versions are read as one that is known.
        (_, Ok(Reply::Refused(_))) | (Err(_), Err(_)) => return,
        (_, Ok(answer)) => answer.encode(),
    };
    assert_eq!(again.as_deref(), Ok(&bytes[..HEAD + head.len]));
}

/// Whether an end says that all went well.
fn is_finished(end: Option<SessionEnd>) -> bool {
    end == Some(SessionEnd::Finished)
}

#[cfg(test)]
mod tests;
