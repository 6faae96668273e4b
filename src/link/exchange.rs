//! Requests one after the other over one stream, each of them only when the service's connection is
//! proven idle, at the host, at the moment it is passed on.
//!
//! An idle connection to a service may have been closed, or the service may have sent more than the
//! answer it was asked for; the relay learns of either half a round trip late, and in between the
//! next request would be lost, or answered with what is another visitor's. So each request begins
//! with a record: a nonce, how many of the service's bytes the relay has seen, and how long the
//! request is. The host looks whether the service has sent exactly those and its connection is open
//! and silent; only then the nonce goes back, and the request to the service. What comes in place of
//! the nonce was sent before the request was there, and is no answer to it.
//!
//! It knows nothing of HTTP but that requests have a length.

mod host;
mod relay;
#[cfg(test)]
mod tests;

pub use host::{Ended, serve};
pub use relay::{ExchangeStream, is_stale};

/// A record's length: nonce, count of bytes seen, length of the request, 8 bytes each, big endian.
const RECORD: usize = 24;

/// A request of this length goes on for as long as the stream does.
const UNTIL_END: u64 = u64::MAX;

/// Chosen anew for each request, so that nothing a service has sent before can pass for it.
type Nonce = [u8; 8];

/// What stands before a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Record {
    nonce: Nonce,
    /// Bytes of the service that have been read from this stream.
    seen: u64,
    length: u64,
}

impl Record {
    fn encode(self) -> [u8; RECORD] {
        let mut bytes = [0; RECORD];
        bytes[..8].copy_from_slice(&self.nonce);
        bytes[8..16].copy_from_slice(&self.seen.to_be_bytes());
        bytes[16..].copy_from_slice(&self.length.to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8; RECORD]) -> Self {
        let number = |at: usize| {
            let mut number = [0; 8];
            number.copy_from_slice(&bytes[at..at + 8]);
            number
        };
        Self {
            nonce: number(0),
            seen: u64::from_be_bytes(number(8)),
            length: u64::from_be_bytes(number(16)),
        }
    }
}
