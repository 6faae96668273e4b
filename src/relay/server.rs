//! Starts a relay, and ends it: listeners, identity, accounts, and the loop that accepts hosts.

use super::arrival::{self, Common, Entrance};
use super::door::Door;
use super::public_ports::PublicPorts;
use super::registry::{Naming, Registry, reachable};
use super::{
    Accounts, Backend, HostDoor, Ingress, IngressGuard, Knock, Limits, Lookup, RelayError,
    certificate, files,
};
use crate::link::resume::Lot;
use crate::link::transport;
use crate::model::{JoinLink, PortNumber, Secret};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// After a failed accept (mostly: too many open files) the next try waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A shutdown waits this long for the hosts to be told.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(3);

/// What a relay is started with.
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// Where hosts connect.
    pub link: SocketAddr,
    /// Where visitors connect; public ports are opened on the same address.
    pub http: SocketAddr,
    /// The public TCP ports; `None` for whatever the system gives.
    pub tcp_ports: Option<RangeInclusive<u16>>,
    /// What follows a label in a host name: `localhost` when embedded.
    pub domain: String,
    /// Where key, certificate and accounts are kept.
    pub data: PathBuf,
    /// Each web port gets a listener of its own too, for machines that cannot resolve its name.
    pub public_by_port: bool,
    /// The host in the join link; the link address when there is none.
    pub advertise: Option<String>,
    /// How much anyone may ask.
    pub limits: Limits,
}

impl RelayConfig {
    /// A relay on loopback, on any free ports, with its data in `data`.
    #[must_use]
    pub fn local(data: impl Into<PathBuf>) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            link: any,
            http: any,
            tcp_ports: None,
            domain: "localhost".to_owned(),
            data: data.into(),
            public_by_port: false,
            advertise: None,
            limits: Limits::default(),
        }
    }
}

/// Something is wrong that does not keep the relay from running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The accounts file could not be read: only the owner can host.
    AccountsKeptAside {
        /// Where the file is now.
        path: PathBuf,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccountsKeptAside { path } => write!(
                f,
                "the accounts file could not be read and was kept as {}: only the owner can host",
                path.display()
            ),
        }
    }
}

/// A running relay. Dropping it ends it at once; [`Relay::shutdown`] tells the hosts first.
#[derive(Debug)]
pub struct Relay {
    link: SocketAddr,
    http: SocketAddr,
    join: JoinLink,
    warnings: Vec<Warning>,
    shutdown: CancellationToken,
    accepting: AbortOnDropHandle<()>,
    http_guard: IngressGuard,
}

impl Relay {
    /// Starts a relay whose visitors `ingress` serves. It runs on the runtime this is called in.
    ///
    /// # Errors
    /// What failed and what to do about it.
    pub async fn start(config: RelayConfig, ingress: Arc<dyn Ingress>) -> Result<Self, RelayError> {
        let (fingerprint, acceptor, accounts) = open_data(&config.data)?;
        let (hosts, link) = bind("the link to hosts", config.link, "--listen").await?;
        let (visitors, http) = bind("HTTP", config.http, "--http").await?;
        let join = JoinLink {
            token: Secret::new(accounts.owner_token().expose()),
            host: advertised(&config, link),
            port: PortNumber::new(link.port()).unwrap_or(FALLBACK_PORT),
            fingerprint,
        };
        let aside = accounts.kept_aside().map(ToOwned::to_owned);
        let warnings = aside.map(|path| Warning::AccountsKeptAside { path });
        let registry = Arc::new(registry(&config, http, &ingress));
        let (door, knocks) = HostDoor::new();
        let backend: Arc<dyn Backend> = Arc::new(Front {
            registry: Arc::clone(&registry),
            door,
        });
        let shutdown = CancellationToken::new();
        let common = Arc::new(Common {
            limits: config.limits,
            acceptor,
            accounts: Mutex::new(accounts),
            registry,
            lot: Lot::new(config.limits.parking),
            shutdown: shutdown.clone(),
        });
        Ok(Self {
            link,
            http,
            join,
            warnings: Vec::from_iter(warnings),
            shutdown,
            accepting: AbortOnDropHandle::new(tokio::spawn(accept(hosts, knocks, common))),
            http_guard: ingress.serve_http(visitors, backend),
        })
    }

    /// Where hosts connect.
    #[must_use]
    pub fn link_addr(&self) -> SocketAddr {
        self.link
    }

    /// Where visitors connect.
    #[must_use]
    pub fn http_addr(&self) -> SocketAddr {
        self.http
    }

    /// The owner's join link.
    #[must_use]
    pub fn join_link(&self) -> JoinLink {
        self.join.clone()
    }

    /// What is wrong without keeping it from running.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Tells every host that the relay goes down, then ends it. Takes 3 s at most. Its addresses are
    /// free then: another relay may start on them at once.
    pub async fn shutdown(self) {
        let Self {
            shutdown,
            mut accepting,
            http_guard,
            ..
        } = self;
        shutdown.cancel();
        // Whoever has not been told by then sees the link close.
        let told = tokio::time::timeout(SHUTDOWN_WITHIN, &mut accepting);
        let _ = tokio::join!(told, http_guard.end(SHUTDOWN_WITHIN));
    }
}

/// Key, certificate and accounts, as they are kept in `dir`.
fn open_data(dir: &Path) -> Result<([u8; 32], TlsAcceptor, Accounts), RelayError> {
    files::make_dir(dir).map_err(|error| RelayError::Data {
        path: dir.to_owned(),
        error,
    })?;
    let identity = certificate::load(dir)?;
    let acceptor = identity.acceptor().map_err(|error| RelayError::Tls {
        path: dir.to_owned(),
        error,
    })?;
    Ok((identity.fingerprint(), acceptor, Accounts::open(dir)?))
}

/// Never used: a bound listener has a port.
const FALLBACK_PORT: PortNumber = match PortNumber::new(7443) {
    Some(port) => port,
    None => panic!("it is not 0"),
};

fn registry(config: &RelayConfig, http: SocketAddr, ingress: &Arc<dyn Ingress>) -> Registry {
    let naming = Naming {
        domain: config.domain.clone(),
        http,
        by_port: config.public_by_port,
    };
    let range = config.tcp_ports.clone();
    let ports = PublicPorts::new(http.ip(), range, Arc::clone(ingress));
    Registry::new(config.limits, naming, ports)
}

/// The join link that hands `token` to a host of the relay that runs with this config: for a relay of
/// another process, whose key is in `config.data`.
///
/// # Errors
/// Its key and certificate cannot be used.
pub fn join_link(config: &RelayConfig, token: &Secret) -> Result<JoinLink, RelayError> {
    let identity = certificate::load(&config.data)?;
    Ok(JoinLink {
        token: Secret::new(token.expose()),
        host: advertised(config, config.link),
        port: PortNumber::new(config.link.port()).unwrap_or(FALLBACK_PORT),
        fingerprint: identity.fingerprint(),
    })
}

/// A wildcard is no address to connect to: this machine's own stands in for it.
fn advertised(config: &RelayConfig, link: SocketAddr) -> String {
    let own = || reachable(link.ip()).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    config
        .advertise
        .clone()
        .unwrap_or_else(|| own().to_string())
}

async fn bind(
    purpose: &'static str,
    address: SocketAddr,
    option: &'static str,
) -> Result<(TcpListener, SocketAddr), RelayError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => RelayError::AddressInUse {
            purpose,
            address,
            option,
        },
        _ => RelayError::Listen {
            purpose,
            address,
            option,
            error,
        },
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// What visitors' listeners see of the relay.
struct Front {
    registry: Arc<Registry>,
    door: HostDoor,
}

impl Backend for Front {
    fn find(&self, label: &str) -> Lookup {
        self.registry.find(label)
    }

    fn host_door(&self) -> Option<HostDoor> {
        Some(self.door.clone())
    }
}

/// Accepts hosts until the relay goes down, then waits for their sessions to end.
async fn accept(listener: TcpListener, mut knocks: mpsc::Receiver<Knock>, common: Arc<Common>) {
    let door = Arc::new(Door::new(common.limits.unauthenticated));
    let mut sessions = JoinSet::new();
    for id in 0_u64.. {
        let arrived = loop {
            tokio::select! {
                biased;
                () = common.shutdown.cancelled() => break None,
                Some(_) = sessions.join_next() => {}
                arrived = next(&listener, &mut knocks) => break Some(arrived),
            }
        };
        match arrived {
            // One that is broken already is none.
            Some(Ok(None)) => {}
            Some(Ok(Some((entrance, peer)))) => {
                let (common, waiting) = (Arc::clone(&common), door.enter(id));
                sessions.spawn(arrival::serve(common, entrance, peer, waiting));
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "no host can be accepted just now");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            None => break,
        }
    }
    drop((listener, knocks));
    while sessions.join_next().await.is_some() {}
}

/// Neither door waits for the other.
async fn next(
    listener: &TcpListener,
    knocks: &mut mpsc::Receiver<Knock>,
) -> io::Result<Option<(Entrance, SocketAddr)>> {
    tokio::select! {
        accepted = listener.accept() => accepted.map(enter),
        Some(knock) = knocks.recv() => Ok(enter_by_http(knock)),
    }
}

fn enter((socket, peer): (TcpStream, SocketAddr)) -> Option<(Entrance, SocketAddr)> {
    let transport = transport::prepare(socket).ok()?;
    Some((Entrance::Link(transport), peer))
}

fn enter_by_http(knock: Knock) -> Option<(Entrance, SocketAddr)> {
    let transport = transport::prepare(knock.socket).ok()?;
    Some((Entrance::WebSocket(transport, knock.first), knock.peer))
}
