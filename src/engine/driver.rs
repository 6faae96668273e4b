//! The engine's loop: waits for whatever comes first, asks the machine, does what it says.

use super::attempt::{Attempt, Outcome};
use super::backoff::Backoff;
use super::input::{Cut, Input, Output};
use super::machine::Machine;
use super::moments::{Moments, now, runtime_clock};
use super::tally::Tally;
use super::tokens::TokenCache;
use super::wait::{
    Goodbye, Leaving, next_event, next_news, poll_attempt, poll_leaving, sleep_till,
};
use super::{EngineCommand, EngineEvent};
use crate::model::{Class, Life, Phase, Port, Reason, Timing, UnixMillis};
use crate::provider::{
    ConnectError, Connector, Ended, HostOrder, Liveness, LogLimit, Session, SessionEvent, Tokens,
};
use futures_util::StreamExt as _;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How often traffic is reported while it is watched, and at most where visitors are served otherwise
/// than before.
const TRAFFIC_PERIOD: Duration = Duration::from_secs(1);

pub(super) struct Driver<'e> {
    order: HostOrder,
    connector: Rc<dyn Connector>,
    machine: Machine,
    tokens: TokenCache<Tokens>,
    moments: Moments,
    /// The life that was reported last.
    reported: Life,
    emit: &'e dyn Fn(EngineEvent),
    attempt: Option<Attempt>,
    session: Option<Session>,
    /// A session whose relay goes down: it serves what it has, and ends by itself.
    draining: Option<Session>,
    /// Sessions that made way for another one and may still say goodbye.
    leaving: Leaving,
    traffic_at: Option<Instant>,
    /// What visitors run into is not told before.
    news_from: Option<Instant>,
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

fn lost(detail: &str) -> Ended {
    Ended::with(Reason::LinkLost, detail)
}

/// What the loop woke up for.
pub(super) enum Wake {
    Command(Option<EngineCommand>),
    Phase(Phase),
    Outcome(Outcome),
    Session(Option<SessionEvent>),
    Draining(Option<SessionEvent>),
    Left,
    Timer,
    Remint,
    Traffic,
    News,
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
            moments: Moments::new(clock),
            reported: Life::Stopped,
            emit,
            attempt: None,
            session: None,
            draining: None,
            leaving: Leaving::default(),
            traffic_at: None,
            news_from: None,
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
        self.feed(Input::Start);
        loop {
            match self.wait(&mut inbox).await {
                // The handle was dropped: the same as a stop.
                Wake::Command(None | Some(EngineCommand::Stop)) => break,
                Wake::Command(Some(command)) => self.handle_command(command),
                Wake::Phase(phase) => self.enter(phase),
                Wake::Outcome(outcome) => self.finish_attempt(outcome),
                Wake::Session(event) => self.handle_session(event),
                Wake::Draining(event) => self.handle_draining(event.as_ref()),
                Wake::Left => {}
                Wake::Timer => self.feed(Input::Timer),
                Wake::Remint => self.feed(Input::RemintDue),
                Wake::Traffic => self.report_traffic(),
                Wake::News => self.report_news(),
            }
        }
        self.end().await;
    }

    /// Stops, and waits until everybody has said goodbye.
    pub(super) async fn end(mut self) {
        self.feed(Input::Stop);
        while self.leaving.next().await.is_some() {}
    }

    async fn wait(&mut self, inbox: &mut mpsc::UnboundedReceiver<EngineCommand>) -> Wake {
        let remint = self.tokens.remint_at().filter(|_| self.may_remint());
        // After a sleep it is told of that, and comes by here.
        let remint = remint.map(|at| now() + at.saturating_sub((self.with_sleep)()));
        let timer = self.machine.deadline();
        // Where traffic is watched, its next report tells this too.
        let unwatched = self.session.as_ref().filter(|_| self.traffic_at.is_none());
        let board = unwatched.map(|session| Arc::clone(&session.traffic));
        let news_from = self.news_from;
        // A command comes before all else, so that stop wins over whatever is in flight.
        tokio::select! {
            biased;
            command = inbox.recv() => Wake::Command(command),
            wake = poll_attempt(&mut self.attempt) => wake,
            event = next_event(&mut self.session) => Wake::Session(event),
            event = next_event(&mut self.draining) => Wake::Draining(event),
            () = poll_leaving(&mut self.leaving) => Wake::Left,
            () = sleep_till(timer) => Wake::Timer,
            () = sleep_till(remint) => Wake::Remint,
            () = sleep_till(self.traffic_at) => Wake::Traffic,
            () = next_news(board, news_from) => Wake::News,
        }
    }

    /// Another session could take the place of the one there is, and nothing that is held with it.
    fn may_remint(&self) -> bool {
        self.session.is_some() && self.attempt.is_none() && !self.machine.is_parked()
    }

    fn handle_command(&mut self, command: EngineCommand) {
        match command {
            EngineCommand::Stop => self.feed(Input::Stop),
            EngineCommand::Reconnect => self.feed(Input::ForceReconnect),
            EngineCommand::TakeOver => {
                self.order.take_over = true;
                if self.attempt.is_some() {
                    // The one under way does not ask for it.
                    self.begin_attempt();
                }
                self.feed(Input::TakeOver);
            }
            EngineCommand::DropLink => {
                for session in self.session.iter().chain(&self.draining) {
                    session.part.drop_link();
                }
            }
            EngineCommand::Probe(probe) => self.feed(Input::Probe(probe)),
            EngineCommand::Woke => self.feed(Input::Woke),
            EngineCommand::SignedIn => self.feed(Input::SignedIn),
            EngineCommand::SetPorts(ports) => self.set_ports(ports),
            EngineCommand::SetTiming(timing) => self.feed(Input::Paced(Backoff::new(&timing))),
            EngineCommand::WatchTraffic(on) => {
                self.traffic_at = on.then(now);
            }
        }
    }

    fn set_ports(&mut self, ports: Vec<Port>) {
        self.order.ports.clone_from(&ports);
        if let Some(session) = &self.session {
            session.part.set_ports(ports);
        }
    }

    fn feed(&mut self, input: Input) {
        for output in self.machine.handle(input, now(), rand::random()) {
            self.apply(output);
        }
        self.report();
    }

    fn report(&mut self) {
        let life = self.moments.place(self.machine.life());
        if life == self.reported {
            return;
        }
        if life.kind() != self.reported.kind() || life.retry() != self.reported.retry() {
            let reason = life.reason().map(Reason::code);
            tracing::info!(state = life.as_str(), reason, "state");
        }
        self.reported = life.clone();
        (self.emit)(EngineEvent::Life(life));
    }

    fn apply(&mut self, output: Output) {
        match output {
            Output::Connect => self.begin_attempt(),
            Output::ConnectBeside => {
                self.tokens.forget();
                self.begin_attempt();
            }
            Output::Drain => self.drain(),
            Output::Abandon => {
                self.attempt = None;
                self.superseded = false;
                self.clean_up();
            }
            Output::Close => self.say_goodbye(),
            // The old one has left when the new one was installed.
            Output::CloseReplaced => {
                tracing::info!(
                    "new tokens were due: another session has taken the old one's place"
                );
                (self.emit)(EngineEvent::Reminted);
            }
            Output::Cut(cut) => {
                if cut == Cut::Zombie {
                    tracing::warn!(
                        "zombie: the session seems up, its URL is dead, the local port answers"
                    );
                }
                self.release();
            }
            Output::ForgetTokens => self.tokens.forget(),
            Output::CheckLink => {
                if let Some(session) = &self.session {
                    session.part.check_link();
                }
            }
        }
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
        self.machine.enter(match cached {
            Some(_) => Phase::ConnectingRelay,
            None => Phase::Authorising,
        });
        let connector = Rc::clone(&self.connector);
        self.attempt = Some(Attempt::new(connector, self.order.clone(), cached));
    }

    fn enter(&mut self, phase: Phase) {
        self.machine.enter(phase);
        self.report();
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
            Ok(session) => self.install(session, asked.as_ref()),
            Err(error) => {
                warn("attempt failed", &FAILED, &error);
                if std::mem::take(&mut self.superseded) {
                    self.feed(Input::Dropped(Reason::LinkLost));
                }
                let wait = self.moments.quota_left(&error.reason);
                self.feed(Input::ConnectFailed(error.reason, wait));
            }
        }
    }

    /// Puts the new session in the old one's place. `asked` is what its attempt asked for.
    pub(super) fn install(&mut self, session: Session, asked: Option<&Vec<Port>>) {
        if asked != Some(&self.order.ports) {
            // They were changed while the attempt was under way.
            session.part.set_ports(self.order.ports.clone());
        }
        // Taking over is meant once: a later reconnect must not evict anybody.
        self.order.take_over = false;
        let ports = session.ports.clone();
        self.superseded = false;
        // One that is not wanted any more is closed again below.
        if let Some(old) = self.release() {
            self.leave(old);
        }
        self.liveness.follow(Some(&session));
        self.session = Some(session);
        (self.emit)(EngineEvent::Ports(ports));
        self.feed(Input::Connected);
    }

    fn handle_session(&mut self, event: Option<SessionEvent>) {
        match event {
            Some(SessionEvent::Established) => self.feed(Input::Established),
            Some(SessionEvent::Ports(ports)) => (self.emit)(EngineEvent::Ports(ports)),
            Some(SessionEvent::Lacking(lacking)) => (self.emit)(EngineEvent::Lacking(lacking)),
            Some(SessionEvent::GoingDown) => {
                tracing::info!("the relay goes down on purpose; the next one is looked for");
                self.feed(Input::GoingDown);
            }
            Some(SessionEvent::Parked { left }) => self.park(left),
            Some(SessionEvent::Resumed) => self.resume(),
            Some(SessionEvent::Superseded) if self.machine.is_being_replaced() => {
                self.release();
                self.superseded = true;
            }
            Some(SessionEvent::Superseded) => {
                self.end_session(lost("a newer session of ours took over"), Input::Dropped);
            }
            Some(SessionEvent::Ended(ended)) => self.end_session(ended, Input::Dropped),
            Some(SessionEvent::Lapsed(ended)) => self.end_session(ended, Input::Lapsed),
            None => self.end_session(lost("the session's task is gone"), Input::Dropped),
        }
    }

    fn drain(&mut self) {
        self.retire_draining();
        self.liveness.follow(None);
        self.draining = self.session.take();
    }

    fn handle_draining(&mut self, event: Option<&SessionEvent>) {
        // No other news of it matters.
        if matches!(
            event,
            Some(SessionEvent::Ended(_) | SessionEvent::Lapsed(_) | SessionEvent::Superseded)
                | None
        ) {
            self.retire_draining();
        }
    }

    fn retire_draining(&mut self) {
        if let Some(session) = self.draining.take() {
            self.tally.retire(&session);
        }
    }

    fn park(&mut self, left: Duration) {
        tracing::info!(left = left.as_secs(), "link lost; the session is parked");
        let open = self.open();
        self.feed(Input::Parked { left, open });
    }

    fn resume(&mut self) {
        // Who asked to take the tunnel over meanwhile has it.
        self.order.take_over = false;
        self.feed(Input::Resumed);
    }

    fn open(&self) -> u64 {
        self.session.as_ref().map_or(0, Tally::open)
    }

    fn end_session(&mut self, ended: Ended, input: fn(Reason) -> Input) {
        self.release();
        warn("session ended", &ENDED, &ended);
        if ended.class() == Class::SignIn {
            self.tokens.forget();
        }
        self.feed(input(ended.reason));
    }

    fn report_traffic(&mut self) {
        self.traffic_at = Some(now() + TRAFFIC_PERIOD);
        if self.session.is_some() {
            self.tell_traffic();
        }
        if self.machine.is_parked() {
            self.feed(Input::Holds(self.open()));
        }
    }

    fn report_news(&mut self) {
        self.news_from = Some(now() + TRAFFIC_PERIOD);
        self.tell_traffic();
    }

    fn tell_traffic(&self) {
        // How visitors are served is the last one's word.
        let counts = self.tally.with(self.draining.iter().chain(&self.session));
        (self.emit)(EngineEvent::Traffic(counts));
    }

    /// Puts the session down and keeps its counts.
    fn release(&mut self) -> Option<Session> {
        let session = self.session.take()?;
        self.liveness.follow(None);
        self.tally.retire(&session);
        Some(session)
    }
}
