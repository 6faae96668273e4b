//! Durations, sizes and shares as messages. Nothing here is ever negative.

use crate::model::UnixMillis;
use crate::view::{Arg, Msg, messages as m};
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The longest a shortened URL may be, in characters.
const SHORT_URL: usize = 34;

/// A duration in its greatest unit, rounded down.
pub(super) fn span(duration: Duration) -> Msg {
    let seconds = duration.as_secs();
    match seconds {
        0..MINUTE => m::span_seconds(seconds),
        MINUTE..HOUR => m::span_minutes(seconds / MINUTE),
        HOUR..DAY => m::span_hours(seconds / HOUR),
        DAY.. => m::span_days(seconds / DAY),
    }
}

/// How long ago `at` was.
pub(super) fn ago(now: UnixMillis, at: UnixMillis) -> Msg {
    let passed = now.since(at);
    if passed < Duration::from_secs(1) {
        m::ago_now()
    } else {
        m::ago(span(passed))
    }
}

/// What is left until `at`, begun seconds counted whole; `None` when it has come.
pub(super) fn left(now: UnixMillis, at: UnixMillis) -> Option<Msg> {
    let millis = at.0.saturating_sub(now.0);
    (millis > 0).then(|| span(Duration::from_secs(millis.div_ceil(1000))))
}

/// What is left until `at` to the second while that is less than an hour; `None` when it has come.
pub(super) fn countdown(now: UnixMillis, at: UnixMillis) -> Option<Msg> {
    let seconds = at.0.saturating_sub(now.0).div_ceil(1000);
    match seconds {
        MINUTE..HOUR => Some(m::span_minutes_seconds(seconds / MINUTE, seconds % MINUTE)),
        _ => left(now, at),
    }
}

/// A latency: tenths below 10 ms, whole milliseconds below 10 s, then seconds.
pub(super) fn latency(micros: u64) -> Msg {
    let tenths = (micros.saturating_add(50) / 100).max(1);
    match tenths {
        0..100 => m::latency_ms(tenths_arg(tenths)),
        100..100_000 => m::latency_ms(micros.saturating_add(500) / 1000),
        100_000.. => m::latency_s(micros / 1_000_000),
    }
}

/// A number of bytes, with one decimal from 1 KiB on.
pub(super) fn size(bytes: u64) -> Msg {
    const KIB: u64 = 1 << 10;
    const MIB: u64 = 1 << 20;
    const GIB: u64 = 1 << 30;
    // Down to tenths of the unit, without a product that could overflow.
    let in_tenths_of = |unit: u64| tenths_arg(bytes / unit * 10 + bytes % unit * 10 / unit);
    match bytes {
        0..KIB => m::size_b(bytes),
        KIB..MIB => m::size_kib(in_tenths_of(KIB)),
        MIB..GIB => m::size_mib(in_tenths_of(MIB)),
        GIB.. => m::size_gib(in_tenths_of(GIB)),
    }
}

/// `part` of `whole` in per cent, rounded down so that 100 means all.
pub(super) fn share(part: usize, whole: usize) -> Arg {
    let tenths = part.saturating_mul(1000) / whole.max(1);
    match tenths {
        0 | 1000 => Arg::from(tenths / 10),
        _ => Arg::Tenths(i64::try_from(tenths).unwrap_or(i64::MAX)),
    }
}

/// The number of an attempt, as a word.
pub(super) fn attempt(number: u32) -> Msg {
    m::attempt(number.max(1))
}

/// A URL without its scheme and closing slash, its middle left out when it is long.
pub(super) fn short_url(url: &str) -> String {
    let bare = url.split_once("://").map_or(url, |(_, rest)| rest);
    let bare = bare.strip_suffix('/').unwrap_or(bare);
    let length = bare.chars().count();
    if length <= SHORT_URL {
        return bare.to_owned();
    }
    let head = (SHORT_URL - 1).div_ceil(2);
    let tail = SHORT_URL - 1 - head;
    let mut short: String = bare.chars().take(head).collect();
    short.push('…');
    short.extend(bare.chars().skip(length - tail));
    short
}

fn tenths_arg(tenths: u64) -> Arg {
    Arg::Tenths(i64::try_from(tenths).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans() {
        let of = |seconds| span(Duration::from_secs(seconds));
        assert_eq!(of(0), m::span_seconds(0_u64));
        assert_eq!(of(59), m::span_seconds(59_u64));
        assert_eq!(of(60), m::span_minutes(1_u64));
        assert_eq!(of(3_599), m::span_minutes(59_u64));
        assert_eq!(of(7_200), m::span_hours(2_u64));
        assert_eq!(of(29 * 86_400 + 5), m::span_days(29_u64));
    }

    #[test]
    fn what_is_past_is_floored_and_what_is_left_is_ceiled() {
        let at = UnixMillis;
        assert_eq!(ago(at(4_999), at(0)), m::ago(m::span_seconds(4_u64)));
        assert_eq!(ago(at(999), at(0)), m::ago_now());
        assert_eq!(ago(at(0), at(60_000)), m::ago_now());
        assert_eq!(left(at(0), at(3_001)), Some(m::span_seconds(4_u64)));
        assert_eq!(left(at(5), at(5)), None);
        assert_eq!(left(at(9), at(5)), None);
        let until = |seconds: u64| countdown(at(5), at(5 + seconds * 1000));
        assert_eq!(until(0), None);
        assert_eq!(until(59), Some(m::span_seconds(59_u64)));
        assert_eq!(until(60), Some(m::span_minutes_seconds(1_u64, 0_u64)));
        assert_eq!(until(572), Some(m::span_minutes_seconds(9_u64, 32_u64)));
        assert_eq!(until(3_600), Some(m::span_hours(1_u64)));
    }

    #[test]
    fn latencies_and_sizes() {
        assert_eq!(latency(0), m::latency_ms(Arg::Tenths(1)));
        assert_eq!(latency(1_440), m::latency_ms(Arg::Tenths(14)));
        assert_eq!(latency(18_200), m::latency_ms(18_u64));
        assert_eq!(latency(12_000_000), m::latency_s(12_u64));
        assert_eq!(size(1_023), m::size_b(1_023_u64));
        assert_eq!(size(1_536), m::size_kib(Arg::Tenths(15)));
        assert_eq!(size(3 << 20), m::size_mib(Arg::Tenths(30)));
        assert_eq!(share(999, 1_000), Arg::Tenths(999));
        assert_eq!(share(9_999, 10_000), Arg::Tenths(999));
        assert_eq!(share(3, 3), Arg::Count(100));
    }

    #[test]
    fn urls_lose_scheme_slash_and_middle() {
        assert_eq!(
            short_url("http://web.localhost:7480/"),
            "web.localhost:7480"
        );
        let short = short_url("https://abcdefghijklmnopq-8049.uks1.devtunnels.example/");
        assert_eq!(short, "abcdefghijklmnopq…vtunnels.example");
    }

    proptest! {
        #[test]
        fn a_short_url_is_short(url in ".*") {
            prop_assert!(short_url(&url).chars().count() <= SHORT_URL);
        }

        #[test]
        fn no_amount_panics(bytes: u64, now: u64, at: u64) {
            let _ = (size(bytes), latency(bytes), ago(UnixMillis(now), UnixMillis(at)));
            let _ = left(UnixMillis(now), UnixMillis(at));
            let _ = countdown(UnixMillis(now), UnixMillis(at));
        }
    }
}
