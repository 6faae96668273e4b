//! How what is hosted is looked after: from what the person sets to what is probed and told.

use super::*;
use crate::model::{
    Diagnosis, HealthKey, HealthScope, ProbeMethod, ProbeRequest, TimingSettings, UrlFault,
};
use crate::probe::ProbePlan;
use std::collections::BTreeMap;
use std::time::Duration;

fn set(rig: &mut Rig, scope: HealthScope, pairs: &[(HealthKey, &str)]) -> Vec<Command> {
    let set = pairs.iter().map(|(key, value)| (*key, (*value).to_owned()));
    let set: BTreeMap<HealthKey, String> = set.collect();
    let mut all = vec![];
    for command in rig.act(Action::SetHealth { scope, set }) {
        if let Command::Change { change, known, .. } = &command {
            all.extend(rig.put(taken(change, known)));
        }
        all.push(command);
    }
    all
}

fn plan(commands: &[Command]) -> &ProbePlan {
    let mut plans = commands.iter().filter_map(|command| match command {
        Command::Probe(plan) => Some(plan),
        _ => None,
    });
    plans.next_back().expect("it is probed otherwise now")
}

fn of_port() -> HealthScope {
    HealthScope::Port(key())
}

fn of_tunnel() -> HealthScope {
    HealthScope::Tunnel(id("web"))
}

const RELAY: HealthScope = HealthScope::Provider(ProviderId::RELAY);

#[test]
fn each_value_reaches_the_probe_from_each_place_and_the_nearest_counts() {
    let mut rig = Rig::hosting();
    let scopes = [HealthScope::All, RELAY, of_tunnel(), of_port()];
    for (scope, seconds) in scopes.into_iter().zip(["4", "3", "2", "1"]) {
        let seconds_long = Duration::from_secs(seconds.parse().expect("a number"));
        let path = format!("/{seconds}");
        let status = format!("20{seconds}");
        let commands = set(
            &mut rig,
            scope,
            &[
                (HealthKey::Interval, &format!("{seconds}250ms")),
                (HealthKey::Timeout, &format!("{seconds}s")),
                (HealthKey::Method, "OPTIONS"),
                (HealthKey::Path, &path),
                (HealthKey::Expect, &status),
            ],
        );
        let plan = plan(&commands);
        let millis = format!("{seconds}250").parse().expect("a number");
        assert_eq!(plan.interval, Duration::from_millis(millis));
        assert_eq!(plan.timeout, seconds_long);
        let request = ProbeRequest {
            method: ProbeMethod::Options,
            path: Some(path),
            expected: status.parse().expect("a code"),
        };
        assert_eq!(plan.request, request);
    }
    // What lies beneath does not reach it any more, until the nearest is unset.
    let changed = set(&mut rig, HealthScope::All, &[(HealthKey::Path, "/x")]);
    assert!(
        !changed.iter().any(|it| matches!(it, Command::Probe(_))),
        "{changed:?}"
    );
    let unset = set(&mut rig, of_port(), &[(HealthKey::Path, " ")]);
    assert_eq!(plan(&unset).request.path.as_deref(), Some("/2"));
}

#[test]
fn without_probes_the_service_is_only_looked_at_and_nothing_works() {
    let mut rig = Rig::hosting();
    rig.probe(1, Health::Operational);
    for (scope, word, public) in [
        (RELAY, "off", false),
        (of_port(), "on", true),
        (of_port(), "off", false),
    ] {
        let commands = set(&mut rig, scope, &[(HealthKey::Probe, word)]);
        assert_eq!(plan(&commands).public, public);
    }
    let samples = rig.state.inputs.probes[&key()].samples.len();
    let mut looked = rig.report_of(1, Health::ServiceDown);
    looked.public = PublicAnswer::NotAsked;
    rig.report(looked);
    let facts = &rig.state.inputs.probes[&key()];
    assert_eq!(
        facts.samples.len(),
        samples,
        "a look is no sample of the URL"
    );
    assert!(facts.last.is_some());
}

#[test]
fn how_many_dead_probes_are_one_too_many_goes_to_the_machine_with_each() {
    let mut rig = Rig::hosting();
    for (scope, downs) in [
        (HealthScope::All, "9"),
        (of_tunnel(), "5"),
        (of_port(), "2"),
    ] {
        set(&mut rig, scope, &[(HealthKey::Watchdog, downs)]);
        let mut report = rig.report_of(1, Health::Down);
        report.diagnosis = Diagnosis::Down {
            cause: UrlFault::NoHost,
            service: None,
            alive: false,
        };
        let told = rig.report(report);
        let told = told.iter().find_map(|command| match command {
            Command::Tell(_, EngineCommand::Probe(probe)) => Some(probe.dead_after),
            _ => None,
        });
        assert_eq!(told.map(|downs| downs.to_string()).as_deref(), Some(downs));
    }
}

#[test]
fn the_waits_go_to_the_engine_that_runs_and_to_the_next() {
    let mut rig = Rig::hosting();
    for (scope, initial, cap) in [
        (HealthScope::All, "2s", "20s"),
        (RELAY, "3s", "30s"),
        (of_tunnel(), "40ms", "50ms"),
    ] {
        let pairs = [
            (HealthKey::BackoffInitial, initial),
            (HealthKey::BackoffCap, cap),
        ];
        let commands = set(&mut rig, scope, &pairs);
        let told: Vec<_> = commands
            .iter()
            .filter_map(|command| match command {
                Command::Tell(_, EngineCommand::SetTiming(timing)) => Some(timing),
                _ => None,
            })
            .collect();
        let [timing] = told[..] else {
            panic!("once: {commands:?}");
        };
        let text = crate::model::duration_text;
        assert_eq!(
            (&*text(timing.backoff_initial), &*text(timing.backoff_cap)),
            (initial, cap)
        );
        assert!(
            !rig.act(Action::Deselect)
                .iter()
                .any(|it| matches!(it, Command::Tell(..)))
        );
    }
    rig.act(Action::Stop { tunnel: id("web") });
    let commands = rig.act(Action::Host { tunnel: id("web") });
    let started = commands.iter().find_map(|command| match command {
        Command::StartEngine { timing, .. } => Some(timing.backoff_cap),
        _ => None,
    });
    assert_eq!(started, Some(Duration::from_millis(50)));
}

#[test]
fn what_cannot_be_taken_is_said_beside_it_and_nothing_of_it_is_kept() {
    let mut rig = Rig::hosting();
    let dialog = DialogKind::Settings;
    rig.act(Action::OpenDialog { dialog });
    let pairs = [(HealthKey::Interval, "0ms"), (HealthKey::Path, "/x")];
    assert_eq!(set(&mut rig, RELAY, &pairs), []);
    let errors = |rig: &Rig| {
        rig.state
            .inputs
            .dialog
            .as_ref()
            .expect("it is open")
            .errors
            .clone()
    };
    let field = |key| Field::Health {
        key,
        provider: Some(ProviderId::RELAY),
    };
    let [(at, FieldError::NotTaken { takes })] = &errors(&rig)[..] else {
        panic!("{:?}", errors(&rig));
    };
    assert_eq!(
        (*at, &**takes),
        (field(HealthKey::Interval), HealthKey::Interval.takes())
    );

    let pairs = [(HealthKey::BackoffInitial, "2m")];
    assert_eq!(set(&mut rig, RELAY, &pairs), []);
    let (initial, cap) = ("2m".to_owned(), "1m".to_owned());
    let above = (
        field(HealthKey::BackoffInitial),
        FieldError::InitialAboveCap { initial, cap },
    );
    assert!(errors(&rig).contains(&above) && errors(&rig).len() == 2);

    // The longest wait is what was wrong after all; the interval still is.
    set(&mut rig, RELAY, &[(HealthKey::BackoffCap, "3m")]);
    assert_eq!(errors(&rig).len(), 1);
    set(&mut rig, RELAY, &[(HealthKey::Interval, "1s")]);
    assert_eq!(errors(&rig), []);
    // A port has no connection of its own.
    assert_eq!(
        set(&mut rig, of_port(), &[(HealthKey::BackoffCap, "3m")]),
        []
    );
    assert_eq!(errors(&rig).len(), 1);
}

#[test]
fn two_changes_of_a_port_on_their_way_are_both_made() {
    let mut rig = Rig::hosting();
    let mut change = |key, value: &str| {
        let set = BTreeMap::from([(key, value.to_owned())]);
        rig.act(Action::SetHealth {
            scope: of_port(),
            set,
        })
    };
    let first = change(HealthKey::Path, "/a");
    let second = change(HealthKey::Method, "GET");
    for commands in [first, second] {
        rig.take_changes(commands);
    }
    let own = rig.state.inputs.own_health(&of_port());
    assert_eq!(
        (own.get(HealthKey::Path), own.get(HealthKey::Method)),
        (Some("/a"), Some("GET"))
    );
}

#[test]
fn what_a_file_holds_and_nobody_can_use_is_told_once_and_left_out() {
    let mut begin = Begin::default();
    begin.settings.timing = TimingSettings {
        probe_interval_ms: 250,
        ..TimingSettings::default()
    };
    let all = &mut begin.settings.health.all;
    all.put(HealthKey::Interval, Some("soon".to_owned()));
    all.put(HealthKey::Timeout, Some("7s".to_owned()));
    let state = State::new(begin, UnixMillis(1));
    let health = state.inputs.usual_health(Some(ProviderId::RELAY));
    assert_eq!(
        health.policy.text(HealthKey::Interval),
        "250ms",
        "what lies beneath holds"
    );
    assert_eq!(health.policy.text(HealthKey::Timeout), "7s");
    let [notice] = &state.inputs.notices[..] else {
        panic!("{:?}", state.inputs.notices);
    };
    let NoticeKind::SettingsInvalid { detail } = &notice.kind else {
        panic!("{notice:?}");
    };
    assert!(
        detail.contains("interval (\"soon\", set for all tunnels)"),
        "{detail}"
    );
}

#[test]
fn waits_that_do_not_fit_keep_nothing_else_from_being_set() {
    let mut rig = Rig::hosting();
    set(&mut rig, RELAY, &[(HealthKey::BackoffInitial, "30s")]);
    set(
        &mut rig,
        HealthScope::All,
        &[(HealthKey::BackoffCap, "10s")],
    );
    let commands = set(&mut rig, RELAY, &[(HealthKey::Probe, "off")]);
    assert!(!plan(&commands).public);
    assert!(rig.state.inputs.dialog.is_none());
    set(&mut rig, RELAY, &[(HealthKey::BackoffInitial, "20s")]);
    let dialog = rig.state.inputs.dialog.as_ref().expect("it is said");
    assert_eq!(dialog.errors.len(), 1);
}

#[test]
fn how_a_port_is_asked_is_nothing_to_who_serves_it() {
    let mut rig = Rig::hosting();
    set(&mut rig, of_port(), &[(HealthKey::Path, "/x")]);
    let ports = rig.add_port("5173");
    assert!(ports.iter().all(|port| port.options.health.is_empty()));
    let kept = &rig
        .state
        .inputs
        .tunnel(&id("web"))
        .expect("it is there")
        .ports;
    assert!(kept.iter().any(|port| !port.options.health.is_empty()));
}

#[test]
fn a_look_at_the_service_says_nothing_of_the_url() {
    let mut rig = Rig::hosting();
    set(&mut rig, RELAY, &[(HealthKey::Probe, "off")]);
    let mut looked = rig.report_of(1, Health::ServiceDown);
    looked.public = PublicAnswer::NotAsked;
    let commands = rig.report(looked);
    assert!(!rig.state.inputs.probes[&key()].routed);
    let told = |it: &Command| matches!(it, Command::Tell(_, EngineCommand::Probe(_)));
    assert!(!commands.iter().any(told), "{commands:?}");
}
