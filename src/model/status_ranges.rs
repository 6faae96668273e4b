//! Which HTTP status codes are expected: what is typed, read once.

use std::fmt;
use std::str::FromStr;

/// Ranges that one list may hold: there are 500 codes.
const MOST: usize = 32;

/// Status codes, as ranges in order that do not touch; any code where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct StatusRanges(Vec<(u16, u16)>);

impl StatusRanges {
    /// The word for any.
    const ANY: &'static str = "any";

    /// What it takes, for whoever typed something else.
    pub const TAKES: &'static str = "any; 200-299,401";

    pub fn contains(&self, status: u16) -> bool {
        let within = |&(first, last): &(u16, u16)| (first..=last).contains(&status);
        self.0.is_empty() || self.0.iter().any(within)
    }
}

/// What was typed is no list of status codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it takes {}", StatusRanges::TAKES)]
pub struct InvalidStatusRanges;

impl FromStr for StatusRanges {
    type Err = InvalidStatusRanges;
    fn from_str(typed: &str) -> Result<Self, InvalidStatusRanges> {
        let typed = typed.trim();
        if typed.eq_ignore_ascii_case(Self::ANY) {
            return Ok(Self::default());
        }
        if typed.split(',').count() > MOST {
            return Err(InvalidStatusRanges);
        }
        let ranges: Option<Vec<(u16, u16)>> = typed.split(',').map(range).collect();
        let mut ranges = ranges.ok_or(InvalidStatusRanges)?;
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = vec![];
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if first <= before.1 + 1 => before.1 = before.1.max(last),
                Some(_) | None => merged.push((first, last)),
            }
        }
        Ok(Self(merged))
    }
}

/// `200`, or `200-299`.
fn range(typed: &str) -> Option<(u16, u16)> {
    let (first, last) = typed.split_once('-').unwrap_or((typed, typed));
    let (first, last) = (code(first)?, code(last)?);
    (first <= last).then_some((first, last))
}

fn code(typed: &str) -> Option<u16> {
    let typed = typed.trim();
    let is_code = typed.len() == 3 && typed.bytes().all(|byte| byte.is_ascii_digit());
    let code = typed.parse().ok().filter(|_| is_code)?;
    (100..=599).contains(&code).then_some(code)
}

impl fmt::Display for StatusRanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(Self::ANY);
        }
        for (place, (first, last)) in self.0.iter().enumerate() {
            f.write_str(if place == 0 { "" } else { "," })?;
            write!(f, "{first}")?;
            if first != last {
                write!(f, "-{last}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_list_of_codes_is_refused() {
        let long = vec!["200"; MOST + 1].join(",");
        for bad in [
            "", ",", "200,", "20", "2000", "99", "600", "299-200", "200-", "-299", "2xx", "+20",
            "200 299", "200--299", "any,200", &long,
        ] {
            assert_eq!(
                bad.parse::<StatusRanges>(),
                Err(InvalidStatusRanges),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn a_list_is_written_in_order_and_without_what_it_says_twice() {
        for (typed, written) in [
            ("200-299,401", "200-299,401"),
            (" 401 , 200 - 299 ", "200-299,401"),
            ("200,201,202-204,203", "200-204"),
            ("Any", "any"),
        ] {
            let read: StatusRanges = typed.parse().expect("it is right");
            assert_eq!(read.to_string(), written);
        }
    }

    proptest! {
        #[test]
        fn exactly_what_was_typed_is_expected(
            ranges in prop::collection::vec((100u16..=599, 0u16..200), 1..MOST),
        ) {
            let ranges: Vec<(u16, u16)> = ranges
                .into_iter()
                .map(|(first, more)| (first, (first + more).min(599)))
                .collect();
            let typed: Vec<String> = ranges.iter().map(|(a, b)| format!("{a}-{b}")).collect();
            let read: StatusRanges = typed.join(",").parse().expect("they are codes");
            for status in 0..=1000 {
                let expected = ranges.iter().any(|(a, b)| (*a..=*b).contains(&status));
                prop_assert_eq!(read.contains(status), expected, "{}", status);
            }
            prop_assert_eq!(read.to_string().parse(), Ok(read));
        }

        #[test]
        fn nothing_that_is_typed_panics(typed in ".{0,40}") {
            let _ = typed.parse::<StatusRanges>();
        }
    }
}
