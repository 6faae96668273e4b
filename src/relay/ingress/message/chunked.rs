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
enum Place {
    /// In a size, of which so many digits were read.
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
    /// In a line of the trailers, of which so many bytes were read.
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
    /// So much of the piece belongs to the body.
    pub(super) consumed: usize,
}

/// The state between two pieces.
#[derive(Debug)]
pub(super) struct Chunked {
    place: Place,
    /// Of the size that is being read, or what is left of the chunk.
    size: u64,
    around: usize,
    trailers: Vec<u8>,
}

impl Chunked {
    pub(super) fn new() -> Self {
        Self {
            place: Place::Size(0),
            size: 0,
            around: 0,
            trailers: Vec::new(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.place == Place::End
    }

    /// The trailers' lines, once it is over.
    pub(super) fn take_trailers(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.trailers)
    }

    /// Reads a piece and moves the data in it together.
    pub(super) fn decode(&mut self, piece: &mut [u8]) -> Result<Unchunked, Fault> {
        let (mut at, mut data) = (0, 0..0);
        while at < piece.len() && !self.is_over() {
            if self.place != Place::Data {
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
                self.place = Place::DataReturn;
            }
        }
        Ok(Unchunked { data, consumed: at })
    }

    fn step(&mut self, byte: u8) -> Result<(), Fault> {
        self.place = match (self.place, byte) {
            (Place::Size(digits), _) if byte.is_ascii_hexdigit() => {
                // Sixteen digits are as much as the number holds.
                if digits == 16 {
                    return Err(Fault::Malformed);
                }
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                self.size = self.size << 4 | u64::from(digit);
                Place::Size(digits + 1)
            }
            (Place::Size(1..), b' ' | b'\t') => Place::BehindSize { extension: false },
            (Place::Size(1..) | Place::BehindSize { .. }, b'\r') => Place::SizeLineFeed,
            (Place::Size(1..) | Place::BehindSize { .. }, b';') => {
                self.count()?;
                Place::BehindSize { extension: true }
            }
            (Place::BehindSize { extension }, _) if may_follow(byte, extension) => {
                self.count()?;
                self.place
            }
            (Place::SizeLineFeed, b'\n') if self.size == 0 => Place::Trailer { empty: true },
            (Place::SizeLineFeed, b'\n') => Place::Data,
            (Place::DataReturn, b'\r') => Place::DataLineFeed,
            (Place::DataLineFeed, b'\n') => Place::Size(0),
            (Place::Trailer { empty }, b'\r') => Place::TrailerLineFeed { last: empty },
            (Place::Trailer { .. }, byte) if byte != b'\n' => {
                self.count()?;
                self.trailers.push(byte);
                Place::Trailer { empty: false }
            }
            (Place::TrailerLineFeed { last: true }, b'\n') => Place::End,
            (Place::TrailerLineFeed { last: false }, b'\n') => {
                self.trailers.extend_from_slice(b"\r\n");
                Place::Trailer { empty: true }
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
