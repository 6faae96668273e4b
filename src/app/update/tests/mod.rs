//! Behaviours of the step as a whole: events in, facts and commands out. Here is the rig.

mod account;
mod alerts;
mod health;
mod held;
mod hosting;
mod import;
mod inventory;
mod options;
mod order;
mod panel;
mod past;
mod polls;
mod properties;
mod quit;
mod reach;
mod sign_in;

use super::update;
use crate::app::event::{Command, Event};
use crate::app::state::{Begin, State};
use crate::audit::Kind;
use crate::engine::{EngineCommand, EngineEvent};
use crate::model::{
    Access, Action, DialogKind, Field, FieldError, Health, Life, LivePort, LocalAnswer, NoticeKind,
    Outage, Pending, Phase, Port, PortKey, PortNumber, ProbeReport, Protocol, ProviderId,
    PublicAnswer, Reason, Secret, ServiceFault, SessionNumber, Setting, Target, Toast, Traffic,
    Tunnel, TunnelId, UnixMillis,
};
use crate::provider::Row;
use crate::view::WindowOp;

use std::collections::BTreeSet;

struct Rig {
    state: State,
    at: UnixMillis,
}

fn id(text: &str) -> TunnelId {
    TunnelId::new(text).expect("an id")
}

fn port(number: u16) -> PortNumber {
    PortNumber::new(number).expect("not zero")
}

impl Rig {
    fn new() -> Self {
        let begin = Begin {
            install: "0123456789abcdef".to_owned(),
            ..Begin::default()
        };
        let at = UnixMillis(1_000_000);
        Self {
            state: State::new(begin, at),
            at,
        }
    }

    /// A tunnel `web` with port 3000, whose engine was started.
    fn with_tunnel() -> Self {
        let mut rig = Self::new();
        rig.create("web", "3000");
        rig
    }

    /// The same, hosted by an established session.
    fn hosting() -> Self {
        let mut rig = Self::with_tunnel();
        rig.ports();
        rig.session(1, true);
        rig
    }

    fn put(&mut self, event: Event) -> Vec<Command> {
        self.at.0 += 1_000;
        update(&mut self.state, self.at, event)
    }

    fn act(&mut self, action: Action) -> Vec<Command> {
        self.put(Event::Act(action))
    }

    fn create(&mut self, name: &str, target: &str) -> Vec<Command> {
        let commands = self.act(Action::CreateTunnel {
            provider: ProviderId::RELAY,
            reach: None,
            access: Access::Private,
            name: name.to_owned(),
            target: target.to_owned(),
            protocol: Protocol::Http,
            public_port: String::new(),
            options: [].into(),
        });
        self.take_changes(commands)
    }

    /// Plays the inventory: takes every change.
    fn take_changes(&mut self, commands: Vec<Command>) -> Vec<Command> {
        let mut all = vec![];
        for command in commands {
            if let Command::Change { change, known, .. } = &command {
                all.extend(self.put(taken(change, known)));
            }
            all.push(command);
        }
        all
    }

    /// Adds a port to the tunnel: what its engine is to serve then.
    fn add_port(&mut self, target: &str) -> Vec<Port> {
        let commands = self.act(Action::AddPort {
            tunnel: id("web"),
            target: target.to_owned(),
            protocol: Protocol::Http,
            public_port: String::new(),
        });
        let commands = self.take_changes(commands);
        let mut set = commands.into_iter().filter_map(|command| match command {
            Command::Tell(_, EngineCommand::SetPorts(ports)) => Some(ports),
            _ => None,
        });
        set.next().expect("it is told")
    }

    fn engine(&mut self, event: EngineEvent) -> Vec<Command> {
        let engine = self.state.last_engine;
        self.put(Event::Engine {
            tunnel: id("web"),
            engine,
            event,
        })
    }

    fn ports(&mut self) -> Vec<Command> {
        self.engine(EngineEvent::Ports(vec![LivePort {
            number: port(3000),
            url: "http://web.localhost:7480/".to_owned(),
            lan_url: None,
            relays_own: false,
        }]))
    }

    fn session(&mut self, number: u64, established: bool) -> Vec<Command> {
        let since = self.at;
        self.engine(EngineEvent::Life(Life::Up {
            session: SessionNumber(number),
            since,
            proven: established,
        }))
    }

    fn lose(&mut self, reason: Reason) -> Vec<Command> {
        let since = self.at;
        self.engine(EngineEvent::Life(Life::Connecting {
            phase: Phase::ConnectingRelay,
            attempt: 1,
            outage: Some(Outage { since, reason }),
        }))
    }

    fn probe(&mut self, session: u64, health: Health) -> Vec<Command> {
        let report = self.report_of(session, health);
        self.report(report)
    }

    fn report(&mut self, report: ProbeReport) -> Vec<Command> {
        self.put(Event::Probed(report))
    }

    fn report_of(&self, session: u64, health: Health) -> ProbeReport {
        ProbeReport {
            key: key(),
            session: SessionNumber(session),
            at: self.at,
            local: LocalAnswer::Accepts,
            public: PublicAnswer::Status {
                code: 200,
                latency_us: 900,
                verdict: None,
                login_wall: false,
            },
            diagnosis: health.into(),
        }
    }

    fn life(&self) -> &Life {
        &self.state.inputs.hosts[&id("web")].life
    }
}

/// What the file of this computer answers.
fn taken(change: &Pending, known: &Tunnel) -> Event {
    let mut made = vec![known.clone()];
    change.apply(&mut made);
    Event::Changed {
        change: change.clone(),
        result: Ok(made.pop().map(Row::new).map(Box::new)),
    }
}

fn key() -> PortKey {
    PortKey::new(&id("web"), port(3000))
}

fn audits(commands: &[Command]) -> Vec<(Kind, String, String)> {
    let entries = commands.iter().filter_map(|command| match command {
        Command::Audit(entry) => Some(entry),
        _ => None,
    });
    entries
        .map(|entry| {
            let cause = entry.cause.as_ref().map(crate::audit::Cause::word);
            (entry.kind, cause.unwrap_or_default(), entry.run.0.clone())
        })
        .collect()
}

fn starts(commands: &[Command]) -> usize {
    let start = |command: &&Command| matches!(command, Command::StartEngine { .. });
    commands.iter().filter(start).count()
}
