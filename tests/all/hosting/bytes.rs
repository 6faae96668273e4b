//! What visitors of a raw TCP port see, through the embedded relay.

use crate::support::computer::{Computer, Desk};
use crate::support::raw::RawService;
use crate::support::visitor::Site;
use crate::support::wait::within;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use underpass::model::Protocol;

async fn hosted(service: &RawService) -> (Computer, Desk, Site) {
    let computer = Computer::new();
    let mut desk = computer.start();
    let (_, site) = desk.share("raw", service.port(), Protocol::Tcp).await;
    (computer, desk, site)
}

async fn visit(site: &Site) -> TcpStream {
    site.connect().await.expect("the public port accepts")
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut said = String::new();
    let read = within("the end", stream.read_to_string(&mut said)).await;
    read.expect("a clean end");
    said
}

#[tokio::test]
async fn a_service_that_speaks_first_is_heard() {
    let service = RawService::start(|mut stream| async move {
        let _ = stream.write_all(b"220 ready\r\n").await;
        let mut name = [0; 4];
        if stream.read_exact(&mut name).await.is_ok() {
            let _ = stream.write_all(b"250 ").await;
            let _ = stream.write_all(&name).await;
        }
    });
    let (_computer, _desk, site) = hosted(&service).await;
    let mut stream = visit(&site).await;
    let mut banner = [0; 11];
    let read = within("the banner", stream.read_exact(&mut banner)).await;
    read.expect("it is sent unasked");
    assert_eq!(&banner, b"220 ready\r\n");
    stream.write_all(b"anna").await.expect("it reads");
    assert_eq!(read_to_end(&mut stream).await, "250 anna");
}

#[tokio::test]
async fn the_visitors_end_is_passed_on_and_the_answer_still_comes() {
    let service = RawService::start(|mut stream| async move {
        let mut said = String::new();
        if stream.read_to_string(&mut said).await.is_ok() {
            let answer = format!("all {} bytes of it", said.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    let (_computer, _desk, site) = hosted(&service).await;
    let mut stream = visit(&site).await;
    stream.write_all(b"a question").await.expect("it reads");
    stream.shutdown().await.expect("it is half closed");
    assert_eq!(read_to_end(&mut stream).await, "all 10 bytes of it");
}

#[tokio::test]
async fn the_services_end_is_passed_on_and_it_still_hears_the_visitor() {
    let (heard, hearing) = tokio::sync::mpsc::unbounded_channel();
    let service = RawService::start(move |mut stream| {
        let heard = heard.clone();
        async move {
            let _ = stream.write_all(b"that is all from me").await;
            let _ = stream.shutdown().await;
            let mut said = String::new();
            let clean = stream.read_to_string(&mut said).await.is_ok();
            let _ = heard.send((said, clean));
        }
    });
    let mut hearing = hearing;
    let (_computer, _desk, site) = hosted(&service).await;
    let mut stream = visit(&site).await;
    assert_eq!(read_to_end(&mut stream).await, "that is all from me");
    stream.write_all(b"one more thing").await.expect("it reads");
    stream.shutdown().await.expect("it ends");
    let expected = ("one more thing".to_owned(), true);
    // Probes connect too; they say nothing.
    while within("it hears", hearing.recv()).await != Some(expected.clone()) {}
}

#[tokio::test]
async fn a_visitor_that_breaks_off_does_not_look_done_to_the_service() {
    let (heard, mut hearing) = tokio::sync::mpsc::unbounded_channel();
    let (begun, mut beginning) = tokio::sync::mpsc::unbounded_channel();
    let service = RawService::start(move |mut stream| {
        let (heard, begun) = (heard.clone(), begun.clone());
        async move {
            // Probes connect too; they say nothing.
            if stream.read_u8().await.is_ok() {
                let _ = begun.send(());
                let end = stream.read_to_end(&mut Vec::new()).await;
                let _ = heard.send(end.map_err(|error| error.kind()));
            }
        }
    });
    let (_computer, _desk, site) = hosted(&service).await;
    let mut stream = visit(&site).await;
    stream.write_all(b"half an upload").await.expect("it reads");
    within("it begins", beginning.recv()).await;
    stream.set_zero_linger().expect("it is a TCP socket");
    drop(stream);
    let end = within("it ends", hearing.recv()).await;
    assert_eq!(end, Some(Err(std::io::ErrorKind::ConnectionReset)));
}

#[tokio::test]
async fn a_service_that_breaks_off_does_not_look_done_to_the_visitor() {
    let service = RawService::start(|mut stream| async move {
        if stream.read_u8().await.is_ok() {
            let _ = stream.set_zero_linger();
        }
    });
    let (_computer, _desk, site) = hosted(&service).await;
    let mut stream = visit(&site).await;
    stream.write_all(b"x").await.expect("it reads");
    let end = within("it ends", stream.read_u8()).await;
    let error = end.expect_err("there is no byte");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}
