//! The bytes of a checked download: no part of it comes twice, so nothing that is lost, doubled or
//! moved goes unseen.

/// The bytes of a seed, by their position.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    seed: u64,
}

const WORD: u64 = 8;

impl Pattern {
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The bytes from this position on.
    pub fn fill(self, mut at: u64, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            let (part, rest) = bytes.split_at_mut(step(at, bytes.len()));
            let skip = skip(at);
            part.copy_from_slice(&self.word(at / WORD)[skip..skip + part.len()]);
            at += part.len() as u64;
            bytes = rest;
        }
    }

    /// Whether these are the bytes from this position on.
    pub fn is_at(self, mut at: u64, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let (part, rest) = bytes.split_at(step(at, bytes.len()));
            let skip = skip(at);
            if self.word(at / WORD)[skip..skip + part.len()] != *part {
                return false;
            }
            at += part.len() as u64;
            bytes = rest;
        }
        true
    }

    /// `SplitMix64`: any word without those before it.
    fn word(self, index: u64) -> [u8; 8] {
        let mut z = self
            .seed
            .wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).to_le_bytes()
    }
}

/// Where in its word the position is.
fn skip(at: u64) -> usize {
    usize::try_from(at % WORD).unwrap_or_default()
}

/// To the end of the word, or of what is wanted.
fn step(at: u64, wanted: usize) -> usize {
    (8 - skip(at)).min(wanted)
}
