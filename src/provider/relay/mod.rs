//! Hosts through our own relay, embedded or joined: the host's end of the link.
//!
//! It knows one relay at a time and one session at a time. Whether to try again is the engine's
//! business, where the relay is the locator's.

mod dial;
mod handshake;
mod link;
mod refusal;
mod served;
mod session;
mod visitors;

pub use super::dial::Proxies;
pub use dial::Detours;

use super::{BoxFuture, ConnectError, Connector, HostOrder, ProbeMarks, Progress, Session, Tokens};
use crate::base::local::Memories;
use crate::link::HANDSHAKE_TIMEOUT;
use crate::link::resume::Config;
use crate::model::{JoinLink, Phase, Reason, Secret};
use dial::Dialler;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// The scope of the one token there is: the whole join link.
const SCOPE: &str = "join";

/// What a locator answers with.
pub type Located<'a> = Pin<Box<dyn Future<Output = Result<JoinLink, ConnectError>> + Send + 'a>>;

/// Says where the relay is: starts the embedded one, or knows the joined one.
pub trait RelayLocator: Send + Sync {
    /// The join link to use now.
    fn locate(&self) -> Located<'_>;
}

/// A relay that is always at the same place.
#[derive(Clone, Debug)]
pub struct Fixed(pub JoinLink);

impl RelayLocator for Fixed {
    fn locate(&self) -> Located<'_> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

/// How long things may take; tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until the link is encrypted, name resolution included.
    pub dial: Duration,
    /// From then until the relay answered the hello.
    pub handshake: Duration,
    /// The link's buffers, and when a silent connection is given up.
    pub link: Config,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            dial: Duration::from_secs(10),
            handshake: HANDSHAKE_TIMEOUT,
            link: Config::default(),
        }
    }
}

pub struct RelayConnector {
    locator: Arc<dyn RelayLocator>,
    /// Tells this connector's sessions from others in the relay's log.
    instance: String,
    patience: Patience,
    dialler: Arc<Dialler>,
    /// How the probes of what it hosts are known.
    probes: Option<ProbeMarks>,
    /// What is known of the local services: a new session asks nothing again.
    memories: Arc<Memories>,
}

/// Finds out whether a relay can be reached, on any way that a host would go, and has the right
/// certificate.
pub async fn reach(
    link: &JoinLink,
    detours: Detours,
    patience: Duration,
) -> Result<(), ConnectError> {
    Dialler::new(detours).dial(link, patience).await.map(drop)
}

impl RelayConnector {
    /// Hosts at the relay that `locator` names, through the proxy that the environment names.
    pub fn new(locator: Arc<dyn RelayLocator>) -> Self {
        Self {
            locator,
            instance: format!("{:016x}", rand::random::<u64>()),
            patience: Patience::default(),
            dialler: Arc::new(Dialler::new(Detours::from_env())),
            probes: None,
            memories: Arc::default(),
        }
    }

    /// Whoever comes with one of these marks is a probe of ours, and no visitor.
    #[must_use]
    pub fn with_probes(mut self, probes: ProbeMarks) -> Self {
        self.probes = Some(probes);
        self
    }

    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    #[must_use]
    pub fn with_detours(mut self, detours: Detours) -> Self {
        self.dialler = Arc::new(Dialler::new(detours));
        self
    }

    async fn make_session(
        &self,
        order: &HostOrder,
        tokens: &Tokens,
        progress: Progress<'_>,
    ) -> Result<Session, ConnectError> {
        let link = tokens
            .by_scope
            .get(SCOPE)
            .ok_or_else(|| ConnectError::new(Reason::TokenRefused))?;
        let join: JoinLink = link.expose().parse().map_err(|fault| {
            let detail = format!("{fault}");
            ConnectError::with(Reason::Other { detail }, fault)
        })?;
        let Patience {
            dial: patience,
            handshake: answer_within,
            link: config,
        } = self.patience;
        progress(Phase::ConnectingRelay);
        let secured = self.dialler.dial(&join, patience).await?;
        progress(Phase::ForwardingPorts);
        let hello = handshake::hello(order, &join, &self.instance, self.probes.as_ref());
        let mut shaken =
            handshake::shake(secured, config, hello, &join.host, answer_within).await?;
        let locator = Arc::clone(&self.locator);
        let dialler = Arc::clone(&self.dialler);
        shaken.link.keep_attached(locator, dialler, patience);
        let memories = Arc::clone(&self.memories);
        let ports = order.ports.clone();
        Ok(session::start(shaken, ports, memories, self.probes.clone()))
    }
}

impl Connector for RelayConnector {
    fn mint<'a>(&'a self, _: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        Box::pin(async {
            let link = self.locator.locate().await?;
            let mut tokens = Tokens::default();
            tokens.by_scope.insert(SCOPE, Secret::new(&link.reveal()));
            Ok(tokens)
        })
    }

    fn connect<'a>(
        &'a self,
        order: &'a HostOrder,
        tokens: &'a Tokens,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Result<Session, ConnectError>> {
        Box::pin(self.make_session(order, tokens, progress))
    }
}
