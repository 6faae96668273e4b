//! Two ends by calls alone: any order of opening, writing, reading, ending and dropping.

use super::super::halves::ReadEnd;
use super::super::streams::{MAX_LIVE, Streams, WINDOW_GROWTH};
use super::super::{LinkEnd, Role};
use proptest::prelude::*;
use std::collections::HashMap;
use std::task::{Context, Poll, Waker};
use tokio::io::ReadBuf;

/// One end, what it has open, and what is on its way from it.
struct End {
    streams: Streams,
    open: Vec<u32>,
    wire: Vec<u8>,
}

/// What was written to a stream and read from it, each way by the end that writes.
#[derive(Default)]
struct Told {
    written: Vec<u8>,
    read: usize,
    /// The writer ended it and did not drop it before.
    is_whole: bool,
}

struct Pair {
    ends: [End; 2],
    told: HashMap<(usize, u32), Told>,
    next: u8,
}

impl End {
    fn new(role: Role) -> Self {
        let mut streams = Streams::new(role, 64);
        streams.knows_stop = true;
        Self {
            streams,
            open: Vec::new(),
            wire: Vec::new(),
        }
    }
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

impl Pair {
    fn new() -> Self {
        Self {
            ends: [End::new(Role::Host), End::new(Role::Relay)],
            told: HashMap::new(),
            next: 0,
        }
    }

    fn step(&mut self, side: usize, what: u8, which: usize, count: usize) {
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

    fn write(&mut self, side: usize, id: u32, count: usize) {
        self.next = self.next.wrapping_add(1);
        let bytes = vec![self.next; count.max(1)];
        let end = &mut self.ends[side];
        if let Poll::Ready(Ok(count)) = end.streams.poll_write(id, &context(), &bytes) {
            let told = self.told.entry((side, id)).or_default();
            told.written.extend_from_slice(&bytes[..count]);
        }
    }

    fn read(&mut self, side: usize, id: u32, count: usize) {
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

    fn transmit(&mut self, side: usize, room: usize) {
        let End { streams, wire, .. } = &mut self.ends[side];
        let before = wire.len();
        streams.transmit(room, &mut |bytes| wire.extend_from_slice(bytes));
        assert!(
            wire.len() - before <= room,
            "no more than there is room for"
        );
    }

    /// So much of what `side` sent arrives at the other end.
    fn deliver(&mut self, side: usize, count: usize) {
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
            assert!(end.streams.schedule.is_empty() && end.wire.is_empty());
            assert!(end.streams.resets.is_empty() && end.streams.credits.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bytes_keep_their_order_ends_are_true_and_nothing_leaks(
        steps in prop::collection::vec((0..2_usize, any::<u8>(), any::<usize>(), 0..2_000_usize), 0..400),
    ) {
        let mut pair = Pair::new();
        for (side, what, which, count) in steps {
            pair.step(side, what, which, count);
        }
        pair.come_to_an_end();
    }

    #[test]
    fn a_hostile_end_is_bounded_and_never_panics(
        pieces in prop::collection::vec(
            (0..5_u8, 0..16_u8, 0..12_u32, prop_oneof![0..300_u32, Just(262_144), any::<u32>()]), 0..200),
        cut in 1..400_usize,
    ) {
        let mut end = End::new(Role::Relay);
        let mut wire = Vec::new();
        for (kind, flags, stream, length) in pieces {
            wire.extend([0, kind, 0, flags]);
            wire.extend(stream.to_be_bytes());
            wire.extend(length.to_be_bytes());
            if kind == 0 {
                wire.extend(vec![1; length.min(1_000) as usize]);
            }
        }
        for piece in wire.chunks(cut) {
            if end.streams.receive(piece).is_err() {
                break;
            }
            let mut out = Vec::new();
            end.streams.transmit(100, &mut |bytes| out.extend_from_slice(bytes));
        }
        prop_assert!(end.streams.held() <= wire.len());
        prop_assert!(end.streams.theirs <= 64);
    }
}

/// More than a stream takes at once.
static PLENTY: [u8; 1 << 18] = [0; 1 << 18];

/// An end with so many streams, each with more to send than goes.
fn busy(count: usize) -> (End, Vec<u32>) {
    let mut end = End::new(Role::Relay);
    let ids: Vec<_> = (0..count).filter_map(|_| end.streams.open()).collect();
    for &id in &ids {
        let polled = end.streams.poll_write(id, &context(), &PLENTY);
        assert!(matches!(polled, Poll::Ready(Ok(1..))));
    }
    (end, ids)
}

/// The streams of the frames that go next, with the bytes of each.
fn turn(end: &mut End, room: usize) -> Vec<(u32, usize)> {
    let mut frames = Vec::new();
    let mut wire = Vec::new();
    end.streams
        .transmit(room, &mut |bytes| wire.extend_from_slice(bytes));
    let (mut parser, mut input) = (super::super::frame::Parser::default(), &wire[..]);
    while let Ok(Some(item)) = parser.next(&mut input) {
        if let super::super::frame::Item::Data { stream, len, .. } = item {
            frames.push((stream, len as usize));
        }
    }
    frames
}

/// Everybody has a turn, on a way that takes little at once.
fn round(end: &mut End) {
    for _ in 0..20 {
        turn(end, 4_000);
    }
}

#[test]
fn a_few_bytes_go_before_all_that_was_written_before() {
    let (mut end, _) = busy(8);
    round(&mut end);
    let small = end.streams.open().expect("it lives");
    for _ in 0..8 {
        let polled = end.streams.poll_write(small, &context(), b"hello");
        assert!(matches!(polled, Poll::Ready(Ok(5))));
        assert_eq!(turn(&mut end, 2_000).first(), Some(&(small, 5)));
        // All others have their turn before it is new again.
        round(&mut end);
    }
}

#[test]
fn streams_that_never_stop_get_the_same() {
    for room in [1_000, 4_000, 60_000] {
        let (mut end, ids) = busy(8);
        let mut got: HashMap<u32, usize> = HashMap::new();
        while got.values().sum::<usize>() < 8 * 90_000 {
            for (stream, bytes) in turn(&mut end, room) {
                *got.entry(stream).or_default() += bytes;
            }
        }
        let (least, most) = (got.values().min(), got.values().max());
        assert_eq!(got.len(), ids.len());
        assert!(
            most <= least.map(|least| least + 40_000).as_ref(),
            "{room}: {got:?}"
        );
    }
}

#[test]
fn what_was_told_in_pieces_starves_nobody() {
    // One that always has a little is no bulk, but takes no more than its turn before the others.
    let (mut end, ids) = busy(2);
    let chatty = end.streams.open().expect("it lives");
    let mut got: HashMap<u32, usize> = HashMap::new();
    for _ in 0..60 {
        let polled = end.streams.poll_write(chatty, &context(), &[0; 1_900]);
        assert!(matches!(polled, Poll::Ready(Ok(_))));
        for (stream, bytes) in turn(&mut end, 4_000) {
            *got.entry(stream).or_default() += bytes;
        }
    }
    for id in ids {
        assert!(got[&id] * 2 > got[&chatty], "{got:?}");
    }
}

#[test]
fn a_reader_that_keeps_up_gets_a_larger_window_and_one_that_does_not_does_not() {
    for keeps_up in [true, false] {
        let mut pair = Pair::new();
        let id = pair.ends[1].streams.open().expect("it lives");
        pair.write(1, id, 1 << 20);
        pair.transmit(1, 1 << 20);
        pair.deliver(1, usize::MAX);
        for _ in 0..40 {
            // Reads all that is here, or leaves as much again.
            let count = if keeps_up { 1 << 20 } else { 60_000 };
            pair.read(0, id, count);
            pair.transmit(0, 1 << 20);
            pair.deliver(0, usize::MAX);
            pair.write(1, id, 1 << 20);
            pair.transmit(1, 1 << 20);
            pair.deliver(1, usize::MAX);
        }
        let grown = pair.ends[0].streams.live[&id].receiving.grown();
        assert_eq!(grown > 0, keeps_up);
        assert!(pair.ends[0].streams.live[&id].receiving.end == ReadEnd::Open);
    }
}

#[test]
fn an_older_end_that_never_ends_anything_is_not_waited_for_without_end() {
    let mut end = End::new(Role::Relay);
    end.streams.knows_stop = false;
    for _ in 0..2 * MAX_LIVE {
        let id = end.streams.open().expect("there are numbers");
        end.streams.finish(id).expect("it is open");
        turn(&mut end, 4_000);
        end.streams.release(id);
    }
    assert_eq!(end.streams.live(), MAX_LIVE);
    // Each that was given up is told so.
    assert_eq!(end.streams.resets.len(), 1);
}

#[test]
fn a_link_that_ends_lets_go_of_everything() {
    let (mut end, ids) = busy(3);
    end.streams.conclude(LinkEnd::Closed);
    for id in ids {
        let polled = end.streams.poll_write(id, &context(), b"x");
        assert!(matches!(polled, Poll::Ready(Err(_))));
        end.streams.release(id);
    }
    assert_eq!((end.streams.live(), end.streams.held()), (0, 0));
    assert_eq!(end.streams.open(), None);
}
