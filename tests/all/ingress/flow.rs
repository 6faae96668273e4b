//! Bodies: large ones, slow ones, many at once, and what happens when a visitor leaves.

use super::fake::{
    AnyBody, Local, Relay, Visit, empty, eventually, full, http_service, read_head, tcp_service,
    whole,
};
use ::http::{Request, Response, StatusCode};
use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;

const LARGE: usize = 64 * 1024 * 1024;
/// A prime, so that the pattern lines up with no buffer.
const PERIOD: usize = 65_521;

fn pattern() -> Bytes {
    let byte = |i: usize| u8::try_from((i * 7 + i / 251) % 256).expect("it is below 256");
    (0..PERIOD).map(byte).collect::<Vec<_>>().into()
}

/// A body of `LARGE` bytes of the pattern, of a length that is not told.
fn large() -> AnyBody {
    let pattern = pattern();
    let chunks = (0..LARGE.div_ceil(PERIOD)).map(move |i| {
        let length = PERIOD.min(LARGE - i * PERIOD);
        Ok(Frame::data(pattern.slice(..length)))
    });
    StreamBody::new(futures_util::stream::iter(chunks)).boxed()
}

/// How many bytes of the pattern a body has. Panics at the first wrong one.
async fn measure(mut body: Incoming) -> usize {
    let pattern = pattern();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(mut data) = frame.expect("the whole body").into_data() else {
            continue;
        };
        while !data.is_empty() {
            let place = length % PERIOD;
            let part = data.split_to(data.len().min(PERIOD - place));
            assert!(part == pattern[place..place + part.len()], "near {length}");
            length += part.len();
        }
    }
    length
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_pass_both_ways_byte_for_byte() {
    let (address, _service) = http_service(|request: Request<Incoming>| async move {
        assert_eq!(measure(request.into_body()).await, LARGE);
        Response::new(large())
    })
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let request = Request::post("/")
        .header("host", "one.localhost")
        .body(large());
    let mut visit = relay.visit().await;
    let answer = visit.send(request.expect("it is valid")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(measure(answer.into_body()).await, LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_visitors_at_once_are_all_served_at_once() {
    const VISITORS: usize = 200;
    let here = Arc::new(AtomicUsize::new(0));
    let all_here = Arc::new(Notify::new());
    let (address, _service) = http_service(move |request: Request<_>| {
        let (here, all_here) = (here.clone(), all_here.clone());
        async move {
            let waiting = all_here.notified();
            tokio::pin!(waiting);
            waiting.as_mut().enable();
            if here.fetch_add(1, Ordering::SeqCst) + 1 == VISITORS {
                all_here.notify_waiters();
            } else {
                waiting.await;
            }
            Response::new(full(request.uri().path().to_owned()))
        }
    })
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let mut visitors = JoinSet::new();
    for i in 0..VISITORS {
        let address = relay.address;
        visitors.spawn(async move {
            let path = format!("/{i}");
            let answer = Visit::to(address).await.get("one.localhost", &path).await;
            assert_eq!(answer.body(), path.as_bytes());
        });
    }
    assert_eq!(visitors.join_all().await.len(), VISITORS);
}

#[tokio::test]
async fn an_event_arrives_before_the_next_one_is_sent() {
    let next = Arc::new(Notify::new());
    let sending = next.clone();
    let (address, _service) = http_service(move |_| {
        let sending = sending.clone();
        async move {
            let events = futures_util::stream::unfold((0, sending), |(i, sending)| async move {
                if i > 0 {
                    sending.notified().await;
                }
                let event = Frame::data(Bytes::from(format!("data: {i}\n\n")));
                (i < 3).then_some((Ok(event), (i + 1, sending)))
            });
            let answer = Response::builder().header("content-type", "text/event-stream");
            answer
                .body(StreamBody::new(events).boxed())
                .expect("it is valid")
        }
    })
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let request = Request::get("/")
        .header("host", "one.localhost")
        .body(empty());
    let mut visit = relay.visit().await;
    let mut body = visit.send(request.expect("it is valid")).await.into_body();
    for i in 0..3 {
        let event = body.frame().await.expect("an event").expect("it is whole");
        let data = event.into_data().expect("it is data");
        assert_eq!(data, format!("data: {i}\n\n"));
        next.notify_one();
    }
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn a_body_that_waits_for_permission_gets_it() {
    let (address, _service) = http_service(|request: Request<Incoming>| async move {
        assert_eq!(request.headers()["expect"], "100-continue");
        Response::new(full(
            request
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes(),
        ))
    })
    .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
    let head = "POST / HTTP/1.1\r\nHost: one.localhost\r\nExpect: 100-continue\r\n\
                Content-Length: 5\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("it reads");
    assert_eq!(
        read_head(&mut stream).await,
        "HTTP/1.1 100 Continue\r\n\r\n"
    );
    stream.write_all(b"hello").await.expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it closes");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn nobody_is_asked_for_a_body_that_has_nowhere_to_go() {
    let relay = Relay::with(&[("one", &Local::at(super::fake::refusing().await))]).await;
    let answer = relay
        .say(
            "POST / HTTP/1.1\r\nHost: one.localhost\r\nExpect: 100-continue\r\n\
             Content-Length: 5000000\r\n\r\n",
        )
        .await;
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
}

#[tokio::test]
async fn an_upload_in_full_flight_still_gets_its_answer() {
    let relay = Relay::with(&[("one", &Local::at(super::fake::refusing().await))]).await;
    let stream = TcpStream::connect(relay.address).await.expect("it listens");
    let (mut read, mut write) = stream.into_split();
    let upload = async {
        let head = "POST / HTTP/1.1\r\nHost: one.localhost\r\nContent-Length: 8388608\r\n\r\n";
        write.write_all(head.as_bytes()).await.expect("it reads");
        write.write_all(&vec![0; 8 * 1024 * 1024]).await
    };
    let answer = async {
        let mut answer = String::new();
        read.read_to_string(&mut answer).await.expect("no reset");
        answer
    };
    let (uploaded, answer) = tokio::join!(upload, answer);
    uploaded.expect("the rest is read and dropped");
    assert!(answer.starts_with("HTTP/1.1 502"), "{answer}");
}

/// A service that answers with a head and then waits for the end of its connection.
async fn endless(ended: Arc<AtomicUsize>, head: &'static [u8]) -> (Arc<Local>, super::fake::Task) {
    let (address, task) = tcp_service(move |mut stream| {
        let ended = ended.clone();
        async move {
            read_head(&mut stream).await;
            stream.write_all(head).await.expect("it reads");
            let _ = stream.read_to_end(&mut Vec::new()).await;
            ended.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    (Local::at(address), task)
}

#[tokio::test]
async fn a_visitor_that_leaves_takes_its_request_along() {
    let ended = Arc::new(AtomicUsize::new(0));
    let (waiting, _waiting) = endless(ended.clone(), b"").await;
    let (streaming, _streaming) = endless(
        ended.clone(),
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
    )
    .await;
    let relay = Relay::with(&[("waiting", &waiting), ("streaming", &streaming)]).await;
    for (host, count) in [("waiting.localhost", 1), ("streaming.localhost", 2)] {
        let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        if count == 2 {
            read_head(&mut stream).await;
        } else {
            eventually(|| waiting.opened() == 1).await;
        }
        assert_eq!(ended.load(Ordering::SeqCst), count - 1);
        drop(stream);
        eventually(|| ended.load(Ordering::SeqCst) == count).await;
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_passed_off_as_whole() {
    let (address, _service) =
        super::fake::saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
            .await;
    let relay = Relay::with(&[("one", &Local::at(address))]).await;
    let request = Request::get("/")
        .header("host", "one.localhost")
        .body(empty());
    let mut visit = relay.visit().await;
    let answer = visit.send(request.expect("it is valid")).await;
    assert!(answer.into_body().collect().await.is_err());
}

#[tokio::test]
async fn what_is_under_way_is_finished_before_a_shutdown() {
    let go = Arc::new(Notify::new());
    let going = go.clone();
    let (address, _service) = http_service(move |_| {
        let going = going.clone();
        async move {
            going.notified().await;
            Response::new(full("done"))
        }
    })
    .await;
    let upstream = Local::at(address);
    let relay = Relay::with(&[("one", &upstream)]).await;
    let mut idle = relay.visit().await;
    idle.get("localhost", "/").await;
    let mut visit = relay.visit().await;
    let request = Request::get("/")
        .header("host", "one.localhost")
        .body(empty());
    let answer =
        tokio::spawn(async move { whole(visit.send(request.expect("valid")).await).await });
    eventually(|| upstream.opened() == 1).await;
    let patience = Duration::from_hours(1);
    let shutdown = tokio::spawn(tokio::time::timeout(
        Duration::from_secs(30),
        relay.guard.shutdown(patience),
    ));
    go.notify_one();
    assert_eq!(answer.await.expect("no panic").body(), "done");
    let ended = shutdown.await.expect("no panic");
    ended.expect("nothing idle is waited for");
    assert!(TcpStream::connect(relay.address).await.is_err());
}

#[tokio::test]
async fn dropping_the_guard_cuts_everything() {
    let ended = Arc::new(AtomicUsize::new(0));
    let (upstream, _service) = endless(ended.clone(), b"HTTP/1.1 200 OK\r\n\r\nhello").await;
    let relay = Relay::with(&[("one", &upstream)]).await;
    let mut stream = TcpStream::connect(relay.address).await.expect("it listens");
    let request = b"GET / HTTP/1.1\r\nHost: one.localhost\r\n\r\n";
    stream.write_all(request).await.expect("it reads");
    read_head(&mut stream).await;
    drop(relay.guard);
    eventually(|| ended.load(Ordering::SeqCst) == 1).await;
}
