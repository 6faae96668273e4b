//! The engine's loop: waits for whatever comes first, asks the machine, does what it says.

use super::state::{Reporter, now};
use super::{EngineCommand, EngineEvent};
use crate::keepalive::{Backoff, Cut, Input, Machine, Output};
use crate::model::{Class, Phase, Port, PortNumber, Reason, Timing, Traffic, UnixMillis};
use crate::provider::{ConnectError, Connector, Ended, HostOrder, Session, SessionEvent, Tokens};
use crate::token::TokenCache;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

/// How long a goodbye may take before the link is cut.
const GOODBYE: Duration = Duration::from_secs(2);

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
    /// A session that made way for another one and may still say goodbye.
    leaving: Option<Pin<Box<dyn Future<Output = ()>>>>,
    traffic_at: Option<Instant>,
    /// A session was up since the start.
    was_up: bool,
    /// What went through the sessions before this one.
    past_traffic: BTreeMap<PortNumber, Traffic>,
}

struct Attempt {
    /// What it asks the relay for.
    ports: Vec<Port>,
    future: Pin<Box<dyn Future<Output = Outcome>>>,
    phases: mpsc::UnboundedReceiver<Phase>,
}

struct Outcome {
    minted: Option<Tokens>,
    result: Result<Session, ConnectError>,
}

/// What the loop woke up for.
enum Wake {
    Command(Option<EngineCommand>),
    Phase(Phase),
    Outcome(Outcome),
    Session(Option<SessionEvent>),
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
            leaving: None,
            traffic_at: None,
            was_up: false,
            past_traffic: BTreeMap::new(),
        }
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
                Wake::Left => self.leaving = None,
                Wake::Timer => self.put(Input::Timer),
                Wake::Remint => self.put(Input::RemintDue),
                Wake::Traffic => self.report_traffic(),
            }
        }
        self.put(Input::Stop);
        if let Some(leaving) = self.leaving.take() {
            leaving.await;
        }
    }

    async fn wait(&mut self, inbox: &mut mpsc::UnboundedReceiver<EngineCommand>) -> Wake {
        let remint = self.session.as_ref().and(self.tokens.remint_at());
        let remint = remint.filter(|_| self.attempt.is_none());
        let timer = self.machine.deadline();
        // A command comes before all else, so that stop wins over whatever is in flight.
        tokio::select! {
            biased;
            command = inbox.recv() => Wake::Command(command),
            wake = poll_attempt(&mut self.attempt) => wake,
            event = next_event(&mut self.session) => Wake::Session(event),
            () = poll_leaving(&mut self.leaving) => Wake::Left,
            () = sleep_till(timer) => Wake::Timer,
            () = sleep_till(remint) => Wake::Remint,
            () = sleep_till(self.traffic_at) => Wake::Traffic,
        }
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
                if let Some(session) = &self.session {
                    session.part.drop_link();
                }
            }
            EngineCommand::Probe {
                port,
                session,
                down,
                local_answers,
            } => self.put(Input::Probe {
                port,
                session,
                down,
                local_answers,
            }),
            EngineCommand::Woke => self.put(Input::Woke),
            EngineCommand::SignedIn => self.put(Input::SignedIn),
            EngineCommand::SetPorts(ports) => self.set_ports(ports),
            EngineCommand::WatchTraffic(on) => {
                self.traffic_at = on.then(now);
            }
        }
    }

    fn reconnect(&mut self) {
        if self.attempt.is_none() {
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
            Output::Abandon => self.attempt = None,
            Output::Close => self.say_goodbye(),
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
        self.leaving = Some(Box::pin(async move {
            if timeout(GOODBYE, session.close()).await.is_err() {
                tracing::debug!("the goodbye took too long; the link was cut");
            }
        }));
    }

    fn begin_attempt(&mut self) {
        let connector = Rc::clone(&self.connector);
        let order = self.order.clone();
        let cached = self.tokens.usable(now()).cloned();
        let (phases_in, phases) = mpsc::unbounded_channel();
        // With tokens at hand there is nothing to authorise.
        self.reporter.set_phase(match cached {
            Some(_) => Phase::ConnectingRelay,
            None => Phase::Authorising,
        });
        self.attempt = Some(Attempt {
            ports: order.ports.clone(),
            future: Box::pin(run_attempt(connector, order, cached, phases_in)),
            phases,
        });
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
        while let Some(phase) = self.attempt.as_mut().and_then(|a| a.phases.try_recv().ok()) {
            self.enter(phase);
        }
        let asked = self.attempt.take().map(|attempt| attempt.ports);
        if let Some(tokens) = outcome.minted {
            let lifetime = tokens.lifetime;
            self.tokens.store(tokens, lifetime, now());
        }
        match outcome.result {
            Ok(session) => self.adopt(session, asked.as_ref()),
            Err(error) => {
                tracing::warn!(
                    reason = error.reason.code(),
                    detail = error.detail,
                    "attempt failed"
                );
                // A quota's end is wall-clock time; the machine waits its cap and tries again.
                let class = self.class_of(&error);
                self.reporter.set_reason(error.reason);
                self.put(Input::ConnectFailed(class, None));
            }
        }
    }

    /// Puts the new session in the old one's place. `asked` is what its attempt asked for.
    fn adopt(&mut self, session: Session, asked: Option<&Vec<Port>>) {
        if asked != Some(&self.order.ports) {
            // They were changed while the attempt was under way.
            session.part.set_ports(self.order.ports.clone());
        }
        self.was_up = true;
        // Taking over is meant once: a later reconnect must not evict anybody.
        self.order.take_over = false;
        let ports = session.ports.clone();
        let old = self.release();
        self.session = Some(session);
        for output in self.machine.handle(Input::Connected, now(), rand::random()) {
            debug_assert_eq!(output, Output::Close, "a new session asks for nothing else");
        }
        if let Some(old) = old {
            self.leave(old);
        }
        (self.emit)(EngineEvent::Ports(ports));
        if let Some(state) = self.reporter.report(self.machine.stage()) {
            tracing::info!(state = state.as_str(), "state");
            (self.emit)(EngineEvent::State(state));
        }
    }

    fn handle_session(&mut self, event: Option<SessionEvent>) {
        match event {
            Some(SessionEvent::Established) => self.put(Input::Established),
            Some(SessionEvent::Ports(ports)) => (self.emit)(EngineEvent::Ports(ports)),
            Some(SessionEvent::Parked { .. } | SessionEvent::Resumed) => {}
            Some(SessionEvent::Ended(ended)) => self.end_session(ended),
            None => self.end_session(Ended::with(Reason::LinkLost, "the session's task is gone")),
        }
    }

    fn end_session(&mut self, ended: Ended) {
        self.release();
        let class = ended.class();
        tracing::warn!(
            reason = ended.reason.code(),
            detail = ended.detail,
            "session ended"
        );
        if class == Class::SignIn {
            self.tokens.forget();
        }
        self.reporter.set_reason(ended.reason);
        self.put(Input::Dropped(class));
    }

    fn report_traffic(&mut self) {
        self.traffic_at = Some(now() + TRAFFIC_PERIOD);
        if let Some(session) = &self.session {
            (self.emit)(EngineEvent::Traffic(sum(&self.past_traffic, session)));
        }
    }

    /// Puts the session down and keeps its counts.
    fn release(&mut self) -> Option<Session> {
        let session = self.session.take()?;
        self.past_traffic = sum(&self.past_traffic, &session);
        for traffic in self.past_traffic.values_mut() {
            traffic.open = 0;
        }
        Some(session)
    }
}

fn sum(past: &BTreeMap<PortNumber, Traffic>, session: &Session) -> BTreeMap<PortNumber, Traffic> {
    let mut all = past.clone();
    for (port, now) in session.traffic.read() {
        let traffic = all.entry(port).or_default();
        traffic.open += now.open;
        traffic.total += now.total;
        traffic.bytes_in += now.bytes_in;
        traffic.bytes_out += now.bytes_out;
    }
    all
}

async fn run_attempt(
    connector: Rc<dyn Connector>,
    order: HostOrder,
    cached: Option<Tokens>,
    phases: mpsc::UnboundedSender<Phase>,
) -> Outcome {
    let progress = |phase| {
        // The engine abandoned this attempt: nobody wants to know.
        let _ = phases.send(phase);
    };
    if let Some(tokens) = cached {
        let result = connector.connect(&order, &tokens, &progress).await;
        return Outcome {
            minted: None,
            result,
        };
    }
    progress(Phase::Authorising);
    let tokens = match connector.mint(&order).await {
        Ok(tokens) => tokens,
        Err(error) => {
            return Outcome {
                minted: None,
                result: Err(error),
            };
        }
    };
    let result = connector.connect(&order, &tokens, &progress).await;
    Outcome {
        minted: Some(tokens),
        result,
    }
}

async fn poll_attempt(attempt: &mut Option<Attempt>) -> Wake {
    let Some(attempt) = attempt else {
        return std::future::pending().await;
    };
    tokio::select! {
        biased;
        Some(phase) = attempt.phases.recv() => Wake::Phase(phase),
        outcome = &mut attempt.future => Wake::Outcome(outcome),
    }
}

async fn next_event(session: &mut Option<Session>) -> Option<SessionEvent> {
    match session {
        Some(session) => session.events.recv().await,
        None => std::future::pending().await,
    }
}

async fn poll_leaving(leaving: &mut Option<Pin<Box<dyn Future<Output = ()>>>>) {
    match leaving {
        Some(leaving) => leaving.await,
        None => std::future::pending().await,
    }
}

async fn sleep_till(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
