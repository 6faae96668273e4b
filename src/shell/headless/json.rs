//! The lines for programs: one JSON object each. Their words are a promise.

use super::changes::Change;
use crate::base::clock::rfc3339;
use crate::base::json_words::{HealthWords, StateWords};
use crate::model::{ClockShift, Reach, UnixMillis};
use serde::Serialize;

#[derive(Serialize)]
struct JsonLine<'a> {
    at: String,
    #[serde(flatten)]
    event: Event<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
enum Event<'a> {
    State {
        tunnel: &'a str,
        #[serde(flatten)]
        state: StateWords,
    },
    Progress {
        tunnel: &'a str,
        phase: &'static str,
    },
    Url {
        tunnel: &'a str,
        port: u16,
        url: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        lan_url: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reach: Option<&'static str>,
    },
    Health {
        tunnel: &'a str,
        port: u16,
        #[serde(flatten)]
        health: HealthWords,
    },
    Certificate {
        tunnel: &'a str,
        port: u16,
        sha256: String,
    },
    Lacking {
        tunnel: &'a str,
        port: u16,
        reason: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
    },
    Error {
        code: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        exit: Option<u8>,
        message: &'a str,
    },
}

/// A change as a line, without its end; `shift` leads to the wall clock, by which a line is stamped.
pub(super) fn change(at: UnixMillis, shift: ClockShift, change: &Change) -> String {
    line(
        shift.apply(at),
        match change {
            Change::Life {
                tunnel,
                life,
                watched,
            } => Event::State {
                tunnel: tunnel.as_str(),
                state: StateWords::of(life, *watched, at, shift),
            },
            Change::Progress { tunnel, phase } => Event::Progress {
                tunnel: tunnel.as_str(),
                phase: phase.as_str(),
            },
            Change::Url { key, given, .. } => Event::Url {
                tunnel: key.tunnel.as_str(),
                port: key.port.get(),
                url: &given.url,
                lan_url: given.lan_url.as_deref(),
                reach: given.reach.map(Reach::as_str),
            },
            Change::Lacking { key, reason, .. } => Event::Lacking {
                tunnel: key.tunnel.as_str(),
                port: key.port.get(),
                reason: reason.code(),
                detail: reason.detail(),
            },
            Change::Certificate {
                key, fingerprint, ..
            } => Event::Certificate {
                tunnel: key.tunnel.as_str(),
                port: key.port.get(),
                sha256: fingerprint.to_string(),
            },
            Change::Unchecked { key, why } => Event::Health {
                tunnel: key.tunnel.as_str(),
                port: key.port.get(),
                health: HealthWords::unchecked(*why),
            },
            Change::Health { report, .. } => Event::Health {
                tunnel: report.key.tunnel.as_str(),
                port: report.key.port.get(),
                health: HealthWords::of(report),
            },
        },
    )
}

/// What cannot be done, as a line.
pub(super) fn error(at: UnixMillis, code: &str, exit: Option<u8>, message: &str) -> String {
    line(
        at,
        Event::Error {
            code,
            exit,
            message,
        },
    )
}

fn line(at: UnixMillis, event: Event<'_>) -> String {
    let at = rfc3339(at);
    // Strings and numbers alone: there is nothing that JSON cannot hold.
    serde_json::to_string(&JsonLine { at, event }).unwrap_or_default()
}
