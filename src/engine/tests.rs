//! The engine's loop on simulated time, with a connector that does as the test says.

use super::drive::Driver;
use super::{EngineCommand, EngineEvent};
use crate::model::{
    Class, HostState, LivePort, Phase, Port, PortNumber, Protocol, Reason, Secret, SessionNumber,
    Target, Timing, TunnelId, UnixMillis,
};
use crate::provider::{
    BoxFuture, ConnectError, Connector, Ended, HostOrder, Progress, Session, SessionEvent,
    SessionPart, Tokens, TrafficBoard,
};
use std::cell::RefCell;
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
    calls: Vec<String>,
    sessions: Vec<mpsc::Sender<SessionEvent>>,
}

#[derive(Clone, Default)]
struct Script {
    log: Arc<Mutex<Log>>,
    /// Failures to answer with, one an attempt; then sessions.
    failures: Arc<Mutex<VecDeque<Reason>>>,
    /// Never answers.
    hang: bool,
    lifetime: Option<Duration>,
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
            Ok(Session {
                ports: vec![LivePort {
                    number: order.ports[0].number,
                    url: "http://web.localhost/".to_owned(),
                    lan_url: None,
                }],
                events,
                traffic: Arc::new(TrafficBoard::default()),
                part: Box::new(Part(Arc::clone(&self.log))),
            })
        })
    }
}

struct Part(Arc<Mutex<Log>>);

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
        Box::pin(async {})
    }
}

fn wall() -> UnixMillis {
    UnixMillis(1_000_000)
}

fn port() -> PortNumber {
    PortNumber::new(3000).expect("not zero")
}

fn order() -> HostOrder {
    let tunnel = TunnelId::new("web").expect("a label");
    HostOrder {
        ports: vec![Port {
            number: port(),
            protocol: Protocol::Http,
            target: Target::local(port()),
            label: tunnel.clone(),
            public_port: None,
        }],
        tunnel,
        install: "here".to_owned(),
        take_over: false,
    }
}

struct Rig {
    script: Script,
    tell: mpsc::UnboundedSender<EngineCommand>,
    seen: RefCell<mpsc::UnboundedReceiver<EngineEvent>>,
}

impl Rig {
    #[expect(clippy::await_holding_refcell_ref, reason = "a test has one reader")]
    async fn event(&self) -> EngineEvent {
        let event = self.seen.borrow_mut().recv().await;
        event.expect("the engine runs")
    }

    /// The next state, other events passed over.
    async fn state(&self) -> HostState {
        loop {
            if let EngineEvent::State(state) = self.event().await {
                return state;
            }
        }
    }

    async fn hosting(&self) -> SessionNumber {
        loop {
            if let HostState::Hosting { session, .. } = self.state().await {
                return session;
            }
        }
    }

    async fn reconnecting(&self) -> (u32, Reason) {
        loop {
            if let HostState::Reconnecting {
                attempt, reason, ..
            } = self.state().await
            {
                return (attempt, reason);
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
    });
    let engine = Driver::new(order(), connector, timing, wall, &emit).run(inbox);
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

#[tokio::test(start_paused = true)]
async fn it_connects_reports_its_phases_and_hosts() {
    run(Script::default(), async |rig| {
        let mut events = vec![];
        for _ in 0..6 {
            events.push(rig.event().await);
        }
        let connecting = |phase| EngineEvent::State(HostState::Connecting { phase });
        assert_eq!(events[0], connecting(Phase::Authorising));
        assert_eq!(events[1], EngineEvent::Progress(Phase::Authorising));
        assert_eq!(events[2], EngineEvent::Progress(Phase::ConnectingRelay));
        assert_eq!(events[3], connecting(Phase::ConnectingRelay));
        assert!(matches!(&events[4], EngineEvent::Ports(ports) if ports.len() == 1));
        assert!(matches!(
            events[5],
            EngineEvent::State(HostState::Hosting {
                established: false,
                ..
            })
        ));
        rig.sessions_say(SessionEvent::Established);
        assert!(matches!(
            rig.state().await,
            HostState::Hosting {
                established: true,
                ..
            }
        ));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_drop_reuses_the_tokens_and_enters_no_authorising_phase() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        rig.drop_link(Reason::LinkLost);
        assert_eq!(rig.reconnecting().await, (1, Reason::LinkLost));
        loop {
            match rig.event().await {
                EngineEvent::Progress(phase) => assert_ne!(phase, Phase::Authorising),
                EngineEvent::State(HostState::Hosting { session, .. }) => {
                    assert_eq!(session, SessionNumber(2));
                    break;
                }
                _ => {}
            }
        }
    })
    .await;
    let log = script.log();
    assert_eq!((log.mints, log.connects), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_mints_again() {
    let script = Script::default();
    let refused = Reason::RelayUnreachable {
        address: "x:1".to_owned(),
    };
    script.failures.lock().expect("fresh").push_back(refused);
    run(script.clone(), async |rig| {
        rig.hosting().await;
    })
    .await;
    let log = script.log();
    assert_eq!((log.mints, log.connects), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn stop_wins_over_an_attempt_that_hangs() {
    let script = Script {
        hang: true,
        ..Script::default()
    };
    run(script.clone(), async |rig| {
        while rig.script.log().connects == 0 {
            rig.event().await;
        }
    })
    .await;
    assert_eq!(script.log().connects, 1);
}

#[tokio::test(start_paused = true)]
async fn stop_says_goodbye() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
    })
    .await;
    assert_eq!(script.log().calls, ["close"]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_waits_for_the_person_then_goes_on() {
    let script = Script::default();
    script
        .failures
        .lock()
        .expect("fresh")
        .push_back(Reason::TokenRefused);
    run(script.clone(), async |rig| {
        loop {
            if let HostState::SignIn { reason, .. } = rig.state().await {
                assert_eq!(reason.class(), Class::SignIn);
                break;
            }
        }
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(rig.script.log().connects, 1, "no retry by itself");
        rig.tell(EngineCommand::SignedIn);
        rig.hosting().await;
    })
    .await;
    assert_eq!(script.log().mints, 2);
}

#[tokio::test(start_paused = true)]
async fn displaced_stays_displaced_until_taken_over_once() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        rig.drop_link(Reason::TakenOver);
        assert!(matches!(rig.state().await, HostState::Displaced { .. }));
        tokio::time::advance(Duration::from_hours(1)).await;
        assert_eq!(rig.script.log().connects, 1);
        rig.tell(EngineCommand::TakeOver);
        rig.hosting().await;
        rig.drop_link(Reason::LinkLost);
        rig.hosting().await;
    })
    .await;
    let log = script.log();
    assert_eq!((log.connects, log.take_overs), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn old_tokens_are_replaced_before_the_session_is_let_go() {
    let script = Script {
        lifetime: Some(Duration::from_hours(24)),
        ..Script::default()
    };
    run(script.clone(), async |rig| {
        assert_eq!(rig.hosting().await, SessionNumber(1));
        let began = tokio::time::Instant::now();
        while rig.hosting().await == SessionNumber(1) {}
        assert_eq!(began.elapsed().as_secs(), 20 * 3600);
        // Give the old session's goodbye its turn.
        tokio::task::yield_now().await;
    })
    .await;
    let log = script.log();
    assert_eq!((log.mints, log.connects), (2, 2));
    assert_eq!(
        log.calls,
        ["close", "close"],
        "the old one, then at the stop the new one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_zombie_is_reconnected_at_once() {
    run(Script::default(), async |rig| {
        let session = rig.hosting().await;
        rig.sessions_say(SessionEvent::Established);
        rig.state().await;
        let probe = |down| EngineCommand::Probe {
            port: port(),
            session,
            down,
            local_answers: true,
        };
        rig.tell(probe(false));
        let began = tokio::time::Instant::now();
        for _ in 0..3 {
            rig.tell(probe(true));
        }
        assert_eq!(rig.reconnecting().await, (1, Reason::Zombie));
        assert_eq!(rig.hosting().await, SessionNumber(2));
        assert_eq!(began.elapsed(), Duration::ZERO);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ports_wakes_and_drops_reach_the_session() {
    let script = Script::default();
    run(script.clone(), async |rig| {
        rig.hosting().await;
        rig.tell(EngineCommand::SetPorts(order().ports));
        rig.tell(EngineCommand::Woke);
        rig.tell(EngineCommand::DropLink);
    })
    .await;
    let expected = ["set_ports 1", "check_link", "drop_link", "close"];
    assert_eq!(script.log().calls, expected);
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_task_is_gone_is_a_drop() {
    run(Script::default(), async |rig| {
        rig.hosting().await;
        rig.script.log().sessions.clear();
        assert_eq!(rig.reconnecting().await, (1, Reason::LinkLost));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn traffic_is_reported_only_while_watched() {
    run(Script::default(), async |rig| {
        rig.hosting().await;
        rig.tell(EngineCommand::WatchTraffic(true));
        for _ in 0..3 {
            assert!(matches!(rig.event().await, EngineEvent::Traffic(_)));
        }
        rig.tell(EngineCommand::WatchTraffic(false));
        tokio::time::advance(Duration::from_secs(5)).await;
        rig.sessions_say(SessionEvent::Established);
        assert!(matches!(rig.event().await, EngineEvent::State(_)));
    })
    .await;
}
