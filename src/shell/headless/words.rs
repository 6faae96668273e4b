//! The lines for people. What the URL's own line says already gets none.

use super::changes::Change;
use crate::model::{
    Diagnosis, Health, HostState, ProbeReport, Protocol, Reason, UnixMillis, UrlFault,
    VISITORS_AT_ONCE,
};
use crate::view::fold::{fault, hold, service_down, unprobed};
use crate::view::{Arg, Msg, messages as m};
use jiff::{Timestamp, tz::TimeZone};
use std::time::Duration;

/// Attempts that follow each other sooner than this are thinned out for people: the first, the second,
/// the fourth, the eighth.
const OFTEN: Duration = Duration::from_secs(1);

/// A change as a line; `None` for what only a program wants to know.
pub(super) fn change(at: UnixMillis, change: &Change) -> Option<Msg> {
    let (tunnel, text) = match change {
        Change::State { tunnel, state } => (tunnel, map_state(at, state)?),
        Change::Progress { .. } => return None,
        Change::Url { key, url, target } => {
            (&key.tunnel, m::cli_url(target.as_str(), url.as_str()))
        }
        Change::Unchecked { key, why } => (&key.tunnel, unprobed(*why)),
        Change::Certificate {
            key,
            target,
            fingerprint,
        } => {
            let text = m::cli_certificate(fingerprint.to_string(), target.as_str());
            (&key.tunnel, text)
        }
        Change::Health { report, first, .. }
            if *first && report.health() == Health::Operational =>
        {
            return None;
        }
        Change::Health {
            report,
            target,
            protocol,
            ..
        } => (&report.key.tunnel, map_health(report, target, *protocol)),
    };
    Some(m::cli_line(text, time_of_day(at), tunnel.as_str()))
}

fn map_state(at: UnixMillis, state: &HostState) -> Option<Msg> {
    Some(match state {
        // The URL's line says it as soon as it is true for visitors too.
        HostState::Connecting { .. } | HostState::Hosting { .. } => return None,
        HostState::Stopped => m::log_stopped(),
        HostState::Held { until, open, .. } => {
            m::why_held(hold(*open, *until, at), fault(&Reason::LinkLost))
        }
        HostState::Reconnecting {
            attempt,
            next_at,
            reason,
            ..
        } => {
            let wait = next_at.map(|next| next.since(at));
            if wait.is_some_and(|wait| wait < OFTEN) && !attempt.is_power_of_two() {
                return None;
            }
            let next = match wait {
                Some(wait) if !wait.is_zero() => m::next_in(m::attempt(*attempt), span(wait)),
                Some(_) | None => m::next_now(m::attempt(*attempt)),
            };
            m::why_reconnecting(fault(reason), next)
        }
        HostState::Quota {
            next_at, reason, ..
        } => m::why_quota_next(fault(reason), span(next_at.since(at))),
        HostState::Displaced { reason, .. } => m::cli_displaced(fault(reason)),
        HostState::SignIn { reason, .. } | HostState::Failed { reason, .. } => fault(reason),
    })
}

fn map_health(report: &ProbeReport, target: &str, protocol: Protocol) -> Msg {
    match &report.diagnosis {
        Diagnosis::Works | Diagnosis::Private => {
            match (report.status(), report.latency_us().map(latency)) {
                (Some(status), Some(latency)) => m::cli_works(latency, status.to_string()),
                (None, Some(latency)) => m::cli_accepts(latency),
                (_, None) => m::log_working(),
            }
        }
        Diagnosis::ServiceDown { fault, accepts } => {
            service_down(*fault, *accepts, target, protocol)
        }
        Diagnosis::Busy => m::why_busy(target),
        Diagnosis::Full => m::why_full(VISITORS_AT_ONCE),
        Diagnosis::Slow => m::cli_slow(),
        Diagnosis::UnknownName { host } => m::why_unchecked_name(host.as_str()),
        Diagnosis::NotAsked => m::why_unchecked(),
        Diagnosis::Down {
            cause: UrlFault::Failed(reason),
            ..
        } => fault(reason),
        Diagnosis::Down { .. } => m::cli_url_dead(),
    }
}

fn latency(micros: u64) -> Msg {
    m::latency_ms(Arg::Tenths(i64::try_from(micros / 100).unwrap_or(i64::MAX)))
}

fn span(wait: Duration) -> Msg {
    match wait.as_secs() {
        seconds @ 0..120 => m::span_seconds(seconds.max(1)),
        seconds @ 120..7_200 => m::span_minutes(seconds / 60),
        seconds => m::span_hours(seconds / 3_600),
    }
}

fn time_of_day(at: UnixMillis) -> String {
    let millis = i64::try_from(at.0).unwrap_or_default();
    let at = Timestamp::from_millisecond(millis).unwrap_or_default();
    at.to_zoned(TimeZone::system())
        .strftime("%H:%M:%S")
        .to_string()
}
