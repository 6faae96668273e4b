//! Frames of the streams, as [yamux] has them: a header of 12 bytes, and a body for data.
//!
//! Pure: bytes in, items out. It holds no body, so a peer makes it hold one header and no more.
//!
//! [yamux]: https://github.com/hashicorp/yamux/blob/master/spec.md

pub(super) const HEADER: usize = 12;

const VERSION: u8 = 0;
const DATA: u8 = 0;
const WINDOW_UPDATE: u8 = 1;
const PING: u8 = 2;
const GO_AWAY: u8 = 3;

pub(super) const SYN: u8 = 1;
pub(super) const ACK: u8 = 2;
pub(super) const FIN: u8 = 4;
pub(super) const RST: u8 = 8;

/// A header that goes out.
pub(super) const fn data(stream: u32, flags: u8, len: u32) -> [u8; HEADER] {
    header(DATA, flags, stream, len)
}

pub(super) const fn window_update(stream: u32, flags: u8, credit: u32) -> [u8; HEADER] {
    header(WINDOW_UPDATE, flags, stream, credit)
}

pub(super) const fn pong(value: u32) -> [u8; HEADER] {
    header(PING, ACK, 0, value)
}

/// The link ends, and nothing is wrong.
pub(super) const fn go_away() -> [u8; HEADER] {
    header(GO_AWAY, 0, 0, 0)
}

const fn header(kind: u8, flags: u8, stream: u32, length: u32) -> [u8; HEADER] {
    let (s, l) = (stream.to_be_bytes(), length.to_be_bytes());
    [
        VERSION, kind, 0, flags, s[0], s[1], s[2], s[3], l[0], l[1], l[2], l[3],
    ]
}

/// Something a peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// The head of data; its body comes as [`Item::Body`], in as many pieces as it likes.
    Data {
        stream: u32,
        flags: u8,
        len: u32,
    },
    /// A piece of a body; with the last one comes the flag of its head.
    Body {
        stream: u32,
        bytes: &'a [u8],
        ends: bool,
    },
    WindowUpdate {
        stream: u32,
        flags: u8,
        credit: u32,
    },
    /// Wants a pong with this value.
    Ping(u32),
    Pong,
    GoAway,
}

/// What is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("version {version} and type {kind} make no frame")]
pub(super) struct NoFrame {
    version: u8,
    kind: u8,
}

/// The body that is on its way.
#[derive(Clone, Copy, Debug)]
struct Body {
    stream: u32,
    left: u32,
    ends: bool,
}

/// Cuts what arrives into items.
#[derive(Debug, Default)]
pub(super) struct Parser {
    header: [u8; HEADER],
    filled: usize,
    body: Option<Body>,
}

impl Parser {
    /// The next item of `input`, which moves on behind it; `None` when more must arrive.
    ///
    /// # Errors
    /// When the bytes are no frames. The parser is of no use from then on.
    pub(super) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Item<'a>>, NoFrame> {
        if let Some(body) = self.body {
            return Ok(self.piece(body, input));
        }
        let count = (HEADER - self.filled).min(input.len());
        self.header[self.filled..self.filled + count].copy_from_slice(&input[..count]);
        self.filled += count;
        *input = &input[count..];
        if self.filled < HEADER {
            return Ok(None);
        }
        self.filled = 0;
        self.head().map(Some)
    }

    fn piece<'a>(&mut self, body: Body, input: &mut &'a [u8]) -> Option<Item<'a>> {
        let left = usize::try_from(body.left).unwrap_or(usize::MAX);
        let count = left.min(input.len());
        if count == 0 {
            return None;
        }
        let (bytes, rest) = input.split_at(count);
        *input = rest;
        // `count` is at most `body.left`.
        let left = body.left - u32::try_from(count).unwrap_or(body.left);
        self.body = (left > 0).then_some(Body { left, ..body });
        Some(Item::Body {
            stream: body.stream,
            bytes,
            ends: body.ends && left == 0,
        })
    }

    fn head<'a>(&mut self) -> Result<Item<'a>, NoFrame> {
        let [version, kind, _, flags, s0, s1, s2, s3, l0, l1, l2, l3] = self.header;
        let stream = u32::from_be_bytes([s0, s1, s2, s3]);
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        match (version, kind) {
            (VERSION, DATA) => {
                let ends = flags & FIN != 0;
                self.body = (length > 0).then_some(Body {
                    stream,
                    left: length,
                    ends,
                });
                Ok(Item::Data {
                    stream,
                    flags,
                    len: length,
                })
            }
            (VERSION, WINDOW_UPDATE) => Ok(Item::WindowUpdate {
                stream,
                flags,
                credit: length,
            }),
            (VERSION, PING) if flags & SYN != 0 => Ok(Item::Ping(length)),
            (VERSION, PING) => Ok(Item::Pong),
            (VERSION, GO_AWAY) => Ok(Item::GoAway),
            _ => Err(NoFrame { version, kind }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Items that own their bytes; pieces of one body are one.
    fn parse(bytes: &[u8], cut: usize) -> Result<Vec<(u32, u8, Vec<u8>)>, NoFrame> {
        let (mut parser, mut seen) = (Parser::default(), Vec::new());
        for mut chunk in bytes.chunks(cut) {
            while let Some(item) = parser.next(&mut chunk)? {
                match item {
                    Item::Data { stream, flags, .. } => seen.push((stream, flags, Vec::new())),
                    Item::Body { stream, bytes, .. } => {
                        let (whose, _, body) = seen.last_mut().expect("a head came first");
                        assert_eq!(*whose, stream);
                        body.extend_from_slice(bytes);
                    }
                    Item::WindowUpdate {
                        stream,
                        flags,
                        credit,
                    } => {
                        seen.push((stream, flags, credit.to_be_bytes().to_vec()));
                    }
                    Item::Ping(value) => seen.push((0, SYN, value.to_be_bytes().to_vec())),
                    Item::Pong => seen.push((0, ACK, Vec::new())),
                    Item::GoAway => seen.push((0, 0, Vec::new())),
                }
            }
        }
        Ok(seen)
    }

    proptest! {
        #[test]
        fn frames_come_out_the_same_however_they_are_cut(
            frames in prop::collection::vec((any::<bool>(), any::<u32>(), 0..16_u8, 0..60_u32), 0..20),
            cut in 1..60_usize,
        ) {
            let mut wire = Vec::new();
            for &(is_data, stream, flags, length) in &frames {
                if is_data {
                    wire.extend(data(stream, flags, length));
                    wire.extend((0..length).map(|n| n.to_be_bytes()[3]));
                } else {
                    wire.extend(window_update(stream, flags, length));
                }
            }
            let seen = parse(&wire, cut).expect("they are frames");
            prop_assert_eq!(seen.len(), frames.len());
            for ((stream, flags, bytes), frame) in seen.iter().zip(&frames) {
                prop_assert_eq!((*stream, *flags), (frame.1, frame.2));
                let len = if frame.0 { frame.3 as usize } else { 4 };
                prop_assert_eq!(bytes.len(), len);
            }
        }

        #[test]
        fn garbage_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 1..50_usize) {
            let (whole, pieces) = (parse(&bytes, usize::MAX), parse(&bytes, cut));
            prop_assert_eq!(whole, pieces);
        }
    }
}
