//! What the audit log has of the tunnel in the panel: read once, then followed.

use super::*;
use crate::model::{AuditEvent, AuditKind, Past};

/// What is asked for, as tunnel and number.
fn asked(commands: &[Command]) -> Vec<(String, u64)> {
    let asked = commands.iter().filter_map(|command| match command {
        Command::ReadPast { tunnel, asked } => Some((tunnel.to_string(), *asked)),
        _ => None,
    });
    asked.collect()
}

fn event(at: u64, kind: AuditKind) -> AuditEvent {
    AuditEvent {
        at: UnixMillis(at),
        kind,
        reason: None,
        error: None,
    }
}

fn kinds(rig: &Rig) -> Vec<AuditKind> {
    let past = rig.state.inputs.past.as_ref().expect("it is selected");
    past.events.iter().map(|event| event.kind).collect()
}

#[test]
fn the_log_is_read_once_for_the_tunnel_in_the_panel_and_followed_from_then_on() {
    let mut rig = Rig::hosting();
    assert_eq!(rig.state.inputs.past, None);
    let select = || Action::Select { key: key() };
    assert_eq!(asked(&rig.act(select())), [("web".to_owned(), 1)]);
    assert_eq!(asked(&rig.put(Event::Tick)), []);
    // It happens while the log is read, and is not in what was read.
    rig.lose(Reason::LinkLost);
    assert_eq!(kinds(&rig), [AuditKind::Down]);
    let events = vec![event(1, AuditKind::Up), event(2, AuditKind::Held)];
    let answer = |asked| Event::Past {
        asked,
        events: events.clone(),
    };
    rig.put(answer(7));
    assert_eq!(
        kinds(&rig),
        [AuditKind::Down],
        "an answer to nobody's question"
    );
    rig.put(answer(1));
    rig.put(answer(1));
    rig.session(2, true);
    let all = [
        AuditKind::Up,
        AuditKind::Held,
        AuditKind::Down,
        AuditKind::Up,
    ];
    assert_eq!(kinds(&rig), all);
    let last = rig
        .state
        .inputs
        .past
        .clone()
        .expect("it is selected")
        .events;
    assert_eq!(last[2].reason.as_deref(), Some("dropped"));
    assert_eq!(last[2].error.as_deref(), Some("link-lost"));
    rig.act(select());
    assert_eq!(
        rig.state.inputs.past, None,
        "nothing is kept of what nobody sees"
    );
    assert_eq!(asked(&rig.act(select())), [("web".to_owned(), 2)]);
    rig.put(answer(1));
    assert_eq!(kinds(&rig), [], "an older answer");
}

#[test]
fn what_others_do_is_not_in_it() {
    let mut rig = Rig::hosting();
    rig.create("docs", "4000");
    rig.act(Action::Select { key: key() });
    rig.state.inputs.past = Some(Past::asked(id("docs"), 9));
    rig.lose(Reason::LinkLost);
    let past = rig.state.inputs.past.clone().expect("it is selected");
    assert_eq!((past.tunnel, past.events.len()), (id("web"), 0));
}

#[test]
fn what_was_said_of_a_failure_is_in_the_record() {
    let mut rig = Rig::hosting();
    let detail = "no such tunnel".to_owned();
    let commands = rig.lose(Reason::Refused { detail });
    let entry = commands.iter().find_map(|command| match command {
        Command::Audit(entry) => entry.error_text(),
        _ => None,
    });
    assert_eq!(entry.as_deref(), Some("refused: no such tunnel"));
}
