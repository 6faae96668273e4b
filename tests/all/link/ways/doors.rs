//! Strangers at the two doors through which a WebSocket comes.

use super::super::rig::*;
use super::fakes::*;
use futures_util::SinkExt as _;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};
use underpass::link::websocket::{PATH, connect_outer_tls};
use underpass::model::Protocol;
use underpass::relay::RelayConfig;

/// A stranger's patience is the relay's.
const CUT_AFTER: Duration = Duration::from_millis(500);

async fn covered(relay: SocketAddr) -> TlsStream<TcpStream> {
    let socket = TcpStream::connect(relay).await.expect("it listens");
    connect_outer_tls(socket, "127.0.0.1")
        .await
        .expect("it speaks TLS")
}

async fn upgraded<S>(stream: S) -> WebSocketStream<S>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let asked = client_async(format!("ws://localhost{PATH}"), stream).await;
    asked.expect("it is agreed").0
}

/// What a stranger may send once it has a WebSocket.
fn nonsense() -> Vec<Vec<Message>> {
    let long = vec![0x16; 1024 * 1024];
    vec![
        vec![Message::text("hello")],
        vec![Message::binary(long)],
        vec![Message::binary(vec![0xff; 70_000])],
        vec![Message::Ping("x".into()), Message::Close(None)],
        vec![Message::binary(vec![0x16, 3, 1]), Message::Ping("x".into())],
        vec![Message::binary("GET / HTTP/1.1\r\n\r\n")],
    ]
}

/// Says it, and waits for the end.
async fn say<S>(mut socket: WebSocketStream<S>, messages: Vec<Message>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    for message in messages {
        // It may have heard enough before.
        if socket.send(message).await.is_err() {
            break;
        }
    }
    hangs_up(&mut socket.into_inner()).await;
}

/// Waits until the relay has ended it, with whatever it said.
async fn hangs_up(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut said = Vec::new();
    let reading = tokio::time::timeout(HANG, stream.read_to_end(&mut said)).await;
    let _ = reading.expect("it hangs up");
    said
}

fn impatient(config: &mut RelayConfig) {
    config.limits.handshake_timeout = CUT_AFTER;
}

#[tokio::test]
async fn nonsense_at_the_links_door_harms_nobody() {
    let rig = Rig::with(impatient).await;
    let link = rig.relay.link_addr();
    let (session, _echo) = host_echo(&rig.relay.join_link(), detours(NEVER).await).await;
    for messages in nonsense() {
        say(upgraded(covered(link).await).await, messages).await;
    }
    for garbage in [
        b"GET / HTTP/1.1\r\nHost: relay\r\n\r\n".to_vec(),
        vec![0xff; 70_000],
        format!("GET {PATH} HTTP/1.1\r\nHost: relay\r\n").into_bytes(),
        format!("GET {PATH} HTTP/1.1\r\nX: {}\r\n", "x".repeat(200_000)).into_bytes(),
        Vec::new(),
    ] {
        let mut stranger = covered(link).await;
        let _ = stranger.write_all(&garbage).await;
        let _ = stranger.flush().await;
        let said = hangs_up(&mut stranger).await;
        assert!(said.len() < 100, "an answer at most: {said:?}");
    }
    echoes(&mut visitor(&session).await, 1000).await;
}

#[tokio::test]
async fn nonsense_at_the_visitors_door_harms_nobody() {
    let open = Open::with(impatient).await;
    let http = open.relay.http_addr();
    let (session, _echo) = host_echo(&open.relay.join_link(), detours(NEVER).await).await;
    for messages in nonsense() {
        let socket = TcpStream::connect(http).await.expect("it listens");
        say(upgraded(socket).await, messages).await;
    }
    // What is said too early is read in its place.
    let early = format!(
        "GET {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nnonsense"
    );
    let mut socket = TcpStream::connect(http).await.expect("it listens");
    socket.write_all(early.as_bytes()).await.expect("it goes");
    let said = hangs_up(&mut socket).await;
    assert!(said.starts_with(b"HTTP/1.1 101 "), "{said:?}");
    echoes(&mut visitor(&session).await, 1000).await;
}

#[tokio::test]
async fn a_cover_in_a_cover_is_refused() {
    let rig = Rig::start().await;
    let outer = covered(rig.relay.link_addr()).await;
    let socket = underpass::link::websocket::connect(outer, "localhost", 1).await;
    let inner = connect_outer_tls(socket.expect("it is agreed"), "localhost").await;
    // The relay has heard what it agreed to only when this end believes it done.
    let inner = inner.expect("it speaks TLS");
    let agreed = underpass::link::websocket::connect(inner, "localhost", 1);
    assert!(Box::pin(agreed).await.is_err(), "it is agreed to");
}

#[tokio::test]
async fn a_flood_at_either_door_is_bounded_and_a_true_host_gets_through() {
    let open = Open::with(|config| config.limits.unauthenticated = 8).await;
    let mut by_link = Vec::new();
    let mut by_http = Vec::new();
    for _ in 0..20 {
        let socket = TcpStream::connect(open.relay.http_addr()).await;
        by_http.push(upgraded(socket.expect("it listens")).await);
        by_link.push(covered(open.relay.link_addr()).await);
    }
    for stranger in &mut by_link[..16] {
        let ended = tokio::time::timeout(HANG, stranger.read(&mut [0])).await;
        assert!(!matches!(ended.expect("it is turned away"), Ok(1..)));
    }
    for stranger in &mut by_http[..16] {
        let ended = tokio::time::timeout(HANG, stranger.get_mut().read(&mut [0])).await;
        assert!(!matches!(ended.expect("it is turned away"), Ok(1..)));
    }
    let (session, _echo) = host_echo(&open.relay.join_link(), detours(NEVER).await).await;
    echoes(&mut visitor(&session).await, 1000).await;
}

/// What a visitor of `host` gets who asks for a WebSocket at the link's path.
async fn asked_of(relay: SocketAddr, host: &str) -> String {
    asked_with(relay, host, "").await
}

/// The same, with these lines in the head.
async fn asked_with(relay: SocketAddr, host: &str, more: &str) -> String {
    let request = format!(
        "GET {PATH} HTTP/1.1\r\nHost: {host}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    );
    let mut visitor = TcpStream::connect(relay).await.expect("it listens");
    visitor
        .write_all(request.as_bytes())
        .await
        .expect("it goes");
    let mut said = vec![0; 12];
    let reading = visitor.read_exact(&mut said);
    let read = tokio::time::timeout(HANG, reading).await.expect("no hang");
    read.expect("an answer");
    String::from_utf8(said).expect("text")
}

/// A tunnel's site has all its paths to itself, no name of somebody else's leads to the relay, and no
/// page in a browser is a host.
#[tokio::test]
async fn the_path_is_the_relays_own_and_no_tunnels() {
    let open = Open::start().await;
    let http = open.relay.http_addr();
    let service = Service::start(|mut socket| async move {
        let _ = socket.read(&mut [0; 4096]).await;
        let answer = b"HTTP/1.1 418 I'm a teapot\r\nContent-Length: 0\r\n\r\n";
        let _ = socket.write_all(answer).await;
    })
    .await;
    let connector = connector(&open.relay.join_link());
    let order = order("web", service.port, Protocol::Http);
    let _session = connect(&connector, &order).await.expect("it is admitted");
    assert_eq!(asked_of(http, "web.localhost").await, "HTTP/1.1 418");
    assert_eq!(asked_of(http, "other.localhost").await, "HTTP/1.1 404");
    for own in ["localhost", "127.0.0.1:7480"] {
        assert_eq!(asked_of(http, own).await, "HTTP/1.1 101", "{own}");
        let page = "Origin: http://localhost\r\n";
        assert_eq!(asked_with(http, own, page).await, "HTTP/1.1 403", "{own}");
    }
    assert_eq!(asked_of(http, "rebound.example").await, "HTTP/1.1 404");
}
