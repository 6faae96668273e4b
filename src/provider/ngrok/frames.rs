//! Walks along the bytes that the edge sends and tells frame from frame. Pure.
//!
//! The crate says neither that the edge has sent everybody away, nor what it answered when a session
//! was resumed: both pass by here before the crate sees them. It changes nothing.

/// A frame's length (24 bits), type and flags (4 bits each), then its stream.
const HEADER: usize = 8;

const DATA: u8 = 1;
const WINDOW: u8 = 2;
const GOAWAY: u8 = 3;
const FIN: u8 = 1;
const SYN: u8 = 2;

/// What passes by.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen<'a> {
    /// Bytes of a stream.
    Data {
        /// Which.
        stream: u32,
        /// A part of what it carries, or all.
        bytes: &'a [u8],
    },
    /// The edge will say no more on this stream.
    End {
        /// Which.
        stream: u32,
    },
    /// The edge has taken in something of this stream.
    Taken {
        /// Which.
        stream: u32,
    },
    /// The edge opens a stream.
    Opened {
        /// Which.
        stream: u32,
    },
    /// The edge ends the session.
    GoAway,
}

/// Where in which frame the walk is.
#[derive(Debug, Default)]
pub(super) struct Walk {
    header: [u8; HEADER],
    filled: usize,
    /// What is left of the frame behind its header.
    left: usize,
}

impl Walk {
    /// Goes on over these bytes.
    pub(super) fn over(&mut self, mut bytes: &[u8], mut see: impl FnMut(Seen<'_>)) {
        while !bytes.is_empty() {
            if self.filled < HEADER {
                let taken = bytes.len().min(HEADER - self.filled);
                self.header[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
                self.filled += taken;
                bytes = &bytes[taken..];
                if self.filled == HEADER {
                    self.begin(&mut see);
                }
            } else {
                let taken = bytes.len().min(self.left);
                if self.kind() == DATA {
                    let stream = self.stream();
                    let bytes = &bytes[..taken];
                    see(Seen::Data { stream, bytes });
                }
                self.left -= taken;
                bytes = &bytes[taken..];
                self.end_if_over(&mut see);
            }
        }
    }

    fn begin(&mut self, see: &mut impl FnMut(Seen<'_>)) {
        let [high, middle, low, ..] = self.header;
        self.left = u32::from_be_bytes([0, high, middle, low]) as usize;
        let stream = self.stream();
        if self.header[3] & SYN != 0 {
            see(Seen::Opened { stream });
        }
        match self.kind() {
            WINDOW => see(Seen::Taken { stream }),
            GOAWAY => see(Seen::GoAway),
            _ => {}
        }
        self.end_if_over(see);
    }

    fn end_if_over(&mut self, see: &mut impl FnMut(Seen<'_>)) {
        if self.left > 0 {
            return;
        }
        self.filled = 0;
        if self.kind() == DATA && self.header[3] & FIN != 0 {
            let stream = self.stream();
            see(Seen::End { stream });
        }
    }

    fn kind(&self) -> u8 {
        self.header[3] >> 4
    }

    fn stream(&self) -> u32 {
        let [.., a, b, c, d] = self.header;
        u32::from_be_bytes([a, b, c, d]) & 0x7fff_ffff
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::frame;
    use super::*;
    use proptest::prelude::*;

    /// What is seen of `bytes` that come in pieces of these sizes, the pieces of one stream joined.
    fn seen(bytes: &[u8], pieces: usize) -> Vec<(u32, String)> {
        let (mut walk, mut seen) = (Walk::default(), Vec::<(u32, String)>::new());
        for piece in bytes.chunks(pieces) {
            walk.over(piece, |it| match it {
                Seen::Data { stream, bytes } => {
                    let text = String::from_utf8_lossy(bytes);
                    match seen.last_mut() {
                        Some((last, said)) if *last == stream => said.push_str(&text),
                        _ => seen.push((stream, text.into_owned())),
                    }
                }
                Seen::End { stream } => seen.push((stream, "end".to_owned())),
                Seen::Taken { stream } => seen.push((stream, "taken".to_owned())),
                Seen::Opened { stream } => seen.push((stream, "opened".to_owned())),
                Seen::GoAway => seen.push((0, "away".to_owned())),
            });
        }
        seen
    }

    #[test]
    fn frames_are_told_apart_wherever_they_are_cut() {
        let mut bytes = frame(DATA, 0, 5, b"ab");
        bytes.extend(frame(WINDOW, 0, 5, &[0, 0, 0, 9]));
        bytes.extend(frame(DATA, FIN, 7, b"c"));
        bytes.extend(frame(DATA, FIN, 5, b""));
        bytes.extend(frame(GOAWAY, 0, 0, &[0; 9]));
        let expected = [
            (5, "ab"),
            (5, "taken"),
            (7, "c"),
            (7, "end"),
            (5, "end"),
            (0, "away"),
        ];
        let expected = expected.map(|(stream, said)| (stream, said.to_owned()));
        for pieces in 1..=bytes.len() {
            let mut seen = seen(&bytes, pieces);
            // The pieces of "c" and its end are two things seen; joined texts are one.
            seen.retain(|(_, said)| !said.is_empty());
            assert_eq!(seen, expected, "pieces of {pieces}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_confuse_it(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 1_usize..50) {
            let mut walk = Walk::default();
            for piece in bytes.chunks(cut) {
                walk.over(piece, |_| ());
            }
        }
    }
}
