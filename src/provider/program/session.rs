//! One hosting session by programs: watches each, and ends when one of them does not serve any more.

use super::STOP_WITHIN;
use super::carrier::{Carrier, Ground, Hosted, Lost, Tunnel as _};
use super::front::live;
use crate::model::{LivePort, Port};
use crate::provider::attended::{Order, TaskEnd, ends};
use crate::provider::changes::{Change, Changes, Failure};
use crate::provider::{Session, SessionEvent, Tokens, TrafficBoard};
use futures_util::future::{join_all, select_all};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, oneshot};
use tokio_util::task::AbortOnDropHandle;

/// All of a goodbye.
const GOODBYE_WITHIN: Duration = Duration::from_secs(STOP_WITHIN.as_secs() + 1);

/// How attending ends.
enum End {
    /// This one does not serve.
    Lost(usize, Lost),
    /// The engine is gone.
    Left,
    /// The engine closed it.
    Closed(oneshot::Sender<()>),
}

/// What a change of ports led to.
type Changed<T> = (Vec<Hosted<T>>, Vec<Failure>);

/// Starts a session of programs that serve.
pub(super) fn start<C: Carrier>(
    ground: Arc<Ground<C>>,
    hosted: Vec<Hosted<C::Tunnel>>,
    tokens: Tokens,
    turn: Option<OwnedMutexGuard<()>>,
) -> Session {
    let (session, engine) = ends();
    let traffic = Arc::new(TrafficBoard::default());
    let host = Host {
        ground,
        hosted,
        tokens,
        traffic: Arc::clone(&traffic),
        changes: Changes::new(),
        engine,
        _turn: turn,
    };
    let live = host.serve();
    host.engine.tell(SessionEvent::Established);
    let task = AbortOnDropHandle::new(tokio::spawn(host.run()));
    session.session(task, live, traffic, GOODBYE_WITHIN)
}

struct Host<C: Carrier> {
    ground: Arc<Ground<C>>,
    hosted: Vec<Hosted<C::Tunnel>>,
    tokens: Tokens,
    traffic: Arc<TrafficBoard>,
    changes: Changes<Changed<C::Tunnel>>,
    engine: TaskEnd,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl<C: Carrier> Host<C> {
    /// Counts for this session what each serves: where that is.
    fn serve(&self) -> Vec<LivePort> {
        let serve = |hosted: &Hosted<C::Tunnel>| {
            if let Some(front) = hosted.tunnel.front() {
                front.serve(&hosted.port, &self.traffic, &hosted.url);
            }
            live(hosted.port.number, &hosted.url)
        };
        self.hosted.iter().map(serve).collect()
    }

    async fn run(mut self) {
        match self.attend().await {
            End::Lost(at, lost) => {
                if !lost.may_return {
                    drop(self.hosted.swap_remove(at));
                }
                self.ground.keep(self.hosted);
                self.engine.end(SessionEvent::Ended(lost.why)).await;
            }
            End::Left => {}
            End::Closed(done) => {
                self.changes.abandon();
                let hosted = std::mem::take(&mut self.hosted);
                join_all(hosted.into_iter().map(|hosted| hosted.tunnel.stop())).await;
                let _ = done.send(());
            }
        }
    }

    async fn attend(&mut self) -> End {
        loop {
            tokio::select! {
                order = self.engine.orders.recv() => match order {
                    Some(Order::Close(done)) => return End::Closed(done),
                    None => return End::Left,
                    Some(Order::Check) => {
                        self.hosted.iter_mut().for_each(|hosted| hosted.tunnel.look_now());
                    }
                    Some(Order::Drop) => {
                        self.hosted.iter_mut().for_each(|hosted| hosted.tunnel.cut());
                    }
                    Some(Order::SetPorts(ports)) => self.changes.order(ports),
                },
                (at, lost) = watch(&mut self.hosted, &self.traffic) => return End::Lost(at, lost),
                change = self.changes.next() => match change {
                    Change::Due(ports) => self.begin_change(ports),
                    Change::Done((added, failed)) => self.handle_change(added, failed),
                },
            }
        }
    }

    fn begin_change(&mut self, wanted: Vec<Port>) {
        let (mut gone, mut new) = (Vec::new(), wanted.clone());
        for mut hosted in std::mem::take(&mut self.hosted) {
            match new.iter().position(|port| hosted.take(port)) {
                Some(at) => {
                    new.swap_remove(at);
                    self.hosted.push(hosted);
                }
                None => gone.push(hosted),
            }
        }
        self.serve();
        let (ground, tokens) = (Arc::clone(&self.ground), self.tokens.clone());
        self.changes.begin(async move {
            join_all(gone.into_iter().map(|gone| gone.tunnel.stop())).await;
            if let Err(error) = ground.carrier.check(&wanted, &tokens) {
                let failed = new.iter().map(|port| (port.number, error.clone()));
                return (Vec::new(), failed.collect());
            }
            let (mut added, mut failed) = (Vec::new(), Vec::new());
            for port in &new {
                match ground.host(port, &tokens).await {
                    Ok(hosted) => added.push(hosted),
                    Err(error) => failed.push((port.number, error)),
                }
            }
            (added, failed)
        });
    }

    fn handle_change(&mut self, added: Vec<Hosted<C::Tunnel>>, failed: Vec<Failure>) {
        self.hosted.extend(added);
        self.changes.settle(failed, &self.engine);
        self.engine.tell(SessionEvent::Ports(self.serve()));
    }
}

/// The first that does not serve any more.
pub(super) async fn watch<T: super::carrier::Tunnel>(
    hosted: &mut [Hosted<T>],
    traffic: &TrafficBoard,
) -> (usize, Lost) {
    let watched = hosted.iter_mut().map(|hosted| hosted.tunnel.watch(traffic));
    let watched: Vec<_> = watched.collect();
    if watched.is_empty() {
        return std::future::pending().await;
    }
    let (lost, at, _) = select_all(watched).await;
    (at, lost)
}
