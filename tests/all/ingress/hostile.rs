//! Visitors that mean harm, or are broken: a clear answer, and nothing held for long.

use super::fake::{Local, Relay, full, http_service};
use ::http::Response;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

async fn ok() -> (Arc<Local>, super::fake::Task) {
    let (address, task) = http_service(|_| async { Response::new(full("ok")) }).await;
    (Local::at(address), task)
}

#[tokio::test]
async fn garbage_is_a_bad_request() {
    let relay = Relay::with(&[]).await;
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n"[..],
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: one.localhost\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a.localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a.localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nHost: a.localhost\r\n\r\n",
    ] {
        let answer = relay.say(garbage).await;
        let shown = String::from_utf8_lossy(garbage);
        assert!(
            answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{shown:?}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_host_that_is_none_is_a_bad_request_and_shown_as_text() {
    let relay = Relay::with(&[]).await;
    for host in [
        "Host: <script>alert(1)</script>.localhost\r\n",
        "Host: \"'&.localhost\r\n",
        "Host: b\u{fc}ro.localhost\r\n",
        "Host: one.localhost\r\nHost: two.localhost\r\n",
        "Host: user@one.localhost\r\n",
        "Host:\r\n",
        "",
    ] {
        for accept in ["text/html", "*/*"] {
            let answer = relay
                .say(format!(
                    "GET / HTTP/1.1\r\n{host}Accept: {accept}\r\nConnection: close\r\n\r\n"
                ))
                .await;
            assert!(
                answer.starts_with("HTTP/1.1 400 Bad Request\r\n"),
                "{answer}"
            );
            assert!(answer.contains("x-underpass: bad-host\r\n"), "{answer}");
            assert!(accept == "*/*" || !answer.contains("<script"), "{answer}");
        }
    }
}

#[tokio::test]
async fn connect_and_trace_are_refused() {
    let (one, _one) = ok().await;
    let relay = Relay::with(&[("one", &one)]).await;
    for line in ["CONNECT one.localhost:80", "TRACE /"] {
        let request =
            format!("{line} HTTP/1.1\r\nHost: one.localhost\r\nConnection: close\r\n\r\n");
        let answer = relay.say(request).await;
        assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    }
    assert_eq!(one.opened(), 0);
}

#[tokio::test]
async fn a_head_too_large_is_refused_and_not_kept() {
    let (one, _one) = ok().await;
    let relay = Relay::with(&[("one", &one)]).await;
    let one_header = format!("X-Large: {}\r\n", "a".repeat(1024 * 1024));
    let many_headers = "X-Many: 1\r\n".repeat(6000);
    for headers in [one_header, many_headers] {
        let request = format!("GET / HTTP/1.1\r\nHost: one.localhost\r\n{headers}\r\n");
        let answer = relay.say(request).await;
        assert!(
            answer.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"),
            "{answer}"
        );
    }
    assert_eq!(one.opened(), 0);
}

#[tokio::test]
async fn a_head_without_end_is_read_no_further_than_the_limit() {
    let relay = Relay::with(&[]).await;
    let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
    let written = async {
        let line = vec![b'a'; 64 * 1024];
        stream
            .write_all(b"GET / HTTP/1.1\r\nX: ")
            .await
            .expect("it reads");
        while stream.write_all(&line).await.is_ok() {}
    };
    // Without a limit it would never end.
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, written)
        .await
        .expect("it is cut off");
}

#[tokio::test]
async fn garbage_behind_a_request_spoils_only_itself() {
    let (one, _one) = ok().await;
    let relay = Relay::with(&[("one", &one)]).await;
    let answer = relay
        .say("GET / HTTP/1.1\r\nHost: one.localhost\r\n\r\n\x01\x02 nonsense\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains("okHTTP/1.1 400 Bad Request\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn requests_in_one_breath_are_answered_in_order() {
    let (one, _one) = ok().await;
    let relay = Relay::with(&[("one", &one)]).await;
    let answer = relay
        .say(
            "GET / HTTP/1.1\r\nHost: one.localhost\r\n\r\n\
             GET / HTTP/1.1\r\nHost: none.localhost\r\n\r\n\
             GET / HTTP/1.1\r\nHost: one.localhost\r\nConnection: close\r\n\r\n",
        )
        .await;
    let statuses: Vec<_> = answer
        .match_indices("HTTP/1.1 ")
        .map(|(i, _)| &answer[i + 9..i + 12])
        .collect();
    assert_eq!(statuses, ["200", "404", "200"]);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_drips_is_cut_off_in_time() {
    let relay = Relay::with(&[]).await;
    let begin = Instant::now();
    let stream = TcpStream::connect(relay.address).await.expect("it listens");
    let (mut read, mut write) = stream.into_split();
    let drip = async {
        while write.write_all(b"G").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    let end = async {
        let _ = read.read_to_end(&mut Vec::new()).await;
        begin.elapsed().as_secs()
    };
    let seconds = tokio::select! {
        seconds = end => seconds,
        () = drip => begin.elapsed().as_secs(),
    };
    assert!((10..=12).contains(&seconds), "{seconds}");
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_requests_is_let_go_later() {
    let relay = Relay::with(&[]).await;
    let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .expect("it reads");
    let begin = Instant::now();
    let _ = stream.read_to_end(&mut Vec::new()).await;
    let seconds = begin.elapsed().as_secs();
    assert!((75..=77).contains(&seconds), "{seconds}");
}
