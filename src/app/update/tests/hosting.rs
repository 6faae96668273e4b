//! Hosting: engines, audit lines, probes, what is remembered, what is shown.

use super::*;
use crate::model::Lacking;

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
fn a_port_that_a_session_cannot_serve_is_of_that_session() {
    let mut rig = Rig::hosting();
    let lacking: Lacking = [(port(3000), Reason::TimedOut)].into();
    let of = |rig: &Rig| rig.state.inputs.hosts[&id("web")].lacking.clone();
    rig.engine(EngineEvent::Lacking(lacking.clone()));
    rig.session(1, true);
    assert_eq!(of(&rig), lacking);
    rig.lose(Reason::LinkLost);
    assert_eq!(of(&rig), Lacking::new(), "the next one is asked for all");
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
    assert_eq!(*rig.life(), Life::Stopped);
    assert!(commands.contains(&Command::StopEngine(id("web"))));
    assert!(commands.contains(&Command::SaveHosted(BTreeSet::new())));
    rig.session(2, true);
    assert_eq!(*rig.life(), Life::Stopped);
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
    let [Command::Tell(_, EngineCommand::Probe(probe))] = &told[..] else {
        panic!("{told:?}");
    };
    assert!(probe.diagnosis.is_against_session());
    assert_eq!(probe.diagnosis.service_fault(), None);
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
fn a_probe_that_comes_too_late_over_a_link_that_lives_is_slow_and_counts_for_nothing() {
    let mut rig = Rig::hosting();
    let late = |rig: &mut Rig| {
        rig.report(ProbeReport {
            public: PublicAnswer::Failed {
                reason: Reason::TimedOut,
            },
            ..rig.report_of(1, Health::Slow)
        })
    };
    let counts = |told: &[Command]| match told {
        [Command::Tell(_, EngineCommand::Probe(probe))] => probe.diagnosis.is_against_session(),
        _ => panic!("{told:?}"),
    };
    let told = late(&mut rig);
    let shown = |rig: &Rig| {
        rig.state.inputs.probes[&key()]
            .last
            .as_ref()
            .map(ProbeReport::health)
    };
    assert_eq!(
        shown(&rig),
        Some(Health::Down),
        "it never routed: it may be out of reach"
    );
    assert!(!counts(&told), "and that says nothing of the session");
    rig.probe(1, Health::Operational);
    for _ in 0..5 {
        assert!(!counts(&late(&mut rig)));
    }
    assert_eq!(shown(&rig), Some(Health::Slow));
    assert_eq!(rig.state.inputs.probes[&key()].downs, 0);
}

#[test]
fn traffic_is_watched_only_for_the_port_in_the_panel_of_a_shown_window() {
    let mut rig = Rig::hosting();
    let watch = |on| Command::Tell(id("web"), EngineCommand::WatchTraffic(on));
    rig.act(Action::Select { key: key() });
    assert_eq!(rig.put(Event::WindowShown(true)), [watch(true)]);
    assert_eq!(rig.put(Event::Tick), []);
    assert_eq!(rig.act(Action::Deselect), [watch(false)]);
}

#[test]
fn all_traffic_is_watched_where_all_of_it_is_shown() {
    let mut rig = Rig::hosting();
    let watch = Command::Tell(id("web"), EngineCommand::WatchTraffic(true));
    rig.state.inputs.appearance.traffic_shown = true;
    assert_eq!(rig.put(Event::Tick), [watch]);
    assert_eq!(rig.put(Event::Tick), [], "it knows");
}

#[test]
fn a_visitor_who_was_not_served_has_a_port_that_seems_well_probed_at_once() {
    let mut rig = Rig::hosting();
    let failed = |failed| {
        let traffic = Traffic {
            failed,
            fault: Some(ServiceFault::Refused),
            ..Traffic::default()
        };
        EngineEvent::Traffic([(port(3000), traffic)].into())
    };
    let check = [Command::CheckNow(key())];
    assert_eq!(rig.engine(failed(1)), [], "its first probe is under way");
    rig.probe(1, Health::Operational);
    assert_eq!(rig.engine(failed(2)), check);
    assert_eq!(rig.engine(failed(2)), [], "that visitor is known");
    rig.probe(1, Health::ServiceDown);
    assert_eq!(rig.engine(failed(3)), [], "it is known to be down");
    rig.probe(1, Health::Operational);
    assert_eq!(rig.engine(failed(1)), check, "a new engine counts anew");
    let kept = &rig.state.inputs.hosts[&id("web")].traffic[&port(3000)];
    assert_eq!(kept.len(), 1, "what comes at any time is no series");
}

#[test]
fn a_stop_after_the_engine_s_own_end_clears_what_it_said() {
    let mut rig = Rig::hosting();
    let since = rig.at;
    let reason = Reason::Other {
        detail: "it panicked".to_owned(),
    };
    rig.engine(EngineEvent::Life(Life::Failed(Outage { since, reason })));
    rig.engine(EngineEvent::Finished);
    rig.act(Action::Stop { tunnel: id("web") });
    assert_eq!(*rig.life(), Life::Stopped);
    assert_eq!(rig.state.inputs.notices, []);
}

#[test]
fn what_needs_the_person_is_a_notice_until_it_does_not() {
    let mut rig = Rig::hosting();
    let since = rig.at;
    rig.engine(EngineEvent::Life(Life::SignIn(Outage {
        since,
        reason: Reason::TokenRefused,
    })));
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
        hosted: before.state.wanted(),
        rows: crate::app::update::life::rows(&before.state),
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
    assert_eq!(rig.state.wanted().len(), 1);
}

#[test]
fn what_is_copied_is_what_others_can_open() {
    let mut rig = Rig::hosting();
    let copied = |rig: &mut Rig| rig.act(Action::CopyUrl { key: key() });
    let own = rig.state.inputs.url(&key()).expect("it is up").to_owned();
    assert_eq!(copied(&mut rig), [Command::Copy(own)]);
    let lan = "http://192.168.1.9:7500/".to_owned();
    let host = rig.state.inputs.hosts.get_mut(&id("web"));
    host.expect("it is up").live[0].lan_url = Some(lan.clone());
    assert_eq!(copied(&mut rig), [Command::Copy(lan)]);
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
fn a_toast_is_gone_with_what_it_was_said_of() {
    let leave = [
        Action::Select { key: key() },
        Action::Details { key: key() },
        Action::Deselect,
        Action::OpenDialog {
            dialog: DialogKind::CreateTunnel,
        },
        Action::DismissToast,
    ];
    for action in leave {
        let mut rig = Rig::hosting();
        rig.act(Action::CopyUrl { key: key() });
        assert!(rig.state.inputs.toast.is_some());
        rig.act(action.clone());
        assert_eq!(rig.state.inputs.toast, None, "{action:?}");
    }
}

#[test]
fn a_reminted_session_is_a_line_of_its_own_and_no_change() {
    let mut rig = Rig::hosting();
    let before = rig.life().clone();
    let lines = rig.state.inputs.hosts[&id("web")].history.len();
    let [(kind, cause, _)] = &audits(&rig.engine(EngineEvent::Reminted))[..] else {
        panic!("one line");
    };
    assert_eq!(
        (kind.as_str(), cause.as_str()),
        ("tunnel.reminted", "renewed")
    );
    assert_eq!(*rig.life(), before);
    assert_eq!(rig.state.inputs.hosts[&id("web")].history.len(), lines);
}

#[test]
fn a_garbled_join_link_is_said_beside_its_field_and_a_good_one_is_kept_without_its_token() {
    let mut rig = Rig::hosting();
    rig.act(Action::JoinRelay {
        link: Secret::new("underpass://x"),
    });
    let dialog = rig.state.inputs.dialog.clone().expect("settings stay");
    assert_eq!(dialog.kind, DialogKind::Settings);
    let typed = format!("underpass://s3cret@r.example:7443#{}", "0a".repeat(32));
    let commands = rig.act(Action::JoinRelay {
        link: Secret::new(&typed),
    });
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
}

#[test]
fn a_dialog_asked_for_from_the_tray_brings_the_window() {
    let mut rig = Rig::new();
    let dialog = DialogKind::CreateTunnel;
    let commands = rig.act(Action::OpenDialog { dialog });
    assert_eq!(commands, [Command::Window(WindowOp::Show)]);
}

#[test]
fn a_service_that_was_never_up_is_a_line_of_the_timeline_and_one_that_works_is_none() {
    let lines = |health| {
        let mut rig = Rig::hosting();
        rig.probe(1, health);
        rig.probe(1, health);
        let history = &rig.state.inputs.hosts[&id("web")].history;
        history.iter().filter(|line| line.health.is_some()).count()
    };
    assert_eq!(lines(Health::ServiceDown), 1);
    assert_eq!(lines(Health::Operational), 0);
    assert_eq!(lines(Health::Down), 0);
}

#[test]
fn the_next_engine_counts_sessions_on_and_is_watched_anew() {
    let mut rig = Rig::hosting();
    rig.act(Action::Select { key: key() });
    rig.put(Event::WindowShown(true));
    rig.probe(1, Health::Operational);
    let commands = rig.act(Action::Set {
        setting: Setting::Lan(true),
    });
    let sessions = commands.iter().find_map(|command| match command {
        Command::StartEngine { order, .. } => Some(order.sessions),
        _ => None,
    });
    assert_eq!(
        sessions,
        Some(1),
        "what was seen of session 1 is not of the next"
    );
    let watch = Command::Tell(id("web"), EngineCommand::WatchTraffic(true));
    assert!(commands.contains(&watch));
}

#[test]
fn a_change_of_ports_tries_again_what_failed_for_them() {
    let mut rig = Rig::hosting();
    let since = rig.at;
    let reason = Reason::NoPublicPorts;
    rig.engine(EngineEvent::Life(Life::Failed(Outage { since, reason })));
    let protocol = Protocol::Https;
    let commands = rig.act(Action::ChangeProtocol {
        key: key(),
        protocol,
    });
    let commands = rig.take_changes(commands);
    assert!(commands.contains(&Command::Tell(id("web"), EngineCommand::Reconnect)));
}

#[test]
fn a_port_that_leads_elsewhere_is_hosted_on_at_its_url() {
    let mut rig = Rig::hosting();
    rig.act(Action::Select { key: key() });
    let label = rig.state.inputs.tunnels[0].ports[0].label.clone();
    let target = Target {
        host: "nas.lan".to_owned(),
        port: port(8080),
    };
    let commands = rig.act(Action::ChangeTarget {
        key: key(),
        target: target.clone(),
    });
    let commands = rig.take_changes(commands);
    let ports = commands.iter().find_map(|command| match command {
        Command::Tell(of, EngineCommand::SetPorts(ports)) if *of == id("web") => Some(ports),
        _ => None,
    });
    let ports = ports.expect("the host is told");
    let told: Vec<_> = ports
        .iter()
        .map(|port| (&port.target, &port.label))
        .collect();
    assert_eq!(told, [(&target, &label)]);
    let selected = rig.state.inputs.selected.as_ref();
    assert_eq!(selected, Some(&PortKey::new(&id("web"), target.port)));
    let commands = rig.act(Action::ChangeTarget {
        key: PortKey::new(&id("web"), target.port),
        target,
    });
    assert!(commands.is_empty(), "it leads there: {commands:?}");
}
