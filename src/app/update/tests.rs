//! Behaviours of the step as a whole: events in, facts and commands out.

use super::update;
use crate::app::event::{Command, Event};
use crate::app::state::{Begin, State};
use crate::audit::Kind;
use crate::engine::{EngineCommand, EngineEvent};
use crate::model::{
    Action, DialogKind, Field, FieldError, Health, HostState, LivePort, LocalAnswer, NoticeKind,
    Pending, PortKey, PortNumber, ProbeReport, Protocol, PublicAnswer, Reason, SessionNumber,
    Toast, TunnelId, UnixMillis,
};
use crate::view::WindowOp;
use proptest::prelude::*;
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
            name: name.to_owned(),
            target: target.to_owned(),
            protocol: Protocol::Http,
            public_port: String::new(),
        });
        self.take_changes(commands)
    }

    /// Plays the inventory: takes every change.
    fn take_changes(&mut self, commands: Vec<Command>) -> Vec<Command> {
        let mut all = vec![];
        for command in commands {
            if let Command::ChangeInventory { change, .. } = &command {
                let change = change.clone();
                let done = Event::Changed {
                    change,
                    error: None,
                };
                all.extend(self.put(done));
            }
            all.push(command);
        }
        all
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
        }]))
    }

    fn session(&mut self, number: u64, established: bool) -> Vec<Command> {
        let since = self.at;
        self.engine(EngineEvent::State(HostState::Hosting {
            session: SessionNumber(number),
            since,
            established,
        }))
    }

    fn lose(&mut self, reason: Reason) -> Vec<Command> {
        let since = self.at;
        self.engine(EngineEvent::State(HostState::Reconnecting {
            attempt: 1,
            next_at: None,
            since,
            reason,
        }))
    }

    fn probe(&mut self, session: u64, health: Health) -> Vec<Command> {
        let at = self.at;
        self.put(Event::Probed(ProbeReport {
            key: key(),
            session: SessionNumber(session),
            at,
            local: LocalAnswer::Accepts,
            public: PublicAnswer::Status {
                code: 200,
                latency_us: 900,
                verdict: None,
                login_wall: false,
            },
            health,
        }))
    }

    fn host_state(&self) -> &HostState {
        &self.state.inputs.hosts[&id("web")].state
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

#[test]
fn a_created_tunnel_is_shown_at_once_and_hosted_when_the_inventory_has_it() {
    let mut rig = Rig::new();
    let commands = rig.act(Action::Share {
        target: "3000".to_owned(),
    });
    assert!(matches!(rig.state.inputs.pending[..], [Pending::Create(_)]));
    assert_eq!(starts(&commands), 0);
    let commands = rig.take_changes(commands);
    assert_eq!(starts(&commands), 1);
    assert!(rig.state.inputs.pending.is_empty());
    let tunnel = &rig.state.inputs.tunnels[0];
    assert_eq!((tunnel.id.as_str(), tunnel.ports.len()), ("port-3000", 1));
    assert_eq!(tunnel.ports[0].label, tunnel.id);
}

#[test]
fn a_change_that_was_not_taken_is_taken_back_and_said() {
    let mut rig = Rig::with_tunnel();
    let commands = rig.act(Action::RemovePort { key: key() });
    let change = rig.state.inputs.pending[0].clone();
    assert!(commands.iter().any(
        |c| matches!(c, Command::ChangeInventory { tunnels, .. } if tunnels[0].ports.is_empty())
    ));
    let error = NoticeKind::FileNotSaved {
        file: "tunnels.json".to_owned(),
        detail: "no space left".to_owned(),
    };
    rig.put(Event::Changed {
        change,
        error: Some(error.clone()),
    });
    assert_eq!(rig.state.inputs.tunnels[0].ports.len(), 1);
    assert!(rig.state.inputs.pending.is_empty());
    assert_eq!(rig.state.inputs.notices[0].kind, error);
}

#[test]
fn what_was_typed_wrong_stays_beside_its_field() {
    let mut rig = Rig::with_tunnel();
    for (name, target, field) in [
        ("", "3000", Field::Name),
        ("…", "3000", Field::Name),
        ("Web", "3000", Field::Name),
        ("x", "", Field::Target),
        ("x", "0", Field::Target),
        ("x", "70000", Field::Target),
        ("x", "abc", Field::Target),
    ] {
        let commands = rig.create(name, target);
        assert_eq!(commands, [], "{name:?} {target:?}");
        let dialog = rig.state.inputs.dialog.clone().expect("the form stays");
        assert_eq!(dialog.kind, DialogKind::CreateTunnel);
        assert_eq!(dialog.errors.len(), 1, "{name:?} {target:?}");
        assert_eq!(dialog.errors[0].0, field, "{name:?} {target:?}");
    }
}

#[test]
fn a_public_port_goes_with_tcp_alone() {
    let mut rig = Rig::new();
    rig.act(Action::CreateTunnel {
        name: "x".to_owned(),
        target: "22".to_owned(),
        protocol: Protocol::Http,
        public_port: "2222".to_owned(),
    });
    let errors = rig.state.inputs.dialog.expect("the form stays").errors;
    assert_eq!(
        errors,
        [(Field::PublicPort, FieldError::PublicPortNeedsTcp)]
    );
}

#[test]
fn two_starts_at_once_open_one_tunnel() {
    let mut rig = Rig::with_tunnel();
    let host = Action::Host { tunnel: id("web") };
    assert_eq!(rig.act(host.clone()), [], "it is connecting");
    rig.session(1, true);
    assert_eq!(rig.act(host), [], "it is up");
}

#[test]
fn a_start_while_reconnecting_is_a_manual_reconnect() {
    let mut rig = Rig::hosting();
    rig.lose(Reason::LinkLost);
    let commands = rig.act(Action::Host { tunnel: id("web") });
    assert_eq!(audits(&commands)[0].0, Kind::ManualReconnect);
    assert!(commands.contains(&Command::Tell(id("web"), EngineCommand::Reconnect)));
    assert_eq!(starts(&commands), 0);
}

#[test]
fn an_up_and_its_down_share_a_run_and_the_next_has_another() {
    let mut rig = Rig::with_tunnel();
    let up = audits(&rig.session(1, false));
    assert_eq!((up[0].0, up[0].1.as_str()), (Kind::Up, "started"));
    assert_eq!(
        audits(&rig.session(1, true)),
        [],
        "established is no second up"
    );
    let down = audits(&rig.lose(Reason::LinkLost));
    assert_eq!((down[0].0, down[0].1.as_str()), (Kind::Down, "dropped"));
    assert_eq!(down[0].2, up[0].2);
    let again = audits(&rig.session(2, false));
    assert_eq!((again[0].0, again[0].1.as_str()), (Kind::Up, "reconnected"));
    assert_ne!(again[0].2, up[0].2);
}

#[test]
fn a_renewed_session_is_a_down_and_an_up() {
    let mut rig = Rig::hosting();
    let lines = audits(&rig.session(2, false));
    let words: Vec<_> = lines.iter().map(|line| (line.0, line.1.as_str())).collect();
    assert_eq!(words, [(Kind::Down, "renewed"), (Kind::Up, "renewed")]);
}

#[test]
fn a_first_attempt_that_fails_is_a_failed_start() {
    let mut rig = Rig::with_tunnel();
    let lines = audits(&rig.lose(Reason::TimedOut));
    assert_eq!(
        (lines[0].0, lines[0].1.as_str()),
        (Kind::StartFailed, "timed_out")
    );
    assert_eq!(audits(&rig.lose(Reason::LinkLost)), [], "once");
}

#[test]
fn a_stop_is_audited_and_shown_at_once_and_late_reports_are_ignored() {
    let mut rig = Rig::hosting();
    let commands = rig.act(Action::Stop { tunnel: id("web") });
    let kinds: Vec<_> = audits(&commands).iter().map(|line| line.0).collect();
    assert_eq!(kinds, [Kind::ManualStop, Kind::Down]);
    assert_eq!(*rig.host_state(), HostState::Stopped);
    assert!(commands.contains(&Command::StopEngine(id("web"))));
    assert!(commands.contains(&Command::SaveHosted(BTreeSet::new())));
    rig.session(2, true);
    assert_eq!(*rig.host_state(), HostState::Stopped);
    assert_eq!(
        rig.state.inputs.url(&key()),
        Some("http://web.localhost:7480/")
    );
}

#[test]
fn probes_follow_the_established_session() {
    let mut rig = Rig::with_tunnel();
    rig.ports();
    let probes = |commands: &[Command]| {
        let count = |wanted: fn(&Command) -> bool| commands.iter().filter(|c| wanted(c)).count();
        let started = count(|c| matches!(c, Command::Probe(_)));
        (started, count(|c| matches!(c, Command::StopProbe(_))))
    };
    assert_eq!(probes(&rig.session(1, false)), (0, 0));
    assert_eq!(probes(&rig.session(1, true)), (1, 0));
    assert_eq!(probes(&rig.put(Event::Tick)), (0, 0));
    assert_eq!(probes(&rig.lose(Reason::LinkLost)), (0, 1));
    assert_eq!(
        probes(&rig.session(2, true)),
        (1, 0),
        "a plan of the new session"
    );
}

#[test]
fn a_probe_reaches_the_engine_and_an_old_one_reaches_nobody() {
    let mut rig = Rig::hosting();
    let told = rig.probe(1, Health::Down);
    assert!(matches!(
        told[..],
        [Command::Tell(
            _,
            EngineCommand::Probe {
                down: true,
                local_answers: true,
                ..
            }
        )]
    ));
    assert_eq!(rig.state.inputs.probes[&key()].downs, 1);
    rig.lose(Reason::Zombie);
    rig.session(2, true);
    assert_eq!(rig.probe(1, Health::Operational), []);
    assert_eq!(rig.state.inputs.probes[&key()].downs, 1);
    rig.probe(2, Health::Down);
    assert_eq!(
        rig.state.inputs.probes[&key()].downs,
        1,
        "a new session counts anew"
    );
}

#[test]
fn traffic_is_watched_only_for_the_port_in_the_panel_of_a_shown_window() {
    let mut rig = Rig::hosting();
    let watch = |on| Command::Tell(id("web"), EngineCommand::WatchTraffic(on));
    assert_eq!(rig.act(Action::Select { key: key() }), []);
    assert_eq!(rig.put(Event::WindowShown(true)), [watch(true)]);
    assert_eq!(rig.put(Event::Tick), []);
    assert_eq!(rig.act(Action::Deselect), [watch(false)]);
}

#[test]
fn deleting_stops_forgets_and_says_so() {
    let mut rig = Rig::hosting();
    rig.act(Action::Select { key: key() });
    let commands = rig.act(Action::DeleteTunnel { tunnel: id("web") });
    assert!(commands.contains(&Command::StopEngine(id("web"))));
    rig.take_changes(commands);
    let inputs = &rig.state.inputs;
    assert!(inputs.tunnels.is_empty() && inputs.hosts.is_empty() && inputs.selected.is_none());
    let name = "web".to_owned();
    assert_eq!(inputs.toast, Some(Toast::Deleted { name }));
}

#[test]
fn ports_change_live_and_the_last_one_gone_ends_hosting() {
    let mut rig = Rig::hosting();
    let commands = rig.act(Action::AddPort {
        tunnel: id("web"),
        target: "5173".to_owned(),
        protocol: Protocol::Http,
        public_port: String::new(),
    });
    let commands = rig.take_changes(commands);
    let set = commands.iter().find_map(|command| match command {
        Command::Tell(_, EngineCommand::SetPorts(ports)) => Some(ports),
        _ => None,
    });
    let labels: Vec<_> = set
        .expect("told")
        .iter()
        .map(|p| p.label.as_str())
        .collect();
    assert_eq!(labels, ["web", "web-5173"]);
    for number in [3000, 5173] {
        let key = PortKey::new(&id("web"), port(number));
        let commands = rig.act(Action::RemovePort { key });
        rig.take_changes(commands);
    }
    assert_eq!(*rig.host_state(), HostState::Stopped);
    assert_eq!(rig.state.inputs.tunnels[0].ports, []);
}

#[test]
fn what_needs_the_person_is_a_notice_until_it_does_not() {
    let mut rig = Rig::hosting();
    let since = rig.at;
    rig.engine(EngineEvent::State(HostState::SignIn {
        since,
        reason: Reason::TokenRefused,
    }));
    assert!(matches!(
        rig.state.inputs.notices[0].kind,
        NoticeKind::NeedsYou { .. }
    ));
    rig.session(2, true);
    assert_eq!(rig.state.inputs.notices, []);
}

#[test]
fn what_was_hosted_is_hosted_again() {
    let before = Rig::hosting();
    let begin = Begin {
        tunnels: before.state.inputs.tunnels.clone(),
        hosted: super::host::wanted(&before.state),
        rows: super::engine::rows(&before.state),
        ..Begin::default()
    };
    let mut after = Rig {
        state: State::new(begin, before.at),
        at: before.at,
    };
    let url = after.state.inputs.url(&key());
    assert_eq!(url, Some("http://web.localhost:7480/"), "painted at once");
    assert_eq!(starts(&after.put(Event::Started)), 1);
}

#[test]
fn quitting_ends_engines_and_keeps_what_is_wanted() {
    let mut rig = Rig::hosting();
    let commands = rig.act(Action::Quit);
    assert_eq!(audits(&commands)[0].1, "stopped");
    assert!(commands.contains(&Command::Quit));
    assert!(!commands.iter().any(|c| matches!(c, Command::SaveHosted(_))));
    assert_eq!(super::host::wanted(&rig.state).len(), 1);
}

#[test]
fn a_toast_has_its_time() {
    let mut rig = Rig::hosting();
    let commands = rig.act(Action::CopyUrl { key: key() });
    assert!(matches!(commands[..], [Command::Copy(_)]));
    rig.put(Event::Tick);
    assert!(rig.state.inputs.toast.is_some());
    rig.at.0 += 4_000;
    rig.put(Event::Tick);
    assert_eq!(rig.state.inputs.toast, None);
}

#[test]
fn a_garbled_join_link_is_said_beside_its_field_and_a_good_one_is_kept_without_its_token() {
    let mut rig = Rig::hosting();
    rig.act(Action::JoinRelay {
        link: "underpass://x".to_owned(),
    });
    let dialog = rig.state.inputs.dialog.clone().expect("settings stay");
    assert_eq!(dialog.kind, DialogKind::Settings);
    let typed = format!("underpass://s3cret@r.example:7443#{}", "0a".repeat(32));
    let commands = rig.act(Action::JoinRelay { link: typed });
    let [Command::JoinRelay(link)] = &commands[..] else {
        panic!("{commands:?}");
    };
    let link = link.clone();
    let commands = rig.put(Event::Joined { link, error: None });
    assert_eq!(starts(&commands), 1, "what is hosted moves");
    let relay = &rig.state.inputs.settings.relay;
    let saved = serde_json::to_string(relay).expect("it is plain data");
    assert!(!saved.contains("s3cret") && saved.contains("r.example:7443#0a0a"));
    assert_eq!(
        rig.state.inputs.relay.joined.as_deref(),
        Some("r.example:7443")
    );
    assert!(rig.state.inputs.relay.public);
}

#[test]
fn a_dialog_asked_for_from_the_tray_brings_the_window() {
    let mut rig = Rig::new();
    let dialog = DialogKind::CreateTunnel;
    let commands = rig.act(Action::OpenDialog { dialog });
    assert_eq!(commands, [Command::Window(WindowOp::Show)]);
}

fn any_action() -> impl Strategy<Value = Action> {
    let tunnel = prop_oneof![Just(id("web")), Just(id("other")), Just(id("gone"))];
    let key = (tunnel.clone(), prop_oneof![Just(3000u16), Just(5173u16)])
        .prop_map(|(tunnel, number)| PortKey::new(&tunnel, port(number)));
    let text = prop_oneof![Just("3000".to_owned()), Just("web".to_owned()), ".{0,6}"];
    let protocol = prop::sample::select(Protocol::ALL.to_vec());
    prop_oneof![
        tunnel.clone().prop_map(|tunnel| Action::Host { tunnel }),
        tunnel.clone().prop_map(|tunnel| Action::Stop { tunnel }),
        tunnel
            .clone()
            .prop_map(|tunnel| Action::Reconnect { tunnel }),
        tunnel
            .clone()
            .prop_map(|tunnel| Action::TakeOver { tunnel }),
        tunnel
            .clone()
            .prop_map(|tunnel| Action::DeleteTunnel { tunnel }),
        key.clone().prop_map(|key| Action::RemovePort { key }),
        key.clone().prop_map(|key| Action::Select { key }),
        key.clone().prop_map(|key| Action::CheckNow { key }),
        (key, protocol.clone())
            .prop_map(|(key, protocol)| Action::ChangeProtocol { key, protocol }),
        text.clone().prop_map(|target| Action::Share { target }),
        (text.clone(), text.clone(), protocol.clone(), text.clone()).prop_map(
            |(name, target, protocol, public_port)| Action::CreateTunnel {
                name,
                target,
                protocol,
                public_port
            }
        ),
        (tunnel, text.clone(), protocol, text).prop_map(
            |(tunnel, target, protocol, public_port)| Action::AddPort {
                tunnel,
                target,
                protocol,
                public_port
            }
        ),
        Just(Action::StopAll),
        any::<bool>().prop_map(|on| Action::SetLan { on }),
    ]
}

proptest! {
    /// Whatever is clicked in whatever order: engines run exactly for what is wanted and has ports,
    /// ids and labels are unique, and nothing pending is left once the inventory answered.
    #[test]
    fn clicks_in_any_order_leave_the_facts_sound(
        actions in prop::collection::vec((any_action(), any::<bool>()), 1..40),
    ) {
        let mut rig = Rig::new();
        rig.create("web", "3000");
        rig.create("other", "5173");
        for (action, taken) in actions {
            for command in rig.act(action) {
                let Command::ChangeInventory { change, .. } = command else { continue };
                let error = (!taken).then_some(NoticeKind::NoKeychain);
                rig.put(Event::Changed { change, error });
            }
            let inputs = &rig.state.inputs;
            prop_assert!(inputs.pending.is_empty());
            let mut labels: Vec<_> = inputs.tunnels.iter().flat_map(|t| &t.ports).map(|p| &p.label).collect();
            let ports = labels.len();
            labels.sort();
            labels.dedup();
            prop_assert_eq!(labels.len(), ports, "labels are unique");
            let running: Vec<_> = rig.state.engines.keys().cloned().collect();
            let wanted: Vec<_> = super::host::wanted(&rig.state).into_iter().collect();
            prop_assert_eq!(&running, &wanted);
            for tunnel in &wanted {
                prop_assert!(inputs.tunnel(tunnel).is_some_and(|t| !t.ports.is_empty()));
            }
        }
    }
}
