//! One hosting session: attends to the relay's SSH session, serves the visitors, keeps the ports as
//! they are wanted, says goodbye.

mod end;
mod ports;

use end::is_superseded;
pub(super) use end::map_end;
pub(super) use ports::{Registration, ensure};

use super::generations::Generation;
use super::inner::{HostKey, Inner, Pool};
use super::socket::Version;
use super::ssh::{Event, Incoming, IncomingKind, Outer, RefuseCode};
use super::visitors::{Refusal, Visitors};
use super::watch::watch;
use crate::link::websocket::Pulse;
use crate::model::{Lacking, LivePort, Port, PortNumber, Reason};
use crate::provider::attended::{Order, TaskEnd, ends};
use crate::provider::{ConnectError, Ended, Session, SessionEvent, TrafficBoard};
use end::END_BY_APPLICATION;
use ports::{Ports, Served};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot, watch as watched};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// Saying goodbye takes this long at most: the relay is told, then the management service.
const GOODBYE_WITHIN: Duration = Duration::from_secs(15);

/// So many clients of the first version are served at once.
const MOST_CLIENTS: usize = 256;

/// How attending ends.
enum End {
    /// The session is over: the engine is told.
    Over(Ended),
    /// A newer session of this host is in its place: the engine is told.
    Superseded,
    /// The engine closed it: nobody is told, but for whoever waits for it.
    Closed(oneshot::Sender<()>),
}

pub(super) struct Made {
    pub outer: Outer,
    pub events: mpsc::Receiver<Event>,
    pub pulse: Pulse,
    pub version: Version,
    pub registration: Registration,
    pub generation: Generation,
    pub key: Arc<HostKey>,
    pub pool: Pool,
}

/// Starts a session, and waits until it serves `ports`.
pub(super) async fn start(made: Made, wanted: Vec<Port>) -> Result<Session, ConnectError> {
    let (session, engine) = ends();
    let (ready, is_ready) = oneshot::channel();
    let traffic = Arc::new(TrafficBoard::default());
    let visitors = Arc::new(Visitors::new(&wanted, Arc::clone(&traffic)));
    let forwarded = watched::Sender::new(Vec::new());
    let host = Host {
        inner: Inner::new(&made.key, made.pool, Arc::clone(&visitors)),
        ports: Ports::new(
            made.version,
            made.outer.clone(),
            Arc::new(made.registration),
        ),
        outer: made.outer,
        incoming: made.events,
        pulse: made.pulse,
        generation: made.generation,
        visitors,
        traffic: Arc::clone(&traffic),
        forwarded,
        ready: Some(ready),
        lacking: Lacking::new(),
        serving: JoinSet::new(),
        clients: JoinSet::new(),
        alive: false,
        established: false,
        engine,
    };
    let task = AbortOnDropHandle::new(tokio::spawn(host.run(wanted)));
    let lost = || ConnectError::with(Reason::LinkLost, "the session's task is gone");
    let ports = is_ready.await.unwrap_or_else(|_| Err(lost()))?;
    Ok(session.session(task, ports, traffic, GOODBYE_WITHIN))
}

type Ready = oneshot::Sender<Result<Vec<LivePort>, ConnectError>>;

struct Host {
    outer: Outer,
    incoming: mpsc::Receiver<Event>,
    pulse: Pulse,
    generation: Generation,
    inner: Inner,
    visitors: Arc<Visitors>,
    traffic: Arc<TrafficBoard>,
    ports: Ports,
    /// What the clients of the first version are told of.
    forwarded: watched::Sender<Vec<u16>>,
    /// Whoever waits for the session to stand.
    ready: Option<Ready>,
    /// What the engine knows of the ports that cannot be had.
    lacking: Lacking,
    serving: JoinSet<()>,
    clients: JoinSet<()>,
    /// A ping was answered.
    alive: bool,
    /// The engine knows that.
    established: bool,
    engine: TaskEnd,
}

impl Host {
    async fn run(mut self, wanted: Vec<Port>) {
        self.ports.want(wanted);
        match self.attend().await {
            End::Over(ended) => self.tell_end(Some(ended)).await,
            End::Superseded => self.tell_end(None).await,
            End::Closed(done) => {
                let _ = timeout(GOODBYE_WITHIN, self.say_goodbye()).await;
                let _ = done.send(());
            }
        }
    }

    /// Without a reason when a newer session is in its place.
    async fn tell_end(self, ended: Option<Ended>) {
        // The link goes before the engine hears of it.
        drop((self.serving, self.clients, self.outer, self.ports));
        match (self.ready, ended) {
            (Some(ready), ended) => {
                let lost = || ConnectError::new(Reason::LinkLost);
                let _ = ready.send(Err(ended.unwrap_or_else(lost)));
            }
            (None, Some(ended)) => self.engine.end(SessionEvent::Ended(ended)).await,
            (None, None) => self.engine.end(SessionEvent::Superseded).await,
        }
    }

    async fn say_goodbye(&mut self) {
        self.outer
            .disconnect(END_BY_APPLICATION, "the tunnel is not hosted any longer")
            .await;
        // A newer session of ours has the same place on the register.
        let _place = self.generation.all().place().await;
        if self.generation.is_newest() {
            self.ports.registration().sign_off().await;
        }
    }

    async fn attend(&mut self) -> End {
        let doubt = Arc::new(Notify::new());
        let (pulse, in_doubt) = (self.pulse.clone(), Arc::clone(&doubt));
        let (alive, mut is_alive) = mpsc::channel(1);
        let mut watching = Box::pin(async move {
            let tell = || {
                // One that waits is enough.
                let _ = alive.try_send(());
            };
            watch(&pulse, &in_doubt, tell).await;
        });
        loop {
            tokio::select! {
                order = self.engine.orders.recv() => match order {
                    Some(Order::Close(done)) => return End::Closed(done),
                    None => return End::Over(ConnectError::new(Reason::LinkLost)),
                    Some(Order::Drop) => {
                        let error = ConnectError::with(Reason::LinkLost, "the link was dropped on purpose");
                        return End::Over(error);
                    }
                    Some(Order::Check) => doubt.notify_one(),
                    Some(Order::SetPorts(ports)) => {
                        self.visitors.set(&ports);
                        self.ports.want(ports);
                    }
                },
                event = self.incoming.recv() => match event {
                    Some(Event::Incoming(incoming)) => self.take_in(incoming),
                    Some(Event::Alive) => {}
                    Some(Event::Ended(end)) if is_superseded(&end, &self.generation) => {
                        return End::Superseded;
                    }
                    Some(Event::Ended(end)) => return End::Over(map_end(&end, &self.generation)),
                    None => return End::Over(ConnectError::new(Reason::LinkLost)),
                },
                changed = self.ports.changed() => if let Err(ended) = self.handle_ports(changed) {
                    return End::Over(self.last_words(ended).await);
                },
                Some(()) = is_alive.recv() => {
                    self.alive = true;
                    self.traffic.note_sign();
                    self.establish();
                }
                () = &mut watching => return End::Over(ConnectError::new(Reason::LinkSilent)),
                Some(_) = self.serving.join_next() => {}
                Some(_) = self.clients.join_next() => {}
            }
        }
    }

    /// The relay may have said why it is gone.
    async fn last_words(&mut self, ended: Ended) -> Ended {
        /// It is on its way to here already. In all: a relay that never stops talking is not listened
        /// to for ever.
        const SOON: Duration = Duration::from_secs(1);
        if ended.reason != Reason::LinkLost {
            return ended;
        }
        let said = timeout(SOON, self.said_end()).await.ok().flatten();
        said.unwrap_or(ended)
    }

    /// What the relay says of the end, past whatever else it says.
    async fn said_end(&mut self) -> Option<Ended> {
        loop {
            match self.incoming.recv().await? {
                Event::Ended(end) => return Some(map_end(&end, &self.generation)),
                Event::Incoming(_) | Event::Alive => {}
            }
        }
    }

    /// The relay serves other ports than before.
    fn handle_ports(&mut self, changed: Result<Served, Ended>) -> Result<(), Ended> {
        let Served {
            ports,
            live,
            lacking,
        } = match (changed, self.ready.is_some()) {
            (Ok(served), _) => served,
            // Nothing is served yet, so nothing is lost.
            (Err(ended), true) => return Err(ended),
            (Err(ended), false) => {
                tracing::warn!(
                    reason = ended.reason.code(),
                    detail = ended.detail,
                    "the ports could not be changed"
                );
                let lacking = self.ports.unserved(&ended.reason);
                if !lacking.is_empty() {
                    self.tell_lacking(lacking);
                }
                return Ok(());
            }
        };
        // What is wanted by now leads the visitors already.
        if !self.ports.is_outdated() {
            self.visitors.set(&ports);
        }
        let numbers = live.iter().map(|port| port.number.get()).collect();
        self.forwarded.send_replace(numbers);
        if let Some(ready) = self.ready.take() {
            let _ = ready.send(Ok(live));
            self.tell_lacking(lacking);
            self.establish();
        } else {
            self.tell_lacking(lacking);
            self.engine.tell(SessionEvent::Ports(live));
        }
        Ok(())
    }

    /// Tells the engine which ports lack, where others did before, or for another reason.
    fn tell_lacking(&mut self, lacking: Lacking) {
        let is_again = |(port, why): (&PortNumber, &Reason)| {
            let told = self.lacking.get(port);
            told.is_some_and(|told| told.is_again(why))
        };
        let is_known = lacking.len() == self.lacking.len() && lacking.iter().all(is_again);
        self.lacking.clone_from(&lacking);
        if !is_known {
            self.engine.tell(SessionEvent::Lacking(lacking));
        }
    }

    /// Tells the engine, once, that the link has proven itself.
    fn establish(&mut self) {
        if self.alive && !self.established && self.ready.is_none() {
            self.established = true;
            self.engine.tell(SessionEvent::Established);
        }
    }

    /// Serves what the relay brings, on a task of its own.
    fn take_in(&mut self, incoming: Incoming) {
        match incoming.kind.clone() {
            IncomingKind::ClientSession if self.clients.len() >= MOST_CLIENTS => {
                incoming.refuse(RefuseCode::Shortage, "too many clients");
            }
            IncomingKind::ClientSession => {
                let (inner, ports) = (self.inner.clone(), self.forwarded.subscribe());
                let channel = incoming.accept(false);
                // Such a client may come because of a new port, and its own request to read them again
                // does not get through the library that serves it.
                self.ports.read_again();
                self.clients.spawn(async move {
                    inner.serve_client(channel, ports).await;
                });
            }
            IncomingKind::Forwarded { port, e2ee, .. } => {
                let (visitors, inner) = (Arc::clone(&self.visitors), self.inner.clone());
                self.serving.spawn(async move {
                    serve(incoming, port, e2ee, &visitors, &inner).await;
                });
            }
        }
    }
}

/// Serves one visitor of the second version.
async fn serve(incoming: Incoming, port: u32, e2ee: bool, visitors: &Visitors, inner: &Inner) {
    match visitors.reach(port).await {
        Ok(reached) if e2ee => {
            let channel = incoming.accept(true);
            inner.serve_visitor(channel, reached).await;
        }
        Ok(reached) => reached.carry(&mut incoming.accept(false)).await,
        Err(refusal) => {
            let (code, text) = map_refusal(refusal);
            incoming.refuse(code, text);
        }
    }
}

fn map_refusal(refusal: Refusal) -> (RefuseCode, &'static str) {
    match refusal {
        Refusal::NotServed => (RefuseCode::Prohibited, "the port is not served"),
        Refusal::ConnectFailed => (RefuseCode::ConnectFailed, "the service is not there"),
        Refusal::Shortage => (RefuseCode::Shortage, "too many visitors"),
    }
}
