//! The WebSocket to the relay of Dev Tunnels, as a byte stream.
//!
//! It knows which versions of the relay's protocol there are to offer, and nothing of what they say.

use super::management::{Half, USER_AGENT, authorization, map_status};
use crate::base::local;
use crate::link::Transport;
use crate::link::websocket::{Pulse, WebSocket};
use crate::model::{Reason, Secret};
use crate::provider::ConnectError;
use crate::provider::dial::{self, NotConnected, NotReached, NotThrough, Proxies, is_here};
use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL, USER_AGENT as USER_AGENT_NAME};
use http::{HeaderValue, Uri};
use rustls::pki_types::ServerName;
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// The first version of the relay's protocol.
const V1: &str = "tunnel-relay-host";

/// The second one.
const V2: &str = "tunnel-relay-host-v2-dev";

/// Tells the relay which hosts are one process.
const PROCESS: &str = "x-tunnels-host-process-id";

/// From the name of the relay to the agreed WebSocket it takes so long at most.
const OPEN_WITHIN: Duration = Duration::from_secs(20);

/// The longest message that is taken: the relay decides how it cuts its bytes.
const LONGEST_MESSAGE: usize = 4 * 1024 * 1024;

/// What is read from below at once.
const READ_AT_ONCE: usize = 64 * 1024;

/// What waits for the network at most.
const MOST_UNSENT: usize = 256 * 1024;

/// Which versions of the relay's protocol are offered; the relay picks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offer {
    /// Both, the second one first.
    #[default]
    Both,
    /// The first one alone.
    V1,
}

/// The version that the relay picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

impl Version {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => V1,
            Self::V2 => V2,
        }
    }
}

pub(super) struct Opened {
    pub stream: WebSocket<Box<dyn Transport>>,
    pub pulse: Pulse,
    pub version: Version,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Opens the WebSocket at `uri`, which is the relay's.
pub(super) async fn open(
    uri: &str,
    offer: Offer,
    token: &Secret,
    proxies: &Proxies,
) -> Result<Opened, ConnectError> {
    let opening = open_in_time(uri, offer, token, proxies);
    timeout(OPEN_WITHIN, opening)
        .await
        .unwrap_or_else(|_| Err(ConnectError::new(Reason::TimedOut)))
}

async fn open_in_time(
    uri: &str,
    offer: Offer,
    token: &Secret,
    proxies: &Proxies,
) -> Result<Opened, ConnectError> {
    let place = Place::parse(uri)?;
    let request = request(uri, offer, token)?;
    let stream = dial::connect(&place.host, place.port, proxies).await;
    let stream = stream.map_err(|fault| map_not_connected(fault, &place))?;
    let stream = if place.secure {
        secure(stream, &place).await?
    } else {
        stream
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_AT_ONCE)
        .write_buffer_size(0)
        .max_write_buffer_size(MOST_UNSENT)
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    let opened = client_async_with_config(request, stream, Some(config)).await;
    let (messages, answer) = opened.map_err(|error| map_error(error, &place))?;
    let picked = answer.headers().get(SEC_WEBSOCKET_PROTOCOL);
    let version = match picked.and_then(|picked| picked.to_str().ok()) {
        Some(V2) => Version::V2,
        Some(V1) => Version::V1,
        other => return Err(fault(format!("the relay picked {other:?}"))),
    };
    let stream = WebSocket::new(messages);
    Ok(Opened {
        pulse: stream.pulse(),
        stream,
        version,
    })
}

/// Where the relay is.
struct Place {
    host: String,
    port: u16,
    secure: bool,
}

impl Place {
    fn parse(uri: &str) -> Result<Self, ConnectError> {
        let parsed: Uri = uri
            .parse()
            .map_err(|error| fault(format!("the relay's address is none: {error}")))?;
        let host = parsed.host().unwrap_or_default();
        let host = host.trim_matches(['[', ']']).to_owned();
        let secure = match parsed.scheme_str() {
            Some("wss") => true,
            Some("ws") if is_here(&host) => false,
            other => return Err(fault(format!("the relay's address begins with {other:?}"))),
        };
        let usual = if secure { 443 } else { 80 };
        let port = parsed.port_u16().unwrap_or(usual);
        Ok(Self { host, port, secure })
    }

    fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

fn request(uri: &str, offer: Offer, token: &Secret) -> Result<Request, ConnectError> {
    let request = uri.into_client_request();
    let mut request = request.map_err(|error| fault(error.to_string()))?;
    let offered = match offer {
        Offer::Both => format!("{V2}, {V1}"),
        Offer::V1 => V1.to_owned(),
    };
    let offered = HeaderValue::try_from(offered).map_err(|error| fault(error.to_string()))?;
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, authorization(token)?);
    headers.insert(USER_AGENT_NAME, HeaderValue::from_static(USER_AGENT));
    headers.insert(SEC_WEBSOCKET_PROTOCOL, offered);
    headers.insert(PROCESS, process().clone());
    Ok(request)
}

/// This process, for as long as it runs.
fn process() -> &'static HeaderValue {
    static PROCESS_ID: OnceLock<HeaderValue> = OnceLock::new();
    PROCESS_ID.get_or_init(|| {
        let id = uuid::Uuid::new_v4().to_string();
        HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("0"))
    })
}

async fn secure(
    stream: Box<dyn Transport>,
    place: &Place,
) -> Result<Box<dyn Transport>, ConnectError> {
    let other = |error: &dyn fmt::Display| {
        let detail = error.to_string();
        ConnectError::with(Reason::Other { detail }, error)
    };
    let config = local::config(false).map_err(|error| other(&error))?;
    let name = ServerName::try_from(place.host.clone()).map_err(|error| other(&error))?;
    let connector = TlsConnector::from(Arc::new(config));
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(other(&error)),
        Err(error) => Err(ConnectError::with(Reason::LinkLost, error)),
    }
}

fn fault(detail: String) -> ConnectError {
    let said = detail.clone();
    ConnectError::with(Reason::ProtocolFault { detail }, said)
}

fn map_error(error: Error, place: &Place) -> ConnectError {
    match error {
        Error::Http(answer) => {
            let body = answer.body().as_deref().unwrap_or_default();
            let body = String::from_utf8_lossy(body).into_owned();
            let (status, headers) = (answer.status().as_u16(), answer.headers());
            map_status(status, headers, &body, (Half::Relay, &place.address()))
        }
        Error::Io(error) => ConnectError::with(Reason::LinkLost, error),
        Error::ConnectionClosed | Error::AlreadyClosed => ConnectError::new(Reason::LinkLost),
        Error::Protocol(
            tokio_tungstenite::tungstenite::error::ProtocolError::HandshakeIncomplete,
        ) => ConnectError::with(Reason::LinkLost, "the relay broke off the upgrade"),
        other => fault(other.to_string()),
    }
}

fn map_not_connected(fault: NotConnected, place: &Place) -> ConnectError {
    match fault {
        NotConnected::Host(fault) => match fault {
            NotReached::Offline(said) => ConnectError::with(Reason::Offline, said),
            NotReached::UnknownHost(said) => {
                let host = place.host.clone();
                ConnectError::with(Reason::UnknownHost { host }, said)
            }
            NotReached::Closed(said) => {
                let address = place.address();
                ConnectError::with(Reason::RelayUnreachable { address }, said)
            }
        },
        NotConnected::Proxy { address, fault } => match fault {
            NotThrough::Offline(said) => ConnectError::with(Reason::Offline, said),
            NotThrough::Useless(detail) | NotThrough::Denied(detail) => {
                let said = format!("the proxy {address}: {detail}");
                ConnectError::with(Reason::ProxyFailed { address, detail }, said)
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Class;
    use futures_util::{SinkExt as _, StreamExt as _};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_tungstenite::tungstenite::Message;
    use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
    use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

    async fn listen() -> (TcpListener, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let uri = format!("ws://{}/relay", listener.local_addr().expect("bound"));
        (listener, uri)
    }

    #[expect(clippy::result_large_err, reason = "the library's callback")]
    async fn accept(
        listener: &TcpListener,
        pick: &'static str,
    ) -> (WebSocketStream<TcpStream>, http::HeaderMap) {
        let (socket, _) = listener.accept().await.expect("a connection");
        let mut asked = http::HeaderMap::new();
        let callback = |request: &Request, mut response: Response| {
            asked.clone_from(request.headers());
            let picked = HeaderValue::from_static(pick);
            response
                .headers_mut()
                .insert(SEC_WEBSOCKET_PROTOCOL, picked);
            Ok::<_, ErrorResponse>(response)
        };
        let accepted = accept_hdr_async(socket, callback).await;
        (accepted.expect("it is agreed"), asked)
    }

    async fn pair(offer: Offer, pick: &'static str) -> (Opened, WebSocketStream<TcpStream>) {
        let (listener, uri) = listen().await;
        let (token, proxies) = (Secret::new("jwt"), Proxies::default());
        let (opened, (relay, asked)) =
            tokio::join!(open(&uri, offer, &token, &proxies), accept(&listener, pick));
        assert_eq!(asked[AUTHORIZATION], "tunnel jwt");
        assert_eq!(asked[USER_AGENT_NAME], USER_AGENT);
        assert_eq!(asked[PROCESS], *process());
        let offered = match offer {
            Offer::Both => "tunnel-relay-host-v2-dev, tunnel-relay-host",
            Offer::V1 => "tunnel-relay-host",
        };
        assert_eq!(asked[SEC_WEBSOCKET_PROTOCOL], offered);
        (opened.expect("it opens"), relay)
    }

    #[tokio::test]
    async fn what_is_offered_is_picked_from_and_bytes_go_both_ways() {
        let (opened, mut relay) = pair(Offer::Both, V2).await;
        assert_eq!(opened.version, Version::V2);
        let mut stream = opened.stream;
        stream.write_all(b"hello").await.expect("it goes");
        stream.flush().await.expect("it goes");
        let got = relay.next().await.expect("it comes").expect("a message");
        assert_eq!(got, Message::binary("hello"));
        relay.send(Message::binary("wo")).await.expect("it goes");
        relay.send(Message::binary("rld")).await.expect("it goes");
        let mut got = [0; 5];
        stream.read_exact(&mut got).await.expect("it comes");
        assert_eq!(&got, b"world");
        let (opened, _relay) = pair(Offer::V1, V1).await;
        assert_eq!(opened.version, Version::V1);
    }

    #[tokio::test]
    async fn a_ping_is_answered_while_the_stream_is_read() {
        let (opened, mut relay) = pair(Offer::Both, V1).await;
        let (mut stream, pulse) = (opened.stream, opened.pulse);
        let reading = tokio::spawn(async move { stream.read(&mut [0; 8]).await });
        // It answers pings while it is read.
        let serving = tokio::spawn(async move { while relay.next().await.is_some() {} });
        for _ in 0..3 {
            pulse.ping().await;
        }
        assert!(pulse.heard() >= 3);
        reading.abort();
        let _ = reading.await;
        // The stream is gone, and the other end sees it.
        serving.await.expect("it ends");
    }

    #[tokio::test]
    async fn a_relay_that_answers_nothing_answers_no_ping() {
        let (opened, relay) = pair(Offer::Both, V1).await;
        let (mut stream, pulse) = (opened.stream, opened.pulse);
        let _reading = tokio::spawn(async move { stream.read(&mut [0; 8]).await });
        let answered = timeout(Duration::from_millis(50), pulse.ping()).await;
        assert!(answered.is_err());
        assert_eq!(pulse.heard(), 0);
        drop(relay);
    }

    #[tokio::test]
    async fn a_refused_upgrade_is_classified() {
        for (status, class) in [
            (401, Class::SignIn),
            (403, Class::SignIn),
            (404, Class::Fatal),
            (429, Class::Quota),
            (500, Class::Transient),
            (503, Class::Transient),
        ] {
            let (listener, uri) = listen().await;
            let answering = async {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let _ = socket.read(&mut [0; 4096]).await;
                let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
                socket.write_all(answer.as_bytes()).await.expect("it goes");
                socket
            };
            let (token, proxies) = (Secret::new("jwt"), Proxies::default());
            let (opened, _socket) =
                tokio::join!(open(&uri, Offer::Both, &token, &proxies), answering);
            assert_eq!(opened.expect_err("refused").class(), class, "{status}");
        }
    }

    #[tokio::test]
    async fn a_token_goes_in_the_clear_to_this_computer_alone() {
        for uri in ["ws://relay.example/", "http://127.0.0.1/", "nonsense", ""] {
            let (token, proxies) = (Secret::new("jwt"), Proxies::default());
            let opened = open(uri, Offer::Both, &token, &proxies).await;
            assert_eq!(opened.expect_err("refused").class(), Class::Fatal, "{uri}");
        }
        let (listener, uri) = listen().await;
        drop(listener);
        let opened = open(&uri, Offer::V1, &Secret::new("t"), &Proxies::default()).await;
        let error = opened.expect_err("nobody is there");
        assert_eq!(error.reason.code(), "relay-unreachable");
    }
}
