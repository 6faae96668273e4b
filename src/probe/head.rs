//! The head of an answer, as far as it tells that there is one.

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Bytes after which a service has answered, whether they are a whole head or not.
const MOST: usize = 128 * 1024;

/// How a head of HTTP/1 begins.
const HTTP: &[u8] = b"HTTP/";

/// Reads until it is known that the service answers, whatever it answers: a whole head, a refusal (TLS
/// services close on plain requests), or anything that is no HTTP.
pub(super) async fn read<S: AsyncRead + Unpin>(service: &mut S) {
    let mut head = Vec::new();
    while head.len() < MOST {
        match service.read_buf(&mut head).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        // Interim answers are followed by another.
        while let Some(end) = end_of_head(&head).filter(|_| is_interim(&head)) {
            head.drain(..end);
        }
        let begins = head.len().min(HTTP.len());
        if head[..begins] != HTTP[..begins] || end_of_head(&head).is_some() {
            return;
        }
    }
}

/// Where the first head ends.
fn end_of_head(head: &[u8]) -> Option<usize> {
    let mut after_end = false;
    let is_empty = |byte: &u8| {
        let is_end = *byte == b'\n';
        let twice = is_end && after_end;
        after_end = is_end || after_end && *byte == b'\r';
        twice
    };
    head.iter().position(is_empty).map(|at| at + 1)
}

/// Whether another head follows this one (RFC 9110, 15.2). Behind 101 comes another protocol.
fn is_interim(head: &[u8]) -> bool {
    let status = head
        .strip_prefix(HTTP)
        .unwrap_or_default()
        .get("1.1 ".len()..)
        .unwrap_or_default();
    status.starts_with(b"1") && !status.starts_with(b"101")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncWriteExt as _, duplex};
    use tokio::time::timeout;

    /// Whether it is an answer that a service says this and no more, and stays.
    async fn answers(said: &[u8]) -> bool {
        let (mut near, mut far) = duplex(2 * MOST);
        near.write_all(said).await.expect("it fits");
        let reading = read(&mut far);
        timeout(Duration::from_mins(1), reading).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_is_an_answer_once_it_is_whole() {
        for whole in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"[..],
            b"HTTP/1.0 500 No\n\n<p>",
            b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
            // No HTTP: what is it to say more?
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\x15\x03\x01\x00\x02\x02\x46",
            b"HTPT",
            &[&b"HTTP/1.1 200 OK\r\nA: "[..], &vec![b'a'; MOST]].concat(),
        ] {
            assert!(answers(whole).await, "{}", whole.escape_ascii());
        }
        for part in [
            &b""[..],
            b"H",
            b"HTTP/1.1 200 OK",
            b"HTTP/1.1 200 OK\r\nContent-",
            b"HTTP/1.1 200 OK\r\n\r",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2",
        ] {
            assert!(!answers(part).await, "{}", part.escape_ascii());
        }
    }

    #[tokio::test]
    async fn a_connection_that_ends_is_an_answer() {
        for said in [&b""[..], b"HTTP/1.1 200 OK\r\n"] {
            read(&mut &said[..]).await;
        }
    }
}
