//! Control messages on a stream: a 4-byte length (big endian), then JSON.
//!
//! It knows how long a message may be, not what it says.

use super::outbox::Outbox;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};

/// No message is longer than this.
pub const MAX_LEN: usize = 64 * 1024;

const PREFIX: usize = 4;

#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    #[error("the control stream failed: {0}")]
    Io(#[from] io::Error),
    #[error("the control stream ended within a message")]
    Truncated,
    #[error("a control message of {0} bytes is too long: {MAX_LEN} at most")]
    TooLong(usize),
    /// A message is not what it should be.
    #[error("a control message cannot be read: {0}")]
    Garbled(#[from] serde_json::Error),
}

/// Reads the first message in `bytes`: the message and how many bytes it took, `None` when it is
/// not all there yet.
///
/// # Errors
/// `TooLong` as soon as the length says so, `Garbled` when it is no `T`.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<Option<(T, usize)>, FrameError> {
    let Some((prefix, rest)) = bytes.split_first_chunk::<PREFIX>() else {
        return Ok(None);
    };
    let len = u32::from_be_bytes(*prefix) as usize;
    if len > MAX_LEN {
        return Err(FrameError::TooLong(len));
    }
    match rest.get(..len) {
        Some(body) => Ok(Some((serde_json::from_slice(body)?, PREFIX + len))),
        None => Ok(None),
    }
}

/// Writes `message` behind what is in `bytes`.
///
/// # Errors
/// `TooLong`; `bytes` is then as it was.
pub fn encode<T: Serialize>(message: &T, bytes: &mut Vec<u8>) -> Result<(), FrameError> {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; PREFIX]);
    let written = serde_json::to_writer(&mut *bytes, message);
    let len = bytes.len() - start - PREFIX;
    let prefix = u32::try_from(len).ok().filter(|_| len <= MAX_LEN);
    match (written, prefix) {
        (Ok(()), Some(prefix)) => {
            bytes[start..start + PREFIX].copy_from_slice(&prefix.to_be_bytes());
            Ok(())
        }
        (written, _) => {
            bytes.truncate(start);
            written?;
            Err(FrameError::TooLong(len))
        }
    }
}

/// Messages over a stream.
#[derive(Debug)]
pub struct Frames<S> {
    stream: S,
    received: Vec<u8>,
    sending: Vec<u8>,
}

impl<S: AsyncRead + Unpin> Frames<S> {
    /// Messages over `stream`.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            received: Vec::new(),
            sending: Vec::new(),
        }
    }

    /// The next message; `None` when the other side ended the stream. Nothing is lost when the
    /// future is dropped.
    ///
    /// # Errors
    /// See [`FrameError`]; the stream is of no use then.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, FrameError> {
        loop {
            if let Some((message, taken)) = decode(&self.received)? {
                self.received.drain(..taken);
                return Ok(Some(message));
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                let whole = self.received.is_empty();
                return if whole {
                    Ok(None)
                } else {
                    Err(FrameError::Truncated)
                };
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Frames<S> {
    /// The messages that come, and the ones that are to go.
    pub fn split(self) -> (Frames<ReadHalf<S>>, Outbox<WriteHalf<S>>) {
        let (reader, writer) = tokio::io::split(self.stream);
        let frames = Frames {
            stream: reader,
            received: self.received,
            sending: Vec::new(),
        };
        (frames, Outbox::new(writer))
    }

    /// Sends `message`.
    pub async fn send<T: Serialize>(&mut self, message: &T) -> Result<(), FrameError> {
        self.sending.clear();
        encode(message, &mut self.sending)?;
        self.stream.write_all(&self.sending).await?;
        Ok(self.stream.flush().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::control::{HostMessage, RelayMessage};
    use proptest::prelude::*;
    use serde_json::Value;

    fn framed(message: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode(message, &mut bytes).expect("it fits");
        bytes
    }

    #[test]
    fn an_oversized_length_is_refused_before_the_body_comes() {
        let mut bytes = u32::try_from(MAX_LEN + 1)
            .expect("small")
            .to_be_bytes()
            .to_vec();
        bytes.push(b'{');
        assert!(matches!(
            decode::<Value>(&bytes),
            Err(FrameError::TooLong(_))
        ));
    }

    #[test]
    fn an_oversized_message_is_not_sent_and_leaves_nothing_behind() {
        let mut bytes = framed(&Value::Null);
        let before = bytes.clone();
        let error = encode(&"x".repeat(MAX_LEN), &mut bytes);
        assert!(matches!(error, Err(FrameError::TooLong(_))));
        assert_eq!(bytes, before);
    }

    #[tokio::test]
    async fn a_stream_that_ends_within_a_message_is_not_a_clean_end() {
        for (cut, clean) in [(0, true), (3, false), (7, false)] {
            let (near, mut far) = tokio::io::duplex(100);
            far.write_all(&framed(&"hello".into())[..cut])
                .await
                .expect("it goes");
            drop(far);
            let end = Frames::new(near).next::<Value>().await;
            assert_eq!(matches!(end, Ok(None)), clean, "{cut}: {end:?}");
        }
    }

    proptest! {
        #[test]
        fn garbage_is_refused_or_waited_for(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode::<HostMessage>(&bytes);
            let _ = decode::<RelayMessage>(&bytes);
        }

        #[test]
        fn garbage_in_a_right_frame_is_refused(body in ".{0,200}") {
            let mut bytes = u32::try_from(body.len()).expect("small").to_be_bytes().to_vec();
            bytes.extend_from_slice(body.as_bytes());
            prop_assert!(matches!(decode::<HostMessage>(&bytes), Err(FrameError::Garbled(_))));
        }

        #[test]
        fn a_part_is_waited_for_and_the_whole_is_read(text in ".{0,200}", more in any::<bool>()) {
            let mut bytes = framed(&text.clone().into());
            for cut in 0..bytes.len() {
                prop_assert!(matches!(decode::<String>(&bytes[..cut]), Ok(None)));
            }
            let len = bytes.len();
            if more {
                bytes.extend_from_slice(b"more");
            }
            prop_assert_eq!(decode::<String>(&bytes).expect("it is whole"), Some((text, len)));
        }
    }
}
