//! Takes a body out of the bytes of a connection, and goes no further than its end.

use super::chunked::Chunked;
use super::fields::{self, Origin};
use super::{Fault, Length};
use http::HeaderMap;
use std::ops::Range;

/// The state between two pieces of a body.
#[derive(Debug)]
pub enum Decoder {
    /// Bytes that are still to come.
    Known(u64),
    Chunked(Box<ChunkedBody>),
    UntilEnd,
}

/// A body in chunks, and the trailers behind it.
#[derive(Debug)]
pub struct ChunkedBody(Chunked);

/// What came of a piece.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Where in the piece the body's bytes are now.
    pub data: Range<usize>,
    /// Bytes of the piece that belong to the body; what follows is the next message's.
    pub consumed: usize,
}

impl Decoder {
    pub fn new(length: Length) -> Self {
        match length {
            Length::Known(length) => Self::Known(length),
            Length::Chunked => Self::Chunked(Box::new(ChunkedBody(Chunked::new()))),
            Length::UntilEnd => Self::UntilEnd,
        }
    }

    /// Whether the body is whole. One that ends with its connection is not before that.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Known(left) => *left == 0,
            Self::Chunked(body) => body.0.is_over(),
            Self::UntilEnd => false,
        }
    }

    /// Whether the end of the connection ends the body.
    pub fn ends_with_connection(&self) -> bool {
        matches!(self, Self::UntilEnd)
    }

    /// Reads the next piece; chunks are moved together in it.
    pub fn decode(&mut self, piece: &mut [u8]) -> Result<Decoded, Fault> {
        let length = match self {
            Self::UntilEnd => piece.len(),
            Self::Known(left) => {
                let length = usize::try_from(*left).map_or(piece.len(), |l| l.min(piece.len()));
                *left -= length as u64;
                length
            }
            Self::Chunked(body) => {
                let unchunked = body.0.decode(piece)?;
                return Ok(Decoded {
                    data: unchunked.data,
                    consumed: unchunked.consumed,
                });
            }
        };
        Ok(Decoded {
            data: 0..length,
            consumed: length,
        })
    }

    /// The trailers, once the body is over.
    pub fn take_trailers(&mut self) -> Result<HeaderMap, Fault> {
        let Self::Chunked(body) = self else {
            return Ok(HeaderMap::new());
        };
        let lines = body.0.take_trailers();
        if lines.is_empty() {
            return Ok(HeaderMap::new());
        }
        fields::parse(lines.into(), Origin::Visitor)
    }
}
