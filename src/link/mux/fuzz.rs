//! What must hold whatever bytes come and whoever opens, writes, reads, ends and drops: two ends by
//! calls alone, and one beside a hostile one, driven by a string of bytes that a fuzzer (`tests/fuzz`) or
//! a property test makes up.
//!
//! Built for tests and the fuzzer alone. It panics where something does not hold, and knows no I/O.

use super::Role;
use super::streams::{Streams, WINDOW_GROWTH};
use std::collections::HashMap;
use std::task::{Context, Poll, Waker};
use tokio::io::ReadBuf;

/// How many streams the other end may have.
const LIMIT: usize = 64;

/// Runs one case; the first byte says of which kind.
///
/// # Panics
/// When something does not hold.
pub fn check(data: &[u8]) {
    match data.split_first() {
        None => {}
        Some((kind, rest)) if kind % 2 == 0 => check_pair(rest),
        Some((_, rest)) => check_hostile(rest),
    }
}

/// Bytes keep their order, ends are true, and nothing is left over.
fn check_pair(steps: &[u8]) {
    let mut pair = Pair::new();
    for step in steps.as_chunks().0 {
        pair.step(*step);
    }
    pair.come_to_an_end();
}

/// Frames that nobody would send, cut anywhere: what is held is bounded by what came.
fn check_hostile(frames: &[u8]) {
    let mut end = End::new(Role::Relay);
    let mut wire = Vec::new();
    for [kind, flags, stream, size, length] in frames.as_chunks().0 {
        wire.extend([0, kind % 5, 0, flags % 16]);
        wire.extend(u32::from(stream % 12).to_be_bytes());
        let length = u32::from(*length);
        let length = match size % 4 {
            0 | 1 => length,
            2 => length << 10,
            _ => length << 24,
        };
        wire.extend(length.to_be_bytes());
        if kind % 5 == 0 {
            wire.extend(vec![1; length.min(1_000) as usize]);
        }
    }
    let cut = 1 + frames.first().map_or(0, |cut| usize::from(*cut));
    for piece in wire.chunks(cut) {
        if end.streams.receive(piece).is_err() {
            break;
        }
        let mut out = Vec::new();
        let put = &mut |bytes: &[u8]| out.extend_from_slice(bytes);
        end.streams.transmit(100, put);
    }
    assert!(end.streams.held() <= wire.len());
    assert!(end.streams.theirs <= LIMIT);
}

/// One end, what it has open, and what is on its way from it.
pub(super) struct End {
    pub(super) streams: Streams,
    pub(super) open: Vec<u32>,
    pub(super) wire: Vec<u8>,
}

/// What was written to a stream and read from it, each way by the end that writes.
#[derive(Default)]
struct Told {
    written: Vec<u8>,
    read: usize,
    /// The writer ended it and did not drop it before.
    is_whole: bool,
}

pub(super) struct Pair {
    pub(super) ends: [End; 2],
    told: HashMap<(usize, u32), Told>,
    next: u8,
}

impl End {
    pub(super) fn new(role: Role) -> Self {
        let mut streams = Streams::new(role, LIMIT);
        streams.knows_stop = true;
        Self {
            streams,
            open: Vec::new(),
            wire: Vec::new(),
        }
    }
}

pub(super) fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

impl Pair {
    pub(super) fn new() -> Self {
        Self {
            ends: [End::new(Role::Host), End::new(Role::Relay)],
            told: HashMap::new(),
            next: 0,
        }
    }

    /// Four bytes are a step: at whose end, what, to which stream, how much.
    fn step(&mut self, [what, which, high, low]: [u8; 4]) {
        let (side, which) = (usize::from(what >> 7), usize::from(which));
        let count = usize::from(u16::from_be_bytes([high, low]) % 2_000);
        let end = &mut self.ends[side];
        let id = (!end.open.is_empty()).then(|| end.open[which % end.open.len()]);
        match (what % 8, id) {
            (0, _) if end.open.len() < 40 => end.open.extend(end.streams.open()),
            (1, Some(id)) => self.write(side, id, count * 40),
            (2, Some(id)) => self.read(side, id, count * 60),
            (3, Some(id)) => {
                if end.streams.finish(id).is_ok() {
                    self.told.entry((side, id)).or_default().is_whole = true;
                }
            }
            (4, Some(id)) => self.release(side, id),
            (5 | 6, _) => self.transmit(side, count * 80),
            _ => self.deliver(side, count * 50),
        }
        let end = &self.ends[side];
        let (held, to_go) = (end.streams.held(), end.streams.to_go());
        assert!(to_go <= held);
    }

    pub(super) fn write(&mut self, side: usize, id: u32, count: usize) {
        self.next = self.next.wrapping_add(1);
        let bytes = vec![self.next; count.max(1)];
        let end = &mut self.ends[side];
        if let Poll::Ready(Ok(count)) = end.streams.poll_write(id, &context(), &bytes) {
            let told = self.told.entry((side, id)).or_default();
            told.written.extend_from_slice(&bytes[..count]);
        }
    }

    pub(super) fn read(&mut self, side: usize, id: u32, count: usize) {
        let mut memory = vec![0; count.max(1)];
        let mut buf = ReadBuf::new(&mut memory);
        let polled = self.ends[side].streams.poll_read(id, &context(), &mut buf);
        let told = self.told.entry((1 - side, id)).or_default();
        let seen = buf.filled();
        assert_eq!(seen, &told.written[told.read..told.read + seen.len()]);
        told.read += seen.len();
        if seen.is_empty() && matches!(polled, Poll::Ready(Ok(()))) {
            assert!(told.is_whole, "no clean end without one");
            assert_eq!(told.read, told.written.len());
        }
    }

    fn release(&mut self, side: usize, id: u32) {
        self.ends[side].streams.release(id);
        self.ends[side].open.retain(|open| *open != id);
    }

    pub(super) fn transmit(&mut self, side: usize, room: usize) {
        let End { streams, wire, .. } = &mut self.ends[side];
        let before = wire.len();
        streams.transmit(room, &mut |bytes| wire.extend_from_slice(bytes));
        assert!(
            wire.len() - before <= room,
            "no more than there is room for"
        );
    }

    /// So much of what `side` sent arrives at the other end.
    pub(super) fn deliver(&mut self, side: usize, count: usize) {
        let count = count.min(self.ends[side].wire.len());
        let bytes: Vec<u8> = self.ends[side].wire.drain(..count).collect();
        let other = &mut self.ends[1 - side];
        assert_eq!(other.streams.receive(&bytes), Ok(()));
        while let Poll::Ready(Some(id)) = other.streams.poll_accept(&context()) {
            other.open.push(id);
        }
    }

    /// Everything is let go of, and everything arrives.
    fn come_to_an_end(&mut self) {
        for side in 0..2 {
            for id in std::mem::take(&mut self.ends[side].open) {
                self.ends[side].streams.release(id);
            }
        }
        for _ in 0..200 {
            for side in 0..2 {
                self.transmit(side, 1 << 20);
                self.deliver(side, usize::MAX);
                for id in std::mem::take(&mut self.ends[1 - side].open) {
                    self.ends[1 - side].streams.release(id);
                }
            }
        }
        for end in &self.ends {
            assert_eq!(end.streams.live(), 0);
            assert_eq!((end.streams.held(), end.streams.to_go()), (0, 0));
            assert_eq!((end.streams.theirs, end.streams.growth), (0, WINDOW_GROWTH));
            assert!(end.streams.schedule.first().is_none() && end.wire.is_empty());
            assert!(end.streams.resets.is_empty() && end.streams.credits.is_empty());
        }
    }
}
