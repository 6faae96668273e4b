//! Services that answer to a name of their own alone, and those that are told who a visitor is.

use super::fake::{Local, Relay, empty, read_head, tcp_service, whole};
use ::http::{Request, Response};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncWriteExt as _;

/// A development server: anything but its own name gets a 403, what it answers names that.
async fn development_server() -> (std::net::SocketAddr, super::fake::Task) {
    tcp_service(|mut stream| async move {
        let head = read_head(&mut stream).await.to_ascii_lowercase();
        let own = head.contains("\r\nhost: localhost:5173\r\n");
        let origin = head.lines().find(|line| line.starts_with("origin: "));
        let known = origin.is_none_or(|line| line == "origin: http://localhost:5173");
        let answer: &[u8] = if own && known && head.contains("x-forwarded-host: shop.localhost:80")
        {
            b"HTTP/1.1 302 Found\r\nLocation: http://localhost:5173/next\r\n\
              Access-Control-Allow-Origin: http://localhost:5173\r\n\
              Set-Cookie: a=1; Domain=localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        } else {
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        };
        let _ = stream.write_all(answer).await;
    })
    .await
}

async fn ask(relay: &Relay, origin: Option<&str>) -> Response<Bytes> {
    let mut request = Request::get("/").header("host", "shop.localhost:80");
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    let request = request.body(empty()).expect("it is valid");
    whole(relay.visit().await.send(request).await).await
}

#[tokio::test]
async fn a_development_server_is_asked_for_by_its_own_name() {
    let (address, _service) = development_server().await;
    let plain = Relay::with(&[("shop", &Local::at(address))]).await;
    assert_eq!(ask(&plain, None).await.status().as_u16(), 403);
    let named = Local::named(address, "localhost:5173");
    let relay = Relay::with(&[("shop", &named)]).await;
    for origin in [
        None,
        Some("http://shop.localhost"),
        Some("https://shop.localhost:443"),
    ] {
        let answer = ask(&relay, origin).await;
        assert_eq!(answer.status().as_u16(), 302, "{origin:?}");
        let header = |name: &str| answer.headers()[name].to_str().expect("it is text");
        assert_eq!(header("location"), "http://shop.localhost:80/next");
        assert_eq!(
            header("access-control-allow-origin"),
            "http://shop.localhost:80"
        );
        assert_eq!(header("set-cookie"), "a=1; Domain=shop.localhost");
    }
    let elsewhere = ask(&relay, Some("http://evil.example")).await;
    assert_eq!(elsewhere.status().as_u16(), 403, "it can still tell");
}

#[tokio::test]
async fn visitors_share_no_connection_to_a_service_that_is_told_who_they_are() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let (address, _service) = tcp_service(move |mut stream| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move {
            while read_head(&mut stream).await.ends_with("\r\n\r\n") {
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                stream.write_all(answer).await.expect("it is read");
            }
        }
    })
    .await;
    for (upstream, expected) in [(Local::at(address), 1), (Local::per_visitor(address), 3)] {
        let relay = Relay::with(&[("shop", &upstream)]).await;
        connections.store(0, Ordering::Relaxed);
        for _ in 0..3 {
            let answer = relay.get("shop.localhost", "/").await;
            assert_eq!(answer.body().as_ref(), b"ok");
        }
        assert_eq!(connections.load(Ordering::Relaxed), expected);
    }
}
