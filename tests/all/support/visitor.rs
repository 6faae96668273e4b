//! A visitor of a public URL.

use super::web::{AnyBody, full};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_util::task::AbortOnDropHandle;

/// Where a public URL leads: `*.localhost` is this computer, whatever the resolver thinks.
#[derive(Clone, Debug)]
pub struct Site {
    authority: String,
    address: (String, u16),
}

impl Site {
    pub fn of(url: &str) -> Self {
        let (_, rest) = url.split_once("://").expect("a URL has a scheme");
        let authority = rest.trim_end_matches('/').to_owned();
        let (host, port) = authority.rsplit_once(':').expect("it names its port");
        let is_here = host == "localhost" || host.ends_with(".localhost");
        let host = if is_here { "127.0.0.1" } else { host };
        Self {
            address: (host.to_owned(), port.parse().expect("it is a port")),
            authority,
        }
    }

    /// The same site, asked for at another address of this computer.
    pub fn at(mut self, host: &str) -> Self {
        host.clone_into(&mut self.address.0);
        self
    }

    pub fn port(&self) -> u16 {
        self.address.1
    }

    /// A bare connection.
    pub async fn connect(&self) -> std::io::Result<TcpStream> {
        let (host, port) = &self.address;
        let stream = TcpStream::connect((host.as_str(), *port)).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// A keep-alive connection.
    pub async fn visit(&self) -> Visit {
        let stream = self.connect().await.expect("it accepts");
        let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.expect("nothing was said yet");
        let driver = tokio::spawn(async move {
            // The request that fails says so.
            let _ = connection.await;
        });
        Visit {
            sender,
            authority: self.authority.clone(),
            _driver: AbortOnDropHandle::new(driver),
        }
    }

    /// Status and body of one `GET`, on a connection of its own.
    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        let answer = self.visit().await.send(Method::GET, path, full("")).await;
        let status = answer.status();
        (status, whole(answer).await)
    }

    pub async fn websocket(&self, path: &str) -> WebSocketStream<TcpStream> {
        let stream = self.connect().await.expect("it accepts");
        let url = format!("ws://{}{path}", self.authority);
        let opened = tokio_tungstenite::client_async(url, stream).await;
        opened.expect("a WebSocket").0
    }
}

/// A keep-alive connection.
pub struct Visit {
    sender: SendRequest<AnyBody>,
    authority: String,
    _driver: AbortOnDropHandle<()>,
}

impl Visit {
    /// The answer's head; its body comes as it is read.
    pub async fn send(&mut self, method: Method, path: &str, body: AnyBody) -> Response<Incoming> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.authority)
            .body(body)
            .expect("it is valid");
        self.sender.ready().await.expect("it is kept alive");
        self.sender.send_request(request).await.expect("an answer")
    }

    pub async fn get(&mut self, path: &str) -> Response<Incoming> {
        self.send(Method::GET, path, full("")).await
    }
}

/// An answer's body as text.
pub async fn whole(answer: Response<Incoming>) -> String {
    let body = answer.into_body().collect().await.expect("a whole body");
    String::from_utf8(body.to_bytes().to_vec()).expect("it is text")
}

/// The next bytes of an answer's body; `None` at its end.
pub async fn next_bytes(body: &mut Incoming) -> Option<Bytes> {
    loop {
        match body.frame().await?.expect("it does not break").into_data() {
            Ok(data) => return Some(data),
            Err(_trailers) => {}
        }
    }
}

/// Sends a message and waits for its echo.
pub async fn assert_echo(socket: &mut WebSocketStream<TcpStream>, message: Message) {
    socket.send(message.clone()).await.expect("it reads");
    let echo = socket.next().await.expect("an echo").expect("it is whole");
    assert!(echo == message, "the echo differs");
}
