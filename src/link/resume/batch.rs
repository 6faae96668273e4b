//! What goes to a link at once: small frames and the heads of DATA, and where in the replay ring the rest
//! of it is.
//!
//! Pure. The bytes of the stream stay in the ring until the other end has them, so they are written from
//! there and copied nowhere before. They may not leave it sooner: what is not written yet can be no more
//! acknowledged than what was never sent.

use super::frame::{self, Frame};
use crate::base::ring::Ring;
use std::io::IoSlice;

/// Its bytes in one piece.
pub(super) fn flat(slices: &[IoSlice<'_>]) -> Vec<u8> {
    slices
        .iter()
        .flat_map(|slice| slice.iter().copied())
        .collect()
}

#[derive(Clone, Copy, Debug)]
enum Part {
    /// The next bytes of `small`.
    Small(usize),
    /// Bytes of the stream.
    Stream { seq: u64, len: usize },
}

impl Part {
    const fn len(self) -> usize {
        match self {
            Self::Small(len) | Self::Stream { len, .. } => len,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Batch {
    small: Vec<u8>,
    parts: Vec<Part>,
    len: usize,
    /// Bytes of it that have gone.
    gone: usize,
}

impl Batch {
    /// How many bytes it is, with those that have gone.
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_gone(&self) -> bool {
        self.gone == self.len
    }

    pub(super) fn clear(&mut self) {
        self.small.clear();
        self.parts.clear();
        (self.len, self.gone) = (0, 0);
    }

    pub(super) fn put(&mut self, frame: Frame) {
        let before = self.small.len();
        frame::put(&mut self.small, frame);
        self.add(Part::Small(self.small.len() - before));
    }

    /// A DATA frame with bytes of the stream.
    pub(super) fn put_data(&mut self, seq: u64, len: usize) {
        let before = self.small.len();
        frame::put_data_head(&mut self.small, seq, len);
        self.add(Part::Small(self.small.len() - before));
        self.add(Part::Stream { seq, len });
    }

    fn add(&mut self, part: Part) {
        self.len += part.len();
        match (self.parts.last_mut(), part) {
            (Some(Part::Small(last)), Part::Small(len)) => *last += len,
            _ => self.parts.push(part),
        }
    }

    /// What has not gone.
    pub(super) fn rest<'a>(&'a self, ring: &'a Ring) -> Vec<IoSlice<'a>> {
        let (mut skip, mut small) = (self.gone, &self.small[..]);
        let mut slices = Vec::with_capacity(2 * self.parts.len());
        for part in &self.parts {
            let gone = skip.min(part.len());
            skip -= gone;
            let pieces = match *part {
                Part::Small(len) => {
                    let (now, later) = small.split_at(len);
                    small = later;
                    [&now[gone..], &[]]
                }
                // What has gone may have left the ring.
                Part::Stream { seq, len } => ring.slices(seq + gone as u64, len - gone).into(),
            };
            let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
            slices.extend(pieces.map(IoSlice::new));
        }
        slices
    }

    /// So many bytes more have gone: the number of the stream's byte behind them, if some of them are
    /// the stream's.
    pub(super) fn advance(&mut self, count: usize) -> Option<u64> {
        self.gone = (self.gone + count).min(self.len);
        let (mut before, mut reached) = (0, None);
        for part in &self.parts {
            let gone = self.gone.saturating_sub(before).min(part.len());
            if let Part::Stream { seq, .. } = part
                && gone > 0
            {
                reached = Some(seq + gone as u64);
            }
            before += part.len();
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A link takes any of it at a time, of a ring that wraps.
        #[test]
        fn it_is_written_whole_and_in_its_order(
            skipped in 0..300_usize,
            frames in prop::collection::vec(prop::option::of(1..200_usize), 1..8),
            takes in prop::collection::vec(1..90_usize, 1..40),
        ) {
            let mut ring = Ring::new(1024);
            let bytes: Vec<u8> = (0..1024_usize).map(|n| n.to_be_bytes()[7]).collect();
            ring.push(&bytes[..900]);
            ring.release(500 + skipped);
            ring.push(&bytes);
            let mut seq = ring.start();

            let (mut batch, mut expected) = (Batch::default(), Vec::new());
            for (number, frame) in frames.into_iter().enumerate() {
                let left = usize::try_from(ring.end() - seq).expect("it is small");
                match frame.map(|len| len.min(left)) {
                    None | Some(0) => {
                        let ping = Frame::Ping(u32::try_from(number).expect("it is small"));
                        batch.put(ping);
                        frame::put(&mut expected, ping);
                    }
                    Some(len) => {
                        batch.put_data(seq, len);
                        frame::put_data_head(&mut expected, seq, len);
                        let (a, b) = ring.slices(seq, len);
                        expected.extend_from_slice(a);
                        expected.extend_from_slice(b);
                        seq += len as u64;
                    }
                }
            }
            prop_assert_eq!(batch.len(), expected.len());
            let mut gone = 0;
            for take in takes.into_iter().cycle() {
                prop_assert_eq!(&flat(&batch.rest(&ring))[..], &expected[gone..]);
                prop_assert_eq!(batch.is_gone(), gone == expected.len());
                if batch.is_gone() {
                    break;
                }
                // What has gone may be acknowledged at once.
                if let Some(reached) = batch.advance(take) {
                    ring.release_to(reached);
                }
                gone = (gone + take).min(expected.len());
            }
            prop_assert!(batch.rest(&ring).is_empty());
        }
    }

    #[test]
    fn it_tells_how_far_the_stream_has_gone() {
        let mut batch = Batch::default();
        batch.put_data(100, 10);
        batch.put_data(110, 5);
        let head = batch.parts[0].len();
        assert_eq!(batch.advance(head), None);
        assert_eq!(batch.advance(4), Some(104));
        assert_eq!(batch.advance(6 + head), Some(110));
        assert_eq!(batch.advance(5), Some(115));
        assert!(batch.is_gone());
    }
}
