//! The lines for programs: one JSON object each. Their words are a promise.

use super::changes::Change;
use crate::base::clock::rfc3339;
use crate::model::{ClockShift, Health, Life, ProbeReport, Reason, UnixMillis, Unprobed};
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
        state: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_in_ms: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        open: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<&'a str>,
    },
    Progress {
        tunnel: &'a str,
        phase: &'static str,
    },
    Url {
        tunnel: &'a str,
        port: u16,
        url: &'a str,
    },
    Health {
        tunnel: &'a str,
        port: u16,
        health: Health,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        certificate: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        latency_ms: Option<f64>,
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
            } => {
                let state = match life {
                    // Somebody else serves it.
                    Life::Up { .. } if *watched => "watching",
                    life => life.as_str(),
                };
                map_life(at, shift, (tunnel.as_str(), state), life)
            }
            Change::Progress { tunnel, phase } => Event::Progress {
                tunnel: tunnel.as_str(),
                phase: phase.as_str(),
            },
            Change::Url { key, url, .. } => Event::Url {
                tunnel: key.tunnel.as_str(),
                port: key.port.get(),
                url,
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
                health: Health::Unchecked,
                status: None,
                reason: Some(match why {
                    Unprobed::Off => "probe-off",
                    Unprobed::RelaysOwn => "relays-own-url",
                }),
                certificate: None,
                latency_ms: None,
            },
            Change::Health { report, .. } => Event::Health {
                tunnel: report.key.tunnel.as_str(),
                port: report.key.port.get(),
                health: report.health(),
                status: report.status(),
                reason: report.diagnosis.reason_code(),
                certificate: certificate(report),
                latency_ms: report.latency_us().map(to_millis),
            },
        },
    )
}

/// The certificate that a report is about.
fn certificate(report: &ProbeReport) -> Option<String> {
    let fingerprint = report.diagnosis.service_fault()?.fingerprint()?;
    Some(fingerprint.to_string())
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

fn map_life<'a>(
    at: UnixMillis,
    shift: ClockShift,
    (tunnel, state): (&'a str, &'static str),
    life: &'a Life,
) -> Event<'a> {
    let retry = life.retry();
    let next_at = match life {
        Life::Quota { next_at, .. } => Some(*next_at),
        _ => retry.and_then(|(_, next_at)| next_at),
    };
    let (until, open) = match life {
        Life::Parked { until, open, .. } => (Some(rfc3339(shift.apply(*until))), Some(*open)),
        _ => (None, None),
    };
    Event::State {
        tunnel,
        state,
        attempt: retry.map(|(attempt, _)| attempt),
        next_in_ms: next_at.map(|next| next.0.saturating_sub(at.0)),
        until,
        open,
        reason: life.reason().map(Reason::code),
        detail: life.reason().and_then(Reason::detail),
    }
}

/// Milliseconds with two decimals.
#[expect(
    clippy::cast_precision_loss,
    reason = "a latency of 285 years may be off by a microsecond"
)]
fn to_millis(micros: u64) -> f64 {
    (micros / 10) as f64 / 100.0
}
