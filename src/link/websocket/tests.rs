//! Both ends of a WebSocket, and an other end that is none.

use super::*;
use crate::link::Transport;
use crate::link::tls::TlsFault;
use futures_util::{SinkExt as _, StreamExt as _};
use http::Request;
use proptest::prelude::*;
use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex, split};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

/// More than one message takes.
const LOTS: usize = 300_000;

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("it starts").block_on(work)
}

/// A host's end and a relay's, with so much room between them.
async fn pair(room: usize) -> (WebSocket<DuplexStream>, WebSocket<DuplexStream>) {
    let (near, far) = duplex(room);
    let (host, relay) = tokio::join!(connect(near, "relay.example", 7443), accept(far));
    (host.expect("it is agreed"), relay.expect("it is agreed"))
}

/// A relay's end, and a raw client at the other.
async fn relay() -> (WebSocketStream<DuplexStream>, WebSocket<DuplexStream>) {
    let (near, far) = duplex(1024 * 1024);
    let client = WebSocketStream::from_raw_socket(near, Role::Client, None).await;
    (client, WebSocket::agreed(far, b"").await)
}

async fn write_in(mut stream: impl Transport, bytes: &[u8], cuts: &[usize]) {
    let mut rest = bytes;
    for cut in cuts.iter().cycle() {
        let (part, more) = rest.split_at((*cut).min(rest.len()));
        stream.write_all(part).await.expect("it goes");
        rest = more;
        if rest.is_empty() {
            break;
        }
    }
    stream.shutdown().await.expect("it ends");
}

fn bytes(len: usize) -> Vec<u8> {
    (0..=250).cycle().take(len).collect()
}

/// A frame as a host sends it, masked.
fn frame(opcode: OpCode, is_final: bool, part: &[u8]) -> Message {
    Message::Frame(Frame::message(part.to_vec(), opcode, is_final))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_byte_arrives_once_however_it_is_cut(
        room in 1..70_000_usize,
        len in 1..LOTS,
        cuts in proptest::collection::vec(1..200_000_usize, 1..5),
        down in any::<bool>(),
    ) {
        let sent = bytes(len);
        let got = run(async {
            let (host, relay) = pair(room.max(256)).await;
            let (from, mut to) = if down { (relay, host) } else { (host, relay) };
            let mut got = Vec::new();
            let ((), read) = tokio::join!(write_in(from, &sent, &cuts), to.read_to_end(&mut got));
            read.map(|_| got)
        });
        prop_assert!(got.expect("a clean end") == sent);
    }

    #[test]
    fn messages_are_read_as_their_bytes_whatever_stands_between(
        parts in proptest::collection::vec((0..4_u8, 0..40_000_usize), 1..12),
    ) {
        let mut sent = Vec::new();
        let got = run(async {
            let (mut client, mut relay) = relay().await;
            for (kind, len) in parts {
                let part = bytes(len);
                let half = len / 2;
                let messages = match kind {
                    0 => vec![Message::binary(part.clone())],
                    1 => vec![Message::Ping(bytes(len % 126).into())],
                    2 => vec![Message::Pong(bytes(len % 126).into()), Message::binary("")],
                    _ => vec![
                        frame(OpCode::Data(Data::Binary), false, &part[..half]),
                        Message::Ping("between".into()),
                        frame(OpCode::Data(Data::Continue), true, &part[half..]),
                    ],
                };
                if matches!(kind, 0 | 3) {
                    sent.extend_from_slice(&part);
                }
                for message in messages {
                    client.send(message).await.expect("it goes");
                }
            }
            client.send(Message::Close(None)).await.expect("it goes");
            let mut got = Vec::new();
            relay.read_to_end(&mut got).await.map(|_| got)
        });
        prop_assert!(got.expect("a clean end") == sent);
    }

    #[test]
    fn garbage_ends_and_harms_nobody(
        first in proptest::collection::vec(any::<u8>(), 0..200),
        then in proptest::collection::vec(any::<u8>(), 0..2_000),
    ) {
        run(async {
            let (mut stranger, far) = duplex(4096);
            let mut relay = WebSocket::agreed(far, &first).await;
            stranger.write_all(&then).await.expect("it goes");
            stranger.shutdown().await.expect("it goes");
            // It ends, with whatever error.
            let _ = relay.read_to_end(&mut Vec::new()).await;
            let (mut stranger, far) = duplex(4096);
            stranger.write_all(&then).await.expect("it goes");
            stranger.shutdown().await.expect("it goes");
            prop_assert!(accept(far).await.is_err());
            Ok(())
        })?;
    }
}

async fn fault_of(messages: impl IntoIterator<Item = Message>) -> io::ErrorKind {
    let (mut client, mut relay) = relay().await;
    for message in messages {
        client.send(message).await.expect("it goes");
    }
    let read = relay.read_to_end(&mut Vec::new()).await;
    read.expect_err("it is refused").kind()
}

#[tokio::test]
async fn text_and_what_is_too_long_are_refused() {
    let long = bytes(carrier::MAX_MESSAGE + 1);
    let in_parts = [
        frame(OpCode::Data(Data::Binary), false, &long[1..]),
        frame(OpCode::Data(Data::Continue), false, &long[..1]),
    ];
    for messages in [
        vec![Message::text("hello")],
        vec![Message::binary(long.clone())],
        Vec::from(in_parts),
    ] {
        assert_eq!(fault_of(messages).await, io::ErrorKind::InvalidData);
    }
    let (mut client, mut relay) = self::relay().await;
    let longest = Message::binary(long[1..].to_vec());
    client.send(longest).await.expect("it goes");
    let mut all = vec![0; long.len() - 1];
    relay
        .read_exact(&mut all)
        .await
        .expect("it is not too long");
}

/// A frame that only begins is not waited for with more than one message's memory, and not at all
/// when it says that it is longer.
#[tokio::test]
async fn a_length_that_nobody_would_send_is_refused_at_once() {
    let (mut stranger, far) = duplex(64);
    let mut relay = WebSocket::agreed(far, b"").await;
    let header = [0x82, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0, 1, 2, 3, 4];
    stranger.write_all(&header).await.expect("it goes");
    let refused = relay.read(&mut [0]).await.expect_err("it is refused");
    assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn frames_of_a_host_that_are_not_masked_are_refused() {
    let (mut stranger, far) = duplex(64);
    let mut relay = WebSocket::agreed(far, b"").await;
    stranger.write_all(&[0x82, 1, 7]).await.expect("it goes");
    assert!(relay.read(&mut [0]).await.is_err());
}

#[tokio::test]
async fn a_ping_is_answered_and_an_end_is_said() {
    let (mut client, relay) = relay().await;
    let (mut read, mut write) = split(relay);
    let ended = tokio::spawn(async move { read.read_to_end(&mut Vec::new()).await });
    client
        .send(Message::Ping("hi".into()))
        .await
        .expect("it goes");
    let pong = client.next().await.expect("it is there");
    assert_eq!(pong.expect("a frame"), Message::Pong("hi".into()));
    write.shutdown().await.expect("it ends");
    let close = client.next().await.expect("it is there");
    assert!(matches!(close, Ok(Message::Close(None))), "{close:?}");
    drop(client);
    // With an error or without: nobody waits for ever.
    let _ = ended.await.expect("it ends");
}

/// Nobody reads at the other end: what is written waits, and is not kept.
#[tokio::test]
async fn a_writer_waits_for_a_reader() {
    let (mut host, mut relay) = pair(4096).await;
    let sent = bytes(LOTS);
    let writing = async { host.write_all(&sent).await };
    let stuck = tokio::time::timeout(std::time::Duration::from_millis(50), writing).await;
    assert!(stuck.is_err(), "it does not all fit");
    let mut some = [0; 1000];
    let (flushed, read) = tokio::join!(host.flush(), relay.read_exact(&mut some));
    flushed.expect("it goes");
    read.expect("it comes");
    assert_eq!(some, sent[..1000]);
}

fn head(change: impl FnOnce(&mut Request<()>)) -> http::request::Parts {
    let request = Request::get(PATH)
        .header("host", "relay.example")
        .header("connection", "keep-alive, Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let mut request = request.body(()).expect("a request");
    change(&mut request);
    request.into_parts().0
}

#[test]
fn only_a_websocket_at_the_one_path_is_agreed_to() {
    let agreed = agree(&head(|_| {})).expect("it is right");
    // RFC 6455, 1.3.
    let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    assert_eq!(agreed.status(), 101);
    assert_eq!(agreed.headers()["sec-websocket-accept"], accept);
    let other =
        |path: &'static str| head(|request| *request.uri_mut() = path.parse().expect("a path"));
    assert!(agree(&other("/")).is_none());
    assert!(agree(&other("/.underpass/link/x")).is_none());
    for name in [
        "connection",
        "upgrade",
        "sec-websocket-version",
        "sec-websocket-key",
    ] {
        let without = head(|request| drop(request.headers_mut().remove(name)));
        assert!(agree(&without).is_none(), "{name}");
    }
    assert!(agree(&head(|request| *request.method_mut() = http::Method::POST)).is_none());
}

#[tokio::test]
async fn another_path_is_not_found() {
    let (near, far) = duplex(4096);
    let uri = "ws://relay.example/elsewhere";
    let (asked, accepted) = tokio::join!(tokio_tungstenite::client_async(uri, near), accept(far));
    let refused = asked.expect_err("it is elsewhere").to_string();
    assert!(refused.contains("404"), "{refused}");
    assert!(matches!(accepted, Err(TlsFault::NotARelay(_))));
}

#[tokio::test]
async fn what_answers_in_plain_http_is_no_relay() {
    let (near, mut far) = duplex(4096);
    let answering = async move {
        let asked = far.read(&mut [0; 1024]).await.expect("it asks");
        assert!(asked > 0);
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        far.write_all(answer).await.expect("it goes");
        far
    };
    let (asked, _far) = tokio::join!(connect(near, "::1", 443), answering);
    assert!(matches!(asked, Err(TlsFault::NotARelay(_))));
}

#[test]
fn a_page_in_a_browser_is_no_host() {
    let asking = |more: &str| {
        let request = format!(
            "GET {PATH} HTTP/1.1\r\nHost: relay.example\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
        );
        run(async {
            let (mut near, far) = duplex(4096);
            near.write_all(request.as_bytes()).await.expect("it fits");
            let agreed = accept(far).await.is_ok();
            let mut status = [0; 12];
            near.read_exact(&mut status).await.expect("an answer");
            (agreed, String::from_utf8_lossy(&status).into_owned())
        })
    };
    assert_eq!(asking(""), (true, "HTTP/1.1 101".to_owned()));
    let page = "Origin: https://evil.example\r\n";
    assert_eq!(asking(page), (false, "HTTP/1.1 403".to_owned()));
}
