//! The audit log's records of a tunnel in words.

use super::timeline::Line;
use crate::model::{AuditEvent, AuditKind};
use crate::view::{Badge, Msg, messages as m};

/// A line a record, in their order. A stop that the person asked for is one line.
pub(super) fn lines<'a>(records: impl Iterator<Item = &'a AuditEvent>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut asked_to_stop = false;
    for record in records {
        let is_told = asked_to_stop && is_stop(record);
        asked_to_stop = record.kind == AuditKind::ManualStop;
        if is_told {
            continue;
        }
        let (badge, text) = describe(record);
        lines.push(Line {
            at: record.at,
            badge,
            text: with_said(record, text),
            passing: false,
        });
    }
    lines
}

fn is_stop(record: &AuditEvent) -> bool {
    record.kind == AuditKind::Down && record.reason.as_deref() == Some("stopped")
}

fn describe(record: &AuditEvent) -> (Badge, Msg) {
    let reason = record.reason.as_deref().unwrap_or_default();
    match record.kind {
        AuditKind::Up => (Badge::Working, up(reason)),
        AuditKind::Down => down(record, reason),
        AuditKind::Held => (Badge::Held, m::log_held()),
        AuditKind::Resumed => (Badge::Working, m::past_resumed()),
        AuditKind::Reminted => (Badge::Working, m::log_renewed()),
        AuditKind::StartFailed => (Badge::Failed, m::log_not_connected(cause(record))),
        AuditKind::ManualReconnect => (Badge::Connecting, m::past_manual_reconnect()),
        AuditKind::ManualStop => (Badge::Stopped, m::past_manual_stop()),
    }
}

fn up(reason: &str) -> Msg {
    match reason {
        "reconnected" => m::past_reconnected(),
        "manual_reconnect" => m::past_connected_anew(),
        "renewed" => m::log_renewed(),
        _ => m::log_started(),
    }
}

fn down(record: &AuditEvent, reason: &str) -> (Badge, Msg) {
    match reason {
        "stopped" => (Badge::Stopped, m::log_stopped()),
        "renewed" => (Badge::Working, m::log_renewed()),
        "displaced" => (Badge::TakenOver, m::past_displaced(cause(record))),
        "sign_in" => (Badge::SignIn, m::log_lost(cause(record))),
        "quota" => (Badge::OverQuota, m::log_quota()),
        _ => (Badge::Reconnecting, m::log_lost(cause(record))),
    }
}

/// Why, in few words: by the failure's own code, else by the record's word for it.
fn cause(record: &AuditEvent) -> Msg {
    let (code, _) = code_and_said(record);
    let reason = record.reason.as_deref();
    let word = code.or(reason).unwrap_or_default();
    cause_of(&word.replace('_', "-")).unwrap_or_else(|| m::past_word(word))
}

/// What the system or the provider said of a failure goes behind it.
fn with_said(record: &AuditEvent, text: Msg) -> Msg {
    match code_and_said(record) {
        (_, Some(said)) => m::past_said(said, text),
        (_, None) => text,
    }
}

fn code_and_said(record: &AuditEvent) -> (Option<&str>, Option<&str>) {
    let Some(error) = record.error.as_deref() else {
        return (None, None);
    };
    match error.split_once(": ") {
        Some((code, said)) => (Some(code), Some(said)),
        None => (Some(error), None),
    }
}

/// The cause of a reason with this code, as [`cause`](super::sentence::cause) has it; `None` for a code
/// of another version.
pub(super) fn cause_of(code: &str) -> Option<Msg> {
    Some(match code {
        "offline" => m::cause_offline(),
        "unknown-host" | "proxy-failed" | "link-lost" | "link-silent" | "timed-out" | "dropped" => {
            m::cause_network()
        }
        "relay-unreachable"
        | "not-a-relay"
        | "certificate-mismatch"
        | "version-mismatch"
        | "service-trouble"
        | "protocol-fault"
        | "relay-shut-down" => m::cause_relay(),
        "token-refused" | "token-missing" | "token-invalid" => m::cause_token(),
        "options-invalid" => m::cause_options(),
        "host-key-unknown" | "host-key-changed" | "host-key-revoked" => m::cause_host_key(),
        "signed-out" | "keys-refused" | "sign-in" => m::cause_sign_in(),
        "tunnel-gone" | "refused" => m::cause_provider(),
        "name-taken" | "name-reserved" => m::cause_name(),
        "hosted-elsewhere" | "taken-over" | "displaced" => m::cause_machine(),
        "hosted-here" => m::cause_process(),
        "public-port-taken"
        | "public-port-outside"
        | "still-held"
        | "no-public-ports"
        | "too-many-tunnels"
        | "too-many-names"
        | "too-many-public-ports"
        | "too-many-sessions"
        | "quota" => m::cause_limit(),
        "zombie" => m::cause_zombie(),
        "forced" | "manual-reconnect" => m::cause_forced(),
        "woke" => m::cause_woke(),
        "embedded-relay" | "not-installed" | "no-provider" | "program-failed"
        | "process-exited" | "not-ready" | "other" => m::cause_here(),
        _ => return None,
    })
}
