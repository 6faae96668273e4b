//! The rules for heads, as they hold on the way through: loops, names below a tunnel's, claims in
//! trailers, cookies, and scripts that read the relay's own pages.

use super::fake::{
    Local, Relay, empty, full, http_service, read_head, refusing, saying, tcp_service, verdict,
    whole,
};
use ::http::{Request, Response};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use underpass::model::ServiceFault;
use underpass::relay::{Lookup, OpenError};

/// The head of one request as the service of a tunnel `shop` gets it.
async fn head_at_the_service(request: &'static str) -> String {
    let seen: &'static Mutex<String> = Box::leak(Box::default());
    let (address, _service) = tcp_service(move |mut stream| async move {
        let head = read_head(&mut stream).await;
        *seen.lock().expect("nobody panicked") = head;
        let _ = stream
            .write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            .await;
    })
    .await;
    let relay = Relay::with(&[("shop", &Local::at(address))]).await;
    relay.say(request).await;
    seen.lock().expect("nobody panicked").clone()
}

#[tokio::test]
async fn a_tunnel_that_leads_to_the_relay_itself_is_found_out() {
    let relay = Relay::with(&[]).await;
    let itself = Local::at(relay.address);
    relay.tunnels.set("shop", Lookup::Live(itself.clone()));
    let answer = relay.get("shop.localhost", "/").await;
    assert_eq!(answer.status().as_u16(), 508);
    assert_eq!(verdict(&answer), Some("loop"));
    assert_eq!(itself.opened(), 5, "each pass opens one stream");
}

/// A front end that passes what it is asked on to `relay`, with the Host that it was asked for.
async fn front_end(
    relay: Arc<OnceLock<std::net::SocketAddr>>,
    passes: Arc<AtomicUsize>,
) -> (std::net::SocketAddr, super::fake::Task) {
    tcp_service(move |mut stream| {
        let (relay, passes) = (relay.clone(), passes.clone());
        async move {
            let head = read_head(&mut stream).await;
            passes.fetch_add(1, Ordering::Relaxed);
            let relay = *relay.get().expect("it runs by now");
            let mut onward = TcpStream::connect(relay).await.expect("it listens");
            let head = head.replace("\r\n\r\n", "\r\nConnection: close, Via\r\n\r\n");
            let _ = onward.write_all(head.as_bytes()).await;
            let mut answer = Vec::new();
            let _ = onward.read_to_end(&mut answer).await;
            let _ = stream.write_all(&answer).await;
        }
    })
    .await
}

#[tokio::test]
async fn two_relays_that_lead_to_each_other_are_found_out() {
    let (to_one, to_two) = (Arc::default(), Arc::default());
    let passes = Arc::new(AtomicUsize::new(0));
    let (back, _back) = front_end(Arc::clone(&to_one), passes.clone()).await;
    let (forth, _forth) = front_end(Arc::clone(&to_two), passes.clone()).await;
    let one = Relay::with(&[("shop", &Local::at(forth))]).await;
    let two = Relay::with(&[("shop", &Local::at(back))]).await;
    to_one.set(one.address).expect("it is set once");
    to_two.set(two.address).expect("it is set once");
    let answer = one.get("shop.localhost", "/").await;
    assert_eq!(answer.status().as_u16(), 508);
    assert_eq!(verdict(&answer), Some("loop"));
    assert_eq!(passes.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn the_service_learns_through_which_relay_a_request_came() {
    let head = head_at_the_service(
        "GET / HTTP/1.0\r\nHost: shop.localhost\r\nVia: 1.1 before\r\nConnection: close, via\r\n\r\n",
    )
    .await;
    let ways: Vec<&str> = head.lines().filter(|l| l.starts_with("via: ")).collect();
    assert_eq!(ways.len(), 2, "{head}");
    assert_eq!(ways[0], "via: 1.1 before");
    assert!(ways[1].starts_with("via: 1.0 underpass-"), "{head}");
}

#[tokio::test]
async fn a_name_below_a_tunnels_leads_to_the_tunnel() {
    let (address, _service) = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let relay = Relay::with(&[("shop", &Local::at(address))]).await;
    for host in ["alice.shop.localhost", "a.B.Shop.LOCALHOST.:80"] {
        let answer = relay.get(host, "/").await;
        assert_eq!(answer.body().as_ref(), b"ok", "{host}");
    }
    let answer = relay.get("shop.other.localhost", "/").await;
    assert_eq!(verdict(&answer), Some("unknown-tunnel"));
}

#[tokio::test]
async fn no_spelling_of_a_claim_reaches_the_service() {
    let head = head_at_the_service(
        "GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\nCF-Connecting-IP: 10.0.0.1\r\n\
         X_Client_Ip: 10.0.0.1\r\nX-Original-URL: /admin\r\nTransfer_Encoding: chunked\r\n\
         api_key: mine\r\n\r\n",
    )
    .await;
    assert!(
        !head.contains("10.0.0.1") && !head.contains("/admin"),
        "{head}"
    );
    assert!(!head.contains("transfer_encoding"), "{head}");
    assert!(head.contains("api_key: mine\r\n"), "{head}");
}

#[tokio::test]
async fn trailers_make_no_claims_either() {
    let (address, _service) = http_service(|request: Request<hyper::body::Incoming>| async move {
        let body = request.into_body().collect().await.expect("a whole body");
        let mut trailers = body.trailers().cloned().unwrap_or_default();
        let came = format!("{trailers:?}");
        trailers.insert("x-underpass", "no-host".parse().expect("a value"));
        trailers.insert("set-cookie", "a=1".parse().expect("a value"));
        let body = full(came).with_trailers(async move { Some(Ok(trailers)) });
        Response::builder()
            .header("trailer", "x-sum, x-underpass, set-cookie")
            .header("transfer-encoding", "chunked")
            .body(body.boxed())
            .expect("it is valid")
    })
    .await;
    let relay = Relay::with(&[("shop", &Local::at(address))]).await;
    let answer = relay
        .say(
            "POST / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close, TE\r\nTE: trailers\r\n\
             Trailer: x-sum, x-forwarded-for\r\nTransfer-Encoding: chunked\r\n\r\n\
             1\r\na\r\n0\r\nx-sum: 42\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n",
        )
        .await;
    assert!(!answer.contains("10.0.0.1"), "{answer}");
    let body = answer.split_once("\r\n\r\n").expect("there is a head").1;
    assert!(body.contains("x-sum: 42\r\n"), "{answer}");
    assert!(
        !body.contains("no-host") && !body.contains("set-cookie"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_tunnels_cookies_are_its_own() {
    let (address, _service) = saying(
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Domain=localhost; Path=/\r\n\
          Set-Cookie: b=2; Domain=shop.localhost\r\nSet-Cookie: c=3\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    let relay = Relay::with(&[("shop", &Local::at(address))]).await;
    for host in ["shop.localhost", "alice.shop.localhost:80"] {
        let answer = relay.get(host, "/").await;
        let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
        assert_eq!(
            cookies,
            ["a=1; Path=/", "b=2; Domain=shop.localhost", "c=3"]
        );
    }
}

#[tokio::test]
async fn an_early_answer_says_no_more_than_a_last_one_may() {
    let (address, _service) = saying(
        b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=1; Domain=localhost\r\nContent-Length: 3\r\n\
          Location: http://local.example:3000/a\r\nLink: </a.css>\r\nX-Underpass: full\r\n\r\n\
          HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    )
    .await;
    let local = Local::named(address, "local.example:3000");
    let relay = Relay::with(&[("shop", &local)]).await;
    let request = "GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n";
    let answer = relay.say(request).await;
    let early = answer.split("\r\n\r\n").next().expect("there is a head");
    let mut lines: Vec<_> = early.split("\r\n").collect();
    lines.sort_unstable();
    let expected = [
        "HTTP/1.1 103 Early Hints",
        "link: </a.css>",
        "location: http://shop.localhost/a",
        "set-cookie: a=1",
    ];
    assert_eq!(lines, expected, "{answer}");
}

#[tokio::test]
async fn a_length_is_said_once_also_of_a_body_that_does_not_come() {
    for (method, answer, length) in [
        (
            "GET",
            &b"HTTP/1.1 200 OK\r\nContent-Length: 0, 0\r\n\r\n"[..],
            "0",
        ),
        (
            "HEAD",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
            "5",
        ),
        (
            "GET",
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10, 10\r\n\r\n",
            "10",
        ),
    ] {
        let (address, _service) = saying(answer).await;
        let relay = Relay::with(&[("shop", &Local::at(address))]).await;
        let request =
            format!("{method} / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: close\r\n\r\n");
        let said = relay.say(request).await;
        let lines: Vec<_> = said
            .split("\r\n")
            .filter(|l| l.starts_with("content-length"))
            .collect();
        assert_eq!(lines, [format!("content-length: {length}")], "{said}");
    }
}

#[tokio::test]
async fn scripts_of_other_sites_read_the_relays_pages_and_only_those() {
    let (address, _service) = saying(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n").await;
    let relay = Relay::with(&[
        ("up", &Local::at(address)),
        ("down", &Local::at(refusing().await)),
        (
            "silent",
            &Local::failing(OpenError::Service(ServiceFault::TimedOut)),
        ),
    ])
    .await;
    relay.tunnels.set("away", Lookup::NoHost);
    let mut visit = relay.visit().await;
    for (name, status, readable) in [
        ("down", 502, true),
        ("silent", 504, true),
        ("away", 503, true),
        ("none", 404, true),
        ("up", 500, false),
    ] {
        for method in ["GET", "OPTIONS"] {
            let request = Request::builder()
                .method(method)
                .header("host", format!("{name}.localhost"))
                .header("origin", "http://app.example")
                .header("access-control-request-method", "PUT")
                .header("access-control-request-headers", "x-mine")
                .body(empty())
                .expect("it is valid");
            let answer = whole(visit.send(request).await).await;
            assert_eq!(answer.status().as_u16(), status, "{name}");
            let allowed = |name| answer.headers().get(format!("access-control-allow-{name}"));
            let origin = allowed("origin").map(|origin| origin.to_str().expect("text"));
            assert_eq!(origin, readable.then_some("http://app.example"), "{name}");
            let flight = readable && method == "OPTIONS";
            assert_eq!(allowed("methods").is_some(), flight, "{name} {method}");
            assert_eq!(allowed("headers").is_some(), flight, "{name} {method}");
        }
    }
}
