//! Takes the chunks off a body (RFC 9112, 7.1), whatever pieces it comes in.
//!
//! Stricter than most: each line ends in CR LF, and what stands around the data is bounded. It goes
//! no further than the end of the body.

use super::Fault;
use std::ops::Range;

/// The most that sizes' extensions and trailers of one body may take.
const MAX_AROUND: usize = 16 * 1024;

/// Where in a body it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChunkState {
    /// In a size: how many of its digits were read.
    Size(u8),
    /// Behind a size: white space, or an extension if there was a semicolon.
    BehindSize {
        extension: bool,
    },
    /// A size's line feed is due.
    SizeLineFeed,
    Data,
    /// The CR behind the data is due, then its LF.
    DataReturn,
    DataLineFeed,
    /// In a line of the trailers.
    Trailer {
        empty: bool,
    },
    TrailerLineFeed {
        last: bool,
    },
    End,
}

/// What it has done with a piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unchunked {
    /// Where in the piece the data is now.
    pub(super) data: Range<usize>,
    /// Bytes of the piece that belong to the body.
    pub(super) consumed: usize,
}

/// The state between two pieces.
#[derive(Debug)]
pub(super) struct Chunked {
    state: ChunkState,
    /// Of the size that is being read, or what is left of the chunk.
    size: u64,
    around: usize,
    trailers: Vec<u8>,
}

impl Chunked {
    pub(super) fn new() -> Self {
        Self {
            state: ChunkState::Size(0),
            size: 0,
            around: 0,
            trailers: Vec::new(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.state == ChunkState::End
    }

    /// The trailers' lines, once it is over.
    pub(super) fn take_trailers(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.trailers)
    }

    /// Reads a piece and moves the data in it together.
    pub(super) fn decode(&mut self, piece: &mut [u8]) -> Result<Unchunked, Fault> {
        let (mut at, mut data) = (0, 0..0);
        while at < piece.len() && !self.is_over() {
            if self.state != ChunkState::Data {
                self.step(piece[at])?;
                at += 1;
                continue;
            }
            let rest = piece.len() - at;
            let length = usize::try_from(self.size).map_or(rest, |size| size.min(rest));
            if data.is_empty() {
                data = at..at + length;
            } else {
                piece.copy_within(at..at + length, data.end);
                data.end += length;
            }
            at += length;
            self.size -= length as u64;
            if self.size == 0 {
                self.state = ChunkState::DataReturn;
            }
        }
        Ok(Unchunked { data, consumed: at })
    }

    fn step(&mut self, byte: u8) -> Result<(), Fault> {
        self.state = match (self.state, byte) {
            (ChunkState::Size(digits), _) if byte.is_ascii_hexdigit() => {
                // Sixteen digits are as much as the number holds.
                if digits == 16 {
                    return Err(Fault::Malformed);
                }
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                self.size = self.size << 4 | u64::from(digit);
                ChunkState::Size(digits + 1)
            }
            (ChunkState::Size(1..), b' ' | b'\t') => ChunkState::BehindSize { extension: false },
            (ChunkState::Size(1..) | ChunkState::BehindSize { .. }, b'\r') => {
                ChunkState::SizeLineFeed
            }
            (ChunkState::Size(1..) | ChunkState::BehindSize { .. }, b';') => {
                self.count()?;
                ChunkState::BehindSize { extension: true }
            }
            (ChunkState::BehindSize { extension }, _) if may_follow(byte, extension) => {
                self.count()?;
                self.state
            }
            (ChunkState::SizeLineFeed, b'\n') if self.size == 0 => {
                ChunkState::Trailer { empty: true }
            }
            (ChunkState::SizeLineFeed, b'\n') => ChunkState::Data,
            (ChunkState::DataReturn, b'\r') => ChunkState::DataLineFeed,
            (ChunkState::DataLineFeed, b'\n') => ChunkState::Size(0),
            (ChunkState::Trailer { empty }, b'\r') => ChunkState::TrailerLineFeed { last: empty },
            (ChunkState::Trailer { .. }, byte) if byte != b'\n' => {
                self.count()?;
                self.trailers.push(byte);
                ChunkState::Trailer { empty: false }
            }
            (ChunkState::TrailerLineFeed { last: true }, b'\n') => ChunkState::End,
            (ChunkState::TrailerLineFeed { last: false }, b'\n') => {
                self.trailers.extend_from_slice(b"\r\n");
                ChunkState::Trailer { empty: true }
            }
            _ => return Err(Fault::Malformed),
        };
        Ok(())
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.around += 1;
        if self.around > MAX_AROUND {
            return Err(Fault::TooLarge);
        }
        Ok(())
    }
}

fn may_follow(byte: u8, extension: bool) -> bool {
    matches!(byte, b' ' | b'\t') || (extension && byte > b' ' && byte != 0x7f)
}
