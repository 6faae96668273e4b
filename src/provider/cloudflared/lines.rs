//! What the program prints: JSON lines where its version can, lines with a time and a level where it
//! cannot, and plain text for what it dies of.

use serde::Deserialize;
use std::net::SocketAddr;

/// What every quick tunnel's name ends with.
const QUICK: &str = ".trycloudflare.com";

/// What the program said so far that matters: a few lines at most.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Where its own small web server listens.
    pub(super) metrics: Option<SocketAddr>,
    /// The URL of a quick tunnel.
    pub(super) url: Option<String>,
    /// It does not know one of its arguments, as an old version does not.
    pub(super) confused: bool,
    /// The last error of its log.
    pub(super) error: Option<String>,
    /// The last line that is none of its log.
    pub(super) plain: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    level: String,
    #[serde(default)]
    message: String,
    error: Option<String>,
}

impl Told {
    /// Takes a line.
    pub(super) fn take(&mut self, line: &str) {
        if line.starts_with('{') {
            // One that was cut, or that is no entry, says nothing.
            if let Ok(entry) = serde_json::from_str::<Entry>(line) {
                let is_error = matches!(entry.level.as_str(), "error" | "fatal" | "panic");
                let text = match entry.error {
                    Some(error) => format!("{}: {error}", entry.message),
                    None => entry.message,
                };
                self.take_entry(&text, is_error);
            }
        } else if let Some((level, text)) = logged(line) {
            self.take_entry(text, matches!(level, "ERR" | "FTL" | "PNC"));
        } else if !self.confused {
            self.confused = line.starts_with("Incorrect Usage");
            self.plain = Some(line.to_owned());
        }
    }

    fn take_entry(&mut self, text: &str, is_error: bool) {
        // It says so of the empty configuration that it is given on purpose.
        if is_error && !(text.contains("onfiguration file") && text.contains("was empty")) {
            self.error = Some(text.to_owned());
        }
        if let Some(at) = metrics_address(text) {
            self.metrics = Some(at);
        }
        if let Some(url) = quick_url(text) {
            self.url = Some(url.to_owned());
        }
    }

    /// What it died of, in its own words.
    pub(super) fn last(&self) -> Option<&str> {
        self.plain.as_deref().or(self.error.as_deref())
    }
}

/// The level and the text of a line of its usual log: `2026-11-29T14:29:11Z INF text`.
fn logged(line: &str) -> Option<(&str, &str)> {
    let (time, rest) = line.split_once(' ')?;
    let (level, text) = rest.split_once(' ')?;
    let is_time = time.ends_with('Z') && time.contains('T') && time.starts_with("20");
    let is_level = level.len() == 3 && level.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_time && is_level).then_some((level, text.trim()))
}

fn metrics_address(text: &str) -> Option<SocketAddr> {
    let rest = text.split_once("Starting metrics server on ")?.1;
    let at: SocketAddr = rest.split_once("/metrics")?.0.parse().ok()?;
    at.ip().is_loopback().then_some(at)
}

/// The URL that stands alone in the box around it. An error names Cloudflare's own address, which is
/// nobody's tunnel.
fn quick_url(text: &str) -> Option<&str> {
    let url = text.trim_matches(|c: char| c == '|' || c.is_whitespace());
    let name = url.strip_prefix("https://")?.strip_suffix(QUICK)?;
    is_quick_name(name).then_some(url)
}

fn is_quick_name(name: &str) -> bool {
    let taken = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !name.is_empty() && name.len() <= 63 && name != "api" && name.bytes().all(taken)
}

/// The URL of a quick tunnel by what `/quicktunnel` answers.
pub(super) fn url_of(answer: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Quick {
        hostname: String,
    }
    let quick: Quick = serde_json::from_slice(answer).ok()?;
    let name = quick.hostname.strip_suffix(QUICK)?;
    is_quick_name(name).then(|| format!("https://{}", quick.hostname))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 2026.8.2 prints it, with and without `--output json`.
    const PLAIN: &str = include_str!("tests/quick.txt");
    const JSON: &str = include_str!("tests/quick.jsonl");

    fn told(text: &str) -> Told {
        let mut told = Told::default();
        for line in text.lines() {
            told.take(line);
        }
        told
    }

    #[test]
    fn both_forms_tell_the_same() {
        for text in [PLAIN, JSON] {
            let told = told(text);
            assert_eq!(
                told.url.as_deref(),
                Some("https://calm-river-seven-birds.trycloudflare.com")
            );
            assert_eq!(told.metrics.map(|at| at.port()), Some(18_099));
            assert_eq!(
                told.last(),
                None,
                "an empty configuration is what it was given"
            );
        }
    }

    #[test]
    fn what_it_dies_of_is_told_and_no_address_of_cloudflare_s_is_a_tunnel() {
        let told = told(
            "{\"level\":\"error\",\"error\":\"no route\",\"message\":\"Serve tunnel error\"}\n\
             {\"level\":\"error\",\"mess\nfailed to request quick Tunnel: Post \"https://api.trycloudflare.com/tunnel\": dial tcp",
        );
        assert_eq!(told.error.as_deref(), Some("Serve tunnel error: no route"));
        assert!(
            told.last()
                .is_some_and(|last| last.starts_with("failed to request"))
        );
        assert_eq!(told.url, None);
        for none in [
            "https://api.trycloudflare.com",
            "https://a.b.trycloudflare.com",
            "https://evil.org/.trycloudflare.com",
            "http://a.trycloudflare.com",
        ] {
            assert_eq!(quick_url(none), None, "{none}");
        }
        assert_eq!(
            metrics_address("Starting metrics server on 192.0.2.1:80/metrics"),
            None
        );
    }

    #[test]
    fn an_old_version_is_known_by_its_help() {
        let told = told(
            "Incorrect Usage: flag provided but not defined: -output\n\nNAME:\n   cloudflared tunnel",
        );
        assert!(told.confused);
        assert!(told.last().is_some_and(|last| last.contains("-output")));
    }

    #[test]
    fn its_web_server_tells_the_name_too() {
        assert_eq!(
            url_of(br#"{"hostname":"a-b.trycloudflare.com"}"#).as_deref(),
            Some("https://a-b.trycloudflare.com")
        );
        for none in [
            &br#"{"hostname":""}"#[..],
            b"",
            b"{}",
            br#"{"hostname":"x.org"}"#,
        ] {
            assert_eq!(url_of(none), None);
        }
    }
}
