//! The body of an answer that the relay gives itself.

use bytes::Bytes;

/// All of it: such answers are short.
#[derive(Debug, Default)]
pub(super) struct RelayBody(Bytes);

impl RelayBody {
    pub(super) fn page(text: Bytes) -> Self {
        Self(text)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
