//! Any order of opening, writing, reading, ending and dropping, and who gets how much.

use super::super::fuzz::{self, End, Pair, context};
use super::super::halves::ReadEnd;
use super::super::streams::MAX_LIVE;
use super::super::{LinkEnd, Role};
use proptest::prelude::*;
use std::collections::HashMap;
use std::task::Poll;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn bytes_keep_their_order_ends_are_true_and_nothing_leaks(
        steps in prop::collection::vec(any::<[u8; 4]>(), 0..400),
    ) {
        fuzz::check(&[&[0], steps.as_flattened()].concat());
    }

    #[test]
    fn a_hostile_end_is_bounded_and_never_panics(
        frames in prop::collection::vec(any::<[u8; 5]>(), 0..200),
    ) {
        fuzz::check(&[&[1], frames.as_flattened()].concat());
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
    round(&mut end);
    let chatty = end.streams.open().expect("it lives");
    let mut got: HashMap<u32, usize> = HashMap::new();
    for _ in 0..60 {
        let polled = end.streams.poll_write(chatty, &context(), &[0; 1_600]);
        assert!(matches!(polled, Poll::Ready(Ok(_))));
        for (stream, bytes) in turn(&mut end, 2_000) {
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
