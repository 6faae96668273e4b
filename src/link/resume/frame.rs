//! The frames of an attached link: type, length, body. Pure: bytes in, frames out.
//!
//! It allocates nothing and never needs a whole DATA frame at once. It refuses to know what the
//! numbers mean; it bounds what a peer can make it hold to one small frame.

use super::ResetReason;

/// The most payload in one DATA frame: two TLS records, so that a ping never waits long.
pub(super) const MAX_PAYLOAD: usize = 32 * 1024;

/// Type and length.
const HEAD: usize = 3;

/// What a DATA frame adds to its payload.
pub(super) const DATA_OVERHEAD: usize = HEAD + 8;

/// The longest frame that is not DATA: ACK.
pub(super) const MAX_SMALL: usize = HEAD + 16;

const DATA: u8 = 1;
const ACK: u8 = 2;
const PING: u8 = 3;
const PONG: u8 = 4;
const FIN: u8 = 5;
const RESET: u8 = 6;

/// A frame without payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// All before `next` is here, and there is room up to `window_end`.
    Ack {
        /// The first sequence number not yet received.
        next: u64,
        /// The first sequence number that may not be sent.
        window_end: u64,
    },
    /// Asks for the pong with this number.
    Ping(u32),
    /// Answers the ping with this number, and all before it.
    Pong(u32),
    /// The stream ends here; this takes one sequence number.
    Fin {
        /// The number that it takes: the one behind the last byte.
        seq: u64,
    },
    Reset(ResetReason),
}

/// Something a peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// A piece of the stream; one DATA frame may come in several.
    Data {
        /// The sequence number of its first byte.
        seq: u64,
        /// At least one byte.
        bytes: &'a [u8],
    },
    /// A whole small frame.
    Frame(Frame),
}

/// What makes no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("no frame is of type {0}")]
    Type(u8),
    #[error("a frame of type {kind} is never {len} bytes long")]
    Length { kind: u8, len: u16 },
    /// Its numbers pass the end of all numbers.
    #[error("a sequence number overflows")]
    Overflow,
}

/// Appends a small frame.
pub fn put(out: &mut Vec<u8>, frame: Frame) {
    match frame {
        Frame::Ack { next, window_end } => {
            head(out, ACK, 16);
            out.extend_from_slice(&next.to_be_bytes());
            out.extend_from_slice(&window_end.to_be_bytes());
        }
        Frame::Ping(number) => {
            head(out, PING, 4);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Frame::Pong(number) => {
            head(out, PONG, 4);
            out.extend_from_slice(&number.to_be_bytes());
        }
        Frame::Fin { seq } => {
            head(out, FIN, 8);
            out.extend_from_slice(&seq.to_be_bytes());
        }
        Frame::Reset(reason) => {
            head(out, RESET, 1);
            out.push(reason.code());
        }
    }
}

/// Appends the head of a DATA frame; exactly `len` bytes, at most [`MAX_PAYLOAD`], must follow.
pub(super) fn put_data_head(out: &mut Vec<u8>, seq: u64, len: usize) {
    debug_assert!((1..=MAX_PAYLOAD).contains(&len));
    // It fits: the largest payload is half of what sixteen bits hold.
    #[expect(clippy::cast_possible_truncation, reason = "MAX_PAYLOAD + 8 < 65,536")]
    head(out, DATA, (len + 8) as u16);
    out.extend_from_slice(&seq.to_be_bytes());
}

fn head(out: &mut Vec<u8>, kind: u8, len: u16) {
    out.push(kind);
    out.extend_from_slice(&len.to_be_bytes());
}

/// Cuts what arrives into frames.
#[derive(Debug, Default)]
pub struct Parser {
    /// The head of a DATA frame or a whole small one, as far as it is here.
    small: [u8; MAX_SMALL],
    filled: usize,
    /// Where the next payload byte goes, and how many are to come.
    data: Option<(u64, usize)>,
}

impl Parser {
    /// The next item of `input`, which moves on behind it; `None` when more must arrive.
    ///
    /// # Errors
    /// When the bytes are no frames. The parser is of no use from then on.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Item<'a>>, FrameError> {
        loop {
            if let Some((seq, left)) = self.data {
                return Ok(self.payload(seq, left, input));
            }
            let wanted = self.wanted()?;
            if self.filled == wanted && wanted > HEAD {
                self.filled = 0;
                if let Some(frame) = self.whole()? {
                    return Ok(Some(Item::Frame(frame)));
                }
                continue;
            }
            let count = (wanted - self.filled).min(input.len());
            if count == 0 {
                return Ok(None);
            }
            self.small[self.filled..self.filled + count].copy_from_slice(&input[..count]);
            self.filled += count;
            *input = &input[count..];
        }
    }

    fn payload<'a>(&mut self, seq: u64, left: usize, input: &mut &'a [u8]) -> Option<Item<'a>> {
        let count = left.min(input.len());
        if count == 0 {
            return None;
        }
        let (bytes, rest) = input.split_at(count);
        *input = rest;
        self.data = (left > count).then_some((seq + count as u64, left - count));
        Some(Item::Data { seq, bytes })
    }

    /// How many bytes `small` is to hold next; checks the head as soon as it is here.
    fn wanted(&self) -> Result<usize, FrameError> {
        if self.filled < HEAD {
            return Ok(HEAD);
        }
        let (kind, len) = self.kind_and_len();
        let fits = match kind {
            DATA => (9..=MAX_PAYLOAD + 8).contains(&usize::from(len)),
            ACK => len == 16,
            PING | PONG => len == 4,
            FIN => len == 8,
            RESET => len == 1,
            _ => return Err(FrameError::Type(kind)),
        };
        match fits {
            false => Err(FrameError::Length { kind, len }),
            true if kind == DATA => Ok(DATA_OVERHEAD),
            true => Ok(HEAD + usize::from(len)),
        }
    }

    fn kind_and_len(&self) -> (u8, u16) {
        (
            self.small[0],
            u16::from_be_bytes([self.small[1], self.small[2]]),
        )
    }

    /// The frame in `small`; `None` when it is the head of DATA.
    fn whole(&mut self) -> Result<Option<Frame>, FrameError> {
        let (kind, len) = self.kind_and_len();
        Ok(Some(match kind {
            DATA => {
                let (seq, left) = (self.long(0), usize::from(len) - 8);
                seq.checked_add(left as u64).ok_or(FrameError::Overflow)?;
                self.data = Some((seq, left));
                return Ok(None);
            }
            ACK => Frame::Ack {
                next: self.long(0),
                window_end: self.long(8),
            },
            PING => Frame::Ping(self.short()),
            PONG => Frame::Pong(self.short()),
            FIN => Frame::Fin { seq: self.long(0) },
            _ => Frame::Reset(ResetReason::from_code(self.small[HEAD])),
        }))
    }

    fn long(&self, at: usize) -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.small[HEAD + at..HEAD + at + 8]);
        u64::from_be_bytes(bytes)
    }

    fn short(&self) -> u32 {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&self.small[HEAD..HEAD + 4]);
        u32::from_be_bytes(bytes)
    }
}

#[cfg(test)]
mod tests;
