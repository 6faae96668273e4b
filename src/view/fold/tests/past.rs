//! The audit log's records beside the transitions of this run.

use super::build::{NOW, before, brief, every_reason, hosting, id, web};
use crate::model::{AuditEvent, AuditKind, Life, Past, Phase, Transition};
use crate::view::fold;
use crate::view::fold::{past, sentence};

fn record(seconds_ago: u64, kind: AuditKind, reason: &str, error: Option<&str>) -> AuditEvent {
    AuditEvent {
        at: before(seconds_ago),
        kind,
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        error: error.map(str::to_owned),
    }
}

fn transition(seconds_ago: u64, life: Life) -> Transition {
    Transition {
        at: before(seconds_ago),
        life: Some(life),
        health: None,
        after_ms: 0,
    }
}

/// The panel's lines with their age, newest first.
fn lines(of: &str, records: Vec<AuditEvent>, transitions: Vec<Transition>) -> Vec<String> {
    let mut inputs = web(hosting(60));
    let mut past = Past::asked(id(of), 1);
    past.take(records);
    inputs.past = Some(past);
    if transitions.is_empty() {
        inputs.hosts.clear();
    } else {
        let host = inputs.hosts.get_mut(&id("web")).expect("it is there");
        host.history = transitions.into();
    }
    let panel = fold(&inputs, NOW).window.panel.expect("it is selected");
    let line = |line: &crate::view::TimelineEntry| {
        format!(
            "{:?} {} | {}",
            line.badge,
            brief(&line.ago),
            brief(&line.text)
        )
    };
    panel.timeline.iter().map(line).collect()
}

#[test]
fn each_record_is_told_in_words() {
    use AuditKind::{Down, Held, ManualReconnect, ManualStop, Reminted, Resumed, StartFailed, Up};
    let said = Some("refused: no such server");
    let records = vec![
        record(9_000, StartFailed, "refused", said),
        record(8_000, Up, "started", None),
        record(7_000, Held, "", None),
        record(6_990, Resumed, "", None),
        record(6_000, Down, "dropped", Some("link-silent")),
        record(5_990, Up, "reconnected", None),
        record(5_000, Reminted, "renewed", None),
        record(4_000, ManualReconnect, "manual_reconnect", None),
        record(3_999, Down, "manual_reconnect", Some("forced")),
        record(3_998, Up, "manual_reconnect", None),
        record(3_500, Down, "displaced", Some("taken-over")),
        record(3_400, Down, "of_tomorrow", None),
        record(3_000, ManualStop, "stopped", None),
        record(3_000, Down, "stopped", None),
        record(2_000, Down, "stopped", None),
    ];
    insta::assert_snapshot!(lines("web", records, Vec::new()).join("\n"));
}

#[test]
fn transitions_tell_of_this_run_and_records_of_what_was_before() {
    let records = vec![
        record(900, AuditKind::Up, "started", None),
        record(800, AuditKind::Down, "stopped", None),
        record(89, AuditKind::Up, "started", None),
        record(50, AuditKind::ManualReconnect, "manual_reconnect", None),
    ];
    let transitions = vec![
        transition(90, Life::starting(Phase::ConnectingRelay)),
        transition(89, hosting(89)),
    ];
    let told = lines("web", records, transitions);
    let told: Vec<_> = told.iter().map(|line| line.rsplit(" | ").next()).collect();
    let expected = [
        "past-manual-reconnect",
        "log-started",
        "log-stopped",
        "log-started",
    ];
    assert_eq!(told, expected.map(Some));
}

#[test]
fn records_of_another_tunnel_are_not_told() {
    let records = vec![record(900, AuditKind::Up, "started", None)];
    assert_eq!(lines("other", records, Vec::new()), Vec::<String>::new());
}

#[test]
fn a_reason_has_the_same_cause_in_both_histories() {
    for reason in every_reason() {
        let told = past::cause_of(reason.code());
        assert_eq!(told, Some(sentence::cause(&reason)), "{reason:?}");
    }
}
