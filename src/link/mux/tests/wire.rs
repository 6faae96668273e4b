//! What one end answers to the other's frames, and what it puts last.

use super::super::Role;
use super::super::frame::{self, HEADER, RST, SYN};
use super::super::fuzz::{End, context};
use std::task::Poll;

/// What goes next, `room` bytes at most, and whether that was the last of it.
fn next(end: &mut End, room: usize) -> (Vec<u8>, bool) {
    let mut wire = Vec::new();
    let put = &mut |bytes: &[u8]| wire.extend_from_slice(bytes);
    let is_last = end.streams.transmit(room, put);
    (wire, is_last)
}

#[test]
fn a_ping_is_answered_before_all_data() {
    let mut end = End::new(Role::Relay);
    let id = end.streams.open().expect("it lives");
    let polled = end.streams.poll_write(id, &context(), &[0; 1000]);
    assert!(matches!(polled, Poll::Ready(Ok(1000))));
    let ping = [0, 2, 0, SYN, 0, 0, 0, 0, 0, 0, 0, 7];
    end.streams.receive(&ping).expect("it is a frame");
    let (wire, _) = next(&mut end, 100);
    assert_eq!(wire[..HEADER], frame::pong(7));
}

#[test]
fn a_stream_has_a_number_of_its_own() {
    let mut end = End::new(Role::Relay);
    let opens = frame::window_update(1, SYN, 0);
    assert_eq!(end.streams.receive(&opens), Ok(()));
    assert!(end.streams.receive(&opens).is_err());
}

#[test]
fn who_opens_streams_without_end_and_takes_no_answer_is_cut_off() {
    let mut end = End::new(Role::Relay);
    end.streams.refuse();
    let refused = (0..100_000).map(|n| 2 * n + 1).position(|id| {
        let opens = frame::window_update(id, SYN, 0);
        end.streams.receive(&opens).is_err()
    });
    assert_eq!(refused, Some(4095));
    let (wire, _) = next(&mut end, HEADER);
    assert_eq!(wire, frame::data(1, RST, 0));
}

#[test]
fn the_end_goes_behind_all_that_was_written() {
    let mut end = End::new(Role::Relay);
    let id = end.streams.open().expect("it lives");
    let polled = end.streams.poll_write(id, &context(), &[0; 10_000]);
    assert!(matches!(polled, Poll::Ready(Ok(10_000))));
    end.streams.close();
    let mut wire = Vec::new();
    for round in 0.. {
        assert!(round < 20, "it comes to an end");
        let (bytes, is_last) = next(&mut end, 1000);
        wire.extend(bytes);
        if is_last {
            break;
        }
    }
    assert!(wire.len() > 10_000, "all of it goes");
    assert!(wire.ends_with(&frame::go_away()));
}
