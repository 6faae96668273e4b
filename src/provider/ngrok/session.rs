//! One hosting session: attends to the crate's session, has its visitors served, and finds out when its
//! connection is dead.

use super::agent::{Agent, Signal};
use super::connector::Plan;
use super::endpoints::{Bound, Visit, Wanted};
use super::errors;
use super::link::End as LinkEnd;
use super::offers::OFFERS;
use super::options::Endpoint;
use super::standing::{Seat, Standing};
use super::visitor::Visitor;
use crate::base::clock;
use crate::base::local::Memories;
use crate::model::{LivePort, Port, Reason};
use crate::provider::attended::{Order, TaskEnd, ends};
use crate::provider::changes::{Change, Changes, Failure};
use crate::provider::visitors::Visitors;
use crate::provider::{ConnectError, Ended, Session, SessionEvent, TrafficBoard};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use futures_util::stream::BoxStream;
use ngrok::conn::ConnInfo as _;
use ngrok::tunnel::AcceptError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};
use tokio_util::task::AbortOnDropHandle;

/// The edge is told that the endpoints go within this time, then the connection is cut.
const UNBIND_WITHIN: Duration = Duration::from_secs(2);

/// So many visitors are served at once. With 512 streams the crate's session ends, and a few of them
/// are not visitors'.
const MOST_VISITORS: usize = 480;

/// All of a goodbye.
const GOODBYE_WITHIN: Duration = Duration::from_secs(3);

/// How attending ends.
enum End {
    /// The connection is gone, and the edge may still have the session: it may be resumed.
    Lost(Ended),
    /// The session is over.
    Over(Ended),
    /// The engine closed it: nobody is told, but for whoever waits for it.
    Closed(oneshot::Sender<()>),
}

/// What a change of ports led to.
struct Changed {
    removed: Vec<String>,
    added: Vec<(Bound, BoxStream<'static, Visit>)>,
    failed: Vec<Failure>,
}

/// Starts a session of what the edge has.
pub(super) fn start(
    agent: Agent,
    plan: Plan,
    standing: Standing,
    seat: Seat,
    memories: Arc<Memories>,
) -> Session {
    let (session, engine) = ends();
    let link = agent.link().clone();
    let traffic = Arc::new(TrafficBoard::over(move || link.silence()));
    let visitors = Arc::new(Visitors::new(
        OFFERS.name,
        MOST_VISITORS,
        memories,
        Arc::clone(&traffic),
    ));
    let live = agent.live();
    let mut host = Host {
        agent,
        plan,
        standing,
        seat,
        visitors,
        serving: JoinSet::new(),
        changes: Changes::new(),
        established: false,
        engine,
    };
    host.follow_ports();
    let task = AbortOnDropHandle::new(tokio::spawn(host.run()));
    session.session(task, live, traffic, GOODBYE_WITHIN)
}

struct Host {
    agent: Agent,
    plan: Plan,
    standing: Standing,
    seat: Seat,
    visitors: Arc<Visitors>,
    serving: JoinSet<()>,
    changes: Changes<Changed>,
    established: bool,
    engine: TaskEnd,
}

impl Host {
    async fn run(mut self) {
        match self.attend().await {
            End::Lost(ended) => {
                let Self {
                    agent,
                    plan,
                    standing,
                    seat,
                    serving,
                    changes,
                    engine,
                    ..
                } = self;
                // The services hear of it before the engine does.
                drop((serving, seat));
                // Whether the edge has what was just asked for nobody knows.
                if !agent.resumed && !changes.is_under_way() {
                    standing.keep(plan.token, agent);
                }
                engine.end(SessionEvent::Ended(ended)).await;
            }
            End::Over(ended) => self.leave().await.end(SessionEvent::Ended(ended)).await,
            End::Closed(done) => {
                self.leave().await;
                let _ = done.send(());
            }
        }
    }

    /// Tells the edge that the endpoints go, which frees them at once, and cuts the connection.
    async fn leave(mut self) -> TaskEnd {
        // A request of it would be waited for by the last ones.
        self.changes.abandon();
        let session = &self.agent.session;
        let unbind = |bound: &Bound| {
            let (session, id) = (session.clone(), bound.id.clone());
            async move { session.close_tunnel(id).await.is_ok() }
        };
        let unbinding: Vec<_> = self.agent.bound.iter().map(unbind).collect();
        let heard = timeout(UNBIND_WITHIN, join_all(unbinding)).await;
        self.agent.link().cut("it was closed");
        if heard.is_ok_and(|all| all.into_iter().all(|heard| heard)) {
            self.seat.leave();
        }
        self.engine
    }

    async fn attend(&mut self) -> End {
        if self.agent.latency.is_some() {
            self.establish();
        }
        loop {
            let silent_at = self.agent.link().heard() + self.plan.patience.silence();
            tokio::select! {
                order = self.engine.orders.recv() => match order {
                    Some(Order::Close(done)) => return End::Closed(done),
                    None => return End::Over(ConnectError::new(Reason::LinkLost)),
                    // The crate cannot be made to ask, and asks so often that a dead link ends within
                    // 5 s anyway.
                    Some(Order::Check) => {}
                    Some(Order::Drop) => self.agent.link().cut("it was dropped on purpose"),
                    Some(Order::SetPorts(ports)) => self.changes.order(ports),
                },
                signal = self.agent.signals.recv() => if let Some(end) = self.handle_signal(signal) {
                    return end;
                },
                Some((port, visit)) = self.agent.visits.next() => match visit {
                    Ok(conn) => {
                        let (visitors, link) = (Arc::clone(&self.visitors), self.agent.link().clone());
                        let from = conn.remote_addr();
                        self.serving.spawn(async move {
                            let mut visitor = Visitor::new(conn, link);
                            visitors.serve(port.number, &mut visitor, from).await;
                        });
                    }
                    Err(error) => if let Some(end) = self.handle_refusal(error) {
                        return end;
                    },
                },
                () = sleep_until(silent_at) => {
                    let link = self.agent.link();
                    if link.silence() >= self.plan.patience.silence() {
                        link.end(LinkEnd::Silent);
                        return End::Lost(ConnectError::new(Reason::LinkSilent));
                    }
                }
                change = self.changes.next() => match change {
                    Change::Due(ports) => self.begin_change(ports),
                    Change::Done(changed) => self.handle_change(changed),
                },
                Some(_) = self.serving.join_next() => {}
            }
        }
    }

    fn handle_signal(&mut self, signal: Option<Signal>) -> Option<End> {
        match signal {
            Some(Signal::Beat(latency)) => {
                self.agent.latency = Some(latency);
                self.establish();
                None
            }
            Some(Signal::Broken(said)) => Some(End::Lost(self.lost(&said))),
            Some(Signal::Failed(error)) => Some(End::Over(error)),
            Some(Signal::Stop) => {
                let detail = "the agent was stopped in ngrok's dashboard".to_owned();
                Some(End::Over(ConnectError::new(Reason::Refused { detail })))
            }
            Some(Signal::Restart) => {
                let said = "ngrok's dashboard asked for a new connection";
                Some(End::Over(ConnectError::with(Reason::Forced, said)))
            }
            None => Some(End::Over(self.lost("the crate has given up"))),
        }
    }

    /// Why the connection is gone; what the crate says of it is the least of it.
    fn lost(&self, said: &str) -> Ended {
        let link = self.agent.link();
        // It may still stand when the crate did not like what came over it.
        link.cut(said);
        match link.ended() {
            Some(LinkEnd::Away) => ConnectError::new(Reason::RelayShutDown),
            Some(LinkEnd::Silent) => ConnectError::new(Reason::LinkSilent),
            Some(LinkEnd::Broken(why)) => ConnectError::with(Reason::LinkLost, why),
            None => ConnectError::with(Reason::LinkLost, said),
        }
    }

    /// The edge takes an endpoint away. An endpoint whose connection is gone says so too, and the
    /// crate's session says it better.
    fn handle_refusal(&self, error: AcceptError) -> Option<End> {
        match error {
            AcceptError::ListenerClosed {
                message,
                error_code,
            } => {
                let code = error_code.unwrap_or_default();
                let token = &self.plan.token;
                let ended = if code.is_empty() {
                    let detail = super::token::without(token, &message);
                    ConnectError::new(Reason::Refused { detail })
                } else {
                    errors::by_code(&code, &message, token, clock::wall())
                };
                Some(End::Over(ended))
            }
            _ => None,
        }
    }

    /// Tells the engine, once, that the link has proven itself.
    fn establish(&mut self) {
        if self.established {
            return;
        }
        self.established = true;
        tracing::info!(latency = ?self.agent.latency, "ngrok's edge answers");
        self.engine.tell(SessionEvent::Established);
    }

    fn begin_change(&mut self, mut new: Vec<Port>) {
        let mut gone = Vec::new();
        for bound in &mut self.agent.bound {
            let is_wanted = |port: &Port| {
                bound.port.number == port.number
                    && bound.wanted == Wanted::of(port, &self.plan.options)
            };
            match new.iter().position(is_wanted) {
                // What stays leads to where it is wanted from now on.
                Some(at) => bound.port = new.swap_remove(at),
                None => gone.push(bound.id.clone()),
            }
        }
        self.follow_ports();
        let session = self.agent.session.clone();
        let (plan, standing) = (self.plan.clone(), self.standing.clone());
        self.changes.begin(async move {
            for id in &gone {
                let _ = timeout(plan.patience.answer, session.close_tunnel(id)).await;
            }
            let (mut added, mut failed) = (Vec::new(), Vec::new());
            for port in &new {
                match plan.bind(&session, port, &standing).await {
                    Ok(bound) => added.push(bound),
                    Err(error) => failed.push((port.number, error)),
                }
            }
            Changed {
                removed: gone,
                added,
                failed,
            }
        });
    }

    fn handle_change(&mut self, changed: Changed) {
        self.agent
            .bound
            .retain(|bound| !changed.removed.contains(&bound.id));
        for (bound, visits) in changed.added {
            self.standing.remember(bound.port.number, &bound.url);
            self.agent.serve(bound, visits);
        }
        self.changes.settle(changed.failed, &self.engine);
        let live = self.follow_ports();
        self.engine.tell(SessionEvent::Ports(live));
    }

    /// Has the visitors of what is bound served.
    fn follow_ports(&mut self) -> Vec<LivePort> {
        let ports: Vec<Port> = self
            .agent
            .bound
            .iter()
            .map(|bound| bound.port.clone())
            .collect();
        let options = &self.plan.options;
        let is_web = |port: &Port| options.endpoint_of(port) == Endpoint::Http;
        self.visitors.set(&ports, is_web);
        let live = self.agent.live();
        self.visitors.serve_at(&live);
        live
    }
}
