//! The crate's session on a leash: it has the connection that we dial, makes another one when it is
//! told to, and says what happens to it.
//!
//! Left alone the crate tries again for ever, with a refused token as well. Here each time it asks for
//! a connection is told, and it waits until somebody gives it a turn; once its session has failed it
//! gets none.

use super::answers::Outcome;
use super::connector::{Patience, Plan};
use super::dialler::{Dialler, Turn, give_turn};
use super::endpoints::{Bound, Visit};
use super::link::{Leash, Link};
use crate::model::{LivePort, Reason};
use crate::provider::ConnectError;
use futures_util::FutureExt as _;
use futures_util::stream::{BoxStream, SelectAll};
use rustls::ClientConfig;
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

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
        let dialler = Dialler::new(plan, waiting, sender.clone());
        let builder = builder(plan, Arc::new(dialler), sender)?;
        let mut connecting = pin!(builder.connect());
        let link = tokio::select! {
            biased;
            made = give_turn(&turns, None) => made?.link,
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
        .connector(
            move |host: String, port: u16, tls: Arc<ClientConfig>, error| {
                let dialler = Arc::clone(&dialler);
                async move { dialler.next(&host, port, tls, error).await }.boxed()
            },
        );
    if let Some(authority) = &plan.server.authority {
        builder.ca_cert(authority.clone().into());
    }
    Ok(builder)
}
