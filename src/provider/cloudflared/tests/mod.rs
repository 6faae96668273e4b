//! Hosting from end to end, with a stand-in for the program.

mod hosting;
#[allow(dead_code, reason = "the tests of the built binary use the rest")]
#[path = "../../../../tests/all/support/cloudflared.rs"]
mod stand_in;
mod trouble;

use super::connection::{Carrying, Patience};
use super::offers::NAMES;
use super::options::Options;
use crate::model::{
    AccountId, Chosen, Port, PortNumber, PortOptions, Protocol, ProviderId, ProviderOptions,
    Secret, Target, TunnelId,
};
use crate::provider::program::{Program, ProgramConnector};
use crate::provider::{ConnectError, Connector as _, HostOrder, Session, SessionEvent};
use crate::secrets::Secrets;
use stand_in::{DEAF, NAMED, StandIn};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// What is waited for comes within this time.
const SOON: Duration = Duration::from_secs(30);

const TOKEN: &str = "eyJhIjoiYWNjb3VudCIsInQiOiJ0dW5uZWwiLCJzIjoic2VjcmV0In0";

fn patience() -> Patience {
    Patience {
        look: Duration::from_millis(50),
        ..Patience::default()
    }
}

fn port(number: u16) -> Port {
    let number = PortNumber::new(number).expect("a port");
    Port {
        number,
        protocol: Protocol::Http,
        target: Target::local(number),
        label: TunnelId::new("web").expect("a label"),
        public_port: None,
        options: PortOptions::default(),
    }
}

fn order(ports: &[Port]) -> HostOrder {
    HostOrder {
        account: AccountId::only(ProviderId::literal("cloudflared")),
        tunnel: TunnelId::new("web").expect("an id"),
        ports: ports.to_vec(),
        install: "install".to_owned(),
        take_over: false,
        fixed_ports: false,
        options: ProviderOptions::default(),
        secrets: std::collections::BTreeSet::new(),
        sessions: 0,
    }
}

/// A connector with these options, and its secrets.
struct Scene {
    connector: ProgramConnector<Carrying>,
    secrets: Arc<Secrets>,
    _home: tempfile::TempDir,
}

fn scene_with(stand_in: &StandIn, chosen: &[(&str, &str)], patience: Patience) -> Scene {
    let home = tempfile::tempdir().expect("a folder");
    let secrets = Arc::new(Secrets::open(home.path(), true));
    let chosen = chosen
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let carrying = Carrying {
        program: Program::at(&NAMES, stand_in.program()),
        options: Options::parse(&ProviderOptions(chosen.collect())),
        patience,
    };
    Scene {
        connector: ProgramConnector::new(carrying, Arc::clone(&secrets)),
        secrets,
        _home: home,
    }
}

fn scene(stand_in: &StandIn) -> Scene {
    scene_with(stand_in, &[], patience())
}

impl Scene {
    /// The order with a token that is kept.
    fn with_token(&self, mut order: HostOrder) -> HostOrder {
        let name = Chosen::secret_name(&order.tunnel, "token");
        self.secrets
            .set(&name, &Secret::new(TOKEN))
            .expect("it is kept");
        order.secrets.insert("token".to_owned());
        order
    }

    async fn connect(&self, order: &HostOrder) -> Result<Session, ConnectError> {
        let tokens = self.connector.mint(order).await?;
        let connecting = self.connector.connect(order, &tokens, &|_| ());
        timeout(SOON, connecting).await.expect("it does not hang")
    }

    async fn host(&self, order: &HostOrder) -> Session {
        let mut session = self.connect(order).await.expect("it is hosted");
        assert_eq!(next(&mut session).await, SessionEvent::Established);
        session
    }
}

async fn next(session: &mut Session) -> SessionEvent {
    let event = timeout(SOON, session.events.recv());
    event
        .await
        .expect("it comes soon")
        .expect("the session stands")
}

async fn ended(session: &mut Session) -> ConnectError {
    match next(session).await {
        SessionEvent::Ended(ended) => ended,
        other => panic!("{other:?}"),
    }
}

fn url(session: &Session) -> &str {
    &session.ports.first().expect("there is a port").url
}

/// Where the program that was started last is to send visitors.
fn origin(stand_in: &StandIn) -> String {
    let started = stand_in.started();
    let last = started.last().expect("it was started");
    let url = last.split_once("--url http://").expect("it is told").1;
    url.split(' ').next().unwrap_or_default().to_owned()
}

/// What a visitor gets there.
async fn visit(origin: &str) -> String {
    let mut socket = TcpStream::connect(origin).await.expect("it is open");
    socket
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await
        .expect("it is open");
    let mut answer = String::new();
    let reading = socket.read_to_string(&mut answer);
    timeout(SOON, reading)
        .await
        .expect("it ends")
        .expect("it is text");
    answer
}

/// A service that answers each request with this, and its port.
async fn service(answer: &'static str) -> (u16, tokio_util::task::AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    let task = tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = [0; 1024];
            let _ = socket.read(&mut head).await;
            let length = answer.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{answer}");
            let _ = socket.write_all(head.as_bytes()).await;
        }
    });
    (port, tokio_util::task::AbortOnDropHandle::new(task))
}
