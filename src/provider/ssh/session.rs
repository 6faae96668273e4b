//! One hosting session: has its visitors served, hears what the service announces, and finds out when the
//! connection is dead.

use super::announce::{Form, Found};
use super::connection::Connection;
use super::connector::{Plan, hang_up};
use super::forwards::{self, Forward, Standing};
use super::handler::{Arrival, MOST_VISITORS, Signal};
use super::hearing::note;
use super::offers::OFFERS;
use super::visitor;
use crate::base::local::Memories;
use crate::model::{LivePort, Port, Reason};
use crate::provider::attended::{Order, TaskEnd, ends};
use crate::provider::changes::{Change, Changes, Failure};
use crate::provider::visitors::Visitors;
use crate::provider::{ConnectError, Ended, Session, SessionEvent, TrafficBoard};
use futures_util::future::join_all;
use russh::ChannelOpenFailure;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use tokio_util::task::AbortOnDropHandle;

/// The server gives the ports back within this time, and then hears that it is over.
const CANCEL_WITHIN: Duration = Duration::from_secs(1);

/// Its connection is closed within this time after that.
const HANG_UP_WITHIN: Duration = Duration::from_secs(1);

/// All of a goodbye.
const GOODBYE_WITHIN: Duration = Duration::from_secs(3);

/// So many announcements are kept for ports that are being added.
const MOST_EARLY: usize = 16;

/// How attending ends.
enum End {
    /// The connection is gone, and the server may still hold the ports.
    Lost(Ended),
    /// The session is over, and the server is told.
    Over(Ended),
    /// The engine closed it: nobody is told, but for whoever waits for it.
    Closed(oneshot::Sender<()>),
}

/// What a change of ports led to.
type Changed = (Vec<Forward>, Vec<Failure>);

type Waiting = Option<Pin<Box<dyn Future<Output = ()> + Send>>>;

/// Starts a session with what the server gave.
pub(super) fn start(
    connection: Connection,
    forwards: Vec<Forward>,
    plan: Plan,
    standing: Arc<Standing>,
    memories: Arc<Memories>,
) -> Session {
    let (session, engine) = ends();
    let link = connection.link().clone();
    let traffic = Arc::new(TrafficBoard::over(move || link.silence()));
    let visitors = Visitors::new(OFFERS.name, MOST_VISITORS, memories, Arc::clone(&traffic));
    let handle = Arc::clone(&connection.handle);
    let ping = async move {
        // One that is gone is told otherwise.
        let _ = handle.send_ping().await;
    };
    let host = Host {
        connection,
        forwards,
        plan,
        standing,
        visitors: Arc::new(visitors),
        serving: JoinSet::new(),
        proving: Some(Box::pin(ping)),
        changes: Changes::new(),
        early: Vec::new(),
        engine,
    };
    let live = host.follow_ports();
    let task = AbortOnDropHandle::new(tokio::spawn(host.run()));
    session.session(task, live, traffic, GOODBYE_WITHIN)
}

struct Host {
    connection: Connection,
    forwards: Vec<Forward>,
    plan: Plan,
    standing: Arc<Standing>,
    visitors: Arc<Visitors>,
    serving: JoinSet<()>,
    /// The ping that proves the link.
    proving: Waiting,
    changes: Changes<Changed>,
    /// What was announced meanwhile.
    early: Vec<Found>,
    engine: TaskEnd,
}

impl Host {
    async fn run(mut self) {
        match self.attend().await {
            End::Lost(ended) => {
                // The services hear of it before the engine does.
                let Self {
                    serving,
                    connection,
                    engine,
                    ..
                } = self;
                drop((serving, connection));
                engine.end(SessionEvent::Ended(ended)).await;
            }
            End::Over(ended) => self.leave().await.end(SessionEvent::Ended(ended)).await,
            End::Closed(done) => {
                self.leave().await;
                let _ = done.send(());
            }
        }
    }

    /// Gives the ports back, which frees them at once, and hangs up.
    async fn leave(mut self) -> TaskEnd {
        self.changes.abandon();
        let handle = &self.connection.handle;
        let cancelling = self
            .forwards
            .iter()
            .map(|it| it.cancel(handle, CANCEL_WITHIN));
        for (forward, heard) in self.forwards.iter().zip(join_all(cancelling).await) {
            if heard {
                self.standing.leave(forward.port.number);
            }
        }
        hang_up(&mut self.connection, HANG_UP_WITHIN).await;
        self.engine
    }

    async fn attend(&mut self) -> End {
        loop {
            let silence = self.plan.patience.silence;
            let silent_at = self.connection.link().heard() + silence;
            let ears = &mut self.connection.ears;
            tokio::select! {
                biased;
                order = self.engine.orders.recv() => if let Some(end) = self.follow(order) {
                    return end;
                },
                Some(signal) = ears.over.recv() => if let Some(end) = self.end(signal) {
                    return end;
                },
                Some(Signal::Announced(found)) = ears.signals.recv() => self.hear(found),
                Some(arrival) = ears.arrivals.recv() => self.let_in(arrival),
                () = wait(&mut self.proving) => {
                    self.proving = None;
                    self.engine.tell(SessionEvent::Established);
                }
                change = self.changes.next() => match change {
                    Change::Due(ports) => self.begin_change(ports),
                    Change::Done((added, failed)) => self.handle_change(added, failed),
                },
                Some(_) = self.serving.join_next() => {}
                () = sleep_until(silent_at) => {
                    if self.connection.link().silence() >= silence {
                        return End::Lost(ConnectError::new(Reason::LinkSilent));
                    }
                }
            }
        }
    }

    fn follow(&mut self, order: Option<Order>) -> Option<End> {
        match order {
            Some(Order::Close(done)) => return Some(End::Closed(done)),
            None => return Some(End::Over(ConnectError::new(Reason::LinkLost))),
            // What comes back is a sign of life; what does not is silence.
            Some(Order::Check) => {
                let handle = Arc::clone(&self.connection.handle);
                self.serving.spawn(async move {
                    let _ = handle.send_keepalive(true).await;
                });
            }
            Some(Order::Drop) => self.connection.link().cut(),
            Some(Order::SetPorts(ports)) => self.changes.order(ports),
        }
        None
    }

    fn end(&self, signal: Signal) -> Option<End> {
        // A command that was asked of a server of one's own may end.
        let announces = self.plan.options.service().announces();
        if !announces && matches!(signal, Signal::Silenced) {
            return None;
        }
        let ears = &self.connection.ears;
        let complaint = self.plan.complaint(ears);
        Some(match signal {
            Signal::Over(ended) => {
                let reason = complaint.filter(|_| ended.reason == Reason::RelayShutDown);
                let reason = reason.unwrap_or(ended.reason);
                End::Lost(ConnectError::with(reason, ended.detail))
            }
            Signal::Silenced | Signal::Announced(_) => {
                let said = ears.said();
                tracing::info!(said, "the service has ended its session");
                let reason = complaint.unwrap_or(Reason::RelayShutDown);
                End::Over(ConnectError::with(reason, said))
            }
        })
    }

    fn hear(&mut self, found: Found) {
        let service = self.plan.options.service();
        // A service may say what visitors ask for, too: only words that cannot be theirs change a URL.
        let may_change = service.form == Form::Json;
        let before = note(&mut self.forwards, &found, service.web, may_change);
        // Its port may be one that is just being added.
        if before.is_none() && self.changes.is_under_way() && self.early.len() < MOST_EARLY {
            self.early.push(found);
            return;
        }
        if let Some(before) = before {
            tracing::warn!(before, now = found.url, "the service has changed the URL");
            let live = self.follow_ports();
            self.engine.tell(SessionEvent::Ports(live));
        }
    }

    fn let_in(&mut self, arrival: Arrival) {
        let forward = forwards::find(&self.forwards, &arrival);
        let Some(number) = forward.map(|forward| forward.port.number) else {
            self.serving.spawn(async move {
                let reason = ChannelOpenFailure::AdministrativelyProhibited;
                arrival.reply.reject(reason).await;
            });
            return;
        };
        let visitors = Arc::clone(&self.visitors);
        let from = arrival.from;
        self.serving
            .spawn(visitor::serve(arrival, move |mut visitor| async move {
                visitors.serve(number, &mut visitor, from).await;
            }));
    }

    fn begin_change(&mut self, mut new: Vec<Port>) {
        let mut gone = Vec::new();
        self.forwards.retain_mut(|forward| {
            let is_it = |port: &Port| {
                let same = (port.number, port.protocol, port.public_port);
                same == (
                    forward.port.number,
                    forward.port.protocol,
                    forward.port.public_port,
                )
            };
            let Some(at) = new.iter().position(is_it) else {
                gone.push(forward.clone());
                return false;
            };
            // What stays leads to where it is wanted from now on.
            forward.port = new.swap_remove(at);
            true
        });
        self.follow_ports();
        let handle = Arc::clone(&self.connection.handle);
        let (plan, standing) = (self.plan.clone(), Arc::clone(&self.standing));
        let used: Vec<_> = self.forwards.iter().map(Forward::asked_port).collect();
        self.changes.begin(async move {
            for forward in &gone {
                if forward.cancel(&handle, plan.patience.answer).await {
                    standing.leave(forward.port.number);
                }
            }
            let (mut added, mut failed) = (Vec::new(), Vec::new());
            let free = (1..).filter(|number| !used.contains(&Some(*number)));
            for (port, number) in new.iter().zip(free) {
                match plan.forward(&handle, port, number, &standing).await {
                    Ok(forward) => added.push(forward),
                    Err(error) => failed.push((port.number, error)),
                }
            }
            (added, failed)
        });
    }

    fn handle_change(&mut self, added: Vec<Forward>, failed: Vec<Failure>) {
        for forward in added {
            self.standing.note(forward.port.number, forward.given());
            self.forwards.push(forward);
        }
        for found in std::mem::take(&mut self.early) {
            self.hear(found);
        }
        self.changes.settle(failed, &self.engine);
        let live = self.follow_ports();
        self.engine.tell(SessionEvent::Ports(live));
    }

    /// Has the visitors of what there is served.
    fn follow_ports(&self) -> Vec<LivePort> {
        let ports: Vec<Port> = self.forwards.iter().map(|it| it.port.clone()).collect();
        self.visitors.set(&ports, |port| port.protocol.is_web());
        // A port that a service has not named yet is not reached by anybody.
        let named = self.forwards.iter().filter(|it| !it.url.is_empty());
        let live: Vec<LivePort> = named.map(Forward::live).collect();
        self.visitors.serve_at(&live);
        live
    }
}

async fn wait(waiting: &mut Waiting) {
    match waiting {
        Some(waiting) => waiting.await,
        None => std::future::pending().await,
    }
}
