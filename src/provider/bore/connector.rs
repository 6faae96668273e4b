//! Makes hosting sessions with a bore server.

use super::control::{self, MOST_VISITORS};
use super::dialler::Dialler;
use super::offers::{Choice, OFFERS, invalid};
use crate::base::local::Memories;
use crate::model::{Phase, Port, PortNumber, Secret};
use crate::provider::chosen::{self, SecretSource};
use crate::provider::dial::Proxies;
use crate::provider::per_port::{self, Opener};
use crate::provider::standing::Standing;
use crate::provider::{BoxFuture, ConnectError, Connector, HostOrder, Progress, Session, Tokens};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The scope of the one secret there may be.
const SCOPE: &str = "secret";

/// How long things may take; tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until there is a connection, name resolution included.
    pub dial: Duration,
    /// Until the server asks for the secret; it waits as long for a request itself.
    pub challenge: Duration,
    /// Until the server has opened a port.
    pub answer: Duration,
    /// A server that has said nothing for so long is not there: it has a heartbeat each 500 ms.
    pub silence: Duration,
    /// The same for one that is asked whether it is.
    pub check: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            dial: Duration::from_secs(10),
            challenge: Duration::from_secs(3),
            answer: Duration::from_secs(5),
            silence: Duration::from_secs(5),
            check: Duration::from_secs(2),
        }
    }
}

/// Makes sessions with a bore server.
pub struct BoreConnector {
    source: SecretSource,
    /// What counts where none is kept.
    given: Option<Secret>,
    /// What was chosen, or what is wrong with that.
    choice: Result<Choice, ConnectError>,
    proxies: Proxies,
    patience: Patience,
    standing: Arc<Standing<PortNumber>>,
    memories: Arc<Memories>,
    has_challenged: Arc<AtomicBool>,
}

impl fmt::Debug for BoreConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoreConnector")
            .field("choice", &self.choice)
            .finish_non_exhaustive()
    }
}

impl BoreConnector {
    /// Hosts as was chosen, with the secret of `source` or else the one that is given, through the proxy
    /// that the environment names.
    pub(super) fn new(
        source: SecretSource,
        given: Option<Secret>,
        choice: Result<Choice, ConnectError>,
    ) -> Self {
        Self {
            source,
            given,
            choice,
            proxies: Proxies::from_env(),
            patience: Patience::default(),
            standing: Arc::default(),
            memories: Arc::default(),
            has_challenged: Arc::default(),
        }
    }

    /// With other time-outs.
    #[cfg(test)]
    pub(super) fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    async fn read_secret(&self, order: &HostOrder) -> Result<Tokens, ConnectError> {
        let mut tokens = chosen::collect(&OFFERS, &self.source, order).await?;
        if let Some(given) = &self.given {
            let secret = tokens.by_scope.entry(SCOPE);
            secret.or_insert_with(|| given.clone());
        }
        Ok(tokens)
    }

    async fn make_session(
        &self,
        order: &HostOrder,
        tokens: &Tokens,
        progress: Progress<'_>,
    ) -> Result<Session, ConnectError> {
        let Choice { server, public } = self.choice.clone()?;
        if let Some(public) = public.filter(|_| order.ports.len() > 1) {
            return Err(invalid(format!(
                "remote-port: {public} is one port, and the tunnel has {}",
                order.ports.len()
            )));
        }
        let dialler = Dialler {
            server,
            secret: tokens.by_scope.get(SCOPE).cloned(),
            proxies: self.proxies.clone(),
            patience: self.patience,
            has_challenged: Arc::clone(&self.has_challenged),
        };
        let standing = Arc::clone(&self.standing);
        let open: Opener = Arc::new(move |port: Port| {
            let (dialler, standing) = (dialler.clone(), Arc::clone(&standing));
            Box::pin(async move { control::open(&dialler, &port, public, &standing).await })
        });
        progress(Phase::ConnectingRelay);
        let mut opened = Vec::new();
        for port in &order.ports {
            opened.push(open(port.clone()).await?);
            progress(Phase::ForwardingPorts);
        }
        let memories = Arc::clone(&self.memories);
        let (name, most) = (OFFERS.name, MOST_VISITORS);
        Ok(per_port::start(name, most, opened, open, memories))
    }
}

impl Connector for BoreConnector {
    fn mint<'a>(&'a self, order: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        Box::pin(self.read_secret(order))
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
