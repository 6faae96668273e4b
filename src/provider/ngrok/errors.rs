//! What ngrok's error codes mean: the class, and the one thing that helps.
//!
//! What is told of a code is ours: ngrok's own words may quote the token, and go at most to the log.

use super::offers::OFFERS;
use super::token;
use crate::model::{Reason, Secret, UnixMillis};
use crate::provider::ConnectError;
use ngrok::Error as NgrokError;
use std::time::Duration;

/// What ngrok writes before the number.
const PREFIX: &str = "ERR_NGROK_";

/// A rate is counted over this time.
const RATES_PASS_AFTER: Duration = Duration::from_mins(1);

/// So much of ngrok's own words goes to the log, in characters.
const MOST_WORDS: usize = 300;

/// What a code asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Another token.
    SignIn,
    /// A change by the person.
    Fatal,
    /// As many sessions as the account may have.
    Sessions,
    /// A rate: it passes within the minute.
    Rate,
    /// What a month holds.
    Month,
    /// Somebody has the endpoint.
    Online,
    /// Patience.
    Theirs,
}

/// What is known of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remedy {
    kind: Kind,
    /// What it means.
    pub meaning: &'static str,
    /// What helps.
    pub remedy: &'static str,
}

const NEW_TOKEN: &str = "Copy the authtoken from dashboard.ngrok.com/get-started/your-authtoken.";
const BILLING: &str = "Look at dashboard.ngrok.com/billing.";
const UPDATE: &str = "Update Underpass.";
const NEXT_MONTH: &str = "Wait for the next month, or choose a larger plan at ngrok.com/pricing.";
const WAIT: &str = "Hosting resumes automatically.";
const SLOWER: &str = "It passes within a minute.";

/// Each with the codes it stands for.
#[rustfmt::skip]
const KNOWN: [(&[u32], Kind, &str, &str); 22] = [
    (&[105], Kind::SignIn, "what was given isn't an authtoken", NEW_TOKEN),
    (&[106], Kind::SignIn, "the authtoken is of a kind that ngrok has given up", NEW_TOKEN),
    (&[107], Kind::SignIn, "the authtoken was reset, or its owner has left the team", NEW_TOKEN),
    (&[4018], Kind::SignIn, "ngrok needs an account and its authtoken", NEW_TOKEN),
    (&[102, 103], Kind::Fatal, "the account is suspended over a payment", BILLING),
    (&[337, 338], Kind::Fatal, "the account is suspended", "Ask support@ngrok.com why."),
    (&[108], Kind::Sessions, "as many agents are online as the plan allows", "Stop one at dashboard.ngrok.com/agents."),
    (&[120, 121], Kind::Fatal, "ngrok no longer supports this version", UPDATE),
    (&[100, 109, 801], Kind::Fatal, "ngrok does not understand what it was sent", UPDATE),
    (&[302], Kind::Fatal, "TCP addresses need an account with a verified card", "Verify it at dashboard.ngrok.com/settings."),
    (&[313], Kind::Fatal, "the plan has no domains of one's own choice", "Leave the domain empty, or choose a larger plan at ngrok.com/pricing."),
    (&[324], Kind::Fatal, "the plan has no room for another endpoint in a session", "Host fewer ports, or choose a larger plan at ngrok.com/pricing."),
    (&[9009], Kind::Fatal, "the plan takes no agents behind a proxy", "Name connect.ngrok-agent.com in NO_PROXY, or choose a larger plan at ngrok.com/pricing."),
    (&[15002], Kind::Fatal, "the address is not reserved for this account", "Reserve it at dashboard.ngrok.com first."),
    (&[334], Kind::Online, "the endpoint is online elsewhere", "Stop it there, take it over, or let both share it (pooling)."),
    (&[702, 703], Kind::Rate, "more requests or connections in a minute than the plan allows", SLOWER),
    (&[714, 715, 716, 717, 718, 719, 720], Kind::Rate, "more at once than the plan allows", SLOWER),
    (&[734], Kind::Rate, "more at once than the plan allows", SLOWER),
    (&[725], Kind::Month, "the bytes that the plan has for a month are used up", NEXT_MONTH),
    (&[726, 727, 728, 735], Kind::Month, "what the plan has for a month is used up", NEXT_MONTH),
    (&[802], Kind::Theirs, "ngrok is in trouble", WAIT),
    (&[810], Kind::Theirs, "ngrok has lost the session", WAIT),
];

/// What is known of a code, `107` or `ERR_NGROK_107`.
pub fn remedy(code: &str) -> Option<Remedy> {
    let number = number(code)?;
    let found = KNOWN.iter().find(|(codes, ..)| codes.contains(&number));
    found.map(|(_, kind, meaning, remedy)| Remedy {
        kind: *kind,
        meaning,
        remedy,
    })
}

fn number(code: &str) -> Option<u32> {
    code.strip_prefix(PREFIX).unwrap_or(code).parse().ok()
}

/// What an error of the crate's means; `now` is the wall clock, for when a limit passes.
pub(super) fn classify(error: &impl NgrokError, secret: &Secret, now: UnixMillis) -> ConnectError {
    match error.error_code() {
        Some(code) => by_code(code, &error.msg(), secret, now),
        None => ConnectError::with(Reason::LinkLost, token::without(secret, &chain(error))),
    }
}

/// The same of a code and ngrok's own words, which are not told.
pub(super) fn by_code(code: &str, words: &str, secret: &Secret, now: UnixMillis) -> ConnectError {
    let words = words.lines().collect::<Vec<_>>().join(" ");
    let words: String = token::without(secret, &words)
        .chars()
        .take(MOST_WORDS)
        .collect();
    let Some(known) = remedy(code) else {
        let detail = match words.as_str() {
            "" => shown(code),
            words => format!("{}: {words}", shown(code)),
        };
        let reason = Reason::Refused {
            detail: detail.clone(),
        };
        return ConnectError::with(reason, detail);
    };
    let told = format!("{}: {}. {}", shown(code), known.meaning, known.remedy);
    let reason = match known.kind {
        // ngrok quotes what it was given, which may be another account's.
        Kind::SignIn => {
            let provider = OFFERS.name.to_owned();
            let detail = told.clone();
            return ConnectError::with(Reason::TokenInvalid { provider, detail }, told);
        }
        Kind::Fatal => Reason::Refused {
            detail: told.clone(),
        },
        Kind::Sessions => Reason::TooManySessions,
        Kind::Rate => Reason::QuotaUsedUp {
            until: Some(now.after(RATES_PASS_AFTER)),
        },
        Kind::Month => Reason::QuotaUsedUp {
            until: Some(next_month(now)),
        },
        Kind::Online => Reason::HostedElsewhere,
        Kind::Theirs => Reason::ServiceTrouble { status: 0 },
    };
    let detail = match words.as_str() {
        "" => told,
        words => format!("{told} ({words})"),
    };
    ConnectError::with(reason, detail)
}

/// Whether it says that the endpoint is online already.
pub(super) fn is_online_elsewhere(error: &ConnectError) -> bool {
    error.reason == Reason::HostedElsewhere
}

/// A code as ngrok writes it, of whatever came.
fn shown(code: &str) -> String {
    let number: String = code
        .strip_prefix(PREFIX)
        .unwrap_or(code)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(12)
        .collect();
    format!("{PREFIX}{number}")
}

/// What an error says, and what those behind it say.
fn chain(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut behind = error.source();
    while let Some(error) = behind {
        said = format!("{said}: {error}");
        behind = error.source();
    }
    said
}

/// When the month turns, in UTC, as ngrok counts.
fn next_month(now: UnixMillis) -> UnixMillis {
    let turns = || {
        let now = jiff::Timestamp::from_millisecond(i64::try_from(now.0).ok()?).ok()?;
        let today = now.to_zoned(jiff::tz::TimeZone::UTC);
        let first = today.first_of_month().ok()?.start_of_day().ok()?;
        let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
        u64::try_from(next.timestamp().as_millisecond()).ok()
    };
    turns().map_or(now, UnixMillis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Class, Side};

    const NOW: UnixMillis = UnixMillis(1_796_000_000_000);

    fn class(code: u32) -> Class {
        let code = format!("{PREFIX}{code}");
        by_code(&code, "words", &Secret::new("t0ken"), NOW).class()
    }

    #[test]
    fn each_code_has_its_class_and_its_remedy() {
        let codes = |class| match class {
            Class::SignIn => vec![105, 106, 107, 4018],
            Class::Fatal => vec![
                100, 102, 103, 109, 120, 121, 302, 313, 324, 337, 338, 801, 9009, 15002,
            ],
            Class::Quota => vec![
                108, 702, 703, 714, 715, 716, 717, 718, 719, 720, 725, 726, 727, 728, 734, 735,
            ],
            Class::Displaced => vec![334],
            Class::Transient => vec![802, 810],
        };
        for expected in [
            Class::SignIn,
            Class::Fatal,
            Class::Quota,
            Class::Displaced,
            Class::Transient,
        ] {
            for code in codes(expected) {
                assert_eq!(class(code), expected, "{code}");
                let known = remedy(&code.to_string()).expect("it is known");
                assert!(
                    !known.meaning.is_empty() && known.remedy.ends_with('.'),
                    "{code}"
                );
            }
        }
        assert_eq!(
            class(9_999),
            Class::Fatal,
            "nobody knows it, nobody asks again and again"
        );
        assert_eq!(remedy("9999"), None);
        assert_eq!(remedy("nonsense"), None);
    }

    #[test]
    fn no_token_is_ever_told() {
        let secret = Secret::new("2t0kenOfMine");
        let words = "The authtoken 2t0kenOfMine is invalid; so is 2another";
        for code in ["ERR_NGROK_105", "ERR_NGROK_106", "ERR_NGROK_107"] {
            let said = format!("{:?}", by_code(code, words, &secret, NOW));
            assert!(
                !said.contains("2t0ken") && !said.contains("2another"),
                "{said}"
            );
            assert!(said.contains(code), "{said}");
        }
        let said = format!("{:?}", by_code("ERR_NGROK_999", words, &secret, NOW));
        assert!(!said.contains("2t0ken") && said.contains("***"), "{said}");
        let error = by_code("107", words, &secret, NOW);
        assert!(
            matches!(error.reason, Reason::TokenInvalid { .. }),
            "{error:?}"
        );
        assert_eq!(error.reason.side(), Side::Ours);
    }

    #[test]
    fn a_code_that_is_none_is_written_as_one() {
        let error = by_code("x\u{1b}[2J\n", "words", &Secret::new(""), NOW);
        assert!(
            error.detail.starts_with("ERR_NGROK_x2J: words"),
            "{error:?}"
        );
    }

    #[test]
    fn limits_pass_when_they_do() {
        let until = |code: &str| match by_code(code, "", &Secret::new(""), NOW).reason {
            Reason::QuotaUsedUp { until } => until,
            other => panic!("{other:?}"),
        };
        assert_eq!(until("702"), Some(NOW.after(Duration::from_mins(1))));
        // 2026-11-29 to 2026-12-01, and over the end of a year.
        assert_eq!(until("727"), Some(UnixMillis(1_796_083_200_000)));
        let december = UnixMillis(1_796_083_200_000).after(Duration::from_hours(24 * 30));
        assert_eq!(next_month(december), UnixMillis(1_798_761_600_000));
    }
}
