//! The words of the protocol: JSON, each ended by a zero byte.
//!
//! What a server says is a stranger's: a frame has a bound, and what is shown of it another one.

use crate::base::digest;
use crate::model::Secret;
use ring::hmac;
use serde::{Deserialize, Serialize};
use std::io;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};

/// The longest frame, in bytes; the server has the same bound.
const LONGEST: usize = 256;

/// So much of what was not understood is shown, in characters.
const SHOWN: usize = 60;

/// What a client says.
#[derive(Debug, Serialize)]
pub(super) enum Word<'a> {
    /// The proof that it knows the secret.
    Authenticate(&'a str),
    /// It wants this public port, or any (0).
    Hello(u16),
    /// This connection is for that visitor.
    Accept(&'a str),
}

/// What a server says.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Said {
    /// It wants the secret proven with this.
    Challenge(Id),
    /// The public port that is open now.
    Hello(u16),
    /// It is still there.
    Heartbeat,
    /// A visitor has come.
    Connection(Id),
    /// It will not, and closes.
    Error(String),
}

/// A UUID as the server wrote it.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Id {
    text: String,
    bytes: [u8; 16],
}

impl TryFrom<String> for Id {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b'-').collect();
        let mut bytes = [0; 16];
        if text.len() > 36 || digits.len() != 32 {
            return Err("no UUID");
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: u8| char::from(at).to_digit(16);
            let (high, low) = (digit(pair[0]), digit(pair[1]));
            let value = high.zip(low).map(|(high, low)| high * 16 + low);
            // Two digits make a byte.
            *byte = value
                .and_then(|value| u8::try_from(value).ok())
                .ok_or("no UUID")?;
        }
        Ok(Self { text, bytes })
    }
}

impl Id {
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The proof that whoever was asked this knows the secret.
    pub(super) fn answer(&self, secret: &Secret) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &digest::sha256(secret.expose()));
        digest::hex(hmac::sign(&key, &self.bytes).as_ref())
    }
}

/// Nothing was said that could be understood.
#[derive(Debug)]
pub(super) enum NotHeard {
    /// The other end has closed the connection.
    Closed,
    Broken(io::Error),
    /// What was said is none of the protocol's words; how it begins.
    Strange(String),
}

/// A connection on which frames are said and heard; what follows them is read from it as it is.
pub(super) struct Frames<S> {
    stream: BufReader<S>,
    /// What has come of a frame.
    part: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Frames<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream: BufReader::new(stream),
            part: Vec::new(),
        }
    }

    /// The bytes behind the frames.
    pub(super) fn into_stream(self) -> BufReader<S> {
        self.stream
    }

    pub(super) async fn say(&mut self, word: &Word<'_>) -> io::Result<()> {
        let mut frame = serde_json::to_vec(word)?;
        frame.push(0);
        self.stream.write_all(&frame).await?;
        self.stream.flush().await
    }

    /// What it means that no frame has come in time: something that is none may have.
    pub(super) fn is_strange(&self) -> Option<NotHeard> {
        (!self.part.is_empty()).then(|| NotHeard::Strange(shown(&self.part)))
    }

    /// The next frame. Dropping the future loses nothing.
    pub(super) async fn hear(&mut self) -> Result<Said, NotHeard> {
        loop {
            let come = self.stream.fill_buf().await.map_err(NotHeard::Broken)?;
            if come.is_empty() {
                return Err(if self.part.is_empty() {
                    NotHeard::Closed
                } else {
                    NotHeard::Strange(shown(&self.part))
                });
            }
            let end = come.iter().position(|byte| *byte == 0);
            let piece = &come[..end.unwrap_or(come.len())];
            let room = LONGEST - self.part.len();
            let fits = piece.len() <= room;
            self.part.extend_from_slice(&piece[..piece.len().min(room)]);
            let used = piece.len() + usize::from(end.is_some());
            self.stream.consume(used);
            if !fits {
                return Err(NotHeard::Strange(shown(&self.part)));
            }
            if end.is_some() {
                let frame = std::mem::take(&mut self.part);
                let said = serde_json::from_slice(&frame);
                return said.map_err(|_| NotHeard::Strange(shown(&frame)));
            }
        }
    }
}

/// What a person may be shown of a stranger's words.
pub(super) fn shown(said: impl AsRef<[u8]>) -> String {
    let text = String::from_utf8_lossy(said.as_ref());
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let text: String = text.chars().map(plain).collect();
    text.trim().chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::io::duplex;

    const UUID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";

    fn id() -> Id {
        UUID.to_owned().try_into().expect("it is one")
    }

    async fn heard(bytes: &[u8]) -> Result<Said, NotHeard> {
        let (near, mut far) = duplex(1024);
        far.write_all(bytes).await.expect("room");
        drop(far);
        Frames::new(near).hear().await
    }

    #[tokio::test]
    async fn each_word_of_the_server_is_heard() {
        for (frame, expected) in [
            (
                format!(r#"{{"Challenge":"{UUID}"}}"#),
                Said::Challenge(id()),
            ),
            (r#"{"Hello":7}"#.to_owned(), Said::Hello(7)),
            (r#""Heartbeat""#.to_owned(), Said::Heartbeat),
            (
                format!(r#"{{"Connection":"{UUID}"}}"#),
                Said::Connection(id()),
            ),
            (r#"{"Error":"no"}"#.to_owned(), Said::Error("no".to_owned())),
        ] {
            let said = heard(format!("{frame}\0").as_bytes()).await;
            assert_eq!(said.expect("it is one"), expected);
        }
    }

    #[tokio::test]
    async fn what_is_no_word_is_told_by_how_it_begins_and_never_grows() {
        let endless = vec![b'x'; 1000];
        for (bytes, expected) in [
            (
                &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
                "HTTP/1.1 400 Bad Request",
            ),
            (b"\"Other\"\0", "\"Other\""),
            (b"{\"Hello\":70000}\0", "{\"Hello\":70000}"),
            (b"{\"Connection\":\"..\"}\0", "{\"Connection\":\"..\"}"),
            (&endless, &"x".repeat(SHOWN)),
            (b"\x1b[31m\xff\0", "[31m\u{fffd}"),
        ] {
            match heard(bytes).await {
                Err(NotHeard::Strange(shown)) => assert_eq!(shown, expected),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(heard(b"").await, Err(NotHeard::Closed)));
    }

    #[tokio::test]
    async fn frames_come_in_any_pieces_and_what_follows_them_is_kept() {
        let (near, mut far) = duplex(1);
        let saying = async {
            far.write_all(b"{\"Hello\":7}\0\"Heartbeat\"\0raw")
                .await
                .expect("room");
            drop(far);
        };
        let hearing = async {
            let mut frames = Frames::new(near);
            assert_eq!(frames.hear().await.expect("one"), Said::Hello(7));
            assert_eq!(frames.hear().await.expect("one"), Said::Heartbeat);
            let mut rest = String::new();
            let mut stream = frames.into_stream();
            tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut rest)
                .await
                .expect("text");
            assert_eq!(rest, "raw");
        };
        tokio::join!(saying, hearing);
    }

    /// The vector is Python's; the tests that host have the server's own word for it.
    #[test]
    fn a_challenge_is_answered_by_the_secret() {
        let expected = "9d012242868ec7ae18e13fcc858d7d8a7003339a47723aab17aee26a30ad4723";
        assert_eq!(id().answer(&Secret::new("s3cret")), expected);
        assert_ne!(id().answer(&Secret::new("other")), expected);
    }

    proptest! {
        #[test]
        fn any_bytes_are_heard_or_not(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it is made");
            let _ = runtime.block_on(heard(&bytes));
        }
    }
}
