//! The crate's session on a leash: it has the connection that we dial, makes another one when it is
//! told to, and says what happens to it.
//!
//! Left alone the crate tries again for ever, with a refused token as well. Here each time it asks for
//! a connection is told, and it waits until somebody gives it a turn; once its session has failed it
//! gets none.

use super::answers::Outcome;
use super::connector::{Patience, Plan};
use super::errors::{self, classify};
use super::link::{Leash, Link, LinkStream};
use super::options::{Endpoint, Options};
use super::policy;
use crate::model::{HostHeader, LivePort, Port, Reason, Secret, UnixMillis};
use crate::provider::dial::{self, NotConnected, NotReached, NotThrough, Proxies};
use crate::provider::ConnectError;
use futures_util::stream::{BoxStream, SelectAll};
use futures_util::{FutureExt as _, StreamExt as _};
use ngrok::config::TunnelBuilder as _;
use ngrok::conn::EndpointConn;
use ngrok::session::{ConnectError as CrateError, IoStream, RpcError};
use ngrok::tunnel::{AcceptError, EndpointInfo as _, TunnelInfo as _};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

/// What the crate's session says.
#[derive(Debug)]
pub(super) enum Signal {
    /// The edge answered a heartbeat after so long.
    Beat(Duration),
    /// The connection is over; what the crate says of it.
    Broken(String),
    /// The session could not be resumed.
    Failed(ConnectError),
    /// Somebody stops this agent, in ngrok's dashboard.
    Stop,
    /// Somebody wants it to connect anew.
    Restart,
}

/// Leave to make one connection.
struct Turn {
    /// A session with so many endpoints is to be resumed over it.
    resumes: Option<usize>,
    reply: oneshot::Sender<Result<Dialled, ConnectError>>,
}

/// A connection that the crate has got.
struct Dialled {
    link: Link,
    outcome: Option<oneshot::Receiver<Outcome>>,
}

/// What visitors of one port come to, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    endpoint: Endpoint,
    /// A name, or the `HOST:PORT` of a TCP endpoint.
    place: Option<String>,
    policy: Option<String>,
    pooling: bool,
    binding: Option<&'static str>,
}

impl Wanted {
    pub(super) fn of(port: &Port, options: &Options) -> Self {
        let endpoint = options.endpoint_of(port);
        let host = match &port.options.host_header {
            _ if endpoint != Endpoint::Http => None,
            // The edge cannot try one and then the other.
            HostHeader::Auto | HostHeader::Keep => None,
            header => header.local_name(port),
        };
        Self {
            endpoint,
            place: match endpoint {
                Endpoint::Tcp => options.address.clone(),
                Endpoint::Http | Endpoint::Tls => options.domain.clone(),
            },
            policy: policy::build(options, endpoint, host.as_deref()),
            pooling: options.pooling,
            binding: options.binding.map(super::options::Binding::as_str),
        }
    }

    /// The same at the place where it was before, unless another one is chosen.
    fn at(&self, url: Option<&str>) -> Self {
        let before = url.and_then(|url| url.split_once("://")).map(|(_, rest)| rest);
        let before = before.map(|place| place.trim_end_matches('/').to_owned());
        Self {
            place: self.place.clone().or(before),
            ..self.clone()
        }
    }
}

/// An endpoint that the edge has.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) port: Port,
    pub(super) wanted: Wanted,
    pub(super) id: String,
    pub(super) url: String,
}

/// Those who come to a port.
pub(super) type Visit = (Port, Result<EndpointConn, AcceptError>);

/// A session, its endpoints, and the switch of its connection. Dropping it cuts the connection.
pub(super) struct Agent {
    pub(super) session: ngrok::Session,
    pub(super) bound: Vec<Bound>,
    pub(super) visits: SelectAll<BoxStream<'static, Visit>>,
    pub(super) signals: mpsc::UnboundedReceiver<Signal>,
    /// How long the edge took to answer the last heartbeat of this connection.
    pub(super) latency: Option<Duration>,
    /// It has been resumed once already.
    pub(super) resumed: bool,
    turns: mpsc::Sender<Turn>,
    leash: Leash,
}

/// A session that could not be resumed.
pub(super) struct NotResumed {
    pub(super) error: ConnectError,
    /// It can be tried again: nothing was said to the edge.
    pub(super) agent: Option<Box<Agent>>,
}

impl Agent {
    /// Signs in at the edge. No endpoint is there yet.
    pub(super) async fn connect(plan: &Plan) -> Result<Self, ConnectError> {
        let (turns, waiting) = mpsc::channel(1);
        let (sender, signals) = mpsc::unbounded_channel();
        let dialler = Arc::new(Dialler {
            proxies: plan.proxies.clone(),
            within: plan.patience.dial,
            turns: Mutex::new(waiting),
            signals: sender.clone(),
            token: plan.token.clone(),
        });
        let builder = builder(plan, dialler, sender)?;
        let mut connecting = pin!(builder.connect());
        let dialled = give_turn(&turns, None);
        let link = tokio::select! {
            biased;
            dialled = dialled => dialled?.link,
            // The crate fails before it asks for a connection: it does not like what it was given.
            failed = &mut connecting => {
                let detail = failed.err().map(|error| error.to_string()).unwrap_or_default();
                return Err(ConnectError::new(Reason::Other { detail }));
            }
        };
        let leash = Leash(link);
        let session = match timeout(plan.patience.answer, connecting).await {
            Ok(session) => session.map_err(|error| plan.classify(&error))?,
            Err(_) => return Err(ConnectError::new(Reason::TimedOut)),
        };
        Ok(Self {
            session,
            bound: Vec::new(),
            visits: SelectAll::new(),
            signals,
            latency: None,
            resumed: false,
            turns,
            leash,
        })
    }

    /// Its connection.
    pub(super) const fn link(&self) -> &Link {
        &self.leash.0
    }

    /// Takes in endpoints that the edge has now.
    pub(super) fn serve(&mut self, bound: Bound, visits: BoxStream<'static, Visit>) {
        self.bound.push(bound);
        self.visits.push(visits);
    }

    /// What is served, and where.
    pub(super) fn live(&self) -> Vec<LivePort> {
        let live = |bound: &Bound| LivePort {
            number: bound.port.number,
            url: bound.url.clone(),
            lan_url: None,
            relays_own: false,
        };
        self.bound.iter().map(live).collect()
    }

    /// Goes on with the same session and the same endpoints over another connection, which the edge
    /// takes for no stranger's.
    pub(super) async fn resume(mut self, patience: Patience) -> Result<Self, NotResumed> {
        self.latency = None;
        self.resumed = true;
        let dialled = match give_turn(&self.turns, Some(self.bound.len())).await {
            Ok(dialled) => dialled,
            Err(error) => {
                let again = !self.turns.is_closed();
                let agent = again.then(|| Box::new(self));
                return Err(NotResumed { error, agent });
            }
        };
        self.leash = Leash(dialled.link);
        let outcome = timeout(patience.answer, self.outcome(dialled.outcome)).await;
        let error = match outcome.unwrap_or_else(|_| Err(ConnectError::new(Reason::TimedOut))) {
            Ok(()) => return Ok(self),
            Err(error) => error,
        };
        Err(NotResumed { error, agent: None })
    }

    async fn outcome(
        &mut self,
        outcome: Option<oneshot::Receiver<Outcome>>,
    ) -> Result<(), ConnectError> {
        let lost = |why: &str| Err(ConnectError::with(Reason::LinkLost, why));
        let Some(outcome) = outcome else {
            return lost("nobody watches the resumption");
        };
        match outcome.await {
            Ok(Outcome::Resumed(rebound)) => {
                for bound in &mut self.bound {
                    let Some(found) = rebound.iter().find(|it| it.id == bound.id) else {
                        return lost("the edge has other endpoints now");
                    };
                    bound.url.clone_from(&found.url);
                }
                Ok(())
            }
            // The crate says why, once it asks for yet another connection.
            Ok(Outcome::Refused) | Err(_) => loop {
                match self.signals.recv().await {
                    Some(Signal::Failed(error)) => return Err(error),
                    Some(Signal::Beat(_) | Signal::Broken(_) | Signal::Stop | Signal::Restart) => {}
                    None => return lost("the crate has given up"),
                }
            },
        }
    }
}

/// Has the crate make one connection.
async fn give_turn(
    turns: &mpsc::Sender<Turn>,
    resumes: Option<usize>,
) -> Result<Dialled, ConnectError> {
    let gone = || ConnectError::with(Reason::LinkLost, "the crate has given up");
    let (reply, dialled) = oneshot::channel();
    let turn = Turn { resumes, reply };
    turns.send(turn).await.map_err(|_| gone())?;
    dialled.await.unwrap_or_else(|_| Err(gone()))
}

fn builder(
    plan: &Plan,
    dialler: Arc<Dialler>,
    signals: mpsc::UnboundedSender<Signal>,
) -> Result<ngrok::session::SessionBuilder, ConnectError> {
    let beats = signals.clone();
    let (stops, restarts) = (signals.clone(), signals);
    let refused = |error: &dyn Error| {
        let detail = error.to_string();
        ConnectError::new(Reason::Refused { detail })
    };
    let mut builder = ngrok::Session::builder();
    builder
        .authtoken(plan.token.expose())
        .client_info("underpass", env!("CARGO_PKG_VERSION"), None::<String>)
        .server_addr(plan.server.address())
        .map_err(|error| refused(&error))?
        .heartbeat_interval(plan.patience.beat)
        .map_err(|error| refused(&error))?
        .heartbeat_tolerance(plan.patience.tolerance)
        .map_err(|error| refused(&error))?
        .handle_heartbeat(move |latency: Option<Duration>| {
            // Of one that is missing the connection's own silence tells more.
            if let Some(latency) = latency {
                let _ = beats.send(Signal::Beat(latency));
            }
            async { Ok::<(), Box<dyn Error>>(()) }
        })
        .handle_stop_command(move |_| {
            let _ = stops.send(Signal::Stop);
            async { Ok(()) }
        })
        .handle_restart_command(move |_| {
            let _ = restarts.send(Signal::Restart);
            async { Ok(()) }
        })
        .connector(move |host: String, port: u16, tls: Arc<ClientConfig>, error| {
            let dialler = Arc::clone(&dialler);
            async move { dialler.next(&host, port, tls, error).await }.boxed()
        });
    if let Some(authority) = &plan.server.authority {
        builder.ca_cert(authority.clone().into());
    }
    Ok(builder)
}

/// Asks the edge for one endpoint: at the place where it was before, if that can be had.
pub(super) async fn bind(
    session: &ngrok::Session,
    port: Port,
    wanted: Wanted,
    before: Option<String>,
) -> Result<(Bound, BoxStream<'static, Visit>), RpcError> {
    let asked = wanted.at(before.as_deref());
    let (id, url, visits) = match asked.endpoint {
        Endpoint::Http => listen_http(session, &asked, &port).await?,
        Endpoint::Tcp => listen_tcp(session, &asked, &port).await?,
        Endpoint::Tls => listen_tls(session, &asked, &port).await?,
    };
    let of = port.clone();
    let visits = visits.map(move |visit| (of.clone(), visit)).boxed();
    let bound = Bound {
        port,
        wanted,
        id,
        url: url.trim_end_matches('/').to_owned(),
    };
    Ok((bound, visits))
}

type Listening = (String, String, BoxStream<'static, Result<EndpointConn, AcceptError>>);

/// The three builders have these methods in common, and no trait for them.
macro_rules! listen {
    ($builder:expr, $wanted:expr, $port:expr, $place:ident) => {{
        let mut builder = $builder;
        // Otherwise it says which program runs where on this computer.
        builder.forwards_to($port.target.to_string());
        if let Some(place) = &$wanted.place {
            builder.$place(place);
        }
        if let Some(policy) = &$wanted.policy {
            builder.traffic_policy(policy);
        }
        if $wanted.pooling {
            builder.pooling_enabled(true);
        }
        if let Some(binding) = $wanted.binding {
            builder.binding(binding);
        }
        let tunnel = builder.listen().await?;
        let (id, url) = (tunnel.id().to_owned(), tunnel.url().to_owned());
        Ok((id, url, tunnel.boxed()))
    }};
}

async fn listen_http(
    session: &ngrok::Session,
    wanted: &Wanted,
    port: &Port,
) -> Result<Listening, RpcError> {
    listen!(session.http_endpoint(), wanted, port, domain)
}

async fn listen_tcp(
    session: &ngrok::Session,
    wanted: &Wanted,
    port: &Port,
) -> Result<Listening, RpcError> {
    listen!(session.tcp_endpoint(), wanted, port, remote_addr)
}

async fn listen_tls(
    session: &ngrok::Session,
    wanted: &Wanted,
    port: &Port,
) -> Result<Listening, RpcError> {
    listen!(session.tls_endpoint(), wanted, port, domain)
}

/// Makes the crate's connections, one a turn.
struct Dialler {
    proxies: Proxies,
    within: Duration,
    turns: Mutex<mpsc::Receiver<Turn>>,
    signals: mpsc::UnboundedSender<Signal>,
    token: Secret,
}

impl Dialler {
    async fn next(
        &self,
        host: &str,
        port: u16,
        tls: Arc<ClientConfig>,
        error: Option<AcceptError>,
    ) -> Result<Box<dyn IoStream>, CrateError> {
        match error {
            None => {}
            Some(AcceptError::Reconnect(error)) => {
                let error = classify(&*error, &self.token, now());
                let _ = self.signals.send(Signal::Failed(error));
                return Err(CrateError::Canceled);
            }
            Some(error) => {
                let _ = self.signals.send(Signal::Broken(error.to_string()));
            }
        }
        let mut turns = self.turns.lock().await;
        while let Some(mut turn) = turns.recv().await {
            let dialled = tokio::select! {
                biased;
                // The attempt was given up.
                () = turn.reply.closed() => continue,
                dialled = self.dial(host, port, Arc::clone(&tls)) => dialled,
            };
            match dialled {
                Ok((link, stream)) => {
                    let outcome = turn.resumes.map(|endpoints| link.watch_resumption(endpoints));
                    if turn.reply.send(Ok(Dialled { link, outcome })).is_ok() {
                        return Ok(Box::new(stream));
                    }
                }
                Err(error) => {
                    let _ = turn.reply.send(Err(error));
                }
            }
        }
        Err(CrateError::Canceled)
    }

    async fn dial(
        &self,
        host: &str,
        port: u16,
        tls: Arc<ClientConfig>,
    ) -> Result<(Link, LinkStream), ConnectError> {
        let address = || format!("{host}:{port}");
        let dialling = async {
            let stream = dial::connect(host, port, &self.proxies).await;
            let stream = stream.map_err(|fault| map_not_connected(fault, host, address()))?;
            let name = ServerName::try_from(host.to_owned()).map_err(|error| {
                let detail = error.to_string();
                ConnectError::new(Reason::Refused { detail })
            })?;
            let secured = TlsConnector::from(tls).connect(name, stream).await;
            secured.map_err(|error| map_tls(&error, address()))
        };
        match timeout(self.within, dialling).await {
            Ok(stream) => Ok(Link::over(Box::new(stream?))),
            Err(_) => Err(ConnectError::new(Reason::TimedOut)),
        }
    }
}

fn map_not_connected(fault: NotConnected, host: &str, edge: String) -> ConnectError {
    match fault {
        NotConnected::Host(NotReached::Offline(said))
        | NotConnected::Proxy {
            fault: NotThrough::Offline(said),
            ..
        } => ConnectError::with(Reason::Offline, said),
        NotConnected::Host(NotReached::UnknownHost(said)) => {
            let host = host.to_owned();
            ConnectError::with(Reason::UnknownHost { host }, said)
        }
        NotConnected::Host(NotReached::Closed(said)) => {
            ConnectError::with(Reason::RelayUnreachable { address: edge }, said)
        }
        NotConnected::Proxy {
            address,
            fault: NotThrough::Useless(detail) | NotThrough::Denied(detail),
        } => ConnectError::new(Reason::ProxyFailed { address, detail }),
    }
}

fn map_tls(error: &std::io::Error, address: String) -> ConnectError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        // Whatever looks into TLS on the way passes for a proxy that does not let this through.
        Some(rustls::Error::InvalidCertificate(_)) => {
            let detail = format!("what answers there has no certificate of ngrok's: {error}");
            ConnectError::new(Reason::ProxyFailed { address, detail })
        }
        _ => ConnectError::with(Reason::LinkLost, error),
    }
}

/// The wall clock, for when limits pass.
pub(super) fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    UnixMillis::default().after(since.unwrap_or_default())
}

impl Plan {
    /// What an error of the crate's means.
    pub(super) fn classify(&self, error: &impl ngrok::Error) -> ConnectError {
        errors::classify(error, &self.token, now())
    }
}
