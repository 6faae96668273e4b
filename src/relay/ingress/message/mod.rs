//! HTTP/1.1 messages as bytes (RFC 9112): reads and writes heads, finds where bodies end, takes the
//! chunks off them. Nothing here does any I/O or waits.
//!
//! Strict with what visitors send, since whatever two readers understand differently lets one
//! visitor's request hide in another's; lenient with services where the RFC says how.

mod chunked;
mod decoder;
mod fields;
mod head;
mod length;
#[cfg(test)]
mod tests;

pub(super) use decoder::Decoder;
pub(super) use head::{
    RequestHead, ResponseHead, begins_a_response, head_end, parse_request, parse_response,
    write_request, write_response,
};
pub(super) use length::{Length, content_length, keeps_alive, of_request, of_response};

/// Why bytes are no message that can be carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// They break the rules of the format.
    #[error("it breaks the rules of HTTP/1.1")]
    Malformed,
    /// More than is taken of a head, or of what stands around chunks.
    #[error("its head is too large")]
    TooLarge,
    /// The body is in a transfer coding that is not understood here.
    #[error("its transfer coding is not understood")]
    UnknownCoding,
}
