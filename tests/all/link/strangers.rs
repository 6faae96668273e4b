//! A relay that is none, and a host that is none: a clear word each, and nothing harmed.

use super::rig::*;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use underpass::model::{JoinLink, Protocol, Reason};

/// A join link to whatever listens on `port`.
fn link_to(port: u16) -> JoinLink {
    format!("underpass://t@127.0.0.1:{port}#{}", "00".repeat(32))
        .parse()
        .expect("a good link")
}

async fn reason_of(port: u16) -> Reason {
    let connector = connector(&link_to(port)).with_patience(quick());
    let order = order("web", 3000, Protocol::Http);
    let refused = connect(&connector, &order).await;
    refused.expect_err("it is no relay").reason
}

fn not_a_relay(port: u16) -> Reason {
    Reason::NotARelay {
        address: format!("127.0.0.1:{port}"),
    }
}

#[tokio::test]
async fn nothing_listens() {
    let port = closed_port().await;
    let address = format!("127.0.0.1:{port}");
    assert_eq!(reason_of(port).await, Reason::RelayUnreachable { address });
}

#[tokio::test]
async fn no_such_host() {
    let mut link = link_to(1);
    // RFC 6761: no resolver may find it.
    link.host = "relay.invalid".to_owned();
    let refused = refused(&link, &order("web", 3000, Protocol::Http)).await;
    let host = "relay.invalid".to_owned();
    assert_eq!(refused, Reason::UnknownHost { host });
}

#[tokio::test]
async fn an_echo_server() {
    let service = Service::echo().await;
    assert_eq!(reason_of(service.port).await, not_a_relay(service.port));
}

#[tokio::test]
async fn an_http_server() {
    let service = Service::start(|mut socket| async move {
        let _ = socket.read(&mut [0; 1024]).await;
        let answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
        let _ = socket.write_all(answer).await;
        let _ = socket.read(&mut [0; 1024]).await;
    })
    .await;
    assert_eq!(reason_of(service.port).await, not_a_relay(service.port));
}

#[tokio::test]
async fn a_silent_server() {
    let service = Service::start(|socket| async move {
        let _socket = socket;
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(reason_of(service.port).await, Reason::TimedOut);
}

#[tokio::test]
async fn a_server_that_hangs_up() {
    let service = Service::start(|socket| async move { drop(socket) }).await;
    assert_eq!(reason_of(service.port).await, Reason::LinkLost);
}

#[tokio::test]
async fn another_relay_than_the_one_that_was_joined() {
    let rig = Rig::start().await;
    let port = rig.relay.link_addr().port();
    let address = format!("127.0.0.1:{port}");
    assert_eq!(
        reason_of(port).await,
        Reason::CertificateMismatch { address }
    );
}

/// How the relay ends a connection on which `bytes` came: everything it said.
async fn said_to(rig: &Rig, bytes: &[u8]) -> Vec<u8> {
    let mut stranger = TcpStream::connect(rig.relay.link_addr())
        .await
        .expect("it listens");
    stranger.write_all(bytes).await.expect("it goes");
    let mut said = Vec::new();
    let reading = tokio::time::timeout(HANG, stranger.read_to_end(&mut said)).await;
    let _ = reading.expect("it hangs up");
    said
}

#[tokio::test]
async fn garbage_on_the_link_listener_harms_nobody() {
    // The last garbage is the beginning of something that never comes.
    let patience = Duration::from_secs(2);
    let rig = Rig::with(|config| config.limits.handshake_timeout = patience).await;
    let service = Service::echo().await;
    let _session = host(&rig, &order("web", service.port, Protocol::Http)).await;
    for garbage in [
        b"GET / HTTP/1.1\r\nHost: relay\r\n\r\n".as_slice(),
        &vec![0xff; 70_000],
        &[0x16, 0x03, 0x01, 0x00, 0x02, 0x01, 0x00],
    ] {
        let said = said_to(&rig, garbage).await;
        assert!(said.len() < 100, "an alert at most: {said:?}");
    }
    let mut visitor = rig.visit("web").await.expect("the host is still there");
    visitor.write_all(b"x").await.expect("it goes");
    visitor.read_exact(&mut [0]).await.expect("it comes back");
}

#[tokio::test]
async fn a_slow_handshake_is_cut() {
    let short = Duration::from_millis(200);
    let rig = Rig::with(|config| config.limits.handshake_timeout = short).await;
    assert_eq!(said_to(&rig, b"").await, b"");
    assert_eq!(said_to(&rig, &[0x16, 0x03]).await, b"");
}

#[tokio::test]
async fn a_flood_of_strangers_is_bounded_and_a_true_host_gets_through() {
    let rig = Rig::with(|config| config.limits.unauthenticated = 8).await;
    let mut strangers = Vec::new();
    for _ in 0..40 {
        strangers.push(
            TcpStream::connect(rig.relay.link_addr())
                .await
                .expect("it listens"),
        );
    }
    for stranger in &mut strangers[..32] {
        let turned_away = tokio::time::timeout(HANG, stranger.read(&mut [0])).await;
        assert!(!matches!(turned_away.expect("no hang"), Ok(1..)));
    }
    let _session = host(&rig, &order("web", 3000, Protocol::Http)).await;
    let kept = tokio::time::timeout(Duration::from_millis(50), strangers[39].read(&mut [0])).await;
    assert!(kept.is_err(), "the newest may still be a host");
}
