//! Starts a relay, and ends it: listeners, identity, accounts, and the loop that accepts hosts.

use super::accounts::AccountsWatch;
use super::arrival::{self, Common, Entrance};
use super::names::{NameStore, Names};
use super::public_ports::PublicPorts;
use super::registry::{Naming, Registry};
use super::sockets::{Purpose, listen};
use super::{
    Accounts, HostUpgrades, Ingress, IngressGuard, Limiter, Limits, Network, RelayError,
    ReservedNames, Sockets, UpgradedHost, Whereabouts, certificate, files,
};
use crate::base::files::{check_owner, make_private_dir, try_lock};
use crate::link::resume::SessionStore;
use crate::link::transport;
use crate::model::{JoinLink, PublicUrl};
use std::fmt;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// After a failed accept (mostly: too many open files) the next try waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// An end takes this long at most, or as long as what is under way may take.
const SHUTDOWN_WITHIN: Duration = Duration::from_secs(3);

/// The most that is kept, of the time for what is under way, for its orderly end.
const KEPT_FOR_THE_END: Duration = Duration::from_secs(1);

/// Visitors' connections that were closed get this long until the hosts hear of it.
const CLOSED_WITHIN: Duration = Duration::from_millis(200);

/// Held on the relay's folder for as long as it runs.
const LOCK: &str = "relay.lock";

/// A relay that is ending lets go of it in a moment.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

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
    /// Where visitors reach tunnels, when that is not where the relay listens for them.
    pub public_url: Option<PublicUrl>,
    /// Where key, certificate and accounts are kept.
    pub data: PathBuf,
    /// Each web port gets a listener of its own too, for machines that cannot resolve its name.
    pub public_by_port: bool,
    /// The host in the join link; the link address when there is none.
    pub advertise: Option<String>,
    /// Names that nobody gets.
    pub reserved: ReservedNames,
    /// How much anyone may ask.
    pub limits: Limits,
}

impl RelayConfig {
    /// A relay on loopback, on any free ports, with its data in `data`.
    pub fn local(data: impl Into<PathBuf>) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            link: any,
            http: any,
            tcp_ports: None,
            domain: "localhost".to_owned(),
            public_url: None,
            data: data.into(),
            public_by_port: false,
            advertise: None,
            reserved: ReservedNames::default(),
            limits: Limits::default(),
        }
    }
}

/// Something is wrong that does not keep the relay from running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The accounts file cannot be understood: only the owner can host.
    AccountsCorrupt {
        /// The file. It is left as it is.
        path: PathBuf,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccountsCorrupt { path } => write!(
                f,
                "{} cannot be understood: only the owner can host until it is restored, or moved away to begin with no other account",
                path.display()
            ),
        }
    }
}

/// A running relay: the public end of the tunnels that its accounts host.
///
/// It owns its two listeners and those of public ports, the sessions of its hosts, the connections of
/// their visitors, and the lock on its data folder, in which it keeps key, certificate, accounts and
/// names. All of it runs as tasks of the runtime that it was started in.
///
/// # Order of calls
///
/// 1. [`Relay::start`], or [`Relay::start_on`] with sockets that a service manager holds. When it returns
///    the relay is up: its addresses are final, and [`Relay::join_link`] is what a host needs.
/// 2. Whoever may host is in its folder ([`Accounts`](super::Accounts)): changes count within a second.
/// 3. [`Relay::drain`] tells the hosts that it goes down and gives what is under way its time;
///    [`Relay::shutdown`] waits for nothing. When they return another relay may start on the same
///    addresses and folder. Dropping it ends it at once and tells nobody.
///
/// # What never happens
///
/// - Two relays never have one folder: the second is refused, with the path in the error.
/// - No visitor waits for a host for longer than it takes to say that there is none; one whose host is
///   on its way back waits 10 s at most.
/// - Nothing that a stranger, a visitor or an account sends grows memory, files or log beyond the
///   [`Limits`], and whoever has most pays.
/// - What it cannot read in its folder is never replaced.
/// - It knows no window, no home and no provider: the program embeds it, and runs it on a server.
///
/// An example is in the [room's documentation](crate::relay).
pub struct Relay {
    link: SocketAddr,
    http: SocketAddr,
    join: JoinLink,
    warnings: Vec<Warning>,
    common: Arc<Common>,
    name_store: Arc<NameStore>,
    remembering: AbortOnDropHandle<()>,
    watching: AbortOnDropHandle<()>,
    accepting: AbortOnDropHandle<()>,
    http_guard: IngressGuard,
    /// The owner's token was made by this start.
    is_new: bool,
    /// No other relay may keep its data there.
    lock: File,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("link", &self.link)
            .field("http", &self.http)
            .finish_non_exhaustive()
    }
}

impl Relay {
    /// Starts a relay whose visitors `ingress` serves. It runs on the runtime this is called in.
    pub async fn start(config: RelayConfig, ingress: Arc<dyn Ingress>) -> Result<Self, RelayError> {
        Self::start_on(Sockets::default(), config, ingress).await
    }

    /// Starts a relay on sockets that listen already, where there are such.
    pub async fn start_on(
        sockets: Sockets,
        config: RelayConfig,
        ingress: Arc<dyn Ingress>,
    ) -> Result<Self, RelayError> {
        let Data {
            fingerprint,
            acceptor,
            accounts,
            lock,
        } = open_data(&config.data).await?;
        let name_store = NameStore::of(&config.data);
        let mut names = name_store.load()?;
        if accounts.corrupt().is_none() {
            let roster = accounts.roster();
            names.retain(|account| roster.has(account));
        }
        let (hosts, link) = listen(Purpose::Link, sockets.link, config.link).await?;
        let (visitors, http) = listen(Purpose::Http, sockets.http, config.http).await?;
        let ports = public_ports(&config, http, &ingress);
        let ports = ports.shelved(by_number(sockets.shelved), sockets.shelf);
        let whereabouts = Whereabouts::new(&config, link);
        whereabouts.remember(&config.data);
        let join = whereabouts.join(accounts.owner_token(), fingerprint);
        let warnings = accounts
            .corrupt()
            .map(|path| Warning::AccountsCorrupt { path });
        let is_new = accounts.is_new();
        let (upgrades, waiting) = HostUpgrades::new();
        let registry = registry(&config, http, ports, &names).with_upgrades(upgrades);
        let registry = Arc::new(registry);
        let backend = Arc::clone(&registry);
        let accounts = Arc::new(AccountsWatch::new(accounts));
        let remembering = remember(
            Arc::clone(&name_store),
            Arc::clone(&registry),
            config.limits.return_within,
        );
        let watching = watch(Arc::clone(&accounts), Arc::clone(&registry));
        let common = Arc::new(Common {
            limits: config.limits,
            acceptor,
            accounts,
            registry,
            store: SessionStore::new(config.limits.parking),
            draining: CancellationToken::new(),
            shutdown: CancellationToken::new(),
        });
        Ok(Self {
            link,
            http,
            join,
            warnings: Vec::from_iter(warnings),
            common: Arc::clone(&common),
            name_store,
            remembering: AbortOnDropHandle::new(tokio::spawn(remembering)),
            watching: AbortOnDropHandle::new(tokio::spawn(watching)),
            accepting: AbortOnDropHandle::new(tokio::spawn(accept(hosts, waiting, common))),
            http_guard: ingress.serve_http(visitors, backend),
            is_new,
            lock,
        })
    }

    /// Where hosts connect.
    pub fn link_addr(&self) -> SocketAddr {
        self.link
    }

    /// Where visitors connect.
    pub fn http_addr(&self) -> SocketAddr {
        self.http
    }

    pub fn join_link(&self) -> JoinLink {
        self.join.clone()
    }

    /// Nobody can have the owner's join link yet: this start has made its token.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// What is wrong without keeping it from running.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Ends it without waiting for anything that is under way: see [`Relay::drain`].
    pub async fn shutdown(self) {
        self.drain(Duration::ZERO).await;
    }

    /// Tells every host that the relay goes down, lets what visitors have under way come to its end
    /// and closes the rest a moment before `patience` is over. Nobody new is let in meanwhile; a host
    /// whose connection breaks goes on with its session over another one, so that nothing under way is
    /// lost. Takes `patience` at most, or 3 s where that is less. Its addresses are free then: another
    /// relay may start on them at once.
    pub async fn drain(self, patience: Duration) {
        let Self {
            common,
            name_store,
            remembering,
            watching: _watching,
            mut accepting,
            http_guard,
            lock: _lock,
            ..
        } = self;
        let until = Instant::now() + patience.max(SHUTDOWN_WITHIN);
        let patience = patience.saturating_sub(KEPT_FOR_THE_END.min(patience / 4));
        // As long as what is hosted now still is: the next relay waits for these hosts.
        drop(remembering);
        // What failed is logged, and nothing can be done about it now.
        let _ = name_store.save(&common.registry).await;
        common.draining.cancel();
        let mut guards = common.registry.hand_over();
        guards.push(http_guard);
        let mut visits: JoinSet<()> = guards.into_iter().map(|g| g.end(patience)).collect();
        let ended = async { while visits.join_next().await.is_some() {} };
        // Who has something under way has it over the hosts' links.
        let _ = tokio::time::timeout(patience + CLOSED_WITHIN, ended).await;
        common.shutdown.cancel();
        // Whoever has not been told by then sees the link close.
        let told = async { tokio::join!(&mut accepting, visits.join_all()) };
        let _ = tokio::time::timeout_at(until, told).await;
    }
}

/// Writes down what the next relay is to know, and forgets in time what the last one left.
async fn remember(name_store: Arc<NameStore>, registry: Arc<Registry>, return_within: Duration) {
    let unclaimed = async {
        tokio::time::sleep(return_within).await;
        registry.drop_unclaimed();
    };
    tokio::join!(name_store.keep(Arc::clone(&registry)), unclaimed);
}

/// By the port they listen on. One that has none is of no use.
fn by_number(sockets: Vec<StdListener>) -> impl Iterator<Item = (u16, StdListener)> {
    sockets.into_iter().filter_map(|socket| {
        socket.set_nonblocking(true).ok()?;
        Some((socket.local_addr().ok()?.port(), socket))
    })
}

/// What a relay keeps in its folder, and the lock on that.
struct Data {
    fingerprint: [u8; 32],
    acceptor: TlsAcceptor,
    accounts: Accounts,
    lock: File,
}

/// Key, certificate and accounts, as they are kept in `dir`.
async fn open_data(dir: &Path) -> Result<Data, RelayError> {
    let failed = |error| RelayError::Data {
        path: dir.to_owned(),
        error,
    };
    make_private_dir(dir).map_err(failed)?;
    check_owner(dir)?;
    let lock = lock_data(dir).await.map_err(failed)?;
    let lock = lock.ok_or_else(|| RelayError::DataInUse {
        path: dir.to_owned(),
    })?;
    let identity = certificate::load(dir)?;
    let acceptor = identity.acceptor().map_err(|error| RelayError::Tls {
        path: dir.to_owned(),
        error,
    })?;
    let accounts = Accounts::open(dir)?;
    files::keep_reserve(dir, 0);
    Ok(Data {
        fingerprint: identity.fingerprint(),
        acceptor,
        accounts,
        lock,
    })
}

/// `None` when another relay has it, and does not end just now.
async fn lock_data(dir: &Path) -> std::io::Result<Option<File>> {
    let path = dir.join(LOCK);
    for _ in 0..LOCK_TRIES {
        if let Some(lock) = try_lock(&path)? {
            return Ok(Some(lock));
        }
        tokio::time::sleep(LOCK_PAUSE).await;
    }
    try_lock(&path)
}

/// Ends what an account hosts that is gone or has another token.
async fn watch(accounts: Arc<AccountsWatch>, registry: Arc<Registry>) {
    let follow = accounts.follow(|before, now| {
        registry.revoke(|shown| !now.accepts(shown));
        registry.forget_accounts(before.ids().filter(|id| !now.has(id)));
    });
    follow.await;
}

fn public_ports(config: &RelayConfig, http: SocketAddr, ingress: &Arc<dyn Ingress>) -> PublicPorts {
    let range = config.tcp_ports.clone();
    PublicPorts::new(http.ip(), range, &config.limits, Arc::clone(ingress))
}

fn registry(config: &RelayConfig, http: SocketAddr, ports: PublicPorts, left: &Names) -> Registry {
    let as_it_listens = || PublicUrl {
        secure: false,
        domain: config.domain.clone(),
        port: http.port(),
    };
    let naming = Naming {
        public: config.public_url.clone().unwrap_or_else(as_it_listens),
        http,
        by_port: config.public_by_port,
        reserved: config.reserved.clone(),
    };
    Registry::new(&config.limits, naming, ports, left)
}

/// Accepts hosts until the relay is down, then waits for their sessions to end. While it goes down only
/// sessions that lost their connection are let in again.
async fn accept(
    listener: TcpListener,
    mut waiting: mpsc::Receiver<UpgradedHost>,
    common: Arc<Common>,
) {
    let limiter = Limiter::new(
        "connections that are no session yet",
        common.limits.handshake_share(),
    );
    let mut sessions = JoinSet::new();
    loop {
        let arrived = loop {
            tokio::select! {
                biased;
                () = common.shutdown.cancelled() => break None,
                Some(_) = sessions.join_next() => {}
                arrived = next(&listener, &mut waiting) => break Some(arrived),
            }
        };
        match arrived {
            // One that is broken already is none.
            Some(Ok(None)) => {}
            Some(Ok(Some((entrance, peer, network)))) => {
                let (common, permit) = (Arc::clone(&common), limiter.admit(network));
                sessions.spawn(arrival::serve(common, entrance, peer, permit));
            }
            Some(Err(error)) => {
                tracing::warn!(%error, "no host can be accepted just now");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            None => break,
        }
    }
    drop((listener, waiting));
    while sessions.join_next().await.is_some() {}
}

/// A connection, where it comes from, and whose share it counts to.
type Arrived = (Entrance, SocketAddr, Network);

/// Neither listener waits for the other.
async fn next(
    listener: &TcpListener,
    waiting: &mut mpsc::Receiver<UpgradedHost>,
) -> std::io::Result<Option<Arrived>> {
    tokio::select! {
        accepted = listener.accept() => accepted.map(enter),
        Some(host) = waiting.recv() => Ok(enter_by_http(host)),
    }
}

fn enter((socket, peer): (TcpStream, SocketAddr)) -> Option<Arrived> {
    let transport = transport::prepare(socket).ok()?;
    Some((Entrance::Link(transport), peer, Network::of(peer.ip())))
}

fn enter_by_http(host: UpgradedHost) -> Option<Arrived> {
    let transport = transport::prepare(host.socket).ok()?;
    let entrance = Entrance::WebSocket(transport, host.first);
    Some((entrance, host.peer, host.network))
}
