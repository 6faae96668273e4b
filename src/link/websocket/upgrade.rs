//! The HTTP request that becomes a WebSocket, from either end.

use super::PATH;
use super::carrier::{WebSocket, config};
use crate::link::Transport;
use crate::link::tls::TlsFault;
use http::header::ORIGIN;
use http::{Request, Response, StatusCode, Uri, request};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::handshake::server::{
    Callback, ErrorResponse, Request as Asked, Response as Answer, create_response,
};
use tokio_tungstenite::{accept_hdr_async_with_config, client_async_with_config};

/// The port that a URL need not name.
const HTTPS: u16 = 443;

/// Asks for a WebSocket over `stream`, which is covered already, as one asks a relay at this host.
///
/// # Errors
/// The other end is no relay, or the connection broke.
pub async fn connect<S: Transport>(
    stream: S,
    host: &str,
    port: u16,
) -> Result<WebSocket<S>, TlsFault> {
    let uri = uri(host, port).map_err(|error| TlsFault::NotARelay(error.to_string()))?;
    let opened = client_async_with_config(uri, stream, Some(config())).await;
    let (messages, _) = opened.map_err(map_fault)?;
    Ok(WebSocket::new(messages))
}

fn uri(host: &str, port: u16) -> Result<Uri, http::Error> {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let authority = if port == HTTPS {
        host
    } else {
        format!("{host}:{port}")
    };
    Uri::builder()
        .scheme("wss")
        .authority(authority)
        .path_and_query(PATH)
        .build()
}

/// Reads the request from `stream` and agrees to it, if it is for [`PATH`].
///
/// # Errors
/// It is no such request, or the connection broke.
pub async fn accept<S: Transport>(stream: S) -> Result<WebSocket<S>, TlsFault> {
    let accepted = accept_hdr_async_with_config(stream, OnePath, Some(config())).await;
    accepted.map(WebSocket::new).map_err(map_fault)
}

/// The answer to a request that an HTTP library has read; `None` unless it asks for a WebSocket at
/// [`PATH`]. The connection then goes on as [`WebSocket::agreed`].
pub fn agree(head: &request::Parts) -> Option<Response<()>> {
    if head.uri.path() != PATH {
        return None;
    }
    let mut asked = Request::new(());
    asked.method_mut().clone_from(&head.method);
    *asked.version_mut() = head.version;
    asked.headers_mut().clone_from(&head.headers);
    create_response(&asked).ok()
}

/// Has anything else not found, and no page in a browser connect: those name their origin.
struct OnePath;

impl Callback for OnePath {
    fn on_request(self, request: &Asked, answer: Answer) -> Result<Answer, ErrorResponse> {
        let status = if request.uri().path() != PATH {
            StatusCode::NOT_FOUND
        } else if request.headers().contains_key(ORIGIN) {
            StatusCode::FORBIDDEN
        } else {
            return Ok(answer);
        };
        let mut refused = Response::new(None);
        *refused.status_mut() = status;
        Err(refused)
    }
}

fn map_fault(error: Error) -> TlsFault {
    match error {
        Error::Io(error) => TlsFault::Broken(error),
        other => TlsFault::NotARelay(other.to_string()),
    }
}
