//! The words for programs: how a life and a probe's report are said in JSON. The lines of a host and the
//! answers of the control channel have them from here, so that they never say something else. They are
//! a promise: docs/json-lines.md has them.

use super::clock::rfc3339;
use crate::model::{ClockShift, Health, Holder, Life, ProbeReport, Reason, UnixMillis, Unprobed};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What hosting a tunnel has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateWords {
    pub state: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_in_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The process that hosts it, for `hosted-here`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<u32>,
    /// What that process is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Holder>,
}

impl StateWords {
    /// A life at a moment; `shift` leads to the wall clock. `watched`: somebody else serves its URL.
    pub fn of(life: &Life, watched: bool, at: UnixMillis, shift: ClockShift) -> Self {
        let state = match life {
            Life::Up { .. } if watched => "watching",
            life => life.as_str(),
        };
        let retry = life.retry();
        let next_at = match life {
            Life::Quota { next_at, .. } => Some(*next_at),
            _ => retry.and_then(|(_, next_at)| next_at),
        };
        let (until, open) = match life {
            Life::Parked { until, open, .. } => (Some(rfc3339(shift.apply(*until))), Some(*open)),
            _ => (None, None),
        };
        let (process, by) = match life.reason() {
            Some(Reason::HostedHere { process, by }) => (*process, *by),
            _ => (None, None),
        };
        Self {
            state: state.into(),
            attempt: retry.map(|(attempt, _)| attempt),
            next_in_ms: next_at.map(|next| next.0.saturating_sub(at.0)),
            until,
            open,
            reason: life.reason().map(|reason| reason.code().into()),
            detail: life.reason().and_then(Reason::detail).map(str::to_owned),
            process,
            by,
        }
    }
}

/// How a port that is served does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HealthWords {
    pub health: Health,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Cow<'static, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
}

impl HealthWords {
    pub fn of(report: &ProbeReport) -> Self {
        Self {
            health: report.health(),
            status: report.status(),
            reason: report.diagnosis.reason_code().map(Cow::Borrowed),
            certificate: certificate(report),
            latency_ms: report.latency_us().map(to_millis),
        }
    }

    /// It is served, and nobody looks whether its URL works.
    pub const fn unchecked(why: Unprobed) -> Self {
        let reason = match why {
            Unprobed::Off => "probe-off",
            Unprobed::RelaysOwn => "relays-own-url",
        };
        Self {
            health: Health::Unchecked,
            status: None,
            reason: Some(Cow::Borrowed(reason)),
            certificate: None,
            latency_ms: None,
        }
    }
}

/// The certificate that a report is about.
fn certificate(report: &ProbeReport) -> Option<String> {
    let fingerprint = report.diagnosis.service_fault()?.fingerprint()?;
    Some(fingerprint.to_string())
}

/// Milliseconds with two decimals.
#[expect(
    clippy::cast_precision_loss,
    reason = "a latency of 285 years may be off by a microsecond"
)]
fn to_millis(micros: u64) -> f64 {
    (micros / 10) as f64 / 100.0
}
