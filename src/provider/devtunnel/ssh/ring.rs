//! A queue of bytes of fixed capacity: its memory is taken as it fills, and given back when a large
//! one is empty.

/// What it takes first, when its capacity allows.
const FIRST: usize = 16 * 1024;

/// An empty ring keeps no more than this.
const KEPT: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct Ring {
    memory: Vec<u8>,
    /// Where the first byte is.
    head: usize,
    len: usize,
    capacity: usize,
}

impl Ring {
    pub(super) const fn new(capacity: usize) -> Self {
        Self {
            memory: Vec::new(),
            head: 0,
            len: 0,
            capacity,
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn room(&self) -> usize {
        self.capacity - self.len
    }

    /// Takes as much of `bytes` as fits: how many.
    pub(super) fn push(&mut self, bytes: &[u8]) -> usize {
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

    /// Its first bytes, up to `max`, in two parts.
    pub(super) fn front(&self, max: usize) -> (&[u8], &[u8]) {
        let count = self.len.min(max);
        let until_wrap = (self.memory.len() - self.head).min(count);
        let first = &self.memory[self.head..self.head + until_wrap];
        (first, &self.memory[..count - until_wrap])
    }

    /// Forgets its first bytes.
    pub(super) fn release(&mut self, count: usize) {
        let count = count.min(self.len);
        self.len -= count;
        if self.len > 0 {
            self.head = self.index(count);
            return;
        }
        // An emptied ring starts over: one that is kept empty touches little memory.
        self.head = 0;
        if self.memory.len() > KEPT {
            self.memory = Vec::new();
        }
    }

    /// Forgets everything, and keeps no memory.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.capacity);
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
        if needed <= self.memory.len() {
            return;
        }
        let size = needed.next_power_of_two().max(FIRST).min(self.capacity);
        let (first, second) = self.front(self.len);
        let mut memory = Vec::with_capacity(size);
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

    #[test]
    fn a_large_one_gives_its_memory_back_when_it_is_empty() {
        let mut ring = Ring::new(1 << 20);
        assert_eq!(ring.push(&vec![7; 2 << 20]), 1 << 20);
        ring.release((1 << 20) - 1);
        assert!(!ring.memory.is_empty());
        ring.release(5);
        assert!(ring.is_empty() && ring.memory.is_empty());
    }

    proptest! {
        #[test]
        fn it_is_a_queue(
            capacity in 0..40_usize,
            steps in prop::collection::vec((0..60_usize, 0..60_usize, prop::bool::weighted(0.05)), 0..60),
        ) {
            let (mut ring, mut queue, mut next) = (Ring::new(capacity), VecDeque::new(), 0_u8);
            for (come, go, clear) in steps {
                let bytes: Vec<u8> = (0..come).map(|_| { next = next.wrapping_add(1); next }).collect();
                let taken = ring.push(&bytes);
                prop_assert_eq!(taken, come.min(capacity - queue.len()));
                queue.extend(&bytes[..taken]);
                let (first, second) = ring.front(go);
                let front: Vec<u8> = queue.iter().copied().take(go).collect();
                prop_assert_eq!([first, second].concat(), front);
                ring.release(go);
                queue.drain(..go.min(queue.len()));
                if clear {
                    ring.clear();
                    queue.clear();
                }
                prop_assert_eq!((ring.len(), ring.room()), (queue.len(), capacity - queue.len()));
            }
        }
    }
}
