//! The page that a web visitor gets where the service cannot answer and the provider only carries bytes:
//! it would say at most that the host did not answer, and not whose side it is.
//!
//! The relay has pages of its own, with more on them; this one says the same in little.

use crate::base::accept_language;
use crate::base::service_words::{FULL, Words};
use crate::base::visitor_texts as texts;
use crate::model::{Language, RelayVerdict};
use http::StatusCode;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// So much of a request is read, to see who asks.
const HEAD: usize = 16 * 1024;

/// What a visitor still sends is read for so long: a connection that is closed with something unread
/// loses the page.
const READ_ON: Duration = Duration::from_secs(1);

/// A request is waited for so long.
const ASKS_WITHIN: Duration = Duration::from_secs(10);

/// Answers a request that `carrier` brought with what stands in the way, and closes.
pub(super) async fn answer<V>(visitor: &mut V, carrier: &str, verdict: RelayVerdict)
where
    V: AsyncRead + AsyncWrite + Unpin,
{
    let Ok(Some(head)) = timeout(ASKS_WITHIN, head(visitor)).await else {
        return;
    };
    let sent = async {
        let page = render(carrier, verdict, wants_html(&head), language(&head));
        visitor.write_all(&page).await?;
        visitor.shutdown().await
    };
    if sent.await.is_ok() {
        let mut rest = [0; 1024];
        let reading = async { while matches!(visitor.read(&mut rest).await, Ok(1..)) {} };
        let _ = timeout(READ_ON, reading).await;
    }
}

/// What a request begins with, up to the end of its head.
async fn head(visitor: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let (mut head, mut piece) = (Vec::new(), [0; 2048]);
    while head.len() < HEAD && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match visitor.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(read) => head.extend_from_slice(&piece[..read]),
        }
    }
    (!head.is_empty()).then_some(head)
}

/// Browsers name it, programs do not.
fn wants_html(head: &[u8]) -> bool {
    head.split(|byte| *byte == b'\n').any(|line| {
        let line = String::from_utf8_lossy(line).to_ascii_lowercase();
        line.starts_with("accept:") && line.contains("text/html")
    })
}

/// The language of ours that the request asks for.
fn language(head: &[u8]) -> Language {
    accept_language::best(head.split(|byte| *byte == b'\n').filter_map(|line| {
        let (name, value) = line.split_at_checked("accept-language:".len())?;
        name.eq_ignore_ascii_case(b"accept-language:")
            .then_some(value.trim_ascii())
    }))
}

fn render(carrier: &str, verdict: RelayVerdict, html: bool, language: Language) -> Vec<u8> {
    let (status, title, what, remedy) = match verdict {
        RelayVerdict::Service(fault) => {
            let words = Words::of(fault, language);
            (words.status, words.title, words.what, words.remedy)
        }
        RelayVerdict::Full | RelayVerdict::NoHost | RelayVerdict::UnknownTunnel => {
            let (title, what, remedy) = FULL;
            let status = StatusCode::SERVICE_UNAVAILABLE;
            (
                status,
                title(language),
                what(language).into(),
                remedy(language),
            )
        }
    };
    let side = texts::visitor_side_host_of(language, carrier);
    let tag = language.tag();
    let (kind, body) = if html {
        let style =
            "body{font:1rem/1.5 system-ui,sans-serif;max-width:36em;margin:4em auto;padding:0 1em}";
        let page = format!(
            "<!doctype html><html lang={tag}><meta charset=utf-8><title>{title}</title>\
             <style>{style}</style><h1>{title}</h1><p>{what}<p>{side}<p>{remedy}\n"
        );
        ("text/html; charset=utf-8", page)
    } else {
        (
            "text/plain; charset=utf-8",
            format!("{what} {side} {remedy}\n"),
        )
    };
    let (length, header, word) = (body.len(), RelayVerdict::HEADER, verdict.header_value());
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-language: {tag}\r\ncontent-length: {length}\r\n\
         {header}: {word}\r\nvary: accept, accept-language\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Fingerprint, ServiceFault};
    use tokio::io::duplex;

    async fn asked(request: &str, verdict: RelayVerdict) -> String {
        let (mut near, mut far) = duplex(64 * 1024);
        far.write_all(request.as_bytes()).await.expect("room");
        let mut page = String::new();
        let visitor = async {
            far.read_to_string(&mut page).await.expect("text");
            far.shutdown().await.expect("an end");
        };
        tokio::join!(answer(&mut near, "acme", verdict), visitor);
        page
    }

    #[tokio::test]
    async fn a_browser_gets_a_page_and_a_program_a_line() {
        let refused = RelayVerdict::Service(ServiceFault::Refused);
        let page = asked("GET / HTTP/1.1\r\nAccept: text/html\r\n\r\n", refused).await;
        assert!(page.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{page}");
        assert!(
            page.contains("<h1>") && page.contains("x-underpass: service-down"),
            "{page}"
        );
        let line = asked("GET / HTTP/1.1\r\naccept: */*\r\n\r\n", refused).await;
        assert!(
            line.contains("text/plain") && !line.contains("<h1>"),
            "{line}"
        );
        let body = line.split("\r\n\r\n").nth(1).expect("a body");
        assert!(
            line.contains(&format!("content-length: {}", body.len())),
            "{line}"
        );
        for (verdict, status) in [
            (RelayVerdict::Service(ServiceFault::TimedOut), "504"),
            (RelayVerdict::Service(ServiceFault::Loop), "508"),
            (RelayVerdict::Full, "503"),
        ] {
            let page = asked("GET / HTTP/1.1\r\n\r\n", verdict).await;
            assert!(page.starts_with(&format!("HTTP/1.1 {status} ")), "{page}");
        }
    }

    #[tokio::test]
    async fn a_visitor_reads_it_in_its_language() {
        let refused = RelayVerdict::Service(ServiceFault::Refused);
        let request = "GET / HTTP/1.1\r\nAccept: text/html\r\nACCEPT-language: en;q=0.1\r\n\
             accept-language: pt-BR\r\n\r\n";
        let page = asked(request, refused).await;
        for says in [
            "content-language: pt-BR\r\n",
            "vary: accept, accept-language\r\n",
            "<html lang=pt-BR>",
            "Nada escuta na porta",
            "acme e o túnel estão funcionando",
        ] {
            assert!(page.contains(says), "{says}: {page}");
        }
        let (head, body) = page.split_once("\r\n\r\n").expect("a body");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())));
        let other = "GET / HTTP/1.1\r\nX-Accept-Language: pt\r\n\r\n";
        let page = asked(other, refused).await;
        assert!(page.contains("content-language: en-US\r\n"), "{page}");
    }

    #[tokio::test]
    async fn each_fault_has_its_own_sentence() {
        let fingerprint = Fingerprint([1; 32]);
        for (fault, says) in [
            (ServiceFault::Refused, "nothing is listening"),
            (ServiceFault::NoAnswer, "it doesn't answer in time"),
            (
                ServiceFault::HostFull,
                "as many open connections as it allows",
            ),
            (ServiceFault::UntrustedCertificate { fingerprint }, "0101"),
            (ServiceFault::Unreachable, "has no route"),
        ] {
            let verdict = RelayVerdict::Service(fault);
            let line = asked("GET / HTTP/1.1\r\n\r\n", verdict).await;
            assert!(line.contains(says) && line.contains("acme"), "{line}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_waited_for_for_ever() {
        let (mut near, _far) = duplex(64);
        answer(&mut near, "acme", RelayVerdict::Full).await;
        let (mut near, mut far) = duplex(64 * 1024);
        far.write_all(b"GET / HTTP/1.1\r\n\r\n")
            .await
            .expect("room");
        answer(&mut near, "acme", RelayVerdict::Full).await;
    }
}
