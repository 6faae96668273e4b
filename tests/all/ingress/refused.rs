//! Requests and answers that are not carried as they came: each side hears of its own faults.

use super::fake::{Local, Relay, Task, read_head, saying, tcp_service};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use underpass::relay::ingress::{HttpConfig, serve_fixed_web};
use underpass::relay::{Lookup, OpenError};

/// A service that answers each request with `ok`, and tells its head.
async fn telling() -> (Arc<Local>, UnboundedReceiver<String>, Task) {
    let (told, tale) = unbounded_channel();
    let (address, task) = tcp_service(move |mut stream| {
        let told = told.clone();
        async move {
            loop {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    match stream.read_u8().await {
                        Ok(byte) => head.push(byte),
                        Err(_) => return,
                    }
                }
                let _ = told.send(head.iter().map(|&byte| char::from(byte)).collect());
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
                let _ = stream.write_all(answer).await;
            }
        }
    })
    .await;
    (Local::at(address), tale, task)
}

#[tokio::test]
async fn a_target_reaches_the_service_byte_for_byte() {
    let (one, mut tale, _one) = telling().await;
    let relay = Relay::with(&[("one", &one)]).await;
    for target in [
        &b"/?q=\"quoted\""[..],
        b"/back\\slash?x=\\",
        b"/caf\xc3\xa9?q=\xfc",
        b"/<x>#y",
        b"//a/../b/%zz%",
        b"*",
    ] {
        let method = if target == b"*" { "OPTIONS" } else { "GET" };
        let mut request = format!("{method} ").into_bytes();
        request.extend_from_slice(target);
        request.extend_from_slice(b" HTTP/1.1\r\nHost: one.localhost\r\nConnection: close\r\n\r\n");
        let answer = relay.say(request).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        let head = tale.recv().await.expect("it was asked");
        let expected: String = target.iter().map(|&byte| char::from(byte)).collect();
        assert_eq!(head.split(' ').nth(1), Some(expected.as_str()));
    }
}

#[tokio::test]
async fn heads_are_bounded_by_their_bytes_and_not_by_their_lines() {
    let (one, mut tale, _one) = telling().await;
    let relay = Relay::with(&[("one", &one)]).await;
    let mut lines = String::new();
    for n in 0..1500 {
        write!(lines, "X-{n}: v\r\n").expect("a String takes all");
    }
    let request =
        format!("GET / HTTP/1.1\r\nHost: one.localhost\r\nConnection: close\r\n{lines}\r\n");
    let answer = relay.say(request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let head = tale.recv().await.expect("it was asked");
    assert_eq!(head.matches("\r\nx-").count(), 1500 + 3);
}

#[tokio::test]
async fn a_body_that_is_none_is_the_visitors_fault() {
    let (one, _tale, _one) = telling().await;
    let relay = Relay::with(&[("one", &one)]).await;
    for (lines, body, status) in [
        ("Transfer-Encoding: chunked", "zz\r\n", "400"),
        ("Transfer-Encoding: chunked", "3\r\nabcd\r\n", "400"),
        (
            "Transfer-Encoding: gzip, chunked",
            "3\r\nabc\r\n0\r\n\r\n",
            "501",
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 3",
            "0\r\n\r\n",
            "400",
        ),
        ("Content-Length : 3", "abc", "400"),
    ] {
        let answer = relay
            .say(format!(
                "POST / HTTP/1.1\r\nHost: one.localhost\r\n{lines}\r\n\r\n{body}"
            ))
            .await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{lines}: {answer}"
        );
        assert!(answer.contains("The problem is in the request"), "{answer}");
    }
}

#[tokio::test]
async fn an_answer_in_a_coding_that_is_not_understood_is_no_answer() {
    let (address, _service) =
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let answer = relay
        .say("GET / HTTP/1.1\r\nHost: one.localhost\r\nConnection: close\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
}

#[tokio::test]
async fn what_browsers_forgive_a_service_is_forgiven() {
    let (address, _service) = saying(
        b"HTTP/1.1 200 OK\r\nX-Space : 1\r\nX-Fold: one\r\n two\r\nPHP Warning: x\r\nContent-Length: 2\r\n\r\nok",
    )
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let answer = relay
        .say("GET / HTTP/1.1\r\nHost: one.localhost\r\nConnection: close\r\n\r\n")
        .await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\nx-space: 1\r\nx-fold: one two\r\n"),
        "{answer}"
    );
    assert!(
        answer.ends_with("\r\n\r\nok") && !answer.contains("PHP"),
        "{answer}"
    );
}

/// A service that sends interim answers and waits between them to be told to go on.
#[tokio::test]
async fn interim_answers_are_passed_on_at_once() {
    let (go, gone) = unbounded_channel::<()>();
    let gone = Arc::new(tokio::sync::Mutex::new(gone));
    let (address, _service) = tcp_service(move |mut stream| {
        let gone = gone.clone();
        async move {
            read_head(&mut stream).await;
            for answer in [
                "HTTP/1.1 102 Processing\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nConnection: x-gone\r\nX-Gone: 1\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            ] {
                stream.write_all(answer.as_bytes()).await.expect("it reads");
                gone.lock().await.recv().await;
            }
        }
    })
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
    let request = b"GET / HTTP/1.1\r\nHost: one.localhost\r\n\r\n";
    stream.write_all(request).await.expect("it reads");
    for expected in [
        "HTTP/1.1 102 Processing\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n",
    ] {
        assert_eq!(read_head(&mut stream).await, expected);
        go.send(()).expect("the service waits");
    }
    assert!(
        read_head(&mut stream)
            .await
            .starts_with("HTTP/1.1 200 OK\r\n")
    );
    // One of HTTP/1.0 does not know them.
    drop(go);
    let answer = relay
        .say("GET / HTTP/1.0\r\nHost: one.localhost\r\n\r\n")
        .await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn the_service_decides_what_becomes_of_an_expectation() {
    let (address, _service) = tcp_service(|mut stream| async move {
        let head = read_head(&mut stream).await;
        assert!(head.contains("expect: 100-continue\r\n"), "{head}");
        let answer = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer).await.expect("it reads");
        let _ = stream.read_u8().await;
    })
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let answer = relay
        .say(
            "PUT / HTTP/1.1\r\nHost: one.localhost\r\nExpect: 100-continue\r\n\
             Content-Length: 5000000\r\n\r\n",
        )
        .await;
    assert!(
        answer.starts_with("HTTP/1.1 413 Content Too Large\r\n"),
        "{answer}"
    );
    assert!(answer.contains("connection: close\r\n"), "{answer}");
}

#[tokio::test]
async fn an_answer_passes_while_the_upload_still_runs() {
    let (address, _service) = tcp_service(|mut stream| async move {
        read_head(&mut stream).await;
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        stream.write_all(answer).await.expect("it reads");
        let mut rest = vec![0; 100_000];
        stream.read_exact(&mut rest).await.expect("all of it");
    })
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
    let head = b"POST / HTTP/1.1\r\nHost: one.localhost\r\nContent-Length: 100000\r\n\r\nx";
    stream.write_all(head).await.expect("it reads");
    let answer = read_head(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    stream
        .write_all(&vec![b'x'; 99_999])
        .await
        .expect("it still reads");
    let mut body = String::new();
    stream.read_to_string(&mut body).await.expect("no reset");
    assert_eq!(body, "ok");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_given_up_and_one_that_drips_is_not() {
    let (address, _service) = tcp_service(|mut stream| async move {
        read_head(&mut stream).await;
        let mut body = [0; 10];
        if stream.read_exact(&mut body).await.is_ok() {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(answer).await;
        }
    })
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let head = "POST / HTTP/1.1\r\nHost: one.localhost\r\nContent-Length: 10\r\n\r\n";
    for begun in ["", "some"] {
        let answer = relay.say(format!("{head}{begun}")).await;
        assert!(
            answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
            "{answer}"
        );
        assert!(answer.contains("connection: close\r\n"), "{answer}");
    }
    let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
    stream.write_all(head.as_bytes()).await.expect("it reads");
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_secs(20)).await;
        stream.write_all(b"x").await.expect("it still reads");
    }
    let answer = read_head(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn bodies_that_have_not_begun_take_few_streams() {
    let (one, _tale, _one) = telling().await;
    let mut config = HttpConfig::new("localhost");
    config.limits.bodies_ahead = 2;
    let relay = Relay::configured(&config, &[("one", &one)]).await;
    let head = "POST / HTTP/1.1\r\nHost: one.localhost\r\nContent-Length: 10\r\n\r\n";
    let mut stalled = Vec::new();
    for _ in 0..5 {
        let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
        stream.write_all(head.as_bytes()).await.expect("it reads");
        stalled.push(stream);
    }
    // Whoever has something to say is served meanwhile.
    let answer = relay
        .say(format!(
            "{}0123456789",
            head.replace("Host", "Connection: close\r\nHost")
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(one.opened() <= 3, "{}", one.opened());
}

#[tokio::test]
async fn an_event_source_waits_for_its_service_and_gets_no_page() {
    let (one, _tale, _one) = telling().await;
    let mut config = HttpConfig::new("localhost");
    config.limits.event_stream_patience = Duration::from_millis(600);
    let down = Local::at(super::fake::refusing().await);
    let relay = Relay::configured(&config, &[("one", &down)]).await;
    let request = "GET / HTTP/1.1\r\nHost: one.localhost\r\nConnection: close\r\n\
                   Accept: text/event-stream\r\n\r\n";
    assert_eq!(relay.say(request).await, "");
    relay.tunnels.set("one", Lookup::NoHost);
    let waiting = tokio::spawn({
        let address = relay.address;
        async move {
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            stream
                .write_all(request.as_bytes())
                .await
                .expect("it reads");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.expect("it closes");
            answer
        }
    });
    relay.tunnels.set("one", Lookup::Live(one));
    let answer = waiting.await.expect("no panic");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let unknown = relay.say(request.replace("one.", "none.")).await;
    assert!(unknown.starts_with("HTTP/1.1 404 "), "{unknown}");
    relay
        .tunnels
        .set("gone", Lookup::Live(Local::failing(OpenError::HostGone)));
    assert_eq!(relay.say(request.replace("one.", "gone.")).await, "");
}

#[tokio::test]
async fn an_event_source_with_a_body_is_asked_for_once() {
    let (told, mut tale) = unbounded_channel();
    let (address, _service) = tcp_service(move |mut stream| {
        let told = told.clone();
        async move {
            let head = read_head(&mut stream).await;
            let _ = told.send(head);
            let _ = stream.read_exact(&mut [0; 5]).await;
        }
    })
    .await;
    let mut config = HttpConfig::new("localhost");
    config.limits.event_stream_patience = Duration::from_secs(3);
    let relay = Relay::configured(&config, &[("one", &Local::at(address))]).await;
    let head = "GET / HTTP/1.1\r\nHost: one.localhost\r\nConnection: close\r\n\
                Accept: text/event-stream\r\n";
    for body in [
        "Content-Length: 5\r\n\r\nhello",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ] {
        let answer = relay.say(format!("{head}{body}")).await;
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
        tale.recv().await.expect("it was asked");
        assert!(tale.try_recv().is_err(), "and once");
    }
}

#[tokio::test]
async fn a_visitor_that_knows_no_hosts_is_served() {
    let relay = Relay::with(&[]).await;
    for request in [
        "GET / HTTP/1.0\r\n\r\n",
        "HEAD /x HTTP/1.0\r\nConnection: close\r\n\r\n",
    ] {
        let answer = relay.say(request).await;
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
        assert!(answer.contains("x-underpass: relay\r\n"), "{answer}");
    }
    let (one, mut tale, _one) = telling().await;
    let (listener, address) = super::fake::listener().await;
    let _guard = serve_fixed_web(listener, one, &HttpConfig::new("localhost"));
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream
        .write_all(b"GET / HTTP/1.0\r\n\r\n")
        .await
        .expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it closes");
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
    let head = tale.recv().await.expect("it was asked");
    assert!(head.contains(&format!("\r\nhost: {address}\r\n")), "{head}");
}

#[tokio::test]
async fn a_visitor_of_the_last_century_is_kept_when_it_asks_for_it() {
    let (one, _tale, _one) = telling().await;
    let relay = Relay::with(&[("one", &one)]).await;
    let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
    for _ in 0..3 {
        let request = b"GET / HTTP/1.0\r\nHost: one.localhost\r\nConnection: Keep-Alive\r\n\r\n";
        stream.write_all(request).await.expect("it reads");
        let head = read_head(&mut stream).await;
        assert!(head.contains("connection: keep-alive\r\n"), "{head}");
        let mut body = [0; 2];
        stream.read_exact(&mut body).await.expect("a body");
    }
}
