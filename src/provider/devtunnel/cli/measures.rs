//! Reads sizes, rates, durations and times as the program prints them for people. It knows no clock:
//! the present is given.

use crate::model::UnixMillis;
use std::time::Duration;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// More digits than any of these numbers has.
const MAX_DIGITS: usize = 18;

/// Bytes: `1.2 MB`, `3441 KB`, `0 MB/s (limit: 20 MB/s)`, `17`.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let text = text.split('(').next()?.trim();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim().to_ascii_lowercase();
    let unit = unit.strip_suffix("/s").unwrap_or(&unit).trim_end();
    let unit = match unit {
        "" | "b" | "byte" | "bytes" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    scaled(number, unit)
}

/// A decimal number times `unit`, rounded down. The program writes numbers as the person's country
/// does: `1.5`, `1,5`, `1,234.5`, `1.234,5`.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let point = decimal_point(number);
    let (whole, fraction) = match point {
        Some(at) => (&number[..at], &number[at + 1..]),
        None => (number, ""),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let whole = whole.replace(['.', ','], "");
    let count = whole.len() + fraction.len();
    if whole.is_empty() || !digits(&whole) || !digits(fraction) || count > MAX_DIGITS {
        return None;
    }
    let unscaled: u128 = format!("{whole}{fraction}").parse().ok()?;
    let divisor = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    u64::try_from(unscaled * u128::from(unit) / divisor).ok()
}

/// Where the fraction begins: at the last mark, unless it is a comma with three digits behind it, or
/// comes twice.
fn decimal_point(number: &str) -> Option<usize> {
    let at = number.rfind(['.', ','])?;
    let mark = &number[at..=at];
    let groups = mark == "," && number.len() - at == 4 && !number[..at].contains('.');
    (!groups && number.matches(mark).count() == 1).then_some(at)
}

/// `1.00:00:00`, `23:59:59.5`: days, hours, minutes, seconds.
pub(super) fn lifetime(text: &str) -> Option<Duration> {
    let mut parts = text.trim().split(':');
    let (first, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (days, hours) = first.split_once('.').unwrap_or(("0", first));
    let millis = [
        (days, DAY),
        (hours, HOUR),
        (minutes, MINUTE),
        (seconds, SECOND),
    ]
    .into_iter()
    .try_fold(0_u64, |sum, (part, unit)| {
        sum.checked_add(scaled(part, unit)?)
    })?;
    Some(Duration::from_millis(millis))
}

/// When something ends that ends in `30 days`, `29.5 days`, `1 days, 5 hours`, at `2025-04-17 20:35:16
/// UTC` or at an RFC date.
pub(super) fn expiry(text: &str, now: UnixMillis) -> Option<UnixMillis> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if let Some(left) = time_left(text) {
        // To the hour: a time that slides along would else be another one each time it is read.
        let end = now.after(left);
        return Some(UnixMillis(if left.as_secs() > 3600 {
            end.0 - end.0 % HOUR
        } else {
            end.0
        }));
    }
    moment(text)
}

fn time_left(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    match text.as_str() {
        "expired" | "less than a minute" => return Some(Duration::ZERO),
        _ => {}
    }
    let mut words = text
        .split_whitespace()
        .map(|word| word.trim_end_matches(','))
        .filter(|word| !matches!(*word, "in" | "and" | "about"));
    let mut millis = 0_u64;
    let mut any = false;
    while let Some(number) = words.next() {
        let unit = match words.next()?.trim_end_matches('s') {
            "second" | "sec" => SECOND,
            "minute" | "min" => MINUTE,
            "hour" | "hr" => HOUR,
            "day" => DAY,
            "week" => 7 * DAY,
            "month" => 30 * DAY,
            _ => return None,
        };
        let number = match number {
            "a" | "an" => "1",
            number => number,
        };
        millis = millis.checked_add(scaled(number, unit)?)?;
        any = true;
    }
    any.then(|| Duration::from_millis(millis))
}

/// How long a sentence asks to wait: `Retry after 60 seconds.`, `Please wait about a minute`.
pub(super) fn pause(sentence: &str) -> Option<Duration> {
    let words: Vec<&str> = sentence.split_whitespace().collect();
    words
        .windows(2)
        .map(|pair| format!("{} {}", pair[0], pair[1].trim_end_matches(['.', ',', ';'])))
        .find_map(|pair| time_left(&pair))
}

/// `2025-04-17 20:35:16 UTC`, `2025-04-17T20:35:16Z`, `2025-04-17T20:35:16+02:00`.
fn moment(text: &str) -> Option<UnixMillis> {
    let text = match text.strip_suffix("UTC") {
        Some(bare) => format!("{}Z", bare.trim_end()),
        None => text.to_owned(),
    };
    let moment: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(moment.as_millisecond()).ok().map(UnixMillis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_and_rates() {
        for (text, expected) in [
            ("0 MB/s (limit: 20 MB/s)", Some(0)),
            ("1.5 MB/s (limit: 20 MB/s)", Some(1_500_000)),
            ("1,5 MB/s (limit: 20 MB/s)", Some(1_500_000)),
            ("1.2 MB", Some(1_200_000)),
            ("3441 KB", Some(3_441_000)),
            ("1,234 KB", Some(1_234_000)),
            ("1,234.5 KB", Some(1_234_500)),
            ("1.234,5 KB", Some(1_234_500)),
            ("1.234.567 B", Some(1_234_567)),
            ("2 KiB", Some(2048)),
            ("5GB", Some(5_000_000_000)),
            ("17", Some(17)),
            ("", None),
            ("MB", None),
            ("-1 MB", None),
            ("1 parsec", None),
            ("99999999999999999999 TB", None),
        ] {
            assert_eq!(bytes(text), expected, "{text:?}");
        }
    }

    #[test]
    fn lifetimes() {
        let secs = |text| lifetime(text).map(|it| it.as_secs());
        assert_eq!(secs("1.00:00:00"), Some(86_400));
        assert_eq!(secs("23:59:59.9876543"), Some(86_399));
        assert_eq!(secs("2.01:01:01"), Some(2 * 86_400 + 3_661));
        for bad in ["", "1", "1:2", "a:b:c", "1:2:3:4", "-1:00:00"] {
            assert_eq!(lifetime(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn expirations() {
        let now = UnixMillis(1_744_921_800_123);
        let left = |text| expiry(text, now).map(|end| end.since(now));
        let hours = |text| left(text).map(|left| left.as_secs().div_ceil(3600));
        assert_eq!(hours("30 days"), Some(30 * 24));
        assert_eq!(hours("29.5 days"), Some(29 * 24 + 12));
        assert_eq!(hours("29,5 days"), Some(29 * 24 + 12));
        assert_eq!(hours("1 days, 5 hours"), Some(29));
        assert_eq!(hours("2 hours"), Some(2));
        assert_eq!(hours("a day"), Some(24));
        assert_eq!(left("45 minutes"), Some(Duration::from_mins(45)));
        assert_eq!(left("less than a minute"), Some(Duration::ZERO));
        assert_eq!(
            expiry("2025-04-17 20:35:16 UTC", now),
            Some(UnixMillis(1_744_922_116_000))
        );
        assert_eq!(
            expiry("2025-04-17T22:35:16+02:00", now),
            Some(UnixMillis(1_744_922_116_000))
        );
        for bad in [
            "",
            "never",
            "30",
            "days",
            "30 days ago",
            "30 elephants",
            "2025-04-17",
        ] {
            assert_eq!(expiry(bad, now), None, "{bad:?}");
        }
    }

    #[test]
    fn sentences_that_ask_to_wait() {
        let secs = |text| pause(text).map(|it| it.as_secs());
        assert_eq!(secs("Too many requests. Retry after 60 seconds."), Some(60));
        assert_eq!(secs("Please wait about a minute and try again."), Some(60));
        assert_eq!(secs("Come back another day"), None);
        assert_eq!(secs("Rate limit exceeded (429)."), None);
    }

    #[test]
    fn an_expiration_that_slides_is_the_same_when_read_again_soon() {
        let then = UnixMillis(HOUR * 1_000 + 10);
        let soon = then.after(Duration::from_mins(50));
        assert_eq!(expiry("30 days", then), expiry("30 days", soon));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_not_but_never_a_fault(
            text in "\\PC*|[0-9.,:]{0,30} ?(days?|KB|MB/s|hours)?( UTC)?",
            now in any::<u64>(),
        ) {
            let _ = (bytes(&text), lifetime(&text), expiry(&text, UnixMillis(now)), pause(&text));
        }

        #[test]
        fn whole_sizes_are_exact(count in 0_u64..1_000_000) {
            prop_assert_eq!(bytes(&format!("{count} KB")), Some(count * 1000));
        }
    }
}
