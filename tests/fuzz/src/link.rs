//! The link room, as far as it is fuzzed.

#![allow(
    dead_code,
    unused_imports,
    missing_docs,
    reason = "what is left out of the room is what uses the rest"
)]

#[path = "../../../src/link/frame.rs"]
pub mod frame;
#[path = "../../../src/link/mux/mod.rs"]
pub mod mux;
#[path = "../../../src/link/outbox.rs"]
pub mod outbox;
#[path = "../../../src/link/resume/mod.rs"]
pub mod resume;
#[path = "../../../src/link/control.rs"]
pub mod control;

/// As in the room's own `transport`, which also knows sockets.
pub trait Transport: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static {}
impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static> Transport for T {}

/// Control messages: whatever is read goes back, and is read again as the same.
pub fn check_words(bytes: &[u8]) {
    check_word::<control::HostMessage>(bytes);
    check_word::<control::RelayMessage>(bytes);
}

fn check_word<T>(bytes: &[u8])
where
    T: std::fmt::Debug + PartialEq + serde::Serialize + serde::de::DeserializeOwned,
{
    let Ok(Some((message, used))) = frame::decode::<T>(bytes) else {
        return;
    };
    assert!(used <= bytes.len() && used <= frame::MAX_LEN + 4);
    let mut again = Vec::new();
    // One that was written shorter than we write it may become too long.
    if frame::encode(&message, &mut again).is_ok() {
        let read = frame::decode::<T>(&again).expect("what was written is read");
        assert_eq!(read, Some((message, again.len())));
    }
}
