//! What the tests of several providers need: an order, services on this computer, and how a session goes.

#[allow(
    clippy::print_stderr,
    reason = "what is skipped is told where tests run"
)]
#[path = "../../../tests/all/support/not_tested.rs"]
pub mod not_tested;

use super::{ConnectError, Connector, HostOrder, Session, SessionEvent};
use crate::model::{
    AccountId, Port, PortNumber, PortOptions, Protocol, ProviderId, ProviderOptions, Target,
    TunnelId,
};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// What is waited for comes within this time.
pub const SOON: Duration = Duration::from_secs(20);

pub fn port(number: u16, protocol: Protocol) -> Port {
    let number = PortNumber::new(number).expect("a port");
    Port {
        number,
        protocol,
        target: Target::local(number),
        label: TunnelId::new("web").expect("a label"),
        public_port: None,
        options: PortOptions::default(),
    }
}

pub fn order(ports: &[Port]) -> HostOrder {
    HostOrder {
        account: AccountId::only(ProviderId::default()),
        secrets: BTreeSet::new(),
        tunnel: TunnelId::new("web").expect("an id"),
        ports: ports.to_vec(),
        install: "install".to_owned(),
        take_over: false,
        fixed_ports: false,
        sessions: 0,
        options: ProviderOptions::default(),
    }
}

pub fn options(chosen: &[(&str, &str)]) -> ProviderOptions {
    let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    ProviderOptions(chosen.iter().map(pair).collect())
}

pub async fn connect(
    connector: &dyn Connector,
    order: &HostOrder,
) -> Result<Session, ConnectError> {
    let tokens = connector.mint(order).await?;
    let connecting = connector.connect(order, &tokens, &|_| ());
    timeout(SOON, connecting).await.expect("it does not hang")
}

/// A session that has proven itself.
pub async fn host(connector: &dyn Connector, order: &HostOrder) -> Session {
    let mut session = connect(connector, order).await.expect("it is hosted");
    assert_eq!(next(&mut session).await, SessionEvent::Established);
    session
}

/// The same, where what is left of an earlier one may have to go first.
pub async fn host_again(connector: &dyn Connector, order: &HostOrder) -> Session {
    let trying = async {
        loop {
            match connect(connector, order).await {
                Ok(session) => return session,
                Err(error) => {
                    assert_eq!(error.class(), crate::model::Class::Transient, "{error:?}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    };
    let mut session = timeout(SOON, trying).await.expect("it is hosted again");
    assert_eq!(next(&mut session).await, SessionEvent::Established);
    session
}

pub async fn next(session: &mut Session) -> SessionEvent {
    let event = timeout(SOON, session.events.recv());
    event
        .await
        .expect("it comes soon")
        .expect("the session stands")
}

/// Why the session is over.
pub async fn ended(session: &mut Session) -> ConnectError {
    loop {
        match next(session).await {
            SessionEvent::Ended(ended) => return ended,
            SessionEvent::Established => {}
            other => panic!("{other:?}"),
        }
    }
}

pub fn url(session: &Session) -> &str {
    &session.ports.first().expect("there is a port").url
}

/// A service that does this with each that comes.
pub async fn service<F>(
    serve: impl Fn(TcpStream) -> F + Send + 'static,
) -> (u16, AbortOnDropHandle<()>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    let task = tokio::spawn(async move {
        let mut open = tokio::task::JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            open.spawn(serve(socket));
        }
    });
    (port, AbortOnDropHandle::new(task))
}

/// One that says everything back, to its end.
pub async fn echo() -> (u16, AbortOnDropHandle<()>) {
    service(|mut socket| async move {
        let (mut from, mut to) = socket.split();
        let _ = tokio::io::copy(&mut from, &mut to).await;
        let _ = to.shutdown().await;
    })
    .await
}

/// A web server that answers each request with this, and keeps the connection unless it is told not to.
pub async fn web(text: &'static str) -> (u16, AbortOnDropHandle<()>) {
    service(move |mut socket| async move {
        let (mut head, mut piece) = (Vec::new(), [0; 2048]);
        while let Ok(read @ 1..) = socket.read(&mut piece).await {
            head.extend_from_slice(&piece[..read]);
            if !head.windows(4).any(|end| end == b"\r\n\r\n") {
                continue;
            }
            let closes = String::from_utf8_lossy(&head).to_ascii_lowercase();
            let closes = closes.contains("connection: close");
            head.clear();
            let (length, end) = (
                text.len(),
                if closes { "connection: close\r\n" } else { "" },
            );
            let answer = format!("HTTP/1.1 200 OK\r\n{end}content-length: {length}\r\n\r\n{text}");
            if socket.write_all(answer.as_bytes()).await.is_err() || closes {
                return;
            }
        }
    })
    .await
}

/// A port where nothing listens.
pub async fn closed() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("it is bound").port()
}

/// The answer to a request of `GET /` at `place` for `host`, whole.
pub async fn get(place: &str, host: &str) -> String {
    let asking = async {
        let mut visitor = TcpStream::connect(place).await.expect("it accepts");
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        visitor
            .write_all(request.as_bytes())
            .await
            .expect("it is open");
        let mut answer = String::new();
        visitor.read_to_string(&mut answer).await.expect("text");
        answer
    };
    timeout(SOON, asking).await.expect("it answers")
}

/// What comes back of these bytes at `place`, up to the end.
pub async fn said_back(place: &str, bytes: Vec<u8>) -> Vec<u8> {
    let talking = async {
        let visitor = TcpStream::connect(place).await.expect("it accepts");
        let (mut from, mut to) = visitor.into_split();
        let saying = async move {
            to.write_all(&bytes).await.expect("it is open");
            to.shutdown().await.expect("it is open");
        };
        let mut back = Vec::new();
        let (read, ()) = tokio::join!(from.read_to_end(&mut back), saying);
        read.expect("it is whole");
        back
    };
    timeout(SOON, talking).await.expect("it ends")
}
