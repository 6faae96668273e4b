//! What it means when the program says that it cannot, or ends.

use super::offers::{NAMES, OFFERS};
use crate::model::Reason;
use crate::provider::ConnectError;
use crate::provider::chosen;
use crate::provider::program::Exit;

/// As much of what the program said as a person reads, in characters.
const MOST_WORDS: usize = 300;

/// What the daemon's absence is told by.
const NO_DAEMON: &str = "failed to connect to local tailscaled";

/// What stands in the way is mended elsewhere.
pub(super) fn not_ready(detail: impl Into<String>) -> ConnectError {
    let provider = OFFERS.name.to_owned();
    let detail = detail.into();
    ConnectError::new(Reason::NotReady { provider, detail })
}

/// What these lines mean; `None` where they mean nothing in particular.
pub(super) fn meaning(said: &str) -> Option<ConnectError> {
    let says = |phrase: &str| said.contains(phrase);
    let error = if says(NO_DAEMON) {
        not_ready(
            "tailscaled isn't running: run `sudo systemctl start tailscaled`, or start the Tailscale app",
        )
    } else if says("is not enabled on your tailnet") {
        let link = link(said)?;
        not_ready(format!(
            "Funnel is not enabled in the tailnet: enable it at {link}"
        ))
    } else if says("HTTPS must be enabled") {
        not_ready("HTTPS is not enabled in the tailnet: see https://tailscale.com/s/https")
    } else if says("\"funnel\" node attribute not set") {
        not_ready(
            "the tailnet does not allow Funnel for this computer: see https://tailscale.com/s/no-funnel",
        )
    } else if says("shields-up") {
        not_ready("incoming connections are blocked: run `tailscale set --shields-up=false`")
    } else if says("serve config denied") || says("--operator=") {
        not_ready(
            "this user may not change what Tailscale serves: run `sudo tailscale set --operator=$USER` once",
        )
    } else if says("is not allowed for funnel") {
        invalid(
            "port: the tailnet does not allow this one for Funnel; choose another of 443, 8443 and 10000",
        )
    } else if says("listener already exists for port") {
        invalid(
            "port: another program has a Tailscale rule on it; choose another of 443, 8443 and 10000",
        )
    } else if says("when using a config file") {
        invalid(
            "tailscaled takes its rules from a file here; add the Funnel there, or start tailscaled without it",
        )
    } else if says("flag provided but not defined")
        || says("unknown subcommand")
        || says("invalid number of arguments")
    {
        let program = NAMES.program.to_owned();
        let detail =
            "it is too old: Funnel in the foreground needs version 1.52 or newer".to_owned();
        ConnectError::new(Reason::ProgramFailed { program, detail })
    } else {
        return None;
    };
    Some(error)
}

fn invalid(detail: &str) -> ConnectError {
    chosen::invalid(&OFFERS, detail)
}

/// The link that Tailscale says helps; a person is sent nowhere else.
fn link(said: &str) -> Option<&str> {
    let mut words = said.split_whitespace();
    let is_one = |word: &&str| word.starts_with("https://login.tailscale.com/") && word.len() < 300;
    words.find(is_one)
}

/// What the end of the program means, which was to serve.
pub(super) fn ended(said: &str, exit: Exit) -> ConnectError {
    let last = said.lines().last().map(words);
    let last = last.unwrap_or_else(|| exit.to_string());
    let reason = match meaning(said) {
        Some(error) => error.reason,
        None => Reason::ProgramExited {
            program: NAMES.program.to_owned(),
            detail: last.clone(),
        },
    };
    ConnectError::with(reason, last)
}

/// As much as a person reads.
pub(super) fn words(said: &str) -> String {
    said.trim().chars().take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each as the source of 1.103 has it.
    #[test]
    fn each_text_has_its_remedy() {
        for (said, code, helps) in [
            (
                "failed to connect to local tailscaled; it doesn't appear to be running (sudo systemctl start tailscaled ?)",
                "not-ready",
                "systemctl",
            ),
            (
                "Funnel is not enabled on your tailnet.\nTo enable, visit:\n\n         https://login.tailscale.com/f/funnel?node=n1\n",
                "not-ready",
                "https://login.tailscale.com/f/funnel?node=n1",
            ),
            (
                "Funnel not available; HTTPS must be enabled. See https://tailscale.com/s/https.",
                "not-ready",
                "/s/https",
            ),
            (
                "Funnel not available; \"funnel\" node attribute not set. See https://tailscale.com/s/no-funnel.",
                "not-ready",
                "/s/no-funnel",
            ),
            (
                "port 80 is not allowed for funnel; allowed ports are: 443,8443,10000",
                "options-invalid",
                "8443",
            ),
            (
                "Unable to turn on Funnel while shields-up is enabled",
                "not-ready",
                "--shields-up=false",
            ),
            (
                "Access denied: serve config denied\n\nUse 'sudo tailscale funnel 3000'.\nTo not require root, use 'sudo tailscale set --operator=$USER' once.",
                "not-ready",
                "--operator",
            ),
            (
                "listener already exists for port 443",
                "options-invalid",
                "another program",
            ),
            (
                "can't reconfigure tailscaled when using a config file; config file is currently /x",
                "options-invalid",
                "from a file",
            ),
            (
                "flag provided but not defined: -https",
                "program-failed",
                "1.52",
            ),
            (
                "Another client is changing the serve config; please try again.",
                "process-exited",
                "try again",
            ),
            ("", "process-exited", "code 0"),
        ] {
            let reason = ended(said, Exit { code: Some(0) }).reason;
            let detail = reason.detail().unwrap_or_default();
            assert!(
                reason.code() == code && detail.contains(helps),
                "{said}: {reason:?}"
            );
        }
        let elsewhere =
            "Funnel is not enabled on your tailnet.\nTo enable, visit:\nhttps://evil.example/";
        assert_eq!(
            ended(elsewhere, Exit { code: Some(0) }).reason.code(),
            "process-exited"
        );
    }
}
