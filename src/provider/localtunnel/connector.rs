//! Makes hosting sessions with a localtunnel server.

use super::api::Api;
use super::offers::{Choice, OFFERS, invalid};
use super::pool;
use crate::base::local::Memories;
use crate::model::{Phase, Port, Reason};
use crate::provider::dial::Proxies;
use crate::provider::per_port::{self, Opened, Opener};
use crate::provider::standing::Standing;
use crate::provider::{BoxFuture, ConnectError, Connector, HostOrder, Progress, Session, Tokens};
use std::fmt;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

/// So many visitors are served at once, over all names of a tunnel.
const MOST_VISITORS: usize = 480;

/// How long things may take; tests use shorter times.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until the server has answered.
    pub answer: Duration,
    /// Until there is a connection.
    pub dial: Duration,
    /// The server has answered when it is asked whether it is there.
    pub check: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(15),
            dial: Duration::from_secs(10),
            check: Duration::from_secs(4),
        }
    }
}

/// All that a session is made with.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) api: Arc<Api>,
    /// The name that is to be had.
    name: Option<String>,
    pub(super) proxies: Proxies,
    pub(super) patience: Patience,
    standing: Arc<Standing<String>>,
}

impl Plan {
    /// Asks for a name: the one that is to be had, the one of before, or any.
    async fn open(self, port: Port) -> Result<Opened, ConnectError> {
        let (number, is_chosen) = (port.number, self.name.is_some());
        let asked = self.name.clone().or_else(|| self.standing.of(number));
        let lease = self.api.lease(asked.as_deref()).await?;
        if let Some(name) = asked.filter(|name| *name != lease.name) {
            // What came in its place is nobody's again within a second.
            if self.standing.may_be_ours(number, &name, is_chosen) {
                return Err(ConnectError::new(Reason::StillHeld { place: name }));
            }
            if is_chosen {
                return Err(ConnectError::new(Reason::NameTaken { name }));
            }
            tracing::info!(name, "the name of before is not to be had");
        }
        let (standing, name) = (Arc::clone(&self.standing), lease.name.clone());
        let opened = pool::open(self, port, lease).await?;
        standing.note(number, name);
        Ok(opened)
    }
}

/// Makes sessions with a localtunnel server.
pub struct LocaltunnelConnector {
    /// What was chosen, or what is wrong with that.
    choice: Result<Choice, ConnectError>,
    proxies: Proxies,
    patience: Patience,
    standing: Arc<Standing<String>>,
    memories: Arc<Memories>,
}

impl fmt::Debug for LocaltunnelConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocaltunnelConnector")
            .field("choice", &self.choice)
            .finish_non_exhaustive()
    }
}

impl LocaltunnelConnector {
    /// Hosts as was chosen, through the proxy that the environment names.
    pub(super) fn new(choice: Result<Choice, ConnectError>) -> Self {
        Self {
            choice,
            proxies: Proxies::from_env(),
            patience: Patience::default(),
            standing: Arc::default(),
            memories: Arc::default(),
        }
    }

    /// With other time-outs.
    #[cfg(test)]
    pub(super) fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    async fn make_session(
        &self,
        order: &HostOrder,
        progress: Progress<'_>,
    ) -> Result<Session, ConnectError> {
        let Choice { server, name } = self.choice.clone()?;
        if let Some(name) = name.as_ref().filter(|_| order.ports.len() > 1) {
            let count = order.ports.len();
            let why = format!("subdomain: {name} is one name, and the tunnel has {count} ports");
            return Err(invalid(why));
        }
        let plan = Plan {
            api: Arc::new(Api::new(server, self.patience.answer)?),
            name,
            proxies: self.proxies.clone(),
            patience: self.patience,
            standing: Arc::clone(&self.standing),
        };
        let open: Opener = Arc::new(move |port| Box::pin(plan.clone().open(port)));
        progress(Phase::ConnectingRelay);
        // One after the other they would lose the names that they have already: all at once.
        let opening = order.ports.iter().map(|port| open(port.clone()));
        let opened = futures_util::future::try_join_all(opening).await?;
        progress(Phase::ForwardingPorts);
        let (memories, name) = (Arc::clone(&self.memories), OFFERS.name);
        Ok(per_port::start(name, MOST_VISITORS, opened, open, memories))
    }
}

impl Connector for LocaltunnelConnector {
    /// Nobody has an account there.
    fn mint<'a>(&'a self, _: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        Box::pin(ready(Ok(Tokens::default())))
    }

    fn connect<'a>(
        &'a self,
        order: &'a HostOrder,
        _: &'a Tokens,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Result<Session, ConnectError>> {
        Box::pin(self.make_session(order, progress))
    }
}
