//! The audit log's records of a tunnel in the panel: what happened before this run, and how long ago.

use super::bench::Bench;
use super::held::{NOW, before, inputs};
use super::views::tunnel;
use underpass::model::{AuditEvent, AuditKind, Language, Past, Theme};
use underpass::view::fold;

const DAY: u64 = 24 * 3_600;

fn past() -> Past {
    let record = |seconds, kind, reason: &str, error: Option<&str>| AuditEvent {
        at: before(seconds),
        kind,
        reason: Some(reason.to_owned()),
        error: error.map(str::to_owned),
    };
    let refused = Some("refused: no tunnel of this name in the account of this computer");
    let mut past = Past::asked(tunnel("frontend"), 1);
    past.take(vec![
        record(9 * DAY, AuditKind::StartFailed, "refused", refused),
        record(8 * DAY, AuditKind::Up, "started", None),
        record(7 * DAY, AuditKind::Down, "dropped", Some("link-silent")),
        record(7 * DAY - 60, AuditKind::Up, "reconnected", None),
        record(
            3 * 3_600,
            AuditKind::ManualReconnect,
            "manual_reconnect",
            None,
        ),
        record(2 * 3_600, AuditKind::ManualStop, "stopped", None),
        record(2 * 3_600, AuditKind::Down, "stopped", None),
    ]);
    past
}

#[test]
fn the_panel_tells_what_the_audit_log_has_of_the_time_before() {
    let labels = [
        (
            Language::EnUs,
            Theme::Light,
            [
                "couldn't connect (the provider): no tunnel of this name in the account of this computer",
                "connection lost (the network)",
                "you asked for a new connection",
                "you stopped it",
                "resumed, nothing lost (3 s)",
                "2 h ago",
                "9 d ago",
            ],
        ),
        (
            Language::PtBr,
            Theme::Dark,
            [
                "não foi possível conectar (o provedor): no tunnel of this name in the account of this computer",
                "conexão perdida (a rede)",
                "você pediu uma nova conexão",
                "você parou",
                "retomada, nada foi perdido (3 s)",
                "há 2 h",
                "há 9 dias",
            ],
        ),
    ];
    for (language, theme, labels) in labels {
        let mut inputs = inputs(language, theme);
        inputs.past = Some(past());
        let bench = Bench::new(&fold(&inputs, NOW));
        bench.resize(980, 1_400, 1.0);
        bench.shoot(&format!("past-{}-980", language.tag()));
        for label in labels {
            assert!(bench.shows(label), "{label}");
        }
        bench.resize(640, 480, 1.0);
        bench.shoot(&format!("past-{}-640", language.tag()));
    }
}
