//! What stands between visitors and the relay: trusted proxies, the PROXY protocol, listeners without
//! names, and the door for hosts.

use super::fake::{Local, Relay, Visit, http_service, listener, verdict};
use ::http::{Request, Response};
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use underpass::relay::ingress::{Approach, HttpConfig, serve_fixed_web, serve_tcp};

/// A service that answers every request with its head.
async fn echoing() -> (Arc<Local>, super::fake::Task) {
    let (address, task) = http_service(|request: Request<_>| async move {
        let mut text = String::new();
        for (header, value) in request.headers() {
            let value = value.to_str().expect("it is text");
            writeln!(text, "{header}: {value}").expect("a String takes all");
        }
        Response::new(super::fake::full(text))
    })
    .await;
    (Local::at(address), task)
}

fn trusting(network: &str, proxy_protocol: bool) -> HttpConfig {
    HttpConfig {
        approach: Approach {
            trusted: Arc::new([network.parse().expect("a network")]),
            proxy_protocol,
            ..Approach::default()
        },
        ..HttpConfig::new("Tunnels.Example.org.")
    }
}

const CLAIMING: &str = "GET / HTTP/1.1\r\nHost: one.tunnels.example.org\r\nConnection: close\r\n\
     X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\
     X-Forwarded-Host: shop.example\r\nForwarded: for=203.0.113.9\r\n\r\n";

#[tokio::test]
async fn a_trusted_proxy_is_believed_and_gone_on_with() {
    let (one, _one) = echoing().await;
    let relay = Relay::configured(&trusting("127.0.0.0/8", false), &[("one", &one)]).await;
    let answer = relay.say(CLAIMING).await;
    for line in [
        "x-forwarded-for: 203.0.113.9, 127.0.0.1\n",
        "x-forwarded-proto: https\n",
        "x-forwarded-host: shop.example\n",
        "forwarded: for=203.0.113.9, for=127.0.0.1\n",
    ] {
        assert!(answer.contains(line), "{line}{answer}");
    }
    let visitors = one.visitors();
    assert_eq!(
        visitors,
        [([203, 0, 113, 9], 0).into()],
        "the host hears who"
    );
}

#[tokio::test]
async fn anybody_else_is_not_believed() {
    let (one, _one) = echoing().await;
    let relay = Relay::configured(&trusting("10.0.0.0/8", false), &[("one", &one)]).await;
    let answer = relay.say(CLAIMING).await;
    assert!(answer.contains("x-forwarded-for: 127.0.0.1\n"), "{answer}");
    assert!(answer.contains("x-forwarded-proto: http\n"), "{answer}");
    assert!(
        !answer.contains("shop.example") && !answer.contains("203.0.113.9"),
        "{answer}"
    );
    assert!(one.visitors()[0].ip().is_loopback());
}

#[tokio::test]
async fn the_proxy_protocol_says_who_a_visitor_is() {
    let (one, _one) = echoing().await;
    let relay = Relay::configured(&trusting("127.0.0.1", true), &[("one", &one)]).await;
    let header = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 80\r\n";
    let answer = relay.say(format!("{header}{CLAIMING}")).await;
    // The header says that a stranger is behind it, whose word is no proxy's.
    assert!(
        answer.contains("x-forwarded-for: 203.0.113.7\n"),
        "{answer}"
    );
    assert!(answer.contains("x-forwarded-proto: http\n"), "{answer}");
    assert_eq!(one.visitors(), [([203, 0, 113, 7], 4711).into()]);
    // The proxy must say it, and nobody else may.
    let mut without = TcpStream::connect(relay.address).await.expect("it listens");
    without
        .write_all(CLAIMING.as_bytes())
        .await
        .expect("it goes");
    let mut answer = Vec::new();
    let _ = without.read_to_end(&mut answer).await;
    assert_eq!(answer, b"");
    let strict = Relay::configured(&trusting("10.0.0.0/8", true), &[("one", &one)]).await;
    let refused = strict.say(format!("{header}{CLAIMING}")).await;
    assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
}

#[tokio::test]
async fn a_public_tcp_port_takes_the_proxy_protocol_too() {
    let (address, _service) = super::fake::tcp_service(|mut stream| async move {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.expect("it ends");
        stream.write_all(&all).await.expect("it is read");
    })
    .await;
    let service = Local::at(address);
    let (listener, address) = listener().await;
    let _guard = serve_tcp(listener, service.clone(), &trusting("127.0.0.1", true));
    let mut visitor = TcpStream::connect(address).await.expect("it listens");
    let header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\xc0\0\x02\x01\x12\x67\0\x50";
    visitor.write_all(header).await.expect("it goes");
    visitor.write_all(b"hello").await.expect("it goes");
    visitor.shutdown().await.expect("it goes");
    let mut answer = String::new();
    visitor.read_to_string(&mut answer).await.expect("it ends");
    assert_eq!(answer, "hello");
    let said: SocketAddr = ([203, 0, 113, 7], 4711).into();
    assert_eq!(service.visitors(), [said]);
}

#[tokio::test]
async fn a_port_without_names_answers_for_this_machine_alone() {
    let (one, _one) = echoing().await;
    let (listener, address) = listener().await;
    let _guard = serve_fixed_web(listener, one, &HttpConfig::new("localhost"));
    let mut visit = Visit::to(address).await;
    for host in [
        "192.168.1.2:7481",
        "[::1]",
        "localhost",
        "shop.localhost:7480",
    ] {
        let answer = visit.get(host, "/").await;
        assert_eq!(answer.status().as_u16(), 200, "{host}");
    }
    for host in ["rebound.example", "192.168.1.2.rebound.example", "a b"] {
        let answer = visit.get(host, "/").await;
        assert_eq!(answer.status().as_u16(), 421, "{host}");
        assert_eq!(verdict(&answer), Some("other-host"));
    }
}
