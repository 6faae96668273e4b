//! The lines for people. What the URL's own line says already gets none.

use super::changes::Change;
use crate::model::{
    Diagnosis, Health, Life, ProbeReport, Protocol, Reach, Reason, StatusRanges, UnixMillis,
    UrlFault, VISITORS_AT_ONCE,
};
use crate::view::fold::{fault, hold, reach_sentence, service_down, unprobed};
use crate::view::{Arg, Msg, messages as m};
use jiff::{Timestamp, tz::TimeZone};
use std::time::Duration;

/// Attempts that follow each other sooner than this are thinned out for people: the first, the second,
/// the fourth, the eighth.
const OFTEN: Duration = Duration::from_secs(1);

/// A change as a line; `None` for what only a program wants to know.
pub(super) fn change(at: UnixMillis, change: &Change) -> Option<Msg> {
    let (tunnel, text) = match change {
        Change::Life { tunnel, life, .. } => (tunnel, map_life(at, life)?),
        Change::Progress { .. } => return None,
        Change::Url { key, target, given } => (&key.tunnel, m::cli_url(target, &given.url)),
        Change::Unchecked { key, why } => (&key.tunnel, unprobed(*why)),
        Change::Lacking {
            key,
            target,
            reason,
        } => (&key.tunnel, m::cli_lacking(fault(reason), target)),
        Change::Certificate {
            key,
            target,
            fingerprint,
        } => {
            let text = m::cli_certificate(fingerprint.to_string(), target);
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
            expected,
            ..
        } => {
            let text = map_health(report, target, *protocol, expected);
            (&report.key.tunnel, text)
        }
    };
    Some(m::cli_line(text, time_of_day(at), tunnel.as_str()))
}

/// Who can open the URL of a change, and how more people could: a line below it.
pub(super) fn reach(at: UnixMillis, change: &Change) -> Option<Msg> {
    let Change::Url { key, given, .. } = change else {
        return None;
    };
    let reach = given.reach?;
    let said = reach_sentence(reach, given.private);
    let text = match (reach, &given.lan_url) {
        (Reach::Here, _) if given.widens => m::cli_reach_here(said),
        (Reach::Network, Some(url)) if given.widens => m::cli_reach_network_at(url),
        (Reach::Network, None) if given.widens => m::cli_reach_network(said),
        (Reach::Here | Reach::Network | Reach::Internet, _) => said,
    };
    Some(m::cli_line(text, time_of_day(at), key.tunnel.as_str()))
}

fn map_life(at: UnixMillis, life: &Life) -> Option<Msg> {
    Some(match life {
        // The URL's line says it as soon as it is true for visitors too.
        Life::Connecting { outage: None, .. } | Life::Up { .. } => return None,
        Life::Stopped => m::log_stopped(),
        Life::Parked { until, open, .. } => {
            m::why_held(hold(*open, *until, at), fault(&Reason::LinkLost))
        }
        Life::Connecting {
            attempt,
            outage: Some(outage),
            ..
        } => {
            let next = m::next_now(m::attempt(*attempt));
            m::why_reconnecting(fault(&outage.reason), next)
        }
        Life::Waiting {
            attempt,
            next_at,
            outage,
        } => {
            let wait = next_at.since(at);
            if wait < OFTEN && !attempt.is_power_of_two() {
                return None;
            }
            let next = if wait.is_zero() {
                m::next_now(m::attempt(*attempt))
            } else {
                m::next_in(m::attempt(*attempt), span(wait))
            };
            m::why_reconnecting(fault(&outage.reason), next)
        }
        Life::Quota { next_at, outage } => {
            m::why_quota_next(fault(&outage.reason), span(next_at.since(at)))
        }
        Life::Displaced(outage) => m::cli_displaced(fault(&outage.reason)),
        Life::SignIn(outage) | Life::Failed(outage) => fault(&outage.reason),
    })
}

fn map_health(
    report: &ProbeReport,
    target: &str,
    protocol: Protocol,
    expected: &StatusRanges,
) -> Msg {
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
        Diagnosis::Unexpected { status } => {
            m::why_unexpected(expected.to_string(), status.to_string(), target)
        }
        Diagnosis::Full => m::why_full(VISITORS_AT_ONCE),
        Diagnosis::Slow => m::cli_slow(),
        Diagnosis::UnknownName { host } => m::why_unchecked_name(host),
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

/// A time, rounded; less than a second is no second.
fn span(wait: Duration) -> Msg {
    if wait < Duration::from_secs(1) {
        return m::span_below_second();
    }
    match (wait + Duration::from_millis(500)).as_secs() {
        seconds @ 0..120 => m::span_seconds(seconds),
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
