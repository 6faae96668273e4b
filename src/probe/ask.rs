//! Asks once: a TCP connection to the local port, a request without a body to the public URL.

use super::classify::{classify_raw, unless_busy};
use super::request::{asked_url, dress, expected, header, method, refuses_the_name};
use super::{ProbePlan, classify, head, refusal};
use crate::base::descriptors;
use crate::base::local::{self, USER_AGENT};
use crate::model::{
    LocalAnswer, PortNumber, ProbeDialect, ProbeReport, Protocol, PublicAnswer, Reason,
    RelayVerdict, Secret, ServiceFault, UnixMillis,
};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// A public TCP port that does not keep a connection resets it by then.
const RESET_WITHIN: Duration = Duration::from_secs(1);

/// What is known of the session that is probed.
#[derive(Clone)]
pub struct ProbedSession {
    /// What its relay knows our probes by; `None` where it knows none.
    pub key: Option<Secret>,
    /// Told the local port of a raw probe before it connects, so that its host knows it.
    pub mark: Arc<dyn Fn(u16) + Send + Sync>,
    /// How many visitors are connected to a port's service now.
    pub open: Arc<dyn Fn(PortNumber) -> u64 + Send + Sync>,
    /// Whether its link has shown a sign of life just now.
    pub is_alive: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// Asks ports and URLs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Goes where the system's proxy settings say.
    far: reqwest::Client,
    /// Never leaves this computer.
    near: reqwest::Client,
    clock: fn() -> UnixMillis,
}

/// Why nothing can be asked.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// TLS cannot be set up: mostly, the system has no certificates.
    #[error("TLS cannot be set up for the probes: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the probes' HTTP client cannot be made: {0}")]
    Client(#[from] reqwest::Error),
}

impl Asker {
    /// An asker that stamps its reports by `clock`.
    pub fn new(clock: fn() -> UnixMillis) -> Result<Self, SetupError> {
        let tls = local::config(false)?;
        // The probe's own connections are not kept: a kept one could not tell that new ones fail.
        let builder = || {
            reqwest::Client::builder()
                .user_agent(USER_AGENT)
                .redirect(reqwest::redirect::Policy::none())
                .dns_resolver(Arc::new(LocalhostIsHere))
                .pool_max_idle_per_host(0)
                .tls_backend_preconfigured(tls.clone())
        };
        Ok(Self {
            far: builder().build()?,
            near: builder().no_proxy().build()?,
            clock,
        })
    }

    /// Asks both ends and reports. A TCP service is connected to only when it is in `doubt`: many
    /// expect a handshake, and some serve the first who comes and no other.
    pub async fn ask(&self, plan: &ProbePlan, doubt: bool, session: &ProbedSession) -> ProbeReport {
        let before = (session.open)(plan.key.port);
        let (local, (public, alive)) = if plan.loops {
            let itself = LocalAnswer::Failed(ServiceFault::Loop);
            (itself, (PublicAnswer::NotAsked, (session.is_alive)()))
        } else if !plan.public {
            let public = (PublicAnswer::NotAsked, (session.is_alive)());
            (look_at_local(plan).await, public)
        } else if !plan.local {
            (LocalAnswer::NotAsked, self.ask_public(plan, session).await)
        } else if plan.protocol.is_web() {
            self.ask_both_web(plan, session).await
        } else {
            tokio::join!(ask_local_tcp(plan, doubt), self.ask_public(plan, session))
        };
        // Where probes are visits, their own are among those that are open now.
        let others = before.min((session.open)(plan.key.port));
        let local = unless_busy(local, others);
        ProbeReport {
            key: plan.key.clone(),
            session: plan.session,
            at: (self.clock)(),
            local,
            diagnosis: if plan.protocol.is_web() {
                classify(local, &public, alive, &expected(plan, &public))
            } else {
                classify_raw(local, &public, alive)
            },
            public,
        }
    }

    /// The service is asked directly only where its answer did not come through.
    async fn ask_both_web(
        &self,
        plan: &ProbePlan,
        session: &ProbedSession,
    ) -> (LocalAnswer, (PublicAnswer, bool)) {
        let (public, alive) = self.ask_public(plan, session).await;
        let mut local = match said_of_service(&public) {
            Some(local) => local,
            None => ask_local(plan).await,
        };
        let reason = Reason::TimedOut;
        let late = public == PublicAnswer::Failed { reason };
        if late && local == LocalAnswer::Accepts {
            // A service that takes its time makes the URL take it too: whose silence is it?
            local = ask_local_web(plan).await;
        }
        (local, (public, alive))
    }

    /// Whether a service that was away can be connected to; it is asked nothing.
    pub async fn knock(plan: &ProbePlan) -> bool {
        let look = local::look(&plan.target, Protocol::Tcp, &plan.options);
        matches!(timeout(plan.timeout, look).await, Ok(Ok(())))
    }

    /// What the public URL did, and whether the session's link was alive when that was known.
    async fn ask_public(&self, plan: &ProbePlan, session: &ProbedSession) -> (PublicAnswer, bool) {
        let asked = Instant::now();
        let answer = async {
            if plan.protocol.is_web() {
                self.ask_web(plan, session.key.as_ref()).await
            } else if plan.offers.probe.asks_tcp() {
                ask_tcp(&plan.url, &*session.mark).await
            } else {
                // Its visitors come with the provider's own program: there is no address to ask, and the
                // port is as good as its service.
                PublicAnswer::Accepted { latency_us: 0 }
            }
        };
        let answer = timeout(plan.timeout, answer).await.unwrap_or_else(|_| {
            tracing::debug!(elapsed = ?asked.elapsed(), "probe timed out");
            failed(Reason::TimedOut)
        });
        (answer, (session.is_alive)())
    }

    async fn ask_web(&self, plan: &ProbePlan, key: Option<&Secret>) -> PublicAnswer {
        let Some(url) = asked_url(plan) else {
            return failed(Reason::Other {
                detail: "the provider gave no valid URL".to_owned(),
            });
        };
        let client = if local::is_here(url.host_str().unwrap_or_default()) {
            &self.near
        } else {
            &self.far
        };
        let asked = Instant::now();
        let dialect = plan.offers.probe;
        let key = key.filter(|_| dialect.shows_key());
        let request = client.request(method(plan), url.clone());
        let request = dress(request, dialect, key);
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return failed(web_reason(&url, &error)),
        };
        let (code, latency_us) = (response.status().as_u16(), micros(asked));
        let read = |name: &str| header(&response, name);
        let mut verdict = dialect.verdict(code, &read);
        let asked_by = &plan.options.host_header;
        if verdict.is_none()
            && plan.offers.port_options
            && refusal::is_possible(asked_by, code)
            && refuses_the_name(client, &url, dialect, key).await
        {
            verdict = Some(RelayVerdict::Service(ServiceFault::NameRefused));
        }
        PublicAnswer::Status {
            code,
            latency_us,
            verdict,
            login_wall: is_login_wall(dialect, &url, &response),
        }
    }
}

/// What an answer through the relay says of the local service, where that leaves no question.
fn said_of_service(public: &PublicAnswer) -> Option<LocalAnswer> {
    let PublicAnswer::Status { verdict, .. } = public else {
        return None;
    };
    match verdict {
        None
        | Some(RelayVerdict::Service(
            ServiceFault::NotHttp
            | ServiceFault::NameRefused
            | ServiceFault::NotTls
            | ServiceFault::TlsRefused
            | ServiceFault::UntrustedCertificate { .. }
            | ServiceFault::ChangedCertificate { .. },
        )) => Some(LocalAnswer::Accepts),
        Some(
            RelayVerdict::Full | RelayVerdict::Service(ServiceFault::HostFull | ServiceFault::Loop),
        ) => Some(LocalAnswer::NotAsked),
        Some(_) => None,
    }
}

/// Looks whether a TCP service is there, without connecting where that can be seen.
async fn ask_local_tcp(plan: &ProbePlan, doubt: bool) -> LocalAnswer {
    match local::listens(&plan.target) {
        Some(true) if !doubt => LocalAnswer::Accepts,
        // At another provider nobody else asks it.
        None if !doubt && plan.offers.probe.asks_tcp() => LocalAnswer::NotAsked,
        // Nobody is disturbed where nobody listens; and it may be served by the system's firewall.
        Some(_) | None => ask_local(plan).await,
    }
}

/// Looks whether a service is there that is not to be disturbed: it is connected to only where nothing is
/// seen, for it may be served otherwise.
async fn look_at_local(plan: &ProbePlan) -> LocalAnswer {
    match plan.local.then(|| local::listens(&plan.target)).flatten() {
        Some(true) => LocalAnswer::Accepts,
        Some(false) => ask_local(plan).await,
        None => LocalAnswer::NotAsked,
    }
}

/// Connects as a visitor's stream would; nothing is asked.
async fn ask_local(plan: &ProbePlan) -> LocalAnswer {
    let look = local::look(&plan.target, plan.protocol, &plan.options);
    match timeout(plan.timeout, look).await {
        Ok(Ok(())) => LocalAnswer::Accepts,
        Ok(Err(fault)) => LocalAnswer::Failed(fault),
        Err(_) => LocalAnswer::Failed(ServiceFault::TimedOut),
    }
}

/// Whether the service answers when it is asked as a visitor would ask.
async fn ask_local_web(plan: &ProbePlan) -> LocalAnswer {
    let target = &plan.target;
    let answer = async {
        let mut stream = local::open(target, plan.protocol, &plan.options).await?;
        let (method, path) = (
            plan.request.method.as_str(),
            plan.request.path.as_deref().unwrap_or("/"),
        );
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {target}\r\nUser-Agent: {USER_AGENT}\r\nConnection: close\r\n\r\n"
        );
        if stream.write_all(request.as_bytes()).await.is_ok() {
            head::read(&mut stream).await;
        }
        Ok(())
    };
    match timeout(plan.timeout, answer).await {
        Ok(Ok(())) => LocalAnswer::Accepts,
        Ok(Err(fault)) => LocalAnswer::Failed(fault),
        Err(_) => LocalAnswer::Failed(ServiceFault::NoAnswer),
    }
}

async fn ask_tcp(url: &str, mark: &(dyn Fn(u16) + Send + Sync)) -> PublicAnswer {
    let address = url.strip_prefix("tcp://").unwrap_or(url);
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    let Ok(port) = port.parse::<u16>() else {
        return failed(Reason::Other {
            detail: "the provider gave no valid address".to_owned(),
        });
    };
    let host = host.trim_matches(['[', ']']);
    let found = if local::is_localhost(host) {
        vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))]
    } else {
        match tokio::net::lookup_host((host, port)).await {
            Ok(found) => found.collect(),
            Err(error) => return failed(name_reason(host, &error)),
        }
    };
    let asked = Instant::now();
    let mut refused = failed(unknown_host(host));
    for there in found {
        let connected = match connect_marked(there, mark).await {
            Ok(stream) => {
                let latency_us = micros(asked);
                stays(stream).await.map(|()| latency_us)
            }
            Err(error) => Err(error),
        };
        match connected {
            Ok(latency_us) => return PublicAnswer::Accepted { latency_us },
            Err(error) => refused = failed(io_reason(address, &error)),
        }
    }
    refused
}

/// Connects from a local port that is told before, so that the host knows the connection for a probe's
/// when it comes round to it.
async fn connect_marked(
    there: SocketAddr,
    mark: &(dyn Fn(u16) + Send + Sync),
) -> io::Result<TcpStream> {
    let (socket, any) = match there {
        SocketAddr::V4(_) => (TcpSocket::new_v4()?, IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        SocketAddr::V6(_) => (TcpSocket::new_v6()?, IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
    };
    socket.bind(SocketAddr::new(any, 0))?;
    mark(socket.local_addr()?.port());
    socket.connect(there).await
}

/// Whether a connection that was accepted is one: a relay that has no place for it resets it. The host
/// ends it as soon as it hears that nothing comes.
async fn stays(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    match timeout(RESET_WITHIN, stream.read(&mut [0; 1])).await {
        Ok(read) => read.map(drop),
        Err(_) => Ok(()),
    }
}

fn unknown_host(host: &str) -> Reason {
    Reason::UnknownHost {
        host: host.to_owned(),
    }
}

/// Why a name was not found: a computer that is out of descriptors asks nobody.
fn name_reason(host: &str, error: &io::Error) -> Reason {
    if descriptors::ran_out(error) || descriptors::are_used_up() {
        return Reason::Other {
            detail: error.to_string(),
        };
    }
    unknown_host(host)
}

fn failed(reason: Reason) -> PublicAnswer {
    PublicAnswer::Failed { reason }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// A redirect to another site's sign-in page: it works, and visitors must sign in.
fn is_login_wall(
    dialect: &dyn ProbeDialect,
    asked: &reqwest::Url,
    response: &reqwest::Response,
) -> bool {
    let location = response
        .status()
        .is_redirection()
        .then(|| header(response, "location"))
        .flatten()
        .and_then(|location| asked.join(location).ok());
    location.is_some_and(|to| {
        let place = format!("{}{}", to.host_str().unwrap_or_default(), to.path());
        let asks_to_sign_in = ["login", "signin", "sign-in", "oauth"]
            .iter()
            .any(|word| place.contains(word));
        to.host_str() != asked.host_str() && (asks_to_sign_in || dialect.is_sign_in(&place))
    })
}

fn web_reason(url: &reqwest::Url, error: &reqwest::Error) -> Reason {
    let host = url.host_str().unwrap_or_default();
    let address = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<UnknownName>() {
            return unknown_host(host);
        }
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return io_reason(&address, error);
        }
        source = cause.source();
    }
    if error.is_timeout() {
        return Reason::TimedOut;
    }
    Reason::Other {
        detail: error.to_string(),
    }
}

fn io_reason(address: &str, error: &io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => Reason::Offline,
        io::ErrorKind::ConnectionRefused | io::ErrorKind::HostUnreachable => {
            Reason::RelayUnreachable {
                address: address.to_owned(),
            }
        }
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::BrokenPipe => Reason::LinkLost,
        io::ErrorKind::TimedOut => Reason::TimedOut,
        _ => Reason::Other {
            detail: error.to_string(),
        },
    }
}

/// A name has no address here.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UnknownName(String);

/// `*.localhost` is this computer, as RFC 6761 says and not every resolver knows.
#[derive(Debug)]
struct LocalhostIsHere;

impl Resolve for LocalhostIsHere {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        Box::pin(async move {
            let addresses: Addrs = if local::is_localhost(&name) {
                Box::new(std::iter::once(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))
            } else {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await;
                let found = found.map_err(|error| match name_reason(&name, &error) {
                    Reason::UnknownHost { .. } => Box::from(UnknownName(error.to_string())),
                    _ => Box::<dyn Error + Send + Sync>::from(error),
                })?;
                Box::new(found.collect::<Vec<_>>().into_iter())
            };
            Ok(addresses)
        })
    }
}

#[cfg(test)]
#[path = "ask_tests.rs"]
mod tests;
