//! The engine's loop: waits for whatever comes first, asks the machine, does what it says.

use super::attempt::{Attempt, Outcome};
use super::backoff::Backoff;
use super::input::{Cut, Input, Output, Stage};
use super::machine::Machine;
use super::state::{Reporter, now, runtime_clock};
use super::tally::Tally;
use super::tokens::TokenCache;
use super::wait::{Goodbye, Leaving, next_event, poll_attempt, poll_leaving, sleep_till};
use super::{EngineCommand, EngineEvent};
use crate::model::{Class, Phase, Port, Reason, Timing, UnixMillis};
use crate::provider::{
    ConnectError, Connector, Ended, HostOrder, Liveness, LogLimit, Session, SessionEvent, Tokens,
};
use futures_util::StreamExt as _;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How often traffic is reported while it is watched.
const TRAFFIC_PERIOD: Duration = Duration::from_secs(1);

pub(super) struct Driver<'e> {
    order: HostOrder,
    connector: Rc<dyn Connector>,
    machine: Machine,
    tokens: TokenCache<Tokens>,
    reporter: Reporter,
    emit: &'e dyn Fn(EngineEvent),
    attempt: Option<Attempt>,
    session: Option<Session>,
    /// A session whose relay goes down: it serves what it has, and ends by itself.
    aside: Option<Session>,
    /// Sessions that made way for another one and may still say goodbye.
    leaving: Leaving,
    traffic_at: Option<Instant>,
    /// A session was up since the start.
    was_up: bool,
    tally: Tally,
    liveness: Liveness,
    /// The session there was ended when its planned replacement reached the relay: until that is up, it is
    /// on the way.
    superseded: bool,
    /// A clock that runs on while the machine sleeps: tokens grow old meanwhile.
    with_sleep: fn() -> Duration,
}

/// One cause ends many tunnels at once: a relay's limit, a network that is gone. Each tunnel's own
/// state is logged beside.
static FAILED: LogLimit = LogLimit::new();
static ENDED: LogLimit = LogLimit::new();

fn warn(what: &str, limit: &LogLimit, error: &ConnectError) {
    let reason = error.reason.code();
    if let Some(left_out) = limit.admit(reason) {
        tracing::warn!(reason, detail = error.detail, left_out, "{what}");
    }
}

/// What the loop woke up for.
pub(super) enum Wake {
    Command(Option<EngineCommand>),
    Phase(Phase),
    Outcome(Outcome),
    Session(Option<SessionEvent>),
    Aside(Option<SessionEvent>),
    Left,
    Timer,
    Remint,
    Traffic,
}

impl<'e> Driver<'e> {
    pub(super) fn new(
        order: HostOrder,
        connector: Box<dyn Connector>,
        timing: Timing,
        clock: fn() -> UnixMillis,
        emit: &'e dyn Fn(EngineEvent),
    ) -> Self {
        Self {
            machine: Machine::new(Backoff::new(&timing), order.sessions),
            order,
            connector: Rc::from(connector),
            tokens: TokenCache::default(),
            reporter: Reporter::new(clock),
            emit,
            attempt: None,
            session: None,
            aside: None,
            leaving: Leaving::default(),
            traffic_at: None,
            was_up: false,
            tally: Tally::default(),
            liveness: Liveness::default(),
            superseded: false,
            with_sleep: runtime_clock,
        }
    }

    /// Tells by this whether the session of the moment is alive.
    pub(super) fn with_liveness(mut self, liveness: Liveness) -> Self {
        self.liveness = liveness;
        self
    }

    /// Reads the age of tokens from this clock, and not from the runtime's, which stands still while the
    /// machine sleeps.
    pub(super) fn with_clock_of_tokens(mut self, with_sleep: fn() -> Duration) -> Self {
        self.with_sleep = with_sleep;
        self
    }

    /// Hosts until it is told to stop.
    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<EngineCommand>) {
        self.put(Input::Start);
        loop {
            match self.wait(&mut inbox).await {
                // The handle was dropped: the same as a stop.
                Wake::Command(None | Some(EngineCommand::Stop)) => break,
                Wake::Command(Some(command)) => self.obey(command),
                Wake::Phase(phase) => self.enter(phase),
                Wake::Outcome(outcome) => self.finish_attempt(outcome),
                Wake::Session(event) => self.handle_session(event),
                Wake::Aside(event) => self.handle_aside(event.as_ref()),
                Wake::Left => {}
                Wake::Timer => self.put(Input::Timer),
                Wake::Remint => self.put(Input::RemintDue),
                Wake::Traffic => self.report_traffic(),
            }
        }
        self.end().await;
    }

    /// Stops, and waits until everybody has said goodbye.
    pub(super) async fn end(mut self) {
        self.put(Input::Stop);
        while self.leaving.next().await.is_some() {}
    }

    async fn wait(&mut self, inbox: &mut mpsc::UnboundedReceiver<EngineCommand>) -> Wake {
        let remint = self.tokens.remint_at().filter(|_| self.may_remint());
        // After a sleep it is told of that, and comes by here.
        let remint = remint.map(|at| now() + at.saturating_sub((self.with_sleep)()));
        let timer = self.machine.deadline();
        // A command comes before all else, so that stop wins over whatever is in flight.
        tokio::select! {
            biased;
            command = inbox.recv() => Wake::Command(command),
            wake = poll_attempt(&mut self.attempt) => wake,
            event = next_event(&mut self.session) => Wake::Session(event),
            event = next_event(&mut self.aside) => Wake::Aside(event),
            () = poll_leaving(&mut self.leaving) => Wake::Left,
            () = sleep_till(timer) => Wake::Timer,
            () = sleep_till(remint) => Wake::Remint,
            () = sleep_till(self.traffic_at) => Wake::Traffic,
        }
    }

    /// Another session could take the place of the one there is, and nothing that is held with it.
    fn may_remint(&self) -> bool {
        self.session.is_some() && self.attempt.is_none() && !self.is_parked()
    }

    fn is_parked(&self) -> bool {
        matches!(self.machine.stage(), Stage::Parked { .. })
    }

    fn obey(&mut self, command: EngineCommand) {
        match command {
            EngineCommand::Stop => self.put(Input::Stop),
            EngineCommand::Reconnect => self.reconnect(),
            EngineCommand::TakeOver => {
                self.order.take_over = true;
                if self.attempt.is_some() {
                    // The one under way does not ask for it.
                    self.begin_attempt();
                }
                self.put(Input::ForceReconnect);
            }
            EngineCommand::DropLink => {
                for session in self.session.iter().chain(&self.aside) {
                    session.part.drop_link();
                }
            }
            EngineCommand::Probe(probe) => self.put(Input::Probe(probe)),
            EngineCommand::Woke => self.put(Input::Woke),
            EngineCommand::SignedIn => self.put(Input::SignedIn),
            EngineCommand::SetPorts(ports) => self.set_ports(ports),
            EngineCommand::WatchTraffic(on) => {
                self.traffic_at = on.then(now);
            }
        }
    }

    fn reconnect(&mut self) {
        if self.attempt.is_none() && !self.is_parked() {
            self.reporter.set_reason(Reason::Forced);
        }
        self.put(Input::ForceReconnect);
    }

    /// What a failed attempt asks for. A relay that was there is not gone because something else
    /// answers in its place for a while, as in a network that wants a sign-in first.
    fn class_of(&self, error: &ConnectError) -> Class {
        match error.reason {
            Reason::NotARelay { .. } | Reason::CertificateMismatch { .. } if self.was_up => {
                Class::Transient
            }
            _ => error.class(),
        }
    }

    fn set_ports(&mut self, ports: Vec<Port>) {
        self.order.ports.clone_from(&ports);
        if let Some(session) = &self.session {
            session.part.set_ports(ports);
        }
    }

    fn put(&mut self, input: Input) {
        for output in self.machine.handle(input, now(), rand::random()) {
            self.carry_out(output);
        }
        self.report();
    }

    fn report(&mut self) {
        if let Some(state) = self.reporter.report(self.machine.stage()) {
            tracing::info!(
                state = state.as_str(),
                reason = state.reason().map(Reason::code),
                "state"
            );
            (self.emit)(EngineEvent::State(state));
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Connect => self.begin_attempt(),
            Output::ConnectBeside => {
                self.tokens.forget();
                self.begin_attempt();
            }
            Output::SetAside => self.set_aside(),
            Output::Abandon => {
                self.attempt = None;
                self.superseded = false;
                self.clean_up();
            }
            Output::Close => self.say_goodbye(),
            // Only a new session says so, when it is installed.
            Output::CloseReplaced => {}
            Output::Cut(cut) => self.cut(cut),
            Output::ForgetTokens => self.tokens.forget(),
            Output::CheckLink => {
                if let Some(session) = &self.session {
                    session.part.check_link();
                }
            }
        }
    }

    fn cut(&mut self, cut: Cut) {
        let reason = match cut {
            Cut::Zombie => Reason::Zombie,
            Cut::Forced => Reason::Forced,
        };
        if cut == Cut::Zombie {
            tracing::warn!("zombie: the session seems up, its URL is dead, the local port answers");
        }
        self.reporter.set_reason(reason);
        self.release();
    }

    fn say_goodbye(&mut self) {
        if let Some(session) = self.release() {
            self.leave(session);
        }
    }

    fn leave(&mut self, session: Session) {
        self.wait_for(Box::pin(async move {
            if !session.close().await {
                tracing::debug!("the goodbye took too long; the link was cut");
            }
        }));
    }

    /// Has what attempts have left given back.
    fn clean_up(&mut self) {
        if let Some(work) = self.connector.clean_up() {
            self.wait_for(work);
        }
    }

    /// Before the thread ends, this does.
    fn wait_for(&mut self, work: Goodbye) {
        self.leaving.push(work);
    }

    fn begin_attempt(&mut self) {
        let cached = self.tokens.usable((self.with_sleep)()).cloned();
        // With tokens at hand there is nothing to authorise.
        self.reporter.set_phase(match cached {
            Some(_) => Phase::ConnectingRelay,
            None => Phase::Authorising,
        });
        let connector = Rc::clone(&self.connector);
        self.attempt = Some(Attempt::new(connector, self.order.clone(), cached));
    }

    fn enter(&mut self, phase: Phase) {
        self.reporter.set_phase(phase);
        (self.emit)(EngineEvent::Progress(phase));
        if let Some(state) = self.reporter.report(self.machine.stage()) {
            (self.emit)(EngineEvent::State(state));
        }
    }

    fn finish_attempt(&mut self, outcome: Outcome) {
        // An attempt may enter its last phases and end in one go.
        while let Some(phase) = self.attempt.as_mut().and_then(Attempt::last_phase) {
            self.enter(phase);
        }
        let asked = self.attempt.take().map(Attempt::into_ports);
        self.clean_up();
        if let Some(tokens) = outcome.minted {
            let lifetime = tokens.lifetime;
            self.tokens.store(tokens, lifetime, (self.with_sleep)());
        }
        match outcome.result {
            Ok(session) => self.adopt(session, asked.as_ref()),
            Err(error) => {
                warn("attempt failed", &FAILED, &error);
                let class = self.class_of(&error);
                let wait = self.reporter.quota_left(&error.reason);
                if std::mem::take(&mut self.superseded) {
                    self.put(Input::Dropped(Class::Transient));
                }
                if class != Class::Transient || !self.machine.expects_return(now()) {
                    self.reporter.set_reason(error.reason);
                }
                self.put(Input::ConnectFailed(class, wait));
            }
        }
    }

    /// Puts the new session in the old one's place. `asked` is what its attempt asked for.
    pub(super) fn adopt(&mut self, session: Session, asked: Option<&Vec<Port>>) {
        if asked != Some(&self.order.ports) {
            // They were changed while the attempt was under way.
            session.part.set_ports(self.order.ports.clone());
        }
        self.was_up = true;
        // Taking over is meant once: a later reconnect must not evict anybody.
        self.order.take_over = false;
        let ports = session.ports.clone();
        let before = self.machine.stage();
        self.superseded = false;
        // One that is not wanted any more is closed again below.
        if let Some(old) = self.release() {
            self.leave(old);
        }
        self.liveness.follow(Some(&session));
        self.session = Some(session);
        (self.emit)(EngineEvent::Ports(ports));
        self.put(Input::Connected);
        if before == self.machine.stage() {
            tracing::info!("new tokens were due: another session has taken the old one's place");
            (self.emit)(EngineEvent::Reminted);
        }
    }

    fn handle_session(&mut self, event: Option<SessionEvent>) {
        match event {
            Some(SessionEvent::Established) => self.put(Input::Established),
            Some(SessionEvent::Ports(ports)) => (self.emit)(EngineEvent::Ports(ports)),
            Some(SessionEvent::GoingDown) => self.look_for_next(),
            Some(SessionEvent::Parked { left }) => self.park(left),
            Some(SessionEvent::Resumed) => self.resume(),
            Some(SessionEvent::Superseded) if self.is_being_replaced() => {
                self.release();
                self.superseded = true;
            }
            Some(SessionEvent::Superseded) => {
                let detail = "a newer session of ours took over";
                let ended = Ended::with(Reason::LinkLost, detail);
                self.end_session(ended, Input::Dropped(Class::Transient));
            }
            Some(SessionEvent::Ended(ended)) => {
                let class = ended.class();
                self.end_session(ended, Input::Dropped(class));
            }
            Some(SessionEvent::Lapsed(ended)) => self.end_session(ended, Input::Lapsed),
            None => {
                let ended = Ended::with(Reason::LinkLost, "the session's task is gone");
                self.end_session(ended, Input::Dropped(Class::Transient));
            }
        }
    }

    /// The attempt under way is to take the session's place.
    fn is_being_replaced(&self) -> bool {
        self.attempt.is_some() && matches!(self.machine.stage(), Stage::Up { .. })
    }

    fn look_for_next(&mut self) {
        tracing::info!("the relay goes down on purpose; the next one is looked for");
        self.reporter.set_reason(Reason::RelayShutDown);
        self.put(Input::GoingDown);
    }

    fn set_aside(&mut self) {
        self.let_go_of_aside();
        self.liveness.follow(None);
        self.aside = self.session.take();
    }

    fn handle_aside(&mut self, event: Option<&SessionEvent>) {
        match event {
            Some(SessionEvent::Ended(_) | SessionEvent::Lapsed(_) | SessionEvent::Superseded)
            | None => self.let_go_of_aside(),
            Some(
                SessionEvent::Established
                | SessionEvent::Ports(_)
                | SessionEvent::GoingDown
                | SessionEvent::Parked { .. }
                | SessionEvent::Resumed,
            ) => {}
        }
    }

    fn let_go_of_aside(&mut self) {
        if let Some(session) = self.aside.take() {
            self.tally.retire(&session);
        }
    }

    fn park(&mut self, left: Duration) {
        tracing::info!(left = left.as_secs(), "link lost; the session is parked");
        self.count_held();
        self.put(Input::Parked(left));
    }

    fn resume(&mut self) {
        // Who asked to take the tunnel over meanwhile has it.
        self.order.take_over = false;
        self.put(Input::Resumed);
    }

    fn count_held(&mut self) {
        let open = self.session.as_ref().map_or(0, Tally::open);
        self.reporter.set_open(open);
    }

    fn end_session(&mut self, ended: Ended, input: Input) {
        self.release();
        let class = ended.class();
        warn("session ended", &ENDED, &ended);
        if class == Class::SignIn {
            self.tokens.forget();
        }
        self.reporter.set_reason(ended.reason);
        self.put(input);
    }

    fn report_traffic(&mut self) {
        self.traffic_at = Some(now() + TRAFFIC_PERIOD);
        if self.session.is_some() {
            let counts = self.tally.with(self.session.iter().chain(&self.aside));
            (self.emit)(EngineEvent::Traffic(counts));
        }
        if self.is_parked() {
            self.count_held();
            self.report();
        }
    }

    /// Puts the session down and keeps its counts.
    fn release(&mut self) -> Option<Session> {
        let session = self.session.take()?;
        self.liveness.follow(None);
        self.tally.retire(&session);
        Some(session)
    }
}
