//! Visitors who wait to be asked for their bodies (`Expect: 100-continue`).

use super::fake::{Local, Relay, Task, full, http_service, read_head, tcp_service};
use ::http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use underpass::relay::ingress::HttpConfig;

/// A service that reads heads and says nothing.
async fn silent() -> (Arc<Local>, UnboundedReceiver<()>, Task) {
    let (told, tale) = unbounded_channel();
    let (address, task) = tcp_service(move |mut stream| {
        let told = told.clone();
        async move {
            read_head(&mut stream).await;
            let _ = told.send(());
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    })
    .await;
    (Local::at(address), tale, task)
}

/// One that asks for each body, and gives it back.
async fn echo() -> (Arc<Local>, Task) {
    let (address, task) = http_service(|request: Request<Incoming>| async move {
        let body = request.into_body().collect().await;
        Response::new(full(
            body.map(http_body_util::Collected::to_bytes)
                .unwrap_or_default(),
        ))
    })
    .await;
    (Local::at(address), task)
}

fn head(tunnel: &str) -> String {
    format!(
        "POST / HTTP/1.1\r\nHost: {tunnel}.localhost\r\nExpect: 100-Continue\r\n\
         Content-Length: 5\r\nConnection: close\r\n\r\n"
    )
}

/// A visitor whose address ends in `last`: all of 127/8 is this machine.
async fn waiting(relay: &Relay, last: u8, tunnel: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    let from = SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0));
    socket.bind(from).expect("it is this machine's");
    let mut stream = socket.connect(relay.address).await.expect("it listens");
    let head = head(tunnel);
    stream.write_all(head.as_bytes()).await.expect("it reads");
    stream
}

async fn said(stream: &mut TcpStream) -> String {
    let head = tokio::time::timeout(Duration::from_secs(20), read_head(stream)).await;
    head.expect("it is said in time")
}

fn few() -> HttpConfig {
    let mut config = HttpConfig::new("localhost");
    config.limits.bodies_ahead = 2;
    config
}

#[tokio::test]
async fn those_who_wait_at_one_tunnel_take_nothing_from_another() {
    let ((one, mut tale, _one), (two, _two)) = (silent().await, echo().await);
    let relay = Relay::configured(&few(), &[("one", &one), ("two", &two)]).await;
    let mut flood = Vec::new();
    for _ in 0..2 {
        flood.push(waiting(&relay, 1, "one").await);
        tale.recv().await.expect("it was asked");
    }
    for _ in 0..8 {
        flood.push(waiting(&relay, 1, "one").await);
    }
    let mut honest = waiting(&relay, 1, "two").await;
    assert_eq!(said(&mut honest).await, "HTTP/1.1 100 Continue\r\n\r\n");
    honest.write_all(b"hello").await.expect("it reads");
    let mut answer = String::new();
    honest.read_to_string(&mut answer).await.expect("it closes");
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn at_the_same_tunnel_whoever_has_most_makes_room() {
    let (one, mut tale, _one) = silent().await;
    let relay = Relay::configured(&few(), &[("one", &one)]).await;
    let mut first = waiting(&relay, 1, "one").await;
    tale.recv().await.expect("it was asked");
    let _second = waiting(&relay, 1, "one").await;
    tale.recv().await.expect("it was asked");
    let _honest = waiting(&relay, 2, "one").await;
    let asked = tokio::time::timeout(Duration::from_secs(20), tale.recv()).await;
    asked.expect("it does not wait").expect("it was asked");
    let page = said(&mut first).await;
    assert!(page.starts_with("HTTP/1.1 503 "), "{page}");
    assert!(!page.contains("retry-after"), "{page}");
}

#[tokio::test]
async fn whoever_is_never_asked_does_not_wait_for_ever() {
    let (one, _tale, _one) = silent().await;
    let mut config = few();
    config.limits.expect_timeout = Duration::from_millis(200);
    let relay = Relay::configured(&config, &[("one", &one)]).await;
    let mut visitor = waiting(&relay, 1, "one").await;
    let page = said(&mut visitor).await;
    assert!(page.starts_with("HTTP/1.1 408 "), "{page}");
}

#[tokio::test]
async fn no_other_expectation_is_one_of_that() {
    let (one, _tale, _one) = silent().await;
    let mut config = few();
    config.limits.body_timeout = Duration::from_millis(200);
    let relay = Relay::configured(&config, &[("one", &one)]).await;
    for other in ["200-ok", "100-continued", "x=100-continue"] {
        let mut visitor = TcpStream::connect(relay.address).await.expect("it listens");
        let head = head("one").replace("100-Continue", other);
        visitor.write_all(head.as_bytes()).await.expect("it reads");
        let page = said(&mut visitor).await;
        assert!(page.starts_with("HTTP/1.1 408 "), "{other}: {page}");
    }
}
