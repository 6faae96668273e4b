//! What a service speaks whose port is `auto`: plain HTTP, HTTP in TLS, or neither.
//!
//! It is asked in plain HTTP first, on a connection of its own. Only what a TLS server does then (it
//! hangs up, answers with a TLS record, or with the 400 for HTTP at a TLS port) makes it say a
//! `ClientHello`: a service that speaks plain HTTP, speaks first or is quiet never gets to see one.

use super::address::reach_for;
use super::tls;
use crate::model::{ProxyVersion, ServiceFault, Target};
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A TLS server answers plain HTTP at once, one way or another: what is silent for longer is none.
const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// As much of an answer is looked at.
const HEAD: usize = 2 * 1024;

/// The type of a TLS record that carries an alert.
const ALERT: u8 = 21;

/// The type of a TLS record that carries a handshake message.
const HANDSHAKE: u8 = 22;

/// The type of the handshake message that a server begins with. An echo begins with another.
const SERVER_HELLO: u8 = 2;

/// The first byte of every TLS version number.
const TLS_MAJOR: u8 = 3;

/// What a service turned out to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    /// Whatever it is, it is not in TLS.
    Plain,
    Tls,
}

/// What an answer to plain HTTP says of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hint {
    Plain,
    Tls,
    /// It may be either: it is to be asked in TLS.
    PerhapsTls,
    /// It may be either: what it writes with the refusal tells.
    Refusal,
}

/// Finds out what the service at `target` speaks, behind a header of the PROXY protocol if it asks for
/// one.
pub(super) async fn detect(
    target: &Target,
    proxy: Option<ProxyVersion>,
) -> Result<Spoken, ServiceFault> {
    let answer = ask(target, proxy, "HEAD", false).await?;
    let hint = match hint(answer.as_deref()) {
        // The words are in the body.
        Hint::Refusal => match ask(target, proxy, "GET", true).await?.as_deref() {
            Some(text) if speaks_of_tls(text) => Hint::PerhapsTls,
            Some(_) | None => Hint::Plain,
        },
        hint => hint,
    };
    Ok(match hint {
        Hint::Tls => Spoken::Tls,
        Hint::PerhapsTls if greets(reach_for(None, target, proxy).await?).await => Spoken::Tls,
        Hint::Plain | Hint::PerhapsTls | Hint::Refusal => Spoken::Plain,
    })
}

/// What it answers first, or all that it answers in time; nothing when it hangs up, `None` when it
/// is silent.
async fn ask(
    target: &Target,
    proxy: Option<ProxyVersion>,
    method: &str,
    whole: bool,
) -> Result<Option<Vec<u8>>, ServiceFault> {
    let mut service = reach_for(None, target, proxy).await?;
    let request = format!(
        "{method} / HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
        super::USER_AGENT
    );
    let mut answer = vec![];
    let asking = async {
        service.write_all(request.as_bytes()).await?;
        let mut part = [0; HEAD];
        while answer.len() < HEAD {
            let read = service.read(&mut part).await?;
            answer.extend_from_slice(&part[..read]);
            if read == 0 || (!whole && answer.len() >= STATUS_LINE) {
                break;
            }
        }
        io::Result::Ok(())
    };
    match timeout(ANSWER_WITHIN, asking).await {
        Err(_) if answer.is_empty() => Ok(None),
        Ok(_) | Err(_) => Ok(Some(answer)),
    }
}

/// `HTTP/1.1 400`.
const STATUS_LINE: usize = 12;

fn hint(answer: Option<&[u8]>) -> Hint {
    match answer {
        Some([]) => Hint::PerhapsTls,
        Some([ALERT, TLS_MAJOR, ..]) => Hint::Tls,
        Some(head) if head.starts_with(b"HTTP/1.") && head.get(8..12) == Some(b" 400") => {
            Hint::Refusal
        }
        // Plain HTTP, something that is neither, or something that is slow or waits.
        Some(_) | None => Hint::Plain,
    }
}

/// Whether a refusal is the one for plain HTTP at a TLS port: nginx, Apache, Go and Tomcat each have
/// words of their own for it.
fn speaks_of_tls(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer).to_ascii_lowercase();
    let refused = text.starts_with("http/1.0 400") || text.starts_with("http/1.1 400");
    refused
        && ["https", "tls", "ssl"]
            .iter()
            .any(|word| text.contains(word))
}

/// Whether it answers a `ClientHello` as a TLS server does. The hello's side is ended with it: any
/// other server sees the end of a request it does not understand, and does not wait for more of it.
async fn greets(mut service: TcpStream) -> bool {
    let asking = async {
        let config = Arc::new(tls::config(true).ok()?);
        let name = ServerName::IpAddress(service.peer_addr().ok()?.ip().into());
        let mut hello = Vec::new();
        let mut tls = rustls::ClientConnection::new(config, name).ok()?;
        tls.write_tls(&mut hello).ok()?;
        service.write_all(&hello).await.ok()?;
        service.shutdown().await.ok()?;
        let mut head = [0; 6];
        service.read_exact(&mut head).await.ok()?;
        Some(head)
    };
    match timeout(ANSWER_WITHIN, asking).await {
        Ok(Some([HANDSHAKE, TLS_MAJOR, _, _, _, message])) => message == SERVER_HELLO,
        Ok(Some([ALERT, TLS_MAJOR, ..])) => true,
        Ok(Some(_) | None) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_tls_server_does_makes_it_say_hello() {
        for (answer, expected) in [
            (None, Hint::Plain),
            (Some(&b""[..]), Hint::PerhapsTls),
            (Some(b"HTTP/1.1 200 OK\r\n"), Hint::Plain),
            (Some(b"HTTP/1.0 501 Not Implemented"), Hint::Plain),
            (Some(b"HTTP/1.0 400 Bad Request"), Hint::Refusal),
            (Some(b"\x15\x03\x01\x00\x02\x02\x46"), Hint::Tls),
            (Some(b"SSH-2.0-OpenSSH_9.2\r\n"), Hint::Plain),
            (Some(b"220 mail ESMTP\r\n"), Hint::Plain),
        ] {
            assert_eq!(hint(answer), expected, "{answer:?}");
        }
    }

    #[test]
    fn the_refusals_of_tls_ports_are_told_from_others() {
        for text in [
            "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
            "HTTP/1.1 400 Bad Request\r\n\r\n<p>The plain HTTP request was sent to HTTPS port",
            "HTTP/1.1 400 \r\n\r\nBad Request\nThis combination of host and port requires TLS.",
        ] {
            assert!(speaks_of_tls(text.as_bytes()), "{text}");
        }
        for text in [
            "HTTP/1.1 400 Bad Request\r\n\r\nInvalid HTTP_HOST header",
            "HTTP/1.1 200 OK\r\n\r\nwe speak TLS here",
        ] {
            assert!(!speaks_of_tls(text.as_bytes()), "{text}");
        }
    }
}
