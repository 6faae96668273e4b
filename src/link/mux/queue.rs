//! Bytes that wait, in pieces.
//!
//! What holds nothing takes no memory, and what is full takes little more than its bytes: most
//! streams are idle most of the time. Whole pieces are used again within a link, so that a busy one
//! asks nobody for memory.

use std::collections::VecDeque;

/// The room of a piece that a large write begins: half a frame.
const PIECE: usize = 16 * 1024;

/// The least room of a piece.
const SMALL_PIECE: usize = 512;

/// Maximum pieces that are kept for later.
const MAX_SPARE: usize = 16;

/// Pieces that are used again.
#[derive(Debug, Default)]
pub(super) struct Spare(Vec<Vec<u8>>);

impl Spare {
    fn piece(&mut self, wanted: usize) -> Vec<u8> {
        if wanted < PIECE / 4 {
            return Vec::with_capacity(wanted.max(SMALL_PIECE));
        }
        self.0.pop().unwrap_or_else(|| Vec::with_capacity(PIECE))
    }

    fn put(&mut self, mut piece: Vec<u8>) {
        if piece.capacity() == PIECE && self.0.len() < MAX_SPARE {
            piece.clear();
            self.0.push(piece);
        }
    }
}

/// First in, first out.
#[derive(Debug, Default)]
pub(super) struct ByteQueue {
    pieces: VecDeque<Vec<u8>>,
    /// Bytes of the first piece that are out.
    gone: usize,
    len: usize,
}

impl ByteQueue {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn push(&mut self, mut bytes: &[u8], spare: &mut Spare) {
        self.len += bytes.len();
        while !bytes.is_empty() {
            let room = |piece: &Vec<u8>| piece.capacity() - piece.len();
            if self.pieces.back().map_or(0, room) == 0 {
                self.pieces.push_back(spare.piece(bytes.len()));
            }
            let Some(piece) = self.pieces.back_mut() else {
                return;
            };
            let (now, later) = bytes.split_at(bytes.len().min(room(piece)));
            piece.extend_from_slice(now);
            bytes = later;
        }
    }

    /// Its first bytes, as many as lie together.
    pub(super) fn front(&self) -> &[u8] {
        self.pieces.front().map_or(&[], |piece| &piece[self.gone..])
    }

    /// Forgets so many of them.
    pub(super) fn consume(&mut self, count: usize, spare: &mut Spare) {
        let count = count.min(self.front().len());
        self.gone += count;
        self.len -= count;
        if self.front().is_empty()
            && let Some(piece) = self.pieces.pop_front()
        {
            self.gone = 0;
            spare.put(piece);
        }
        if self.pieces.is_empty() {
            // An idle stream keeps not even the list.
            self.pieces = VecDeque::new();
        }
    }

    /// Hands up to `count` bytes to `each`, piece by piece, and forgets them.
    pub(super) fn drain(
        &mut self,
        mut count: usize,
        spare: &mut Spare,
        mut each: impl FnMut(&[u8]),
    ) {
        while count > 0 && !self.is_empty() {
            let piece = self.front();
            let taken = piece.len().min(count);
            each(&piece[..taken]);
            self.consume(taken, spare);
            count -= taken;
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out_in_its_order(
            steps in prop::collection::vec((0..40_000_usize, 0..40_000_usize), 1..30),
        ) {
            let (mut queue, mut spare) = (ByteQueue::default(), Spare::default());
            let (mut next_in, mut next_out) = (0_u8, 0_u8);
            let mut held = 0;
            for (put, taken) in steps {
                let bytes: Vec<u8> = (0..put).map(|_| { next_in = next_in.wrapping_add(1); next_in }).collect();
                queue.push(&bytes, &mut spare);
                held += put;
                let mut seen = Vec::new();
                queue.drain(taken, &mut spare, |piece| seen.extend_from_slice(piece));
                prop_assert_eq!(seen.len(), taken.min(held));
                held -= seen.len();
                for byte in seen {
                    next_out = next_out.wrapping_add(1);
                    prop_assert_eq!(byte, next_out);
                }
                prop_assert_eq!(queue.len(), held);
                let room: usize = queue.pieces.iter().map(Vec::capacity).sum();
                prop_assert!(room <= 2 * held + 2 * PIECE, "{} for {}", room, held);
            }
        }
    }

    #[test]
    fn an_emptied_one_holds_nothing_and_what_is_spare_is_bounded() {
        let (mut queue, mut spare) = (ByteQueue::default(), Spare::default());
        queue.push(&vec![0; 64 * PIECE], &mut spare);
        queue.drain(usize::MAX, &mut spare, |_| ());
        assert_eq!(queue.pieces.capacity(), 0);
        assert_eq!(spare.0.len(), MAX_SPARE);
    }
}
