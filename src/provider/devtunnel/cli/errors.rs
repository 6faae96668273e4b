//! What it means when the program fails: by its exit code, and by phrases that no tunnel's name can
//! hold. A bare number means nothing: an argument may be 4010.

use super::PROGRAM;
use super::measures;
use crate::model::{Reason, UnixMillis};
use crate::provider::ConnectError;
use crate::provider::program::{Answer, Fault};

/// What a command was about.
#[derive(Clone, Copy, Debug)]
pub enum About<'a> {
    Account,
    /// A tunnel that is said to be there.
    Tunnel(&'a str),
    /// A tunnel that is to be made, by the id that was asked for.
    NewTunnel(&'a str),
}

/// What a failure means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Is(ConnectError),
    /// Nobody is signed in, or it is another person's tunnel: only the account tells.
    NotPermitted(String),
}

/// What the service takes, when it does not say it.
const MAX_TUNNELS: u32 = 10;

/// As much of what the program said as a person reads.
const MAX_DETAIL: usize = 300;

/// Text before the message itself.
const PREFIXES: [&str; 3] = ["Tunnel service error:", "devtunnel:", "Error:"];

const TOO_MANY_TUNNELS: [&str; 5] = [
    "tunnels per user",
    "tunnelsperuser",
    "too many tunnels",
    "maximum number of tunnels",
    "limit of tunnels",
];
const TOO_MANY_PORTS: [&str; 4] = [
    "ports per tunnel",
    "portspertunnel",
    "too many ports",
    "maximum number of ports",
];
const QUOTA: [&str; 6] = [
    "too many requests",
    "rate limit",
    "quota exceeded",
    "bandwidth limit",
    "bandwidthperuser",
    "limit exceeded",
];
const SIGNED_OUT: [&str; 5] = [
    "login required",
    "not logged in",
    "devtunnel user login",
    "login has expired",
    "please log in",
];
const NOT_PERMITTED: [&str; 2] = ["request not permitted", "unauthorized tunnel"];
const GONE: [&str; 2] = ["tunnel not found", "tunnel port not found"];
const CONFLICT: [&str; 2] = ["conflict with existing", "already exists"];
const REFUSED: [&str; 7] = [
    "invalid argument",
    "is invalid",
    "cannot be changed",
    "unrecognized command",
    "required argument",
    "cannot parse argument",
    "is required",
];
const OFFLINE: [&str; 6] = [
    "name or service not known",
    "no such host is known",
    "nodename nor servname",
    "name resolution",
    "network is unreachable",
    "network is down",
];
const TIMED_OUT: [&str; 3] = [
    "connection timed out",
    "operation timed out",
    "request timed out",
];
const TROUBLE: [(&str, u16); 8] = [
    ("(500)", 500),
    ("(502)", 502),
    ("(503)", 503),
    ("(504)", 504),
    ("internal server error", 500),
    ("bad gateway", 502),
    ("service unavailable", 503),
    ("gateway timeout", 504),
];

/// The program did not do what it was started for.
pub fn failed(detail: impl Into<String>) -> ConnectError {
    let detail = detail.into();
    let reason = Reason::ProgramFailed {
        program: PROGRAM.to_owned(),
        detail: detail.clone(),
    };
    ConnectError::with(reason, detail)
}

/// It gave no answer at all.
pub(super) fn of_fault(fault: &Fault) -> ConnectError {
    fault.told(PROGRAM)
}

/// It answered that it failed.
pub(super) fn classify(answer: &Answer, about: About<'_>, now: UnixMillis) -> Verdict {
    let text = if answer.stderr.trim().is_empty() {
        &answer.stdout
    } else {
        &answer.stderr
    };
    let detail = summary(text, answer.code);
    let lower = text.to_ascii_lowercase();
    if let Some(reason) = limit(&lower, &detail, now) {
        return Verdict::Is(ConnectError::with(reason, detail));
    }
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let reason = match answer.code {
        _ if says(&SIGNED_OUT) => Reason::SignedOut,
        Some(2) => gone(&lower, &detail),
        Some(3) => return Verdict::NotPermitted(detail),
        _ if says(&GONE) => gone(&lower, &detail),
        _ if says(&NOT_PERMITTED) => return Verdict::NotPermitted(detail),
        _ if says(&CONFLICT) => conflict(about, &detail),
        _ if says(&REFUSED) => refused(&detail),
        _ if says(&OFFLINE) => Reason::Offline,
        _ if says(&TIMED_OUT) => Reason::TimedOut,
        _ => match TROUBLE.iter().find(|(phrase, _)| lower.contains(phrase)) {
            Some(&(_, status)) => Reason::ServiceTrouble { status },
            None => return Verdict::Is(failed(detail)),
        },
    };
    Verdict::Is(ConnectError::with(reason, detail))
}

/// Whether somebody is signed in decides what "not permitted" means.
pub(super) fn not_permitted(about: About<'_>, signed_in: bool, detail: String) -> ConnectError {
    let reason = match about {
        _ if !signed_in => Reason::SignedOut,
        About::Account => refused(&detail),
        About::Tunnel(id) | About::NewTunnel(id) => taken(id),
    };
    ConnectError::with(reason, detail)
}

/// The provider would not have what was asked of it.
pub fn refused(detail: &str) -> Reason {
    Reason::Refused {
        detail: detail.to_owned(),
    }
}

fn limit(lower: &str, detail: &str, now: UnixMillis) -> Option<Reason> {
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    if says(&TOO_MANY_TUNNELS) {
        let limit = number_behind(lower, "limit of ").unwrap_or(MAX_TUNNELS);
        Some(Reason::TooManyTunnels { limit })
    } else if says(&TOO_MANY_PORTS) {
        Some(refused(detail))
    } else if says(&QUOTA) || lower.contains("(429)") {
        let until = measures::pause(lower).map(|pause| now.after(pause));
        Some(Reason::QuotaUsedUp { until })
    } else {
        None
    }
}

fn number_behind(text: &str, phrase: &str) -> Option<u32> {
    let (_, behind) = text.split_once(phrase)?;
    let end = behind
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(behind.len());
    behind[..end].parse().ok()
}

/// A port that is gone is not a tunnel that is gone.
fn gone(lower: &str, detail: &str) -> Reason {
    if lower.contains("port not found") {
        refused(detail)
    } else {
        Reason::TunnelGone
    }
}

fn conflict(about: About<'_>, detail: &str) -> Reason {
    match about {
        About::NewTunnel(id) => taken(id),
        About::Account | About::Tunnel(_) => refused(detail),
    }
}

fn taken(id: &str) -> Reason {
    Reason::NameTaken {
        name: id.to_owned(),
    }
}

/// What the program said, as short as a person reads it, and without what might be a token.
fn summary(text: &str, code: Option<i32>) -> String {
    let lines = text
        .lines()
        .map(|line| line.trim().trim_start_matches('\u{feff}'))
        .filter(|line| !line.is_empty() && !line.starts_with("Request ID:"))
        .map(|line| {
            PREFIXES
                .iter()
                .fold(line, |line, prefix| {
                    line.strip_prefix(prefix).unwrap_or(line)
                })
                .trim()
        })
        .take(3);
    let words: Vec<&str> = lines
        .flat_map(str::split_whitespace)
        .map(|word| if is_token(word) { "***" } else { word })
        .collect();
    let said: String = words.join(" ").chars().take(MAX_DETAIL).collect();
    match (said.is_empty(), code) {
        (false, _) => said,
        (true, Some(code)) => format!("exit code {code}"),
        (true, None) => "something ended it".to_owned(),
    }
}

/// JSON Web Tokens begin with `{"`, and so with this.
fn is_token(word: &str) -> bool {
    word.contains("eyJ") && word.len() > 20
}

#[cfg(test)]
#[path = "errors_tests.rs"]
mod tests;
