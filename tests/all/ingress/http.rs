//! Routing, and heads as each side sees them.

use super::fake::{Local, Relay, empty, full, http_service, saying, verdict, whole};
use ::http::{Method, Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt;
use std::fmt::Write;
use std::sync::Arc;
use underpass::model::ServiceFault;
use underpass::relay::{Lookup, OpenError};

/// A service that answers every request with its name and the request's head.
async fn naming(name: &'static str) -> (Arc<Local>, super::fake::Task) {
    let (address, task) = http_service(move |request: Request<_>| async move {
        let mut text = format!("{name} {} {}\n", request.method(), request.uri());
        for (header, value) in request.headers() {
            let value = value.to_str().expect("it is text");
            writeln!(text, "{header}: {value}").expect("a String takes all");
        }
        Response::new(full(text))
    })
    .await;
    (Local::at(address), task)
}

fn text(answer: &Response<Bytes>) -> &str {
    std::str::from_utf8(answer.body()).expect("it is text")
}

#[tokio::test]
async fn each_request_on_a_connection_is_routed_by_its_own_host() {
    let (one, _one) = naming("one").await;
    let (two, _two) = naming("two").await;
    let relay = Relay::with(&[("one", &one), ("two", &two)]).await;
    let mut visit = relay.visit().await;
    for (host, name) in [
        ("one.localhost", "one"),
        ("two.localhost:7480", "two"),
        ("ONE.localhost.", "one"),
    ] {
        let answer = visit.get(host, "/path?query").await;
        assert_eq!(answer.status(), StatusCode::OK);
        let expected = format!("{name} GET /path?query\nhost: {host}\n");
        assert!(text(&answer).starts_with(&expected), "{}", text(&answer));
    }
    let unknown = visit.get("three.localhost", "/").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_service_learns_who_asks_and_nothing_of_the_visitors_hop() {
    let (one, _one) = naming("one").await;
    let relay = Relay::with(&[("one", &one)]).await;
    let answer = relay
        .say(
            "GET / HTTP/1.1\r\nHost: one.localhost\r\nConnection: close, x-hop\r\nX-Hop: 1\r\n\
             X-Forwarded-For: 10.9.8.7\r\nX-Kept: 1\r\n\r\n",
        )
        .await;
    assert!(
        answer.contains("\nx-forwarded-for: 127.0.0.1\n"),
        "{answer}"
    );
    assert!(answer.contains("\nx-forwarded-proto: http\n"), "{answer}");
    assert!(
        answer.contains("\nx-forwarded-host: one.localhost\n"),
        "{answer}"
    );
    assert!(answer.contains("\nx-kept: 1\n"), "{answer}");
    assert!(
        !answer.contains("x-hop") && !answer.contains("10.9.8.7"),
        "{answer}"
    );
}

#[tokio::test]
async fn an_absolute_target_is_routed_and_made_relative() {
    let (one, _one) = naming("one").await;
    let relay = Relay::with(&[("one", &one)]).await;
    let answer = relay
        .say("GET http://one.localhost/a?b HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n")
        .await;
    assert!(
        answer.contains("one GET /a?b\nhost: one.localhost\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_visitor_of_the_last_century_is_served() {
    let (one, _one) = naming("one").await;
    let relay = Relay::with(&[("one", &one)]).await;
    let answer = relay
        .say("GET / HTTP/1.0\r\nHost: one.localhost\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
    assert!(answer.contains("one GET /"), "{answer}");
}

#[tokio::test]
async fn head_has_the_length_and_no_body() {
    let (address, _service) = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n").await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    for (host, status) in [("one.localhost", 200), ("none.localhost", 404)] {
        let request = format!("HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let answer = relay.say(request).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{answer}"
        );
        assert!(answer.contains("content-length: "), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn a_reason_of_the_services_own_is_kept() {
    let (address, _service) = saying(b"HTTP/1.1 418 Short And Stout\r\n\r\n").await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let answer = relay
        .say("GET / HTTP/1.1\r\nHost: one.localhost\r\nConnection: close\r\n\r\n")
        .await;
    assert!(
        answer.starts_with("HTTP/1.1 418 Short And Stout\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_service_cannot_pass_for_the_relay() {
    let (address, _service) = saying(
        b"HTTP/1.1 502 Bad Gateway\r\nX-Underpass: service-down\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let answer = relay.get("one.localhost", "/").await;
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    assert_eq!(verdict(&answer), None);
}

#[tokio::test]
async fn each_failure_has_its_status_and_its_verdict() {
    let (mute, _mute) = saying(b"").await;
    let (garbage, _garbage) = saying(b"SSH-2.0-OpenSSH_9.9\r\n").await;
    let relay = Relay::with(&[
        ("refused", &Local::at(super::fake::refusing().await)),
        (
            "silent",
            &Local::failing(OpenError::Service(ServiceFault::TimedOut)),
        ),
        ("gone", &Local::failing(OpenError::HostGone)),
        ("mute", &Local::at(mute)),
        ("garbage", &Local::at(garbage)),
    ])
    .await;
    relay.tunnels.set("nohost", Lookup::NoHost);
    let mut visit = relay.visit().await;
    for (name, status, expected) in [
        ("refused", 502, "service-down"),
        ("silent", 504, "service-silent"),
        ("gone", 503, "no-host"),
        ("nohost", 503, "no-host"),
        ("mute", 502, "not-http"),
        ("garbage", 502, "not-http"),
        ("unknown", 404, "unknown-tunnel"),
        ("a.b", 404, "unknown-tunnel"),
        ("x.nohost", 503, "no-host"),
    ] {
        let answer = visit.get(&format!("{name}.localhost"), "/").await;
        assert_eq!(answer.status().as_u16(), status, "{name}");
        assert_eq!(verdict(&answer), Some(expected), "{name}");
        assert_eq!(answer.headers().contains_key("retry-after"), status == 503);
        assert_eq!(text(&answer).lines().count(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_session_that_ends_under_a_request_is_not_blamed_on_the_service() {
    let (address, _service) = saying(b"").await;
    let upstream = Local::at(address);
    let relay = Relay::with(&[("one", &upstream)]).await;
    let tunnels = relay.tunnels.clone();
    let (leaving, _leaving) = super::fake::tcp_service(move |mut stream| {
        let tunnels = tunnels.clone();
        async move {
            super::fake::read_head(&mut stream).await;
            tunnels.set("one", Lookup::NoHost);
        }
    })
    .await;
    relay.tunnels.set("one", Lookup::Live(Local::at(leaving)));
    let answer = relay.get("one.localhost", "/").await;
    assert_eq!(verdict(&answer), Some("no-host"));
}

#[tokio::test]
async fn a_browser_gets_a_page() {
    let relay = Relay::with(&[]).await;
    let mut visit = relay.visit().await;
    for (host, status) in [
        ("none.localhost", 404),
        ("localhost", 200),
        ("127.0.0.1", 200),
    ] {
        let request = Request::get("/")
            .header("host", host)
            .header("accept", "text/html,*/*;q=0.8")
            .body(empty())
            .expect("it is valid");
        let answer = whole(visit.send(request).await).await;
        assert_eq!(answer.status().as_u16(), status);
        assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
        assert!(text(&answer).contains(&format!("<p class=\"name\">{host}</p>")));
        assert!(!text(&answer).contains("<script"));
    }
}

#[tokio::test]
async fn trailers_and_chunks_pass_both_ways() {
    let (address, _service) = http_service(|request: Request<hyper::body::Incoming>| async move {
        let collected = request.into_body().collect().await.expect("a whole body");
        let trailer = collected.trailers().and_then(|t| t.get("x-sum")).cloned();
        let body = full(collected.to_bytes()).with_trailers(async move {
            trailer.map(|sum| {
                Ok([("x-sum".parse().expect("a name"), sum)]
                    .into_iter()
                    .collect())
            })
        });
        Response::builder()
            .header("trailer", "x-sum")
            .header("transfer-encoding", "chunked")
            .body(body.boxed())
            .expect("it is valid")
    })
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    for method in [Method::POST, Method::GET] {
        let answer = relay
            .say(format!(
                "{method} / HTTP/1.1\r\nHost: one.localhost\r\nConnection: close, TE\r\n\
                 TE: trailers\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n\
                 5\r\nhello\r\n6\r\n world\r\n0\r\nx-sum: 42\r\n\r\n"
            ))
            .await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.ends_with("0\r\nx-sum: 42\r\n\r\n"), "{answer}");
    }
}
