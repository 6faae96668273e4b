//! Which relays a request has passed (RFC 9110, 7.6.3), so that a tunnel that leads back to itself is
//! found out.
//!
//! Every relay of this program names itself by a pseudonym that begins alike. Passes of all of them
//! count, because two relays that lead to each other are as endless a way as one.

use http::header::{HeaderName, HeaderValue, VIA};
use http::{HeaderMap, Version};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// Maximum relays that a request passes: nobody puts more in a row on purpose.
pub(super) const MAX_PASSES: usize = 5;

/// How the pseudonym of each relay begins.
const PREFIX: &str = "underpass-";

/// This process, told from others and from itself before a restart: random, so that it says nothing
/// of the machine.
static PSEUDONYM: LazyLock<String> = LazyLock::new(|| {
    let mut pseudonym = PREFIX.to_owned();
    // Writing to a String cannot fail.
    let _ = write!(pseudonym, "{:08x}", rand::random::<u32>());
    pseudonym
});

/// How many relays of this program the request has passed, this one included.
pub(super) fn passes(headers: &HeaderMap) -> usize {
    let lines = headers.get_all(VIA).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|&b| b == b','))
        .filter(|member| is_ours(member))
        .count()
}

/// Adds this relay to those that a request has passed. `version` is that of the request as it came.
pub(super) fn add(headers: &mut HeaderMap, version: Version) {
    let version = match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    };
    // A pseudonym is plain text, so this never fails.
    if let Ok(member) = HeaderValue::from_str(&format!("{version} {}", *PSEUDONYM)) {
        headers.append(VIA, member);
    }
}

/// Whether `Connection` may not declare a field to be for one hop only: a loop would hide behind it.
pub(super) fn is_protected(name: &HeaderName) -> bool {
    name == VIA
}

/// `received-protocol RWS received-by [ RWS comment ]`
fn is_ours(member: &[u8]) -> bool {
    let mut words = member
        .split(|b| matches!(b, b' ' | b'\t'))
        .filter(|word| !word.is_empty());
    let received_by = words.nth(1).unwrap_or_default();
    let prefix = received_by.get(..PREFIX.len()).unwrap_or_default();
    prefix.eq_ignore_ascii_case(PREFIX.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn via(lines: &[&str]) -> HeaderMap {
        let line = |line: &&str| (VIA, HeaderValue::from_str(line).expect("it is a value"));
        lines.iter().map(line).collect()
    }

    #[test]
    fn relays_of_this_program_are_counted_wherever_they_stand() {
        for (lines, expected) in [
            (&[][..], 0),
            (&["1.1 nginx"], 0),
            (&["1.1 underpass-00c0ffee"], 1),
            (
                &["1.0 fred, 1.1 underpass-1 (comment), HTTP/1.1  UNDERPASS-2"],
                2,
            ),
            (&["1.1 underpass-1", "1.1 other", "2\tunderpass-1"], 2),
            (&["underpass-1", "1.1 my-underpass-1", "1.1 under", ",,"], 0),
        ] {
            assert_eq!(passes(&via(lines)), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_pass_is_added_behind_the_others_and_says_what_was_spoken() {
        let mut headers = via(&["1.1 nginx"]);
        add(&mut headers, Version::HTTP_10);
        add(&mut headers, Version::HTTP_11);
        assert_eq!(passes(&headers), 2);
        let lines: Vec<_> = headers.get_all(VIA).iter().collect();
        assert_eq!(lines[0], "1.1 nginx");
        let own = |version| format!("{version} {}", *PSEUDONYM);
        assert_eq!(lines[1], &own("1.0"));
        assert_eq!(lines[2], &own("1.1"));
        assert_eq!(PSEUDONYM.len(), PREFIX.len() + 8);
    }

    proptest! {
        #[test]
        fn any_bytes_are_counted_and_each_pass_counts_once(
            line in prop::collection::vec(any::<u8>(), 0..80),
            more in 0_usize..9,
        ) {
            let mut headers = HeaderMap::new();
            if let Ok(line) = HeaderValue::from_bytes(&line) {
                headers.append(VIA, line);
            }
            let before = passes(&headers);
            for _ in 0..more {
                add(&mut headers, Version::HTTP_11);
            }
            prop_assert_eq!(passes(&headers), before + more);
        }
    }
}
