//! How answers end, as a visitor sees it.

use super::*;
use crate::relay::{Opening, Visitor};
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A service that answers with this, and then its link is gone.
struct Saying(&'static [u8]);

impl Upstream for Saying {
    fn key(&self) -> u64 {
        1
    }

    fn open(&self, _: Visitor) -> Opening<'_> {
        let answer = self.0;
        Box::pin(async move {
            let (near, mut far) = tokio::io::duplex(4096);
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(far.read_u8().await?);
                }
                far.write_all(answer).await
            });
            Ok(Box::new(near) as Box<dyn crate::relay::Stream>)
        })
    }
}

async fn visited(answer: &'static [u8], request: &[u8]) -> (std::io::Result<usize>, String) {
    let any = (Ipv4Addr::LOCALHOST, 0);
    let listener = TcpListener::bind(any).await.expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    let router = Router::Fixed(Arc::new(Saying(answer)));
    let _guard = Web::new(router, &HttpConfig::new("localhost"))
        .run(listener, HttpConfig::new("localhost").entrance());
    let mut visitor = TcpStream::connect(address).await.expect("it listens");
    visitor.write_all(request).await.expect("it is sent");
    let mut got = Vec::new();
    let end = visitor.read_to_end(&mut got).await;
    (end, String::from_utf8_lossy(&got).into_owned())
}

#[tokio::test]
async fn an_answer_that_breaks_off_ends_in_a_reset() {
    let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\npart";
    let (end, got) = visited(answer, b"GET / HTTP/1.0\r\nhost: localhost\r\n\r\n").await;
    let error = end.expect_err("it is no whole answer");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{got}");
}

#[tokio::test]
async fn a_whole_answer_and_a_refused_head_end_cleanly() {
    let answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwell\r\n0\r\n\r\n";
    let (end, got) = visited(answer, b"GET / HTTP/1.0\r\nhost: localhost\r\n\r\n").await;
    assert!(end.is_ok() && got.ends_with("well"), "{end:?} {got}");
    let (end, got) = visited(answer, b"no HTTP at all\r\n\r\n").await;
    assert!(end.is_ok() && got.contains(" 400 "), "{end:?} {got}");
}
