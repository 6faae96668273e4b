//! One hosting session with a provider that carries each port by itself: its own place there, and
//! connections of its own. It is over when one of them is.

use super::attended::{Order, TaskEnd, ends};
use super::changes::{Change, Changes, Failure};
use super::visitors::Visitors;
use super::{ConnectError, Ended, Session, SessionEvent, TrafficBoard};
use crate::base::local::Memories;
use crate::model::{LivePort, Port, Reason};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

/// Events that wait for the session: two a port at most.
const EVENT_QUEUE: usize = 64;

/// Nothing is said that would have to be waited for.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

/// A future that may move to another thread.
pub(super) type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Asks the provider for one port.
pub(super) type Opener = Arc<dyn Fn(Port) -> Task<Result<Opened, ConnectError>> + Send + Sync>;

/// A port that the provider has opened.
pub(super) struct Opened {
    pub(super) port: Port,
    pub(super) url: String,
    /// Has its visitors served for as long as that goes, and says why it does not any more. Dropping the
    /// future ends all of it.
    pub(super) serve: Box<dyn FnOnce(Means) -> Task<Ended> + Send>,
}

/// What one port is served with.
pub(super) struct Means {
    pub(super) visitors: Arc<Visitors>,
    pub(super) traffic: Arc<TrafficBoard>,
    /// Told when the other end is to be asked for a sign of life.
    pub(super) check: Arc<Notify>,
    pub(super) established: Established,
}

/// To be said once the other end has shown that it lives.
pub(super) struct Established(u64, mpsc::Sender<(u64, Event)>);

impl Established {
    pub(super) async fn say(self) {
        // A session that is gone wants to know nothing.
        let _ = self.1.send((self.0, Event::Established)).await;
    }
}

enum Event {
    Established,
    Ended(Ended),
}

struct Carried {
    port: Port,
    url: String,
    /// Tells its events from those of a port that was taken away.
    serial: u64,
    established: bool,
    check: Arc<Notify>,
    _task: AbortOnDropHandle<()>,
}

impl Carried {
    /// Whether visitors of `port` come this way, too.
    fn serves(&self, port: &Port) -> bool {
        self.port.number == port.number && self.port.protocol.is_web() == port.protocol.is_web()
    }

    fn live(&self) -> LivePort {
        LivePort {
            number: self.port.number,
            url: self.url.clone(),
            lan_url: None,
            relays_own: false,
        }
    }
}

/// What a change of ports led to.
type Changed = (Vec<Opened>, Vec<Failure>);

/// How attending ends.
enum End {
    Over(Ended),
    /// Whoever waits for it is told.
    Closed(oneshot::Sender<()>),
}

/// Starts a session of what `carrier` has opened; so many visitors are served at once.
pub(super) fn start(
    carrier: &'static str,
    most_visitors: usize,
    opened: Vec<Opened>,
    open: Opener,
    memories: Arc<Memories>,
) -> Session {
    let (session, engine) = ends();
    let traffic = Arc::new(TrafficBoard::default());
    let visitors = Visitors::new(carrier, most_visitors, memories, Arc::clone(&traffic));
    let (sender, events) = mpsc::channel(EVENT_QUEUE);
    let mut host = Host {
        open,
        traffic: Arc::clone(&traffic),
        visitors: Arc::new(visitors),
        carried: Vec::new(),
        serials: 0,
        sender,
        events,
        changes: Changes::new(),
        established: false,
        engine,
    };
    for opened in opened {
        host.carry(opened);
    }
    let live = host.follow_ports();
    let task = AbortOnDropHandle::new(tokio::spawn(host.run()));
    session.session(task, live, traffic, GOODBYE_WITHIN)
}

struct Host {
    open: Opener,
    traffic: Arc<TrafficBoard>,
    visitors: Arc<Visitors>,
    carried: Vec<Carried>,
    /// So many ports there were.
    serials: u64,
    sender: mpsc::Sender<(u64, Event)>,
    events: mpsc::Receiver<(u64, Event)>,
    changes: Changes<Changed>,
    established: bool,
    engine: TaskEnd,
}

impl Host {
    async fn run(mut self) {
        let end = self.attend().await;
        let Self {
            carried,
            changes,
            engine,
            ..
        } = self;
        // The services and the provider hear of it before the engine does.
        drop((carried, changes));
        match end {
            End::Over(ended) => engine.end(SessionEvent::Ended(ended)).await,
            End::Closed(done) => {
                let _ = done.send(());
            }
        }
    }

    async fn attend(&mut self) -> End {
        self.establish();
        loop {
            tokio::select! {
                order = self.engine.orders.recv() => match order {
                    Some(Order::Close(done)) => return End::Closed(done),
                    None => return End::Over(ConnectError::new(Reason::LinkLost)),
                    Some(Order::Check) => self.carried.iter().for_each(|it| it.check.notify_one()),
                    Some(Order::Drop) => {
                        let why = "it was dropped on purpose";
                        return End::Over(ConnectError::with(Reason::LinkLost, why));
                    }
                    Some(Order::SetPorts(ports)) => self.changes.order(ports),
                },
                Some((serial, event)) = self.events.recv() => {
                    if let Some(ended) = self.handle(serial, event) {
                        return End::Over(ended);
                    }
                }
                change = self.changes.next() => match change {
                    Change::Due(ports) => self.begin_change(ports),
                    Change::Done((opened, failed)) => self.handle_change(opened, failed),
                },
            }
        }
    }

    fn handle(&mut self, serial: u64, event: Event) -> Option<Ended> {
        // What is still said of a port that was taken away says nothing.
        let carried = self.carried.iter_mut().find(|it| it.serial == serial)?;
        match event {
            Event::Established => {
                carried.established = true;
                self.establish();
                None
            }
            Event::Ended(ended) => Some(ended),
        }
    }

    /// Tells the engine, once, that the other end of each port lives.
    fn establish(&mut self) {
        if !self.established && self.carried.iter().all(|carried| carried.established) {
            self.established = true;
            self.engine.tell(SessionEvent::Established);
        }
    }

    fn carry(&mut self, opened: Opened) {
        self.serials += 1;
        let (serial, check) = (self.serials, Arc::new(Notify::new()));
        let serving = (opened.serve)(Means {
            visitors: Arc::clone(&self.visitors),
            traffic: Arc::clone(&self.traffic),
            check: Arc::clone(&check),
            established: Established(serial, self.sender.clone()),
        });
        let events = self.sender.clone();
        let task = async move {
            let ended = serving.await;
            // A session that is gone wants to know nothing.
            let _ = events.send((serial, Event::Ended(ended))).await;
        };
        self.carried.push(Carried {
            port: opened.port,
            url: opened.url,
            serial,
            established: false,
            check,
            _task: AbortOnDropHandle::new(tokio::spawn(task)),
        });
    }

    fn begin_change(&mut self, mut new: Vec<Port>) {
        self.carried.retain_mut(|carried| {
            let stays = new.iter().position(|port| carried.serves(port));
            // What stays leads to where it is wanted from now on.
            stays.map(|at| carried.port = new.swap_remove(at)).is_some()
        });
        self.follow_ports();
        let open = Arc::clone(&self.open);
        self.changes.begin(async move {
            let (mut opened, mut failed) = (Vec::new(), Vec::new());
            for port in new {
                let number = port.number;
                match open(port).await {
                    Ok(it) => opened.push(it),
                    Err(error) => failed.push((number, error)),
                }
            }
            (opened, failed)
        });
    }

    fn handle_change(&mut self, opened: Vec<Opened>, failed: Vec<Failure>) {
        for opened in opened {
            self.carry(opened);
        }
        self.changes.settle(failed, &self.engine);
        let live = self.follow_ports();
        self.engine.tell(SessionEvent::Ports(live));
    }

    /// Has the visitors of what is carried served.
    fn follow_ports(&mut self) -> Vec<LivePort> {
        let ports: Vec<Port> = self.carried.iter().map(|it| it.port.clone()).collect();
        self.visitors.set(&ports, |port| port.protocol.is_web());
        let live: Vec<LivePort> = self.carried.iter().map(Carried::live).collect();
        self.visitors.serve_at(&live);
        live
    }
}
