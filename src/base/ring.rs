//! A byte ring addressed by absolute sequence numbers.
//!
//! Its capacity is fixed; its memory is taken as it fills, and given back on request. It never
//! evicts: what does not fit is not taken. It knows no frames.

/// What a ring takes first, when its capacity allows.
const FIRST: usize = 16 * 1024;

/// Bytes `start..end` of a stream.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    memory: Vec<u8>,
    /// Where the byte `start` is.
    head: usize,
    len: usize,
    start: u64,
    capacity: usize,
}

impl Ring {
    /// A ring without capacity takes nothing.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            ..Self::default()
        }
    }

    #[cfg(test)]
    pub(crate) const fn start(&self) -> u64 {
        self.start
    }

    /// The sequence number of the next byte it takes.
    pub(crate) const fn end(&self) -> u64 {
        self.start + self.len as u64
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) const fn room(&self) -> usize {
        self.capacity - self.len
    }

    /// The memory it holds.
    pub(crate) const fn held(&self) -> usize {
        self.memory.capacity()
    }

    /// Takes as much of `bytes` as fits: how many.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(self.room());
        if count == 0 {
            return 0;
        }
        self.reserve(count);
        let tail = self.index(self.len);
        let until_wrap = (self.memory.len() - tail).min(count);
        self.memory[tail..tail + until_wrap].copy_from_slice(&bytes[..until_wrap]);
        self.memory[..count - until_wrap].copy_from_slice(&bytes[until_wrap..count]);
        self.len += count;
        count
    }

    /// Up to `max` bytes from `seq` on, in two parts. `seq` must be in `start..=end`.
    pub(crate) fn slices(&self, seq: u64, max: usize) -> (&[u8], &[u8]) {
        let skip = usize::try_from(seq.saturating_sub(self.start)).unwrap_or(self.len);
        let count = self.len.saturating_sub(skip).min(max);
        if count == 0 {
            return (&[], &[]);
        }
        let from = self.index(skip);
        let until_wrap = (self.memory.len() - from).min(count);
        let (first, second) = (from..from + until_wrap, ..count - until_wrap);
        (&self.memory[first], &self.memory[second])
    }

    /// Its first bytes, up to `max`, in two parts.
    pub(crate) fn front(&self, max: usize) -> (&[u8], &[u8]) {
        self.slices(self.start, max)
    }

    /// Forgets all before `seq`.
    pub(crate) fn release_to(&mut self, seq: u64) {
        let count = seq.saturating_sub(self.start);
        self.release(usize::try_from(count).unwrap_or(self.len));
    }

    /// Gives back the memory that holds nothing.
    pub(crate) fn shrink(&mut self) {
        if self.memory.len() > self.len {
            self.resize(self.len);
        }
    }

    /// Forgets its first bytes.
    pub(crate) fn release(&mut self, count: usize) {
        let count = count.min(self.len);
        self.start += count as u64;
        self.len -= count;
        // An emptied ring starts over: one that is kept empty touches little memory.
        self.head = if self.is_empty() {
            0
        } else {
            self.index(count)
        };
    }

    fn index(&self, offset: usize) -> usize {
        let index = self.head + offset;
        if index >= self.memory.len() {
            index - self.memory.len()
        } else {
            index
        }
    }

    fn reserve(&mut self, count: usize) {
        let needed = self.len + count;
        if needed > self.memory.len() {
            let size = needed.next_power_of_two().max(FIRST).min(self.capacity);
            self.resize(size);
        }
    }

    /// Moves everything to new memory of that size.
    fn resize(&mut self, size: usize) {
        let mut memory = Vec::with_capacity(size);
        let (first, second) = self.front(self.len);
        memory.extend_from_slice(first);
        memory.extend_from_slice(second);
        memory.resize(size, 0);
        self.memory = memory;
        self.head = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    fn all(ring: &Ring, from: u64) -> Vec<u8> {
        let (first, second) = ring.slices(from, usize::MAX);
        [first, second].concat()
    }

    #[test]
    fn it_wraps() {
        let mut ring = Ring::new(4);
        assert_eq!(ring.push(b"abc"), 3);
        ring.release_to(2);
        assert_eq!(ring.push(b"defg"), 3, "no more than fits");
        assert_eq!(all(&ring, 2), b"cdef");
        assert_eq!(all(&ring, 4), b"ef");
        assert_eq!((ring.start(), ring.end(), ring.room()), (2, 6, 0));
    }

    #[test]
    fn it_fills_to_the_edge_and_takes_nothing_more() {
        let mut ring = Ring::new(4);
        assert_eq!(ring.push(b"abcd"), 4);
        assert_eq!(ring.push(b"e"), 0);
        assert_eq!(all(&ring, 0), b"abcd", "a full ring evicts nothing");
    }

    #[test]
    fn an_oversized_write_is_taken_in_part_and_an_empty_one_changes_nothing() {
        let mut ring = Ring::new(3);
        assert_eq!(ring.push(&[7; 100]), 3);
        let mut ring = Ring::new(3);
        assert_eq!(ring.push(&[]), 0);
        assert_eq!((ring.end(), ring.held()), (0, 0));
    }

    #[test]
    fn its_memory_comes_and_goes() {
        let mut ring = Ring::new(1 << 20);
        assert_eq!(ring.held(), 0);
        ring.push(&vec![1; 20_000]);
        assert!(ring.held() < 64 * 1024);
        ring.release_to(19_000);
        ring.shrink();
        assert_eq!(ring.held(), 1_000);
        assert_eq!(all(&ring, 19_000), [1; 1_000]);
        ring.push(&[2; 5]);
        assert_eq!(all(&ring, 19_999), [1, 2, 2, 2, 2, 2]);
        ring.release(usize::MAX);
        ring.shrink();
        assert_eq!((ring.len(), ring.held(), ring.end()), (0, 0, 20_005));
    }

    proptest! {
        /// (how many come, how many go, whether it shrinks) against a queue.
        #[test]
        fn it_is_a_queue(
            capacity in 0..40_usize,
            steps in prop::collection::vec((0..60_usize, 0..60_usize, prop::bool::weighted(0.2)), 0..60),
        ) {
            let (mut ring, mut queue) = (Ring::new(capacity), VecDeque::new());
            let (mut next, mut gone) = (0_u8, 0_u64);
            for (come, go, shrink) in steps {
                let bytes: Vec<u8> = (0..come).map(|_| { next = next.wrapping_add(1); next }).collect();
                let taken = ring.push(&bytes);
                prop_assert_eq!(taken, come.min(capacity - queue.len()));
                queue.extend(&bytes[..taken]);
                let (first, second) = ring.front(go);
                let out = [first, second].concat();
                ring.release(out.len());
                gone += out.len() as u64;
                prop_assert_eq!(out, queue.drain(..go.min(queue.len())).collect::<Vec<u8>>());
                if shrink {
                    ring.shrink();
                }
                prop_assert_eq!(ring.start(), gone);
                prop_assert_eq!(all(&ring, gone), Vec::from(queue.clone()));
            }
        }
    }
}
