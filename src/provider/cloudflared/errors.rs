//! What it means that the program ended: by what it said last.

use super::lines::Told;
use super::offers::{NAMES, OFFERS};
use crate::model::{Reason, UnixMillis};
use crate::provider::ConnectError;
use crate::provider::chosen;
use crate::provider::program::Exit;
use std::time::Duration;

/// Where quick tunnels are asked for.
const QUICK_SERVICE: &str = "api.trycloudflare.com";

/// What the program asks the addresses of Cloudflare's edge by.
const EDGE_NAME: &str = "_v2-origintunneld._tcp.argotunnel.com";

/// Whoever asks for quick tunnels too often is to wait so long.
const QUOTA_PASSES_AFTER: Duration = Duration::from_mins(1);

/// As much of what the program said as a person reads, in characters.
const MOST_WORDS: usize = 300;

/// What the end of the program means; `secret` is in no word of it.
pub(super) fn classify(told: &Told, exit: Exit, secret: &str, now: UnixMillis) -> ConnectError {
    let all = [told.error.as_deref(), told.plain.as_deref()];
    let all = all.map(Option::unwrap_or_default).join("\n").to_lowercase();
    let says = |phrase: &str| all.contains(phrase);
    let last = told.last().map(|last| words(last, secret));
    let detail = last.clone().unwrap_or_else(|| exit.to_string());
    let reason = if says("tunnel token is not valid") {
        return invalid(
            "token: cloudflared says it isn't valid; copy it again from the tunnel's page at one.dash.cloudflare.com",
            detail,
        );
    } else if says("tunnel credentials file not found") || says("error locating origin cert") {
        return invalid(
            "credentials: cloudflared can't find them; use the file that `cloudflared tunnel create` wrote",
            detail,
        );
    } else if says("error code: 1015") || says("429 too many requests") {
        let until = Some(now.after(QUOTA_PASSES_AFTER));
        Reason::QuotaUsedUp { until }
    } else if says("could not lookup srv records") {
        let host = EDGE_NAME.to_owned();
        Reason::UnknownHost { host }
    } else if says("failed to request quick tunnel") {
        let host = QUICK_SERVICE.to_owned();
        if says("no such host") || says(": lookup ") {
            Reason::UnknownHost { host }
        } else {
            let address = format!("{host}:443");
            Reason::RelayUnreachable { address }
        }
    } else if says("quick tunnel id") || says("failed to unmarshal quick tunnel") {
        let status = status(&all);
        Reason::ServiceTrouble { status }
    } else if told.confused {
        let program = NAMES.program.to_owned();
        let detail = format!("it is too old: {detail}");
        Reason::ProgramFailed { program, detail }
    } else {
        let program = NAMES.program.to_owned();
        let detail = detail.clone();
        Reason::ProgramExited { program, detail }
    };
    ConnectError::with(reason, detail)
}

fn invalid(sentence: &str, detail: String) -> ConnectError {
    let reason = chosen::invalid(&OFFERS, sentence).reason;
    ConnectError::with(reason, detail)
}

/// The status in `status_code="503 Service Unavailable"`; 0 where none is said.
fn status(said: &str) -> u16 {
    let code = said.split_once("status_code=\"").map(|(_, rest)| rest);
    let code = code.and_then(|code| code.get(..3));
    code.and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// What the program said, as much as a person reads and without the secret.
pub(super) fn words(said: &str, secret: &str) -> String {
    let said = match secret {
        "" => said.to_owned(),
        secret => said.replace(secret, "***"),
    };
    said.chars().take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Class;

    const NOW: UnixMillis = UnixMillis(1_796_000_000_000);

    fn reason(lines: &[&str]) -> Reason {
        let mut told = Told::default();
        for line in lines {
            told.take(line);
        }
        classify(&told, Exit { code: Some(1) }, "s3cret", NOW).reason
    }

    /// Each as 2026.8.2 said it.
    #[test]
    fn each_end_has_its_reason() {
        let code = |lines: &[&str]| reason(lines).code();
        let post = "failed to request quick Tunnel: Post \"https://api.trycloudflare.com/tunnel\": dial tcp";
        assert_eq!(
            code(&[&format!(
                "{post}: lookup api.trycloudflare.com: no such host"
            )]),
            "unknown-host"
        );
        assert_eq!(
            code(&[&format!("{post} 127.0.0.1:1: connect: connection refused")]),
            "relay-unreachable"
        );
        let limited = reason(&[
            "2026-11-29T14:29:11Z ERR Error unmarshaling QuickTunnel response: error code: 1015 error=\"invalid character 'e'\" status_code=\"429 Too Many Requests\"",
            "failed to unmarshal quick Tunnel: invalid character 'e' looking for beginning of value",
        ]);
        assert_eq!(
            limited,
            Reason::QuotaUsedUp {
                until: Some(NOW.after(QUOTA_PASSES_AFTER))
            }
        );
        assert_eq!(
            code(&["failed to parse quick Tunnel ID: invalid UUID length: 0"]),
            "service-trouble"
        );
        let broken = reason(&[
            "2026-11-29T14:29:11Z ERR Error unmarshaling QuickTunnel response: busy status_code=\"503 Service Unavailable\"",
            "failed to unmarshal quick Tunnel: invalid character 'b'",
        ]);
        assert_eq!(broken, Reason::ServiceTrouble { status: 503 });
        let srv = "Could not lookup srv records on _v2-origintunneld._tcp.argotunnel.com: lookup: server misbehaving";
        assert_eq!(code(&[srv]), "unknown-host");
        for ours in [
            "Provided Tunnel token is not valid.",
            "tunnel credentials file not found",
            "Error locating origin cert: client didn't specify origincert path",
        ] {
            assert_eq!(reason(&[ours]).class(), Class::Fatal, "{ours}");
        }
        assert_eq!(code(&[]), "process-exited");
        assert_eq!(reason(&[]).detail(), Some("it ended with code 1"));
    }

    #[test]
    fn the_last_plain_line_is_told_without_the_secret_and_not_for_ever() {
        let told = reason(&["no s3cret here", &format!("s3cret {}", "x".repeat(5_000))]);
        let detail = told.detail().expect("there is one");
        assert!(
            detail.starts_with("*** x") && detail.chars().count() == MOST_WORDS,
            "{detail}"
        );
        let old = reason(&[
            "Incorrect Usage: flag provided but not defined: -output",
            "NAME:",
        ]);
        assert_eq!(old.code(), "program-failed");
    }
}
