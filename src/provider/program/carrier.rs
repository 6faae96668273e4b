//! Hosting by programs, one for each port: what a provider has to say of its own, and the connector that
//! is the same for all.
//!
//! A program that lost its connection finds it again by itself, with the URL that it had. So it is let
//! run when its session ends for that, and the next attempt waits for it; the engine says meanwhile that
//! nothing works, because nothing does.

use super::STOP_WITHIN;
use super::front::Front;
use super::session;
use crate::base::local::Memories;
use crate::model::{Class, Offers, Phase, Port, PortNumber};
use crate::provider::chosen::{self, SecretSource};
use crate::provider::{
    BoxFuture, ConnectError, Connector, HostOrder, Progress, Session, Tokens, TrafficBoard,
};
use crate::secrets::Secrets;
use futures_util::future::BoxFuture as SendFuture;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// Whoever goes is waited for so long: two programs of one tunnel would be in each other's way.
const TURN_WITHIN: Duration = Duration::from_secs(STOP_WITHIN.as_secs() + 1);

/// What a provider makes of a program. One for each engine.
pub(in crate::provider) trait Carrier: Send + Sync + 'static {
    type Tunnel: Tunnel;

    fn offers(&self) -> &'static Offers;

    /// Whether these ports can be carried, all of them, as was chosen.
    fn check(&self, ports: &[Port], tokens: &Tokens) -> Result<(), ConnectError>;

    /// Starts the program that carries this port, whose visitors are to come to `front`. It bounds itself.
    fn open<'a>(
        &'a self,
        port: &'a Port,
        front: Front,
        tokens: &'a Tokens,
    ) -> SendFuture<'a, Result<Self::Tunnel, ConnectError>>;
}

/// A program that carries one port. Dropping it ends the program at once.
pub(in crate::provider) trait Tunnel: Send + 'static {
    /// Where its visitors come in; `None` where somebody else has said where that is.
    fn front(&self) -> Option<&Front>;

    /// Waits until it serves, within a bound: its URL.
    fn ready(&mut self) -> SendFuture<'_, Result<String, Lost>>;

    /// Watches it until it does not serve any more, and notes its signs of life. The future may be
    /// dropped and asked for again. One that may return is watched on between sessions: then each call
    /// waits for something new.
    fn watch<'a>(&'a mut self, traffic: &'a TrafficBoard) -> SendFuture<'a, Lost>;

    /// Has it looked at now.
    fn look_now(&mut self);

    /// Ends the program as if it had died.
    fn cut(&mut self);

    /// Asks the program to end, makes it end, and waits for that.
    fn stop(self) -> SendFuture<'static, ()>;
}

/// A tunnel does not serve.
#[derive(Debug)]
pub(in crate::provider) struct Lost {
    pub why: ConnectError,
    /// It may serve again, with the URL that it has.
    pub may_return: bool,
}

impl Lost {
    pub(in crate::provider) const fn over(why: ConnectError) -> Self {
        Self {
            why,
            may_return: false,
        }
    }
}

/// A port and the program that carries it.
pub(super) struct Hosted<T> {
    pub(super) port: Port,
    pub(super) url: String,
    pub(super) tunnel: T,
}

impl<T: Tunnel> Hosted<T> {
    /// Has it serve this port, if it can without a new program.
    pub(super) fn take(&mut self, port: &Port) -> bool {
        if self.port == *port {
            return true;
        }
        let same = self.port.number == port.number && self.port.protocol == port.protocol;
        match self.tunnel.front() {
            // It is led there when it serves.
            Some(_) if same => {
                self.port = port.clone();
                true
            }
            Some(_) | None => false,
        }
    }
}

/// All that sessions are made with.
pub(super) struct Ground<C: Carrier> {
    pub(super) carrier: C,
    kept: Mutex<Option<Kept<C::Tunnel>>>,
    /// What is known of the services, whichever program leads to them.
    memories: Mutex<BTreeMap<PortNumber, Arc<Memories>>>,
}

/// Programs that run while there is no session: what they print is read on, and who dies is let go.
struct Kept<T> {
    back: oneshot::Sender<()>,
    task: AbortOnDropHandle<Vec<Hosted<T>>>,
}

impl<C: Carrier> Ground<C> {
    /// Has these run on while there is no session.
    pub(super) fn keep(&self, mut hosted: Vec<Hosted<C::Tunnel>>) {
        if hosted.is_empty() {
            return;
        }
        let (back, mut asked) = oneshot::channel();
        let traffic = TrafficBoard::default();
        let task = tokio::spawn(async move {
            while !hosted.is_empty() {
                tokio::select! {
                    _ = &mut asked => break,
                    (at, lost) = session::watch(&mut hosted, &traffic) => if !lost.may_return {
                        drop(hosted.swap_remove(at));
                    }
                }
            }
            hosted
        });
        let task = AbortOnDropHandle::new(task);
        *self.kept.lock() = Some(Kept { back, task });
    }

    /// What runs.
    async fn take(&self) -> Vec<Hosted<C::Tunnel>> {
        let Some(kept) = self.kept.lock().take() else {
            return Vec::new();
        };
        // Where none is left, nobody hears it.
        let _ = kept.back.send(());
        kept.task.await.unwrap_or_default()
    }

    /// Starts the program for a port.
    pub(super) async fn open(
        &self,
        port: &Port,
        tokens: &Tokens,
    ) -> Result<Hosted<C::Tunnel>, ConnectError> {
        let memories = Arc::clone(self.memories.lock().entry(port.number).or_default());
        let front = Front::open(self.carrier.offers().name, port, memories).await?;
        Ok(Hosted {
            port: port.clone(),
            url: String::new(),
            tunnel: self.carrier.open(port, front, tokens).await?,
        })
    }

    /// Starts it, and waits until it serves.
    pub(super) async fn host(
        &self,
        port: &Port,
        tokens: &Tokens,
    ) -> Result<Hosted<C::Tunnel>, ConnectError> {
        let mut opened = self.open(port, tokens).await?;
        opened.url = opened.tunnel.ready().await.map_err(|lost| lost.why)?;
        Ok(opened)
    }
}

/// Hosts by programs.
pub(in crate::provider) struct ProgramConnector<C: Carrier> {
    ground: Arc<Ground<C>>,
    source: SecretSource,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl<C: Carrier> ProgramConnector<C> {
    pub(in crate::provider) fn new(carrier: C, secrets: Arc<Secrets>) -> Self {
        Self {
            ground: Arc::new(Ground {
                carrier,
                kept: Mutex::default(),
                memories: Mutex::default(),
            }),
            source: chosen::kept(secrets),
            turn: Arc::default(),
        }
    }

    async fn make_session(
        &self,
        order: &HostOrder,
        tokens: &Tokens,
        progress: Progress<'_>,
    ) -> Result<Session, ConnectError> {
        let ground = &self.ground;
        if let Err(error) = ground.carrier.check(&order.ports, tokens) {
            // Nobody waits for what still runs.
            drop(ground.take().await);
            return Err(error);
        }
        let turn = timeout(TURN_WITHIN, Arc::clone(&self.turn).lock_owned()).await;
        progress(Phase::ConnectingRelay);
        let mut before = ground.take().await;
        let mut hosted = Vec::new();
        let mut failure = None;
        for port in &order.ports {
            let at = before.iter_mut().position(|known| known.take(port));
            let opened = match at {
                Some(at) => Ok(before.swap_remove(at)),
                None => ground.open(port, tokens).await,
            };
            match opened {
                Ok(opened) => hosted.push(opened),
                Err(error) => failure = Some(error),
            }
            if failure.is_some() {
                hosted.append(&mut before);
                break;
            }
        }
        // What is not wanted any more goes at once.
        drop(before);
        if failure.is_none() {
            progress(Phase::ForwardingPorts);
            failure = make_ready(&mut hosted).await;
        }
        if let Some(error) = failure {
            // There is another attempt, or nothing may be public any more.
            if matches!(error.class(), Class::Transient | Class::Quota) {
                ground.keep(hosted);
            }
            return Err(error);
        }
        let (ground, turn) = (Arc::clone(ground), turn.ok());
        Ok(session::start(ground, hosted, tokens.clone(), turn))
    }
}

/// Waits until each serves; what cannot is left out. What stands in the way of the first that does not.
async fn make_ready<T: Tunnel>(hosted: &mut Vec<Hosted<T>>) -> Option<ConnectError> {
    let mut failure = None;
    let mut at = 0;
    while let Some(next) = hosted.get_mut(at) {
        match next.tunnel.ready().await {
            Ok(url) => {
                if !next.url.is_empty() && next.url != url {
                    tracing::warn!(before = next.url, now = url, "the URL is another one");
                }
                next.url = url;
                at += 1;
            }
            Err(lost) => {
                if lost.may_return {
                    at += 1;
                } else {
                    hosted.remove(at);
                }
                failure.get_or_insert(lost.why);
            }
        }
    }
    failure
}

impl<C: Carrier> Connector for ProgramConnector<C> {
    /// What is secret of what was chosen.
    fn mint<'a>(&'a self, order: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        let offers = self.ground.carrier.offers();
        Box::pin(chosen::collect(offers, &self.source, order))
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
