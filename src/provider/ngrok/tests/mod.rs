//! Hosting from end to end: the connector between services on this computer and an edge on loopback.

#[allow(dead_code, reason = "the tests of the built binary use the rest")]
#[path = "../../../../tests/all/support/ngrok/mod.rs"]
mod edge;
mod hosting;
mod official;
mod trouble;

use super::*;
use crate::model::{
    Class, Phase, Port, PortNumber, PortOptions, Protocol, ProviderId, Reason, Secret, Target,
    TunnelId,
};
use crate::provider::{ConnectError, Connector, HostOrder, Session, SessionEvent};
pub(super) use edge::frame;
use edge::{Edge, Visitor};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// What is waited for comes within this time.
const SOON: Duration = Duration::from_secs(10);

const TOKEN: &str = "2t0kenOfThisTest";

fn port(number: u16, protocol: Protocol) -> Port {
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

fn order(ports: &[Port]) -> HostOrder {
    HostOrder {
        account: crate::model::AccountId::only(ProviderId::default()),
        secrets: std::collections::BTreeSet::new(),
        tunnel: TunnelId::new("web").expect("an id"),
        ports: ports.to_vec(),
        install: "install".to_owned(),
        take_over: false,
        fixed_ports: false,
        sessions: 0,
        options: crate::model::ProviderOptions::default(),
    }
}

/// Beats often, so that a test need not wait long for one.
fn quick() -> Patience {
    Patience {
        beat: Duration::from_millis(200),
        tolerance: Duration::from_secs(3),
        ..Patience::default()
    }
}

/// Has one token, and a password.
struct Pocket;

impl SecretSource for Pocket {
    fn token(&self) -> Result<Option<Secret>, String> {
        Ok(Some(Secret::new(TOKEN)))
    }

    fn option(&self, tunnel: &TunnelId, key: &str) -> Result<Option<Secret>, String> {
        let is_its = tunnel.as_str() == "web" && key == "basic-auth";
        Ok(is_its.then(|| Secret::new("anna:password1")))
    }
}

/// Where an edge is, and who vouches for it.
fn server(edge: &Edge) -> Server {
    Server {
        host: "localhost".to_owned(),
        port: edge.port(),
        authority: Some(edge.authority.clone().into_bytes()),
    }
}

fn connector(edge: &Edge, chosen: &[(&str, &str)]) -> NgrokConnector {
    let options = Options::parse(chosen.iter().copied());
    NgrokConnector::new(Arc::new(Pocket), options)
        .with_server(server(edge))
        .with_patience(quick())
}

async fn connect(connector: &NgrokConnector, order: &HostOrder) -> Result<Session, ConnectError> {
    let tokens = connector.mint(order).await?;
    let connecting = connector.connect(order, &tokens, &|_| ());
    timeout(SOON, connecting).await.expect("it does not hang")
}

/// A session that has proven itself.
async fn host(connector: &NgrokConnector, order: &HostOrder) -> Session {
    let mut session = connect(connector, order).await.expect("it is hosted");
    assert_eq!(next(&mut session).await, SessionEvent::Established);
    session
}

async fn next(session: &mut Session) -> SessionEvent {
    let event = timeout(SOON, session.events.recv());
    event
        .await
        .expect("it comes soon")
        .expect("the session stands")
}

/// Why the session is over.
async fn ended(session: &mut Session) -> ConnectError {
    loop {
        match next(session).await {
            SessionEvent::Ended(ended) => return ended,
            SessionEvent::Established => {}
            other => panic!("{other:?}"),
        }
    }
}

fn url(session: &Session) -> &str {
    &session.ports.first().expect("there is a port").url
}

/// A service that does this with each that comes.
async fn service<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> (u16, AbortOnDropHandle<()>)
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
async fn echo() -> (u16, AbortOnDropHandle<()>) {
    service(|mut socket| async move {
        let (mut from, mut to) = socket.split();
        let _ = tokio::io::copy(&mut from, &mut to).await;
        let _ = to.shutdown().await;
    })
    .await
}

/// A port where nothing listens.
async fn closed() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("it is bound").port()
}

/// All that a visitor is told, up to the end.
async fn all(visitor: &mut Visitor) -> Vec<u8> {
    let mut said = Vec::new();
    let reading = visitor.stream.read_to_end(&mut said);
    timeout(SOON, reading)
        .await
        .expect("it ends")
        .expect("it is whole");
    said
}
