//! Asks the program's own small web server on loopback.

use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A program that is there answers at once.
const WITHIN: Duration = Duration::from_secs(2);

/// The most of an answer that is read, in bytes.
const LONGEST: u64 = 256 * 1024;

/// An answer: its status and its body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// What it answers; nothing, if it does not.
pub(super) async fn get(at: SocketAddr, path: &str) -> Option<Answer> {
    timeout(WITHIN, ask(at, path)).await.ok().flatten()
}

async fn ask(at: SocketAddr, path: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(at).await.ok()?;
    // In this version an answer ends with its connection, and has no pieces.
    let request = format!("GET {path} HTTP/1.0\r\nHost: {at}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer).await.ok()?;
    parse(&answer)
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|end| end == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut words = head.split([' ', '\r']);
    let version = words.next()?;
    let status = words.next()?.parse().ok()?;
    let body = answer[end + 4..].to_vec();
    version
        .starts_with("HTTP/1.")
        .then_some(Answer { status, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_answer_is_none() {
        let answer =
            parse(b"HTTP/1.0 503 Service Unavailable\r\nA: b\r\n\r\n{}").expect("it is one");
        assert_eq!((answer.status, &answer.body[..]), (503, &b"{}"[..]));
        for none in [
            &b""[..],
            b"HTTP/1.1 200 OK\r\n",
            b"SSH-2.0-x\r\n\r\n",
            b"HTTP/1.1 x\r\n\r\n",
            b"\xff\r\n\r\n",
        ] {
            assert_eq!(parse(none), None);
        }
    }
}
