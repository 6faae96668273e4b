//! The engine's loop on simulated time. Here are the connector that does as the test says, and the
//! rig.

mod going_down;
mod machine;
mod parked;
mod policy;
mod sessions;

use super::driver::Driver;
use super::{EngineCommand, EngineEvent, Probe};
use crate::model::{
    Class, DEAD_AFTER_DOWNS, Diagnosis, Life, LivePort, Outage, Phase, Port, PortNumber, Protocol,
    ProviderId, Reason, Secret, ServiceFault, SessionNumber, Target, Timing, TunnelId, UnixMillis,
    UrlFault,
};
use crate::provider::{
    BoxFuture, ConnectError, Connector, Ended, HostOrder, Progress, Session, SessionEvent,
    SessionPart, Tokens, TrafficBoard,
};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc;

/// What the connector was asked, and what the sessions' ends were told.
#[derive(Default)]
struct Log {
    mints: usize,
    connects: usize,
    take_overs: usize,
    clean_ups: usize,
    /// The next session displaces the one there is before it is up.
    supersedes: bool,
    calls: Vec<String>,
    /// Goodbyes that came to their end.
    closed: usize,
    sessions: Vec<mpsc::Sender<SessionEvent>>,
    boards: Vec<Arc<TrafficBoard>>,
}

#[derive(Clone, Default)]
struct Script {
    log: Arc<Mutex<Log>>,
    /// Failures to answer with, one an attempt; then sessions.
    failures: Arc<Mutex<VecDeque<Reason>>>,
    /// Never answers.
    hang: bool,
    /// Answers after this time.
    delay: Duration,
    lifetime: Option<Duration>,
    /// A session says goodbye for so long.
    goodbye: Duration,
}

impl Script {
    fn log(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().expect("no test panics with it")
    }
}

impl Connector for Script {
    fn mint<'a>(&'a self, _: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>> {
        self.log().mints += 1;
        Box::pin(async move {
            Ok(Tokens {
                by_scope: [("host", Secret::new("t"))].into(),
                lifetime: self.lifetime,
            })
        })
    }

    fn connect<'a>(
        &'a self,
        order: &'a HostOrder,
        _: &'a Tokens,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Result<Session, ConnectError>> {
        Box::pin(async move {
            progress(Phase::ConnectingRelay);
            self.log().connects += 1;
            self.log().take_overs += usize::from(order.take_over);
            if self.hang {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(self.delay).await;
            if self.log().supersedes {
                let last = self.log().sessions.last().cloned();
                let last = last.expect("there is a session");
                last.try_send(SessionEvent::Superseded).expect("it listens");
                // The engine hears of it before this attempt is through.
                tokio::time::sleep(Duration::from_millis(3)).await;
            }
            let failure = self
                .failures
                .lock()
                .expect("no test panics with it")
                .pop_front();
            if let Some(reason) = failure {
                return Err(ConnectError::new(reason));
            }
            let (sender, events) = mpsc::channel(4);
            self.log().sessions.push(sender);
            let traffic = Arc::new(TrafficBoard::default());
            self.log().boards.push(Arc::clone(&traffic));
            Ok(Session {
                ports: vec![LivePort {
                    number: order.ports[0].number,
                    url: "http://web.localhost/".to_owned(),
                    lan_url: None,
                    relays_own: false,
                }],
                events,
                traffic,
                part: Box::new(Part(Arc::clone(&self.log), self.goodbye)),
            })
        })
    }

    fn clean_up(&self) -> Option<BoxFuture<'static, ()>> {
        // Only an attempt that is given up leaves something.
        let log = self.hang.then(|| Arc::clone(&self.log))?;
        Some(Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            log.lock().expect("no test panics with it").clean_ups += 1;
        }))
    }
}

struct Part(Arc<Mutex<Log>>, Duration);

impl Rig {
    /// Waits for other tokens, during which nothing else may change.
    async fn reminted(&self) {
        loop {
            match self.event().await {
                EngineEvent::Reminted => return,
                EngineEvent::Ports(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

impl Part {
    fn note(&self, call: String) {
        self.0
            .lock()
            .expect("no test panics with it")
            .calls
            .push(call);
    }
}

impl SessionPart for Part {
    fn set_ports(&self, ports: Vec<Port>) {
        self.note(format!("set_ports {}", ports.len()));
    }
    fn check_link(&self) {
        self.note("check_link".to_owned());
    }
    fn drop_link(&self) {
        self.note("drop_link".to_owned());
    }
    fn close(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.note("close".to_owned());
        Box::pin(async move {
            tokio::time::sleep(self.1).await;
            self.0.lock().expect("no test panics with it").closed += 1;
        })
    }
}

fn wall() -> UnixMillis {
    UnixMillis(1_000_000)
}

fn port() -> PortNumber {
    PortNumber::new(3000).expect("not zero")
}

/// What a probe found of a URL that is dead or routes, and of a service that answers here or not.
fn probe_of(port: PortNumber, session: SessionNumber, down: bool, local_answers: bool) -> Probe {
    let fault = ServiceFault::Refused;
    let diagnosis = match (down, local_answers) {
        (false, true) => Diagnosis::Works,
        (false, false) => Diagnosis::ServiceDown {
            fault,
            accepts: false,
        },
        (true, _) => Diagnosis::Down {
            cause: UrlFault::Failed(Reason::TimedOut),
            service: (!local_answers).then_some(fault),
            alive: false,
        },
    };
    Probe {
        port,
        session,
        diagnosis,
        dead_after: DEAD_AFTER_DOWNS,
    }
}

fn order() -> HostOrder {
    let tunnel = TunnelId::new("web").expect("a label");
    HostOrder {
        account: crate::model::AccountId::only(ProviderId::RELAY),
        secrets: std::collections::BTreeSet::new(),
        ports: vec![Port {
            number: port(),
            protocol: Protocol::Http,
            target: Target::local(port()),
            label: tunnel.clone(),
            public_port: None,
            options: crate::model::PortOptions::default(),
        }],
        tunnel,
        install: "here".to_owned(),
        take_over: false,
        fixed_ports: false,
        options: crate::model::ProviderOptions::default(),
        sessions: 0,
    }
}

struct Rig {
    script: Script,
    tell: mpsc::UnboundedSender<EngineCommand>,
    seen: RefCell<mpsc::UnboundedReceiver<EngineEvent>>,
    /// Of the life that was seen last.
    retry: Cell<Option<(u32, Option<UnixMillis>)>>,
}

impl Rig {
    #[expect(clippy::await_holding_refcell_ref, reason = "a test has one reader")]
    async fn event(&self) -> EngineEvent {
        let event = self.seen.borrow_mut().recv().await;
        event.expect("the engine runs")
    }

    /// The next life, other events passed over.
    async fn life(&self) -> Life {
        loop {
            if let EngineEvent::Life(life) = self.event().await {
                self.retry.set(life.retry());
                return life;
            }
        }
    }

    /// The next report of traffic through the port.
    async fn traffic(&self) -> crate::model::Traffic {
        loop {
            if let EngineEvent::Traffic(traffic) = self.event().await {
                return traffic[&port()];
            }
        }
    }

    async fn hosting(&self) -> SessionNumber {
        loop {
            if let Life::Up { session, .. } = self.life().await {
                return session;
            }
        }
    }

    /// The next attempt that is waited for or begins, its later phases passed over.
    async fn reconnecting(&self) -> (u32, Reason) {
        loop {
            let before = self.retry.get();
            let life = self.life().await;
            if let (Some((attempt, _)), Some(reason)) = (life.retry(), life.reason())
                && before != life.retry()
            {
                return (attempt, reason.clone());
            }
        }
    }

    fn tell(&self, command: EngineCommand) {
        self.tell.send(command).expect("the engine runs");
    }

    fn sessions_say(&self, event: SessionEvent) {
        let log = self.script.log();
        let last = log.sessions.last().expect("there is a session");
        last.try_send(event).expect("the engine listens");
    }

    fn drop_link(&self, reason: Reason) {
        self.sessions_say(SessionEvent::Ended(Ended::new(reason)));
    }
}

/// Runs an engine beside `test` and stops it at its end.
async fn run<F: Future<Output = ()>>(script: Script, test: impl FnOnce(std::rc::Rc<Rig>) -> F) {
    run_with(script, super::moments::runtime_clock, test).await;
}

/// The same with another clock of tokens.
async fn run_with<F: Future<Output = ()>>(
    script: Script,
    with_sleep: fn() -> Duration,
    test: impl FnOnce(std::rc::Rc<Rig>) -> F,
) {
    let (tell, inbox) = mpsc::unbounded_channel();
    let (emit, seen) = mpsc::unbounded_channel();
    let emit = move |event| emit.send(event).expect("the test listens");
    let timing = Timing {
        jitter: 0.0,
        ..Timing::default()
    };
    let connector = Box::new(script.clone());
    let rig = std::rc::Rc::new(Rig {
        script,
        tell,
        seen: RefCell::new(seen),
        retry: Cell::default(),
    });
    let engine = Driver::new(order(), connector, timing, wall, &emit);
    let engine = engine.with_clock_of_tokens(with_sleep).run(inbox);
    let script = async {
        test(std::rc::Rc::clone(&rig)).await;
        rig.tell(EngineCommand::Stop);
    };
    // Simulated: a test that waits for what never comes fails instead of hanging.
    let both = async { tokio::join!(engine, script) };
    tokio::time::timeout(Duration::from_hours(30 * 24), both)
        .await
        .expect("what the test waits for comes");
}
