//! One hosting session by programs: watches each, and ends when one of them does not serve any more.

use super::STOP_WITHIN;
use super::carrier::{Carrier, Ground, Hosted, Lost, Tunnel as _};
use super::front::live;
use crate::model::{LivePort, Port};
use crate::provider::attended::{Order, TaskEnd, ends};
use crate::provider::{ConnectError, Session, SessionEvent, Tokens, TrafficBoard};
use futures_util::future::{BoxFuture, join_all, select_all};
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
struct Changed<T> {
    added: Vec<Hosted<T>>,
    failed: Option<ConnectError>,
}

type Changing<T> = BoxFuture<'static, Changed<T>>;

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
        changing: None,
        wanted: None,
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
    changing: Option<Changing<C::Tunnel>>,
    /// The ports to change to once that is done.
    wanted: Option<Vec<Port>>,
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
                self.changing = None;
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
                    Some(Order::SetPorts(ports)) => {
                        self.wanted = Some(ports);
                        self.begin_change();
                    }
                },
                (at, lost) = watch(&mut self.hosted, &self.traffic) => return End::Lost(at, lost),
                changed = change(&mut self.changing) => self.handle_change(changed),
            }
        }
    }

    fn begin_change(&mut self) {
        if self.changing.is_some() {
            return;
        }
        let Some(wanted) = self.wanted.take() else {
            return;
        };
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
        self.changing = Some(Box::pin(async move {
            join_all(gone.into_iter().map(|gone| gone.tunnel.stop())).await;
            let (mut added, mut failed) =
                (Vec::new(), ground.carrier.check(&wanted, &tokens).err());
            if failed.is_some() {
                new.clear();
            }
            for port in &new {
                let opened = match ground.open(port, &tokens).await {
                    Ok(mut opened) => match opened.tunnel.ready().await {
                        Ok(url) => Ok(Hosted { url, ..opened }),
                        Err(lost) => Err(lost.why),
                    },
                    Err(error) => Err(error),
                };
                match opened {
                    Ok(opened) => added.push(opened),
                    Err(error) => failed = Some(error),
                }
            }
            Changed { added, failed }
        }));
    }

    fn handle_change(&mut self, changed: Changed<C::Tunnel>) {
        self.changing = None;
        self.hosted.extend(changed.added);
        if let Some(error) = changed.failed {
            let (reason, detail) = (error.reason.code(), error.detail);
            tracing::warn!(reason, detail, "a port could not be added");
        }
        self.engine.tell(SessionEvent::Ports(self.serve()));
        self.begin_change();
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

async fn change<T>(changing: &mut Option<Changing<T>>) -> Changed<T> {
    match changing {
        Some(changing) => changing.await,
        None => std::future::pending().await,
    }
}
