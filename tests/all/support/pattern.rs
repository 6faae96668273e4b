//! Bytes that tell when one of them is lost, doubled or in the wrong place.

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use std::convert::Infallible;
use std::sync::OnceLock;

use super::web::AnyBody;

/// A prime, so that no buffer's size hides a shift.
const PERIOD: usize = 65_521;

/// A position in the endless sequence.
#[derive(Clone, Debug, Default)]
pub struct Pattern {
    at: usize,
}

impl Pattern {
    /// How many bytes were made or checked.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next bytes, at most `len` of them.
    pub fn take(&mut self, len: usize) -> &'static [u8] {
        let start = self.at % PERIOD;
        let len = len.min(PERIOD);
        self.at += len;
        &block()[start..start + len]
    }

    /// Fails unless these are the next bytes.
    pub fn check(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(PERIOD) {
            let at = self.at;
            assert!(self.take(part.len()) == part, "it differs behind byte {at}");
        }
    }
}

/// A body of the first `len` bytes.
pub fn body(len: usize) -> AnyBody {
    let parts = stream::iter(Parts {
        pattern: Pattern::default(),
        len,
    });
    StreamBody::new(parts)
        .map_err(|e: Infallible| match e {})
        .boxed_unsync()
}

struct Parts {
    pattern: Pattern,
    len: usize,
}

impl Iterator for Parts {
    type Item = Result<Frame<Bytes>, Infallible>;

    fn next(&mut self) -> Option<Self::Item> {
        let left = self.len - self.pattern.at();
        (left > 0).then(|| Ok(Frame::data(Bytes::from_static(self.pattern.take(left)))))
    }
}

/// Two periods in a row: any slice of one is in it.
fn block() -> &'static [u8] {
    static BLOCK: OnceLock<Vec<u8>> = OnceLock::new();
    BLOCK.get_or_init(|| {
        let mut state = 1_u32;
        let period: Vec<u8> = (0..PERIOD)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .collect();
        period.repeat(2)
    })
}
