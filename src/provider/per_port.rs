//! One hosting session with a provider that carries each port by itself: its own place there, and
//! connections of its own. It is over when one of them is.

use super::attended::{Order, TaskEnd, ends};
use super::visitors::Visitors;
use super::{ConnectError, Ended, Session, SessionEvent, TrafficBoard};
use crate::base::local::Memories;
use crate::model::{Class, LivePort, Port, Reason};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

/// Events that wait for the session: two a port at most.
const EVENT_QUEUE: usize = 64;

/// Nothing is said that would have to be waited for.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

/// A port that could not be had, and may be later, is asked for again after this time,
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// and then after twice as long each time, up to this.
const LAST_RETRY: Duration = Duration::from_secs(30);

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
type Changed = Vec<Result<Opened, ConnectError>>;

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
        changing: None,
        wanted: None,
        ordered: opened.iter().map(|it| it.port.clone()).collect(),
        retry: None,
        pause: FIRST_RETRY,
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
    changing: Option<Task<Changed>>,
    /// The ports to change to once that is done.
    wanted: Option<Vec<Port>>,
    /// The ports that there are to be.
    ordered: Vec<Port>,
    /// When those that lack are asked for again, and how long that was waited for.
    retry: Option<Instant>,
    pause: Duration,
    established: bool,
    engine: TaskEnd,
}

impl Host {
    async fn run(mut self) {
        let end = self.attend().await;
        let Self {
            carried,
            changing,
            engine,
            ..
        } = self;
        // The services and the provider hear of it before the engine does.
        drop((carried, changing));
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
                    Some(Order::SetPorts(ports)) => {
                        self.ordered.clone_from(&ports);
                        (self.wanted, self.pause) = (Some(ports), FIRST_RETRY);
                        self.begin_change();
                    }
                },
                () = at(self.retry) => {
                    self.wanted = Some(self.ordered.clone());
                    self.begin_change();
                }
                Some((serial, event)) = self.events.recv() => {
                    if let Some(ended) = self.handle(serial, event) {
                        return End::Over(ended);
                    }
                }
                changed = change(&mut self.changing) => self.handle_change(changed),
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

    fn begin_change(&mut self) {
        if self.changing.is_some() {
            return;
        }
        let Some(mut new) = self.wanted.take() else {
            return;
        };
        self.retry = None;
        self.carried.retain_mut(|carried| {
            let stays = new.iter().position(|port| carried.serves(port));
            // What stays leads to where it is wanted from now on.
            stays.map(|at| carried.port = new.swap_remove(at)).is_some()
        });
        self.follow_ports();
        let open = Arc::clone(&self.open);
        self.changing = Some(Box::pin(async move {
            let mut changed = Vec::new();
            for port in new {
                changed.push(open(port).await);
            }
            changed
        }));
    }

    fn handle_change(&mut self, changed: Changed) {
        self.changing = None;
        for opened in changed {
            match opened {
                Ok(opened) => self.carry(opened),
                Err(error) => {
                    let (reason, detail) = (error.reason.code(), error.detail);
                    tracing::warn!(reason, detail, "a port could not be added");
                    if matches!(error.reason.class(), Class::Transient | Class::Quota) {
                        self.retry = Some(Instant::now() + self.pause);
                    }
                }
            }
        }
        self.pause = match self.retry {
            Some(_) => (self.pause * 2).min(LAST_RETRY),
            None => FIRST_RETRY,
        };
        let live = self.follow_ports();
        self.engine.tell(SessionEvent::Ports(live));
        self.begin_change();
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

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn change(changing: &mut Option<Task<Changed>>) -> Changed {
    match changing {
        Some(changing) => changing.await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Protocol;
    use crate::provider::tests::port;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Opens nothing before it was asked so often.
    fn opener(asked: &Arc<AtomicUsize>, patience: usize, why: Reason) -> Opener {
        let asked = Arc::clone(asked);
        Arc::new(move |port| {
            let is_open = asked.fetch_add(1, Ordering::Relaxed) + 1 >= patience;
            let opened = || Opened {
                port,
                url: "tcp://a.example:1".to_owned(),
                serve: Box::new(|_| Box::pin(std::future::pending())),
            };
            let opened = if is_open {
                Ok(opened())
            } else {
                Err(ConnectError::new(why.clone()))
            };
            Box::pin(async { opened })
        })
    }

    /// How often a port was asked for until it was served, or ten minutes were over.
    async fn asked(patience: usize, why: Reason) -> (usize, bool) {
        let asked = Arc::new(AtomicUsize::new(0));
        let open = opener(&asked, patience, why);
        let mut session = start("sample", 8, Vec::new(), open, Arc::default());
        session.part.set_ports(vec![port(3000, Protocol::Tcp)]);
        let served = async {
            while let Some(event) = session.events.recv().await {
                if matches!(&event, SessionEvent::Ports(live) if !live.is_empty()) {
                    return;
                }
            }
        };
        let served = tokio::time::timeout(Duration::from_mins(10), served).await;
        (asked.load(Ordering::Relaxed), served.is_ok())
    }

    #[tokio::test(start_paused = true)]
    async fn a_port_that_cannot_be_had_yet_is_asked_for_again() {
        assert_eq!(asked(1, Reason::TimedOut).await, (1, true));
        assert_eq!(asked(8, Reason::TimedOut).await, (8, true));
        let detail = "it never will be".to_owned();
        assert_eq!(asked(2, Reason::Refused { detail }).await, (1, false));
    }
}
