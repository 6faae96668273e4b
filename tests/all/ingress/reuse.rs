//! Connections to services: kept, shared, given up and replaced.

use super::fake::{
    Local, Relay, Task, empty, full, http_service, read_head, tcp_service, verdict, whole,
};
use ::http::{Method, Request, Response, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;
use underpass::relay::Lookup;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A service that answers the first request on each connection, reads a second one and leaves.
async fn leaving() -> (Arc<Local>, Task) {
    let (address, task) = tcp_service(|mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(OK).await.expect("it reads");
        read_head(&mut stream).await;
    })
    .await;
    (Local::at(address), task)
}

#[tokio::test]
async fn a_connection_is_used_again_by_the_next_visitor() {
    let (address, _service) = http_service(|request: Request<_>| async move {
        let chunked = request.uri().path() == "/chunked";
        let answer = Response::builder();
        let answer = if chunked {
            answer.header("transfer-encoding", "chunked")
        } else {
            answer
        };
        answer.body(full("ok")).expect("it is valid")
    })
    .await;
    let upstream = Local::at(address);
    let relay = Relay::with(&[("one", &upstream)]).await;
    for path in ["/", "/chunked", "/", "/chunked"] {
        let answer = relay.get("one.localhost", path).await;
        assert_eq!(answer.body(), "ok");
    }
    assert_eq!(upstream.opened(), 1);
    let head = Request::head("/")
        .header("host", "one.localhost")
        .body(empty());
    whole(relay.visit().await.send(head.expect("it is valid")).await).await;
    assert_eq!(upstream.opened(), 1);
    // A body may come behind the answer to that, and would answer this.
    relay.get("one.localhost", "/").await;
    assert_eq!(upstream.opened(), 2);
}

#[tokio::test]
async fn a_new_session_gets_connections_of_its_own() {
    let (address, _service) = http_service(|_| async { Response::new(full("ok")) }).await;
    let (old, new) = (Local::at(address), Local::at(address));
    let relay = Relay::with(&[("one", &old)]).await;
    relay.get("one.localhost", "/").await;
    relay.tunnels.set("one", Lookup::Live(new.clone()));
    relay.get("one.localhost", "/").await;
    assert_eq!((old.opened(), new.opened()), (1, 1));
}

#[tokio::test]
async fn a_request_meets_a_connection_that_was_closed_meanwhile() {
    let (close, closed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (closing, telling) = (close.clone(), closed.clone());
    let (address, _service) = tcp_service(move |mut stream| {
        let (closing, telling) = (closing.clone(), telling.clone());
        async move {
            read_head(&mut stream).await;
            stream.write_all(OK).await.expect("it reads");
            closing.notified().await;
            drop(stream);
            telling.notify_one();
        }
    })
    .await;
    let upstream = Local::at(address);
    let relay = Relay::with(&[("one", &upstream)]).await;
    for opened in 1..=3 {
        // It may not be repeated, so none of it may have been sent.
        let request = Request::post("/")
            .header("host", "one.localhost")
            .header("content-length", "0")
            .body(empty());
        let mut visit = relay.visit().await;
        let answer = visit.send(request.expect("it is valid")).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(whole(answer).await.body(), "ok");
        assert_eq!(upstream.opened(), opened);
        close.notify_one();
        closed.notified().await;
    }
}

#[tokio::test]
async fn a_request_that_may_be_repeated_survives_a_connection_that_dies_under_it() {
    let (upstream, _service) = leaving().await;
    let relay = Relay::with(&[("one", &upstream)]).await;
    for opened in 1..=3 {
        let answer = relay.get("one.localhost", "/").await;
        assert_eq!(answer.body(), "ok");
        assert_eq!(upstream.opened(), opened);
    }
}

#[tokio::test]
async fn a_request_that_may_not_be_repeated_meets_no_connection_that_was_idle() {
    let (upstream, _service) = leaving().await;
    let relay = Relay::with(&[("one", &upstream)]).await;
    for opened in [2, 4] {
        relay.get("one.localhost", "/").await;
        let request = Request::builder()
            .method(Method::POST)
            .header("host", "one.localhost")
            .body(empty());
        let mut visit = relay.visit().await;
        let answer = visit.send(request.expect("it is valid")).await;
        assert_eq!(whole(answer).await.body(), "ok");
        assert_eq!(upstream.opened(), opened);
    }
}

#[tokio::test]
async fn a_request_that_was_read_and_not_answered_is_not_made_again() {
    let (address, _service) = tcp_service(|mut stream| async move {
        read_head(&mut stream).await;
    })
    .await;
    let upstream = Local::at(address);
    let relay = Relay::with(&[("one", &upstream)]).await;
    let request = Request::post("/")
        .header("host", "one.localhost")
        .body(empty());
    let mut visit = relay.visit().await;
    let answer = visit.send(request.expect("it is valid")).await;
    assert_eq!(verdict(&answer), Some("not-http"));
    assert_eq!(upstream.opened(), 1);
}

#[tokio::test]
async fn what_a_service_says_beyond_its_answer_reaches_nobody() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"[..],
        b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        b"HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nevil",
    ] {
        let (address, _service) = tcp_service(move |mut stream| async move {
            loop {
                if read_head(&mut stream).await.is_empty() {
                    return;
                }
                stream.write_all(answer).await.expect("it reads");
            }
        })
        .await;
        let upstream = Local::at(address);
        let relay = Relay::with(&[("one", &upstream)]).await;
        for opened in 1..=3 {
            let answer = relay.get("one.localhost", "/").await;
            assert_ne!(answer.body(), "evil");
            assert_eq!(upstream.opened(), opened);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_let_go_before_services_close_it() {
    let (address, _service) = http_service(|_| async { Response::new(full("ok")) }).await;
    let upstream = Local::at(address);
    let relay = Relay::with(&[("one", &upstream)]).await;
    relay.get("one.localhost", "/").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    relay.get("one.localhost", "/").await;
    assert_eq!(upstream.opened(), 1);
    tokio::time::sleep(Duration::from_secs(5)).await;
    relay.get("one.localhost", "/").await;
    assert_eq!(upstream.opened(), 2);
}
