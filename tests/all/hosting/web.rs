//! What visitors of a web port see, through the embedded relay.

use crate::support::computer::{Computer, Desk};
use crate::support::pattern::{self, Pattern};
use crate::support::raw::RawService;
use crate::support::visitor::{Site, assert_echo, next_bytes, whole};
use crate::support::wait::within;
use crate::support::web::{WebService, full};
use http::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use underpass::model::Protocol;

/// What each way is to carry without a byte changed.
const LARGE: usize = 64 * 1024 * 1024;

/// A computer that hosts one web service.
struct Rig {
    service: WebService,
    site: Site,
    desk: Desk,
    _computer: Computer,
}

impl Rig {
    async fn of(service: WebService, protocol: Protocol) -> Self {
        let computer = Computer::new();
        let mut desk = computer.start();
        let (_, site) = desk.share("web", service.port(), protocol).await;
        Self {
            service,
            site,
            desk,
            _computer: computer,
        }
    }

    async fn new() -> Self {
        Self::of(WebService::start("it"), Protocol::Http).await
    }
}

#[tokio::test]
async fn a_page_is_visited_and_the_service_learns_by_which_name() {
    let rig = Rig::new().await;
    let (status, page) = rig.site.get("/").await;
    assert_eq!((status, page.as_str()), (StatusCode::OK, "hello from it"));
    let (_, head) = rig.site.get("/head").await;
    let name = format!(r#""x-forwarded-host": "web.localhost:{}""#, rig.site.port());
    assert!(head.contains(&name), "{head}");
    assert!(head.contains(r#""x-forwarded-proto": "http""#), "{head}");
    rig.desk.quit().await;
}

#[tokio::test]
async fn a_large_body_goes_each_way_at_once_byte_for_byte() {
    let rig = Rig::new().await;
    let mut visit = rig.site.visit().await;
    let answer = visit.send(Method::POST, "/echo", pattern::body(LARGE));
    let answer = within("the echo's head", answer).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(within("the echo", read_pattern(answer)).await, LARGE);
}

#[tokio::test]
async fn a_large_upload_and_a_large_download_arrive_byte_for_byte() {
    let rig = Rig::new().await;
    let mut visit = rig.site.visit().await;
    let answer = visit.send(Method::POST, "/upload", pattern::body(LARGE));
    let said = whole(within("the upload", answer).await).await;
    assert_eq!(said, format!("{LARGE} bytes"));
    let answer = visit.get(&format!("/download?{LARGE}")).await;
    assert_eq!(within("the download", read_pattern(answer)).await, LARGE);
}

async fn read_pattern(answer: http::Response<hyper::body::Incoming>) -> usize {
    let (mut pattern, mut body) = (Pattern::default(), answer.into_body());
    while let Some(data) = next_bytes(&mut body).await {
        pattern.check(&data);
    }
    pattern.at()
}

#[tokio::test]
async fn two_hundred_visitors_are_served_at_once() {
    let rig = Rig::new().await;
    let mut visitors = JoinSet::new();
    for _ in 0..200 {
        let site = rig.site.clone();
        visitors.spawn(async move { site.get("/together?200").await });
    }
    let answers = within("all are answered", visitors.join_all()).await;
    let served =
        |(status, page): &(StatusCode, String)| *status == StatusCode::OK && page == "all are here";
    assert_eq!(answers.iter().filter(|answer| served(answer)).count(), 200);
}

#[tokio::test]
async fn a_websocket_echoes() {
    let rig = Rig::new().await;
    let mut socket = rig.site.websocket("/chat").await;
    for message in [
        Message::text("hello"),
        Message::binary(vec![7; 1024 * 1024]),
        Message::text("again"),
    ] {
        within("an echo", assert_echo(&mut socket, message)).await;
    }
    socket.close(None).await.expect("it closes");
}

#[tokio::test]
async fn each_server_sent_event_arrives_before_the_next_is_sent() {
    let rig = Rig::new().await;
    let mut visit = rig.site.visit().await;
    let answer = within("the head comes before any event", visit.get("/events")).await;
    let mut body = answer.into_body();
    for number in 0..20 {
        rig.service.say(&number.to_string());
        let event = within("the event", next_bytes(&mut body)).await;
        let event = event.expect("the stream goes on");
        assert_eq!(event, format!("data: {number}\n\n"));
    }
}

#[tokio::test]
async fn a_service_in_tls_is_served_when_it_is_named_so_and_when_it_is_found_out() {
    for protocol in [Protocol::Https, Protocol::Auto] {
        let rig = Rig::of(WebService::start_tls("inside"), protocol).await;
        let (status, page) = rig.site.get("/").await;
        let expected = (StatusCode::OK, "hello from inside".to_owned());
        assert_eq!((status, page), expected, "{protocol}");
        let mut socket = rig.site.websocket("/chat").await;
        within("an echo", assert_echo(&mut socket, Message::text("hi"))).await;
    }
}

#[tokio::test]
async fn a_service_in_the_clear_is_found_out_too() {
    let rig = Rig::of(WebService::start("plain"), Protocol::Auto).await;
    assert_eq!(rig.site.get("/").await.1, "hello from plain");
}

/// Closes each connection behind its answer, and does not say so.
fn closing_service() -> RawService {
    RawService::start(|mut stream| async move {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
    })
}

#[tokio::test]
async fn a_service_that_closes_behind_each_answer_costs_no_request() {
    let service = closing_service();
    let computer = Computer::new();
    let mut desk = computer.start();
    let (_, site) = desk.share("web", service.port(), Protocol::Http).await;
    let mut visit = site.visit().await;
    for n in 0..200 {
        let method = if n % 2 == 0 {
            Method::POST
        } else {
            Method::GET
        };
        let answer = within("an answer", visit.send(method, "/", full(""))).await;
        assert_eq!(answer.status(), StatusCode::OK, "{n}");
        assert_eq!(whole(answer).await, "ok");
    }
    desk.quit().await;
}

#[tokio::test]
async fn a_service_that_says_more_than_its_answer_answers_no_other_visitor() {
    let service = RawService::start(|mut stream| async move {
        loop {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => return,
                }
            }
            let evil = head.starts_with(b"GET /evil");
            let mut answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec();
            if evil {
                answer.extend_from_slice(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
            }
            let _ = stream.write_all(&answer).await;
        }
    });
    let computer = Computer::new();
    let mut desk = computer.start();
    let (_, site) = desk.share("web", service.port(), Protocol::Http).await;
    for _ in 0..50 {
        assert_eq!(site.get("/evil").await.1, "ok");
        assert_eq!(site.get("/").await.1, "ok");
    }
    desk.quit().await;
}
