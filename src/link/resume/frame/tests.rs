//! Frames survive any cut; garbage is an error and never a panic.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug, PartialEq)]
enum Sent {
    Data(u64, Vec<u8>),
    Frame(Frame),
}

fn any_frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        any::<(u64, u64)>().prop_map(|(next, window_end)| Frame::Ack { next, window_end }),
        any::<u32>().prop_map(Frame::Ping),
        any::<u32>().prop_map(Frame::Pong),
        any::<u64>().prop_map(|seq| Frame::Fin { seq }),
        (0..8_u8).prop_map(|code| Frame::Reset(ResetReason::from_code(code))),
    ]
}

fn any_sent() -> impl Strategy<Value = Sent> {
    let data = (0..u64::MAX / 2, prop::collection::vec(any::<u8>(), 1..100));
    prop_oneof![
        data.prop_map(|(seq, bytes)| Sent::Data(seq, bytes)),
        any_frame().prop_map(Sent::Frame),
    ]
}

fn encode(sent: &[Sent]) -> Vec<u8> {
    let mut wire = Vec::new();
    for sent in sent {
        match sent {
            Sent::Data(seq, bytes) => {
                put_data_head(&mut wire, *seq, bytes.len());
                wire.extend_from_slice(bytes);
            }
            Sent::Frame(frame) => put(&mut wire, *frame),
        }
    }
    wire
}

/// All items of the pieces; pieces of one DATA frame are put together again.
fn parse(pieces: &[&[u8]]) -> Result<Vec<Sent>, FrameError> {
    let (mut parser, mut seen) = (Parser::default(), Vec::new());
    let mut open = false;
    for mut piece in pieces.iter().copied() {
        while let Some(item) = parser.next(&mut piece)? {
            match (item, seen.last_mut()) {
                (Item::Data { seq, bytes }, Some(Sent::Data(from, before))) if open => {
                    assert_eq!(*from + before.len() as u64, seq);
                    before.extend_from_slice(bytes);
                }
                (Item::Data { seq, bytes }, _) => seen.push(Sent::Data(seq, bytes.to_vec())),
                (Item::Frame(frame), _) => seen.push(Sent::Frame(frame)),
            }
            open = parser.data.is_some();
        }
        assert!(piece.is_empty(), "everything is taken");
    }
    Ok(seen)
}

proptest! {
    #[test]
    fn frames_come_through_whole_however_they_are_cut(
        sent in prop::collection::vec(any_sent(), 0..12),
        size in 1..50_usize,
    ) {
        let wire = encode(&sent);
        let pieces: Vec<&[u8]> = wire.chunks(size).collect();
        prop_assert_eq!(parse(&pieces), Ok(sent));
    }

    #[test]
    fn garbage_never_panics(wire in prop::collection::vec(any::<u8>(), 0..400), size in 1..50_usize) {
        let pieces: Vec<&[u8]> = wire.chunks(size).collect();
        let _ = parse(&pieces);
    }

    #[test]
    fn a_flipped_byte_never_panics(
        sent in prop::collection::vec(any_sent(), 1..6),
        at in any::<prop::sample::Index>(),
        with in 1..=255_u8,
    ) {
        let mut wire = encode(&sent);
        let at = at.index(wire.len());
        wire[at] ^= with;
        let _ = parse(&[&wire]);
    }
}

#[test]
fn wrong_lengths_and_types_are_refused_by_the_head_alone() {
    let head = |kind: u8, len: u16| {
        let [high, low] = len.to_be_bytes();
        parse(&[&[kind, high, low]])
    };
    assert_eq!(head(7, 4), Err(FrameError::Type(7)));
    assert_eq!(head(0, 0), Err(FrameError::Type(0)));
    for (kind, len) in [
        (DATA, 8),
        (DATA, 32 * 1024 + 9),
        (DATA, u16::MAX),
        (ACK, 15),
        (PING, 0),
        (FIN, 9),
        (RESET, 2),
    ] {
        assert_eq!(head(kind, len), Err(FrameError::Length { kind, len }));
    }
    assert_eq!(head(DATA, 32 * 1024 + 8), Ok(vec![]));
}

#[test]
fn data_past_the_end_of_all_numbers_is_refused() {
    let mut wire = Vec::new();
    put_data_head(&mut wire, u64::MAX - 1, 5);
    assert_eq!(parse(&[&wire]), Err(FrameError::Overflow));
}
