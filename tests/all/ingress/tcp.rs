//! Public TCP ports.

use super::fake::{Local, Task, listener, refusing, tcp_service};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use underpass::relay::ingress::{HttpConfig, IngressGuard, serve_tcp};

async fn ingress(service: SocketAddr) -> (SocketAddr, IngressGuard) {
    let (listener, address) = listener().await;
    let guard = serve_tcp(listener, Local::at(service), &HttpConfig::new("localhost"));
    (address, guard)
}

async fn visit(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("it listens")
}

#[tokio::test]
async fn a_service_may_speak_first() {
    let (service, _service) = tcp_service(|mut stream| async move {
        stream.write_all(b"220 ready\r\n").await.expect("it reads");
        let mut rest = String::new();
        stream.read_to_string(&mut rest).await.expect("text");
    })
    .await;
    let (address, _guard) = ingress(service).await;
    let mut greeting = [0; 11];
    visit(address)
        .await
        .read_exact(&mut greeting)
        .await
        .expect("a greeting");
    assert_eq!(&greeting, b"220 ready\r\n");
}

#[tokio::test]
async fn a_visitor_that_has_said_all_still_hears_the_answer() {
    let (service, _service) = tcp_service(|mut stream| async move {
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.expect("a clean end");
        stream.write_all(&heard).await.expect("it still reads");
    })
    .await;
    let (address, _guard) = ingress(service).await;
    let mut stream = visit(address).await;
    let sent = vec![9; 3 * 1024 * 1024];
    stream.write_all(&sent).await.expect("it reads");
    stream.shutdown().await.expect("it is half closed");
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).await.expect("a clean end");
    assert!(heard == sent);
}

#[tokio::test]
async fn a_service_that_has_said_all_still_hears_the_visitor() {
    let (told, mut tale) = tokio::sync::mpsc::unbounded_channel();
    let (service, _service) = tcp_service(move |mut stream| {
        let told = told.clone();
        async move {
            stream.write_all(b"bye").await.expect("it reads");
            stream.shutdown().await.expect("it is half closed");
            let mut heard = String::new();
            stream
                .read_to_string(&mut heard)
                .await
                .expect("a clean end");
            told.send(heard).expect("the test listens");
        }
    })
    .await;
    let (address, _guard) = ingress(service).await;
    let mut stream = visit(address).await;
    let mut heard = String::new();
    stream
        .read_to_string(&mut heard)
        .await
        .expect("a clean end");
    assert_eq!(heard, "bye");
    stream
        .write_all(b"one more thing")
        .await
        .expect("it still reads");
    drop(stream);
    assert_eq!(tale.recv().await.as_deref(), Some("one more thing"));
}

#[tokio::test]
async fn a_visitor_of_a_refusing_service_is_reset() {
    let (address, _guard) = ingress(refusing().await).await;
    let ended = visit(address).await.read_u8().await;
    assert_eq!(
        ended.expect_err("no byte").kind(),
        ErrorKind::ConnectionReset
    );
}

#[tokio::test]
async fn a_service_that_breaks_off_is_not_passed_off_as_done() {
    let (service, _service) = tcp_service(|mut stream| async move {
        stream.write_all(b"half").await.expect("it reads");
        // The visitor has it all before the reset.
        stream.read_u8().await.expect("a byte");
        stream.set_zero_linger().expect("it is a TCP socket");
    })
    .await;
    let (address, _guard) = ingress(service).await;
    let mut stream = visit(address).await;
    let mut half = [0; 4];
    stream.read_exact(&mut half).await.expect("what was sent");
    stream.write_all(b"x").await.expect("it reads");
    let ended = stream.read_u8().await;
    assert_eq!(
        ended.expect_err("no byte").kind(),
        ErrorKind::ConnectionReset
    );
}

/// A service that echoes, and says when a connection has ended.
async fn echo() -> (SocketAddr, Task, Arc<tokio::sync::Notify>) {
    let ended = Arc::new(tokio::sync::Notify::new());
    let telling = ended.clone();
    let (address, task) = tcp_service(move |mut stream| {
        let telling = telling.clone();
        async move {
            let (mut read, mut write) = stream.split();
            let _ = tokio::io::copy(&mut read, &mut write).await;
            telling.notify_one();
        }
    })
    .await;
    (address, task, ended)
}

#[tokio::test]
async fn dropping_the_guard_ends_connections_on_both_sides() {
    let (service, _service, ended) = echo().await;
    let (address, guard) = ingress(service).await;
    let mut stream = visit(address).await;
    stream.write_all(b"x").await.expect("it reads");
    assert_eq!(stream.read_u8().await.expect("an echo"), b'x');
    drop(guard);
    ended.notified().await;
    assert!(matches!(stream.read(&mut [0]).await, Ok(0) | Err(_)));
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_shutdown_waits_for_connections_but_not_for_ever() {
    let (service, _service, ended) = echo().await;
    let (address, guard) = ingress(service).await;
    let mut stream = visit(address).await;
    stream.write_all(b"x").await.expect("it reads");
    assert_eq!(stream.read_u8().await.expect("an echo"), b'x');
    guard.shutdown(Duration::from_millis(20)).await;
    ended.notified().await;
}
