//! Which records are asked for.

use super::AuditArgs;
use crate::audit::{self, Record, Unreadable};
use crate::base::clock::{self, rfc3339};
use crate::model::UnixMillis;
use crate::store::Home;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use std::collections::VecDeque;
use std::io;

type Selected = Box<dyn Iterator<Item = Result<Record, Unreadable>>>;

/// The records that these arguments ask for, oldest first. What is no record is nobody's, and is always
/// among them.
pub(super) fn records(home: &Home, args: &AuditArgs) -> io::Result<Selected> {
    let (tunnel, since) = (args.tunnel.clone(), args.since.map(rfc3339));
    // Both are UTC in one form: the order of their text is that of time.
    let is_asked_for = move |record: &Record| {
        tunnel
            .as_ref()
            .is_none_or(|tunnel| record.tunnel == *tunnel)
            && since.as_ref().is_none_or(|since| record.at >= *since)
    };
    let all = audit::read(&home.audit_log())?;
    let asked = all.filter(move |read| read.as_ref().map_or(true, &is_asked_for));
    let Some(count) = args.tail else {
        return Ok(Box::new(asked));
    };
    let mut last = VecDeque::new();
    for record in asked {
        last.push_back(record);
        if last.len() > count {
            last.pop_front();
        }
    }
    Ok(Box::new(last.into_iter()))
}

/// A moment, a day, or how long ago.
pub(super) fn parse_since(text: &str) -> Result<UnixMillis, String> {
    let moment = since(text, clock::wall(), &TimeZone::system());
    moment.ok_or_else(|| {
        "not a valid time: use a day (2026-09-21), a time (2026-09-21T14:00:00Z), or how long ago (30m, 24h, 7d)"
            .to_owned()
    })
}

fn since(text: &str, now: UnixMillis, zone: &TimeZone) -> Option<UnixMillis> {
    if let Some(millis) = ago(text) {
        return Some(UnixMillis(now.0.saturating_sub(millis)));
    }
    let moment = match text.parse::<Date>() {
        // A time is read as a day too, and its time of day is dropped.
        Ok(day) if text.len() == DAY_LEN => day.to_zoned(zone.clone()).ok()?.timestamp(),
        _ => text
            .parse::<Timestamp>()
            .ok()
            .or_else(|| text.parse::<Zoned>().ok().map(|at| at.timestamp()))?,
    };
    u64::try_from(moment.as_millisecond()).ok().map(UnixMillis)
}

const DAY_LEN: usize = "2026-09-21".len();

/// `30m`, `24h`, `7d` in milliseconds.
fn ago(text: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 5] = [
        ("s", 1),
        ("m", 60),
        ("h", 3_600),
        ("d", 86_400),
        ("w", 7 * 86_400),
    ];
    let (number, seconds) = UNITS
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))?;
    let number: u64 = number.parse().ok()?;
    number.checked_mul(seconds * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_a_day_and_how_long_ago_are_read() {
        let now = UnixMillis(1_790_000_000_000);
        let zone = TimeZone::fixed(jiff::tz::offset(-3));
        let read = |text| since(text, now, &zone).map(rfc3339);
        let cases = [
            ("2026-09-21", "2026-09-21T03:00:00.000Z"),
            ("2026-09-21T14:00:00Z", "2026-09-21T14:00:00.000Z"),
            ("2026-09-21T14:00:00-03:00", "2026-09-21T17:00:00.000Z"),
            ("30m", "2026-09-21T13:43:20.000Z"),
            ("24h", "2026-09-20T14:13:20.000Z"),
            ("7d", "2026-09-14T14:13:20.000Z"),
            ("99999999d", "1970-01-01T00:00:00.000Z"),
        ];
        for (text, moment) in cases {
            assert_eq!(read(text).as_deref(), Some(moment), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "7",
            "d",
            "-1d",
            "99999999999999999999d",
            "2026-13-01",
            "1960-01-01",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
