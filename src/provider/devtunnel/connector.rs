//! Makes hosting sessions with Dev Tunnels: tokens, ports, the register, the relay, in this order.

use super::generations::{Generation, Generations};
use super::identity::host_id;
use super::inner::{HostKey, Pool};
use super::management::{Base, Endpoint, Management, TunnelReply};
use super::place::{Leftovers, Place};
use super::session::{self, Made, Registration, ensure, map_end};
use super::socket::{self, Offer, Version};
use super::ssh::{self, End, Event, Outer};
use super::tokens::{Scope, TokenSource};
use crate::link::websocket::Pulse;
use crate::model::{Class, Phase, Reason, Secret};
use crate::provider::dial::Proxies;
use crate::provider::{BoxFuture, ConnectError, Connector, HostOrder, Progress, Session, Tokens};
use parking_lot::Mutex;
use std::io;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The first version is not offered alone for longer: what looked like a refusal of the second may have
/// been a link that broke.
const ONLY_V1: Duration = Duration::from_hours(24);

/// Makes sessions with Dev Tunnels.
pub struct DevTunnelConnector {
    source: Arc<dyn TokenSource>,
    base: Result<Base, String>,
    offer: Offer,
    proxies: Proxies,
    management: OnceLock<Management>,
    key: OnceLock<Arc<HostKey>>,
    pool: Pool,
    /// What attempts have left at the service.
    leftovers: Leftovers,
    /// Since when the relay would not have the second version, and had the first.
    only_v1: Mutex<Option<Instant>>,
}

struct Greeted {
    outer: Outer,
    events: mpsc::Receiver<Event>,
    pulse: Pulse,
    version: Version,
}

/// Why none was greeted.
enum NotGreeted {
    /// For good, for now.
    Failed(ConnectError),
    /// It may be the second version that it does not like.
    Declined(ConnectError),
}

impl DevTunnelConnector {
    /// Hosts with the tokens of `source`, where and through the proxy that the environment names.
    pub fn new(source: Arc<dyn TokenSource>) -> Self {
        Self {
            source,
            base: Base::from_env(),
            offer: Offer::default(),
            proxies: Proxies::from_env(),
            management: OnceLock::new(),
            key: OnceLock::new(),
            pool: Pool::default(),
            leftovers: Leftovers::default(),
            only_v1: Mutex::default(),
        }
    }

    #[must_use]
    pub fn with_base(mut self, base: Base) -> Self {
        self.base = Ok(base);
        self
    }

    #[must_use]
    pub fn with_offer(mut self, offer: Offer) -> Self {
        self.offer = offer;
        self
    }

    async fn mint_all(&self, order: &HostOrder) -> Result<Tokens, ConnectError> {
        let mint = |scope| self.source.mint(&order.tunnel, scope);
        let (host, ports) = tokio::join!(mint(Scope::Host), mint(Scope::ManagePorts));
        let host = host?;
        let mut tokens = Tokens {
            lifetime: host.lifetime,
            ..Tokens::default()
        };
        tokens.by_scope.insert(Scope::Host.as_str(), host.token);
        match ports {
            Ok(ports) => {
                tokens.lifetime = tokens.lifetime.into_iter().chain(ports.lifetime).min();
                let scope = Scope::ManagePorts.as_str();
                tokens.by_scope.insert(scope, ports.token);
            }
            Err(error) if error.class() == Class::SignIn => return Err(error),
            // Ports that are there can be hosted all the same.
            Err(error) => tracing::warn!(
                reason = error.reason.code(),
                detail = error.detail,
                "no token to make ports with"
            ),
        }
        Ok(tokens)
    }

    async fn make_session(
        &self,
        order: &HostOrder,
        tokens: &Tokens,
        progress: Progress<'_>,
    ) -> Result<Session, ConnectError> {
        let token = |scope: Scope| tokens.by_scope.get(scope.as_str()).cloned();
        let host_token = token(Scope::Host).ok_or_else(|| ConnectError::new(Reason::SignedOut))?;
        progress(Phase::ConnectingRelay);
        let generation = Generations::of(&host_id(&order.install, &order.tunnel)).begin();
        let (registration, mut place) = self
            .register(order, host_token, token(Scope::ManagePorts), &generation)
            .await?;
        let greeted = self.greet(&registration, &generation).await;
        let greeted = greeted.inspect_err(|error| place.lose(error))?;
        generation.connected();
        progress(Phase::ForwardingPorts);
        let made = Made {
            outer: greeted.outer,
            events: greeted.events,
            pulse: greeted.pulse,
            version: greeted.version,
            registration,
            generation,
            key: self.key()?,
            pool: self.pool.clone(),
        };
        let started = session::start(made, order.ports.clone()).await;
        let session = started.inspect_err(|error| place.lose(error))?;
        place.keep();
        Ok(session)
    }

    /// Makes the ports that are missing, and puts this host on the register.
    async fn register(
        &self,
        order: &HostOrder,
        host_token: Secret,
        ports_token: Option<Secret>,
        generation: &Generation,
    ) -> Result<(Registration, Place), ConnectError> {
        let (management, tunnel) = (self.management()?, &order.tunnel);
        let known = management.tunnel(tunnel, &host_token).await?;
        let id = host_id(&order.install, tunnel);
        if !order.take_over && is_elsewhere(&known, &id, generation) {
            return Err(ConnectError::new(Reason::HostedElsewhere));
        }
        let ports = (order.ports.as_slice(), order.fixed_ports);
        let ensured = ensure(management, tunnel, ports_token.as_ref(), &known, ports).await;
        let ensured = ensured.any()?;
        let endpoint = Endpoint {
            host_id: id,
            public_key: self.key()?.public().to_owned(),
        };
        // The service may have it before it has answered.
        let asked = (tunnel, &endpoint, &host_token);
        let mut place = Place::new(&self.leftovers, generation, management, asked);
        let reply = {
            let _turn = generation.all().place().await;
            let put = management
                .put_endpoint(tunnel, &endpoint, &host_token)
                .await;
            put.inspect_err(|error| place.lose(error))?
        };
        let registration = Registration {
            management: management.clone(),
            tunnel: tunnel.clone(),
            endpoint,
            reply,
            host_token,
            ports_token,
            fixed_ports: order.fixed_ports,
            known,
            served: ensured.there,
            failed: ensured.failed,
        };
        Ok((registration, place))
    }

    /// Opens the WebSocket and greets the relay in it; with the first version alone when the relay
    /// would not have both.
    async fn greet(
        &self,
        registration: &Registration,
        generation: &Generation,
    ) -> Result<Greeted, ConnectError> {
        let offer = if self.is_only_v1() {
            Offer::V1
        } else {
            self.offer
        };
        let declined = match self.greet_with(offer, registration, generation).await {
            Ok(greeted) => return Ok(greeted),
            Err(NotGreeted::Failed(error)) => return Err(error),
            Err(NotGreeted::Declined(error)) => error,
        };
        tracing::warn!(
            reason = declined.reason.code(),
            detail = declined.detail,
            "the relay declined the second version; the first is offered alone"
        );
        match self.greet_with(Offer::V1, registration, generation).await {
            Ok(greeted) => {
                *self.only_v1.lock() = Some(Instant::now());
                Ok(greeted)
            }
            Err(NotGreeted::Failed(error) | NotGreeted::Declined(error)) => Err(error),
        }
    }

    fn is_only_v1(&self) -> bool {
        let since = *self.only_v1.lock();
        since.is_some_and(|since| since.elapsed() < ONLY_V1)
    }

    async fn greet_with(
        &self,
        offer: Offer,
        registration: &Registration,
        generation: &Generation,
    ) -> Result<Greeted, NotGreeted> {
        let uri = registration.reply.host_relay.as_deref();
        let uri = uri.ok_or_else(|| {
            let detail = "the service named no relay".to_owned();
            NotGreeted::Failed(ConnectError::new(Reason::ProtocolFault { detail }))
        })?;
        let opened = socket::open(uri, offer, &registration.host_token, &self.proxies);
        let opened = opened.await.map_err(|error| match (offer, &error.reason) {
            // It may not know the name of the second one, or not that two may be offered.
            (Offer::Both, Reason::Refused { .. } | Reason::ProtocolFault { .. }) => {
                NotGreeted::Declined(error)
            }
            (Offer::Both | Offer::V1, _) => NotGreeted::Failed(error),
        })?;
        let version = opened.version;
        tracing::info!(subprotocol = version.as_str(), "the relay is there");
        match ssh::start(opened.stream).await {
            Ok((outer, events)) => Ok(Greeted {
                outer,
                events,
                pulse: opened.pulse,
                version,
            }),
            Err(end) => {
                let error = map_end(&end, generation);
                Err(if version == Version::V2 && is_declined(&end) {
                    NotGreeted::Declined(error)
                } else {
                    NotGreeted::Failed(error)
                })
            }
        }
    }

    fn management(&self) -> Result<&Management, ConnectError> {
        if let Some(management) = self.management.get() {
            return Ok(management);
        }
        let base = self.base.clone().map_err(|detail| {
            let said = detail.clone();
            ConnectError::with(Reason::Refused { detail }, said)
        })?;
        let management = Management::new(base)?;
        Ok(self.management.get_or_init(|| management))
    }

    fn key(&self) -> Result<Arc<HostKey>, ConnectError> {
        if let Some(key) = self.key.get() {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(HostKey::make()?);
        Ok(Arc::clone(self.key.get_or_init(|| key)))
    }
}

/// Another host than this one is connected to the tunnel, as far as can be told: the service says that
/// one is, and who has registered, and not which of them it is.
fn is_elsewhere(known: &TunnelReply, ours: &str, generation: &Generation) -> bool {
    let strangers = known.hosts.iter().any(|host| host != ours);
    let is_ours = known.hosts.iter().any(|host| host == ours) && generation.may_be_connected();
    known.is_hosted && strangers && !is_ours
}

/// The relay ended the greeting in a way that it may have for what it does not speak: with a word for
/// that, or by hanging up.
fn is_declined(end: &End) -> bool {
    match end {
        End::Disconnected { code, .. } => matches!(*code, 2 | 3 | 5 | 8),
        End::Eof | End::Protocol(_) => true,
        End::Io(error) => error.kind() != io::ErrorKind::TimedOut,
    }
}

impl Connector for DevTunnelConnector {
    fn mint<'a>(&'a self, order: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        Box::pin(self.mint_all(order))
    }

    fn connect<'a>(
        &'a self,
        order: &'a HostOrder,
        tokens: &'a Tokens,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Result<Session, ConnectError>> {
        Box::pin(self.make_session(order, tokens, progress))
    }

    fn clean_up(&self) -> Option<BoxFuture<'static, ()>> {
        self.leftovers.give_back()
    }
}
