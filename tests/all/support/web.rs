//! A web service on loopback with a route for each way in which HTTP is used.
//!
//! `/` greets · `/echo` gives the body back as it comes · `/upload` checks a pattern · `/download?N`
//! sends one · `/events` streams what the test says · `/chat` echoes WebSocket messages ·
//! `/together?N` answers once N requests are there at once · `/head` says what it was asked.

use super::pattern::{self, Pattern};
use super::spot::Spot;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _, stream};
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::task::AbortOnDropHandle;

/// A body of any kind.
pub type AnyBody = UnsyncBoxBody<Bytes, hyper::Error>;

/// Events that a slow listener may be behind.
const EVENTS: usize = 64;

/// A body of these bytes.
pub fn full(bytes: impl Into<Bytes>) -> AnyBody {
    Full::new(bytes.into())
        .map_err(|e| match e {})
        .boxed_unsync()
}

/// The service. It keeps its port when it is killed.
pub struct WebService {
    spot: Spot,
    tls: Option<TlsAcceptor>,
    desk: Arc<Desk>,
    running: Option<AbortOnDropHandle<()>>,
}

/// What its connections share.
struct Desk {
    name: String,
    events: broadcast::Sender<String>,
    inside: watch::Sender<usize>,
}

impl WebService {
    /// Serves in the clear.
    pub fn start(name: &str) -> Self {
        Self::new(name, None)
    }

    /// Serves in TLS, with a certificate that nobody would trust.
    pub fn start_tls(name: &str) -> Self {
        Self::new(name, Some(self_signed()))
    }

    fn new(name: &str, tls: Option<TlsAcceptor>) -> Self {
        let desk = Desk {
            name: name.to_owned(),
            events: broadcast::channel(EVENTS).0,
            inside: watch::channel(0).0,
        };
        let mut service = Self {
            spot: Spot::new(),
            tls,
            desk: Arc::new(desk),
            running: None,
        };
        service.come_back();
        service
    }

    pub fn port(&self) -> u16 {
        self.address().port()
    }

    pub fn address(&self) -> SocketAddr {
        self.spot.address()
    }

    /// Ends it as a killed process ends: its connections break, its port refuses.
    pub async fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            // It was aborted: that is all there is to hear.
            let _ = running.await;
        }
    }

    /// Serves again, on the same port.
    pub fn come_back(&mut self) {
        let accepting = accept(self.spot.listen(), self.tls.clone(), Arc::clone(&self.desk));
        self.running = Some(AbortOnDropHandle::new(tokio::spawn(accepting)));
    }

    /// Says something to all who listen at `/events`.
    pub fn say(&self, event: &str) {
        let listeners = self.desk.events.send(event.to_owned());
        assert!(listeners.is_ok(), "nobody listens");
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).expect("it is a TCP socket");
        let (desk, tls) = (Arc::clone(&desk), tls.clone());
        connections.spawn(async move {
            match tls {
                None => serve(stream, desk).await,
                // Whoever does not speak TLS gets no answer.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, desk).await;
                    }
                }
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, desk: Arc<Desk>) {
    let service = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(answer(&desk, request).await) }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // The test sees what the visitor sees.
    let _ = connection.with_upgrades().await;
}

async fn answer(desk: &Arc<Desk>, request: Request<Incoming>) -> Response<AnyBody> {
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/") => text(format!("hello from {}", desk.name)),
        (&Method::GET, "/head") => text(format!("{:?}", request.headers())),
        (&Method::POST, "/echo") => Response::new(request.into_body().boxed_unsync()),
        (&Method::POST, "/upload") => upload(request.into_body()).await,
        (&Method::GET, "/download") => Response::new(pattern::body(number(&request))),
        (&Method::GET, "/events") => events(desk.events.subscribe()),
        (&Method::GET, "/together") => together(desk, number(&request)).await,
        (&Method::GET, "/chat") => chat(request),
        _ => status(StatusCode::NOT_FOUND),
    }
}

fn text(text: String) -> Response<AnyBody> {
    Response::new(full(text))
}

fn status(code: StatusCode) -> Response<AnyBody> {
    let mut response = text(code.to_string());
    *response.status_mut() = code;
    response
}

fn number(request: &Request<Incoming>) -> usize {
    let query = request.uri().query().expect("a number is asked for");
    query.parse().expect("it is a number")
}

async fn upload(mut body: Incoming) -> Response<AnyBody> {
    let mut pattern = Pattern::default();
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => pattern.check(&data),
            Ok(Err(_)) => {}
            Err(error) => return text(format!("broke at {}: {error}", pattern.at())),
        }
    }
    text(format!("{} bytes", pattern.at()))
}

fn events(said: broadcast::Receiver<String>) -> Response<AnyBody> {
    let lines = stream::unfold(said, |mut said| async move {
        let event = said.recv().await.ok()?;
        let line = Bytes::from(format!("data: {event}\n\n"));
        Some((Ok(Frame::data(line)), said))
    });
    let body = StreamBody::new(lines).map_err(|e: Infallible| match e {});
    let mut response = Response::new(body.boxed_unsync());
    let kind = http::HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert("content-type", kind);
    response
}

async fn together(desk: &Desk, all: usize) -> Response<AnyBody> {
    desk.inside.send_modify(|inside| *inside += 1);
    let mut inside = desk.inside.subscribe();
    match inside.wait_for(|inside| *inside >= all).await {
        Ok(_) => text("all are here".to_owned()),
        Err(_) => status(StatusCode::GONE),
    }
}

fn chat(mut request: Request<Incoming>) -> Response<AnyBody> {
    let Some(key) = request.headers().get("sec-websocket-key") else {
        return status(StatusCode::BAD_REQUEST);
    };
    let accept = derive_accept_key(key.as_bytes());
    tokio::spawn(async move {
        let upgraded = hyper::upgrade::on(&mut request).await.expect("it upgrades");
        let io = TokioIo::new(upgraded);
        let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
        while let Some(Ok(message)) = socket.next().await {
            if (message.is_text() || message.is_binary()) && socket.send(message).await.is_err() {
                break;
            }
        }
    });
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-accept", accept);
    response.body(full("")).expect("it is valid")
}

fn self_signed() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]);
    let made = made.expect("there is randomness");
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.expect("it is a key"));
    TlsAcceptor::from(Arc::new(config.expect("they belong together")))
}
