//! From an accepted connection to a session: a new one that is registered, or an old one that goes on.
//!
//! Whoever is not admitted yet is bounded in number, time and memory, and every connection shows a
//! valid token, the ones that resume a session too.

use super::accounts::{AccountsWatch, Credential};
use super::link_streams::LinkStreams;
use super::registry::{Registration, Registry, start_of};
use super::session::{HostLink, Session};
use super::table::HostClaim;
use super::upstream::{HostRoute, ProbeKey};
use super::{Limits, Permit};
use crate::link::ReadAhead;
use crate::link::control::{Hello, HostMessage, Refusal, RelayMessage, ServedPort, VERSION};
use crate::link::frame::Frames;
use crate::link::mux::{self, Role};
use crate::link::resume::{self, Handle, Request, SessionId, SessionStore};
use crate::link::tls::{self, Accepted, OuterTls, Secured, TlsFault};
use crate::link::transport::Socket;
use crate::link::websocket::{self, WebSocket};
use crate::model::TunnelId;
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// An installation's or instance's id is no longer than this.
const MAX_ID: usize = 128;

/// What all sessions of a relay share.
pub(super) struct Common {
    pub(super) limits: Limits,
    pub(super) acceptor: TlsAcceptor,
    pub(super) accounts: Arc<AccountsWatch>,
    pub(super) registry: Arc<Registry>,
    pub(super) store: SessionStore<Arc<str>>,
    /// The relay goes down: nobody new, and hosts are told. Sessions may still be resumed.
    pub(super) draining: CancellationToken,
    /// What was under way is through, or its time is up: the sessions end.
    pub(super) shutdown: CancellationToken,
}

impl Common {
    /// Whose token a greeting shows.
    async fn account_shown(&self, credentials: &[u8]) -> Option<Credential> {
        let token = std::str::from_utf8(credentials).ok()?;
        self.accounts.authenticate(token).await
    }
}

/// A connection before anything is known of it.
pub(super) enum Entrance {
    /// At the link's own listener: a link, or TLS that covers one.
    Link(ReadAhead<Socket>),
    /// At the visitors' listener, as a WebSocket: a link is in it, or nothing.
    WebSocket(ReadAhead<Socket>, Bytes),
}

/// What a connection turns out to be.
enum Arrival {
    /// A host that wants a session, and whose it is, when its token is known.
    Host(Box<(HostLink, Hello, Option<Credential>)>),
    /// A session that goes on over it.
    Resumed,
}

/// Where an admitted host is served.
struct Admitted {
    registration: Registration,
    ports: Vec<ServedPort>,
    /// Parks and gives up its link.
    place: AbortOnDropHandle<()>,
}

/// Serves one connection for as long as it lives, or until a session has taken it over.
pub(super) async fn serve(
    common: Arc<Common>,
    entrance: Entrance,
    peer: SocketAddr,
    permit: Permit,
) {
    let greeting = timeout(
        common.limits.handshake_timeout,
        greet(&common, entrance, &permit),
    );
    let greeted = tokio::select! {
        greeted = greeting => greeted.unwrap_or_else(|_| Err("it took too long".to_owned())),
        () = permit.evicted() => Err("too many connections wait".to_owned()),
        () = common.shutdown.cancelled() => return,
    };
    let (host, hello, shown) = match greeted {
        Ok(Arrival::Host(host)) => *host,
        Ok(Arrival::Resumed) => return tracing::info!(%peer, "a session goes on"),
        Err(error) => return tracing::debug!(%peer, error, "no host"),
    };
    if common.draining.is_cancelled() {
        // The next relay's: it waits here, as it would at a socket held open.
        tokio::select! {
            () = common.shutdown.cancelled() => {}
            () = permit.evicted() => {}
        }
        return;
    }
    let (tunnel, instance) = (hello.tunnel.clone(), hello.instance.clone());
    let account = shown.as_ref().map(|shown| shown.name().to_owned());
    match admit(&common, &hello, shown, &host.link, &host.route(), permit) {
        Ok(admitted) => {
            let Admitted {
                registration,
                ports,
                place,
            } = admitted;
            let session = registration.session.0;
            tracing::info!(%peer, account, tunnel, instance, session, "a host is here");
            let end = Session::new(&common, host, registration).run(ports).await;
            drop(place);
            tracing::info!(%peer, account, tunnel, session, %end, "a host has left");
        }
        Err((reason, permit)) => {
            // Anyone can be refused, as often as they like and with any name.
            let tunnel = start_of(&tunnel);
            tracing::debug!(%peer, account, tunnel, %reason, "a host is refused");
            let refused = RelayMessage::Refused { reason };
            tokio::select! {
                () = host.close_with(&refused) => {}
                () = permit.evicted() => {}
            }
        }
    }
}

/// From TLS to the host's hello, or to the session that it goes on with.
async fn greet(common: &Common, entrance: Entrance, permit: &Permit) -> Result<Arrival, String> {
    let mut secured = secure(&common.acceptor, entrance, permit)
        .await
        .map_err(|error| error.to_string())?;
    permit.reach(SECURED);
    let request = resume::read_request(&mut secured.stream).await;
    let request = request.map_err(|error| error.to_string())?;
    permit.reach(GREETED);
    match request {
        // Nobody else makes the relay hold the buffers of a link.
        Request::Open { credentials } => {
            if common.account_shown(&credentials).await.is_none() {
                // It hears why if it still listens.
                let _ =
                    resume::refuse(&mut secured.stream, resume::ResumeRefusal::Unauthorized).await;
                return Err("its token is not known".to_owned());
            }
            let (host, hello) = open(common, secured).await?;
            let shown = common.accounts.authenticate(&hello.token.0).await;
            Ok(Arrival::Host(Box::new((host, hello, shown))))
        }
        request @ Request::Resume { .. } => {
            go_on(common, &request, secured).await?;
            Ok(Arrival::Resumed)
        }
    }
}

/// How far a connection has come: whoever only connects goes before whoever has begun a handshake.
const SPOKEN: u8 = 1;
const SECURED: u8 = 2;
const GREETED: u8 = 3;

/// Makes the TLS handshake, inside the outer TLS where there is one.
async fn secure(
    acceptor: &TlsAcceptor,
    entrance: Entrance,
    permit: &Permit,
) -> Result<Secured, TlsFault> {
    let within = match entrance {
        Entrance::Link(mut transport) => {
            // What it says is read in a moment; here it only shows that it says something.
            transport.wait().await.map_err(TlsFault::Broken)?;
            permit.reach(SPOKEN);
            match tls::accept(acceptor, transport).await? {
                Accepted::Link(secured) => return Ok(secured),
                Accepted::OuterTls(OuterTls(stream)) => {
                    let link = websocket::accept(stream).await?;
                    tls::accept(acceptor, link).await?
                }
            }
        }
        Entrance::WebSocket(stream, first) => {
            let link = WebSocket::agreed(stream, &first).await;
            tls::accept(acceptor, link).await?
        }
    };
    match within {
        Accepted::Link(secured) => Ok(secured),
        Accepted::OuterTls(_) => Err(TlsFault::NotARelay(
            "an outer TLS in an outer TLS".to_owned(),
        )),
    }
}

/// Opens a link, which ends with its connection until its host is registered: nobody else may resume
/// it, and nothing parks it.
async fn open(common: &Common, secured: Secured) -> Result<(HostLink, Hello), String> {
    let Secured {
        mut stream,
        binding,
    } = secured;
    let (id, retention) = (SessionId(rand::random()), common.limits.parking.retention);
    resume::grant(&mut stream, id, retention)
        .await
        .map_err(|error| error.to_string())?;
    let secret = resume::Secret::derive(binding, id);
    let (mux, mut incoming) = mux::new(Role::Relay);
    let (link, guard, link_driver) = resume::session(common.limits.link, id, secret, mux.payload());
    link.begin(stream).map_err(|error| error.to_string())?;
    // It ends with the link, once the host has been told.
    tokio::spawn(link_driver.run());
    let driver = AbortOnDropHandle::new(tokio::spawn(mux.run(guard)));
    let control = incoming.next().await.ok_or("the link ended")?;
    let mut control = Frames::new(control);
    let message = control.next().await.map_err(|error| error.to_string())?;
    let Some(HostMessage::Hello(hello)) = message else {
        return Err("it did not say hello".to_owned());
    };
    if hello.knows_stop {
        mux.other_end_knows_stop();
    }
    let (control, outbox) = control.split();
    let host = HostLink {
        status: link.status(),
        link,
        mux,
        incoming,
        control,
        outbox,
        driver,
        probes: ProbeKey::new(&hello.probe.0),
        streams: LinkStreams::new(common.limits.visitors.streams_per_link),
    };
    Ok((host, hello))
}

/// Goes on with a session, for whoever has its account's token and its secret.
async fn go_on(common: &Common, request: &Request, secured: Secured) -> Result<(), String> {
    let Secured {
        mut stream,
        binding,
    } = secured;
    let found = match request {
        Request::Open { .. } => Err(resume::ResumeRefusal::Unknown),
        Request::Resume {
            id, credentials, ..
        } => common
            .account_shown(credentials)
            .await
            .ok_or(resume::ResumeRefusal::Unknown)
            .and_then(|shown| common.store.find(*id, shown.id())),
    };
    match found {
        Ok(link) => resume::accept(&link, request, stream, binding)
            .await
            .map_err(|error| error.to_string()),
        Err(reason) => {
            // It hears why if it still listens.
            let _ = resume::refuse(&mut stream, reason).await;
            Err(format!("it may not resume: {reason}"))
        }
    }
}

/// Registers a host. Whoever is refused keeps its place among the unauthenticated until it has gone.
fn admit(
    common: &Common,
    hello: &Hello,
    shown: Option<Credential>,
    link: &Handle,
    route: &HostRoute,
    permit: Permit,
) -> Result<Admitted, (Refusal, Permit)> {
    try_admit(common, hello, shown, link, route).map_err(|reason| (reason, permit))
}

fn try_admit(
    common: &Common,
    hello: &Hello,
    shown: Option<Credential>,
    link: &Handle,
    route: &HostRoute,
) -> Result<Admitted, Refusal> {
    if hello.version != VERSION {
        return Err(Refusal::Version { relay: VERSION });
    }
    let shown = shown.ok_or(Refusal::Token)?;
    let ids = [&hello.install, &hello.instance];
    if TunnelId::label(hello.tunnel.as_str()).is_err() || ids.iter().any(|id| id.len() > MAX_ID) {
        return Err(Refusal::Invalid {
            detail: "an id is too long or holds what it may not".to_owned(),
        });
    }
    let limit = common.limits.sessions_per_account;
    let parking = common.store.admit(Arc::clone(shown.id()), link.clone());
    let parking = parking.map_err(|resume::StoreFull| Refusal::TooManyTunnels { limit })?;
    let claim = HostClaim {
        account: Arc::clone(shown.id()),
        tunnel: hello.tunnel.clone(),
        install: hello.install.clone(),
        take_over: hello.take_over,
    };
    let admitted = common.registry.admit(&claim, &shown, &hello.ports, route);
    let (registration, ports) = admitted?;
    // Whoever was removed in between was not there yet to be cut off.
    if !common.accounts.accepts(&shown) {
        return Err(Refusal::Token);
    }
    let place = AbortOnDropHandle::new(tokio::spawn(parking));
    Ok(Admitted {
        registration,
        ports,
        place,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::control::Token;
    use crate::link::tls::Identity;
    use crate::relay::names::Names;
    use crate::relay::public_ports::PublicPorts;
    use crate::relay::registry::Naming;
    use crate::relay::{Accounts, Limiter, Network, ReservedNames, Share, Visitors};
    use std::net::Ipv4Addr;
    use std::path::Path;

    fn common(dir: &Path) -> Common {
        let (certificate, key) = Identity::generate().expect("it is made");
        let identity = Identity::from_pem(&certificate, &key).expect("it is a pair");
        let ip = Ipv4Addr::LOCALHOST.into();
        let naming = Naming {
            public: "http://localhost".parse().expect("it is one"),
            http: SocketAddr::new(ip, 80),
            by_port: false,
            reserved: ReservedNames::default(),
        };
        let limits = Limits::default();
        let visitors = Arc::new(Visitors::new("localhost"));
        let ports = PublicPorts::new(ip, None, &limits, visitors);
        Common {
            limits,
            acceptor: identity.acceptor().expect("it is a pair"),
            accounts: Arc::new(AccountsWatch::new(Accounts::open(dir).expect("it opens"))),
            registry: Arc::new(Registry::new(&limits, naming, ports, &Names::default())),
            store: SessionStore::new(limits.parking),
            draining: CancellationToken::new(),
            shutdown: CancellationToken::new(),
        }
    }

    fn hello(token: &str) -> Hello {
        Hello {
            version: VERSION,
            token: Token(token.to_owned()),
            tunnel: "a".to_owned(),
            install: "i".to_owned(),
            instance: "j".to_owned(),
            probe: Token::default(),
            take_over: false,
            knows_stop: true,
            ports: Vec::new(),
        }
    }

    #[tokio::test]
    async fn only_an_admitted_host_gives_up_its_place_before_the_door() {
        let dir = tempfile::tempdir().expect("there is room");
        let common = common(dir.path());
        let (id, binding) = (SessionId([1; 16]), resume::Binding([2; 32]));
        let secret = resume::Secret::derive(binding, id);
        let (mux, _incoming) = mux::new(Role::Relay);
        let limits = common.limits.link;
        let (link, _guard, _driver) = resume::session(limits, id, secret, mux.payload());
        let route = HostRoute {
            mux,
            link: link.status(),
            probes: ProbeKey::default(),
            streams: LinkStreams::new(1),
        };
        let one = Share {
            total: 1,
            per_network: 1,
        };
        let (limiter, network) = (
            Limiter::new("tests", one),
            Network::of([192, 0, 2, 1].into()),
        );
        let place = limiter.admit(network);
        let refused = admit(&common, &hello("wrong"), None, &link, &route, place);
        let Err((Refusal::Token, refused)) = refused else {
            panic!("the token is wrong");
        };
        let next = limiter.admit(network);
        // It still counted, so it was one too many.
        refused.evicted().await;
        let accounts = Accounts::open(dir.path()).expect("it opens");
        let owner = accounts.owner_token().expose();
        let shown = common.accounts.authenticate(owner).await;
        let admitted = admit(&common, &hello(owner), shown, &link, &route, next);
        assert!(admitted.is_ok());
        let last = limiter.admit(network);
        assert_eq!(limiter.usage().evicted, 1, "there is room");
        drop(last);
    }
}
