//! What the link's tests share: a relay with a recording ingress, orders, local services.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;
use underpass::link::resume::{Config, DetectorConfig};
use underpass::model::{
    JoinLink, Port, PortNumber, Protocol, ProviderId, Reason, Secret, Target, TunnelId,
};
use underpass::provider::relay::{Detours, Fixed, Patience, RelayConnector};
use underpass::provider::{ConnectError, Connector, HostOrder, Session, SessionEvent};
use underpass::relay::{
    Backend, Ingress, IngressGuard, Lookup, OpenError, Relay, RelayConfig, Stream, Upstream,
    Visitor,
};

/// Nothing in these tests takes this long unless it hangs.
pub const HANG: Duration = Duration::from_mins(1);

/// Serves raw TCP truly, and remembers the backend.
#[derive(Default)]
pub struct FakeIngress {
    backend: Mutex<Option<Arc<dyn Backend>>>,
}

impl Ingress for FakeIngress {
    fn serve_http(&self, listener: TcpListener, backend: Arc<dyn Backend>) -> IngressGuard {
        *self.backend.lock().expect("nobody panics") = Some(backend);
        IngressGuard::new(listener)
    }

    fn open_tcp(&self, listener: TcpListener, upstream: Arc<dyn Upstream>) -> IngressGuard {
        IngressGuard::new(AbortOnDropHandle::new(tokio::spawn(carry(
            listener, upstream,
        ))))
    }

    fn open_web(&self, listener: TcpListener, upstream: Arc<dyn Upstream>) -> IngressGuard {
        self.open_tcp(listener, upstream)
    }
}

async fn carry(listener: TcpListener, upstream: Arc<dyn Upstream>) {
    let mut visitors = JoinSet::new();
    while let Ok((mut visitor, peer)) = listener.accept().await {
        let upstream = Arc::clone(&upstream);
        visitors.spawn(async move {
            if let Ok(mut service) = upstream
                .open(Visitor {
                    peer,
                    reached: None,
                })
                .await
            {
                let _ = tokio::io::copy_bidirectional(&mut visitor, &mut service).await;
            }
        });
    }
}

/// A relay and its data.
pub struct Rig {
    pub relay: Relay,
    pub ingress: Arc<FakeIngress>,
    pub data: TempDir,
}

impl Rig {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut RelayConfig)) -> Self {
        let data = tempfile::tempdir().expect("there is room");
        let mut config = RelayConfig::local(data.path());
        change(&mut config);
        let ingress = Arc::new(FakeIngress::default());
        let relay = Relay::start(config, Arc::<FakeIngress>::clone(&ingress))
            .await
            .expect("it starts");
        Self {
            relay,
            ingress,
            data,
        }
    }

    pub fn find(&self, label: &str) -> Lookup {
        let backend = self.ingress.backend.lock().expect("nobody panics");
        backend.as_ref().expect("it serves").find(label)
    }

    /// A visitor's stream to the tunnel behind `label`.
    pub async fn visit(&self, label: &str) -> Result<Box<dyn Stream>, OpenError> {
        self.visit_from(label, 9).await
    }

    /// The same, of a visitor whose address ends in `last`.
    pub async fn visit_from(&self, label: &str, last: u8) -> Result<Box<dyn Stream>, OpenError> {
        let Lookup::Live(upstream) = self.find(label) else {
            panic!("nobody hosts {label}");
        };
        let peer = ([203, 0, 113, last], 4711).into();
        upstream
            .open(Visitor {
                peer,
                reached: None,
            })
            .await
    }

    /// The join link of another account.
    pub fn join(&self, account: &str) -> JoinLink {
        let mut accounts = underpass::relay::Accounts::open(self.data.path()).expect("it opens");
        let token = accounts.add(account).expect("it is added");
        with_token(&self.relay.join_link(), token.expose())
    }
}

pub fn with_token(link: &JoinLink, token: &str) -> JoinLink {
    JoinLink {
        token: Secret::new(token),
        ..link.clone()
    }
}

pub fn number(port: u16) -> PortNumber {
    PortNumber::new(port).expect("not 0")
}

pub fn port(label: &str, local: u16, protocol: Protocol) -> Port {
    Port {
        number: number(local),
        protocol,
        target: Target::local(number(local)),
        label: TunnelId::new(label).expect("a label"),
        public_port: None,
        options: underpass::model::PortOptions::default(),
    }
}

/// A tunnel of one port, called like its label.
pub fn order(label: &str, local: u16, protocol: Protocol) -> HostOrder {
    HostOrder {
        account: underpass::model::AccountId::only(ProviderId::RELAY),
        secrets: std::collections::BTreeSet::new(),
        tunnel: TunnelId::new(label).expect("a label"),
        ports: vec![port(label, local, protocol)],
        install: "install-1".to_owned(),
        take_over: false,
        fixed_ports: false,
        options: underpass::model::ProviderOptions::default(),
        sessions: 0,
    }
}

/// It takes no proxy from the environment.
pub fn connector(link: &JoinLink) -> RelayConnector {
    RelayConnector::new(Arc::new(Fixed(link.clone()))).with_detours(Detours::default())
}

pub async fn connect(
    connector: &RelayConnector,
    order: &HostOrder,
) -> Result<Session, ConnectError> {
    let tokens = connector.mint(order).await?;
    connector.connect(order, &tokens, &|_| {}).await
}

pub async fn host(rig: &Rig, order: &HostOrder) -> Session {
    connect(&connector(&rig.relay.join_link()), order)
        .await
        .expect("it is admitted")
}

/// The reason for which it is refused.
pub async fn refused(link: &JoinLink, order: &HostOrder) -> Reason {
    let refused = connect(&connector(link), order).await;
    refused.expect_err("it is refused").reason
}

/// Waits for the session's end: why.
pub async fn ended(session: &mut Session) -> Reason {
    let waiting = async {
        loop {
            match session.events.recv().await.expect("it says why") {
                SessionEvent::Ended(ended) | SessionEvent::Lapsed(ended) => return ended.reason,
                SessionEvent::Established
                | SessionEvent::Ports(_)
                | SessionEvent::Lacking(_)
                | SessionEvent::GoingDown
                | SessionEvent::Superseded
                | SessionEvent::Parked { .. }
                | SessionEvent::Resumed => {}
            }
        }
    };
    tokio::time::timeout(HANG, waiting).await.expect("no hang")
}

pub fn quick() -> Patience {
    Patience {
        dial: Duration::from_millis(300),
        handshake: Duration::from_millis(300),
        link: quick_link(),
    }
}

/// A link that soon finds out that nothing moves.
pub fn quick_link() -> Config {
    Config {
        detector: DetectorConfig {
            ping_every: Duration::from_millis(50),
            dead_after: Duration::from_millis(300),
            check_at_least: Duration::from_millis(100),
            ..DetectorConfig::default()
        },
        ..Config::default()
    }
}

/// Waits for this event.
pub async fn happens(session: &mut Session, wanted: impl Fn(&SessionEvent) -> bool) {
    let waiting = async {
        while let Some(event) = session.events.recv().await {
            if wanted(&event) {
                return;
            }
            assert!(
                !matches!(event, SessionEvent::Ended(_) | SessionEvent::Lapsed(_)),
                "{event:?}"
            );
        }
        panic!("the session is gone");
    };
    tokio::time::timeout(HANG, waiting).await.expect("no hang");
}

/// Something that listens on loopback, and does `serve` with each connection.
pub struct Service {
    pub port: u16,
    _task: AbortOnDropHandle<()>,
}

impl Service {
    pub async fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let port = listener.local_addr().expect("bound").port();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                connections.spawn(serve(socket));
            }
        });
        Self {
            port,
            _task: AbortOnDropHandle::new(task),
        }
    }

    pub async fn echo() -> Self {
        Self::start(|mut socket| async move {
            let (mut read, mut write) = socket.split();
            let _ = tokio::io::copy(&mut read, &mut write).await;
            let _ = write.shutdown().await;
        })
        .await
    }
}

pub async fn read_all(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u8> {
    let mut all = Vec::new();
    let reading = tokio::time::timeout(HANG, stream.read_to_end(&mut all)).await;
    reading.expect("no hang").expect("a clean end");
    all
}

/// A port on which nothing listens.
pub async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    listener.local_addr().expect("bound").port()
}

pub fn files(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("it is there");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("it is read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}
