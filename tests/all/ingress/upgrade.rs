//! Connections that stop being HTTP.

use super::fake::{Local, Relay, Task, read_head, saying, tcp_service};
use futures_util::{SinkExt, StreamExt};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, client_async};

const ASK: &str = "GET /chat HTTP/1.1\r\nHost: one.localhost\r\nConnection: Upgrade\r\n\
                   Upgrade: raw\r\n\r\n";

async fn asking(relay: &Relay) -> TcpStream {
    let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
    stream.write_all(ASK.as_bytes()).await.expect("it reads");
    stream
}

#[tokio::test]
async fn a_websocket_echoes_large_and_small() {
    let (address, _service) = tcp_service(|stream| async move {
        let mut socket = accept_async(stream).await.expect("a WebSocket");
        while let Some(Ok(message)) = socket.next().await {
            if message.is_text() || message.is_binary() {
                socket.send(message).await.expect("it reads");
            }
        }
    })
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let stream = TcpStream::connect(relay.address).await.expect("it listens");
    let (mut socket, answer) = client_async("ws://one.localhost/chat", stream)
        .await
        .expect("a WebSocket");
    assert_eq!(answer.status(), 101);
    for message in [
        Message::text("hello"),
        Message::binary(vec![7; 1024 * 1024]),
        Message::text("again"),
    ] {
        socket.send(message.clone()).await.expect("it reads");
        let echo = socket.next().await.expect("an echo").expect("it is whole");
        assert_eq!(echo, message);
    }
    socket.close(None).await.expect("it closes");
    while socket.next().await.is_some() {}
}

/// A service that switches at once, speaks first, and then echoes until the visitor's end.
async fn raw() -> (Arc<Local>, Task) {
    let (address, task) = tcp_service(|mut stream| async move {
        let head = read_head(&mut stream).await;
        assert!(head.contains("upgrade: raw\r\n"), "{head}");
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\
                       X-Underpass: no-host\r\n\r\nfirst ";
        stream.write_all(answer).await.expect("it reads");
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.expect("a clean end");
        stream.write_all(&said).await.expect("it still reads");
    })
    .await;
    (Local::at(address), task)
}

#[tokio::test]
async fn bytes_sent_early_and_a_half_close_get_through() {
    let (one, _service) = raw().await;
    let relay = Relay::with(&[("one", &one)]).await;
    let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
    let early = format!("{ASK}early ");
    stream.write_all(early.as_bytes()).await.expect("it reads");
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(
        head.contains("connection: upgrade\r\n") && head.contains("upgrade: raw\r\n"),
        "{head}"
    );
    assert!(!head.contains("x-underpass"), "{head}");
    stream.write_all(b"late").await.expect("it reads");
    stream.shutdown().await.expect("it is half closed");
    let mut said = String::new();
    stream.read_to_string(&mut said).await.expect("a clean end");
    assert_eq!(said, "first early late");
}

#[tokio::test]
async fn a_service_that_declines_is_passed_on() {
    let (address, _service) =
        saying(b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno").await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let mut stream = asking(&relay).await;
    let head = read_head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 426 "), "{head}");
    let mut body = [0; 2];
    stream.read_exact(&mut body).await.expect("a body");
    assert_eq!(&body, b"no");
    // The connection is still HTTP.
    let next = b"GET / HTTP/1.1\r\nHost: none.localhost\r\n\r\n";
    stream.write_all(next).await.expect("it reads");
    assert!(read_head(&mut stream).await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn a_switch_that_nobody_asked_for_is_no_answer() {
    let (address, _service) =
        saying(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: raw\r\n\r\n")
            .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let answer = relay
        .say("GET / HTTP/1.1\r\nHost: one.localhost\r\nConnection: close\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
    assert!(answer.contains("x-underpass: not-http\r\n"), "{answer}");
}
