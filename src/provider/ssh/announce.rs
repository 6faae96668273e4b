//! Finds the public address in what a service says in its session. Pure: bytes in, addresses out.
//!
//! Its greeting also has links to documents and dashboards, so only a name with a known end is taken.
//! Whatever comes, little of it is kept.

use super::address::bracketed;
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::VecDeque;

/// The longest line that is read to its end: one of JSON may hold a picture.
const LONGEST_LINE: usize = 16 * 1024;

/// So many of the last lines are kept, to be shown where there was no address in them,
const MOST_LINES: usize = 12;

/// and so much of each, in characters.
const SHOWN: usize = 160;

/// Names that services have for themselves.
const THEIR_OWN: [&str; 9] = [
    "admin",
    "api",
    "console",
    "dashboard",
    "docs",
    "help",
    "status",
    "support",
    "www",
];

/// How a service writes addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// In lines for people.
    #[default]
    Text,
    /// In lines of JSON, but for those that are not.
    Json,
    /// Each line begins with the number of what was asked for.
    Numbered,
    /// `RemoteAddress: …`, without the host where that is the server's.
    Remote,
}

/// What is an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    pub form: Form,
    /// The ends of names that are taken, each with its dot; one without is a whole name.
    pub names: Vec<String>,
    /// Visitors come by a port, and not by a name.
    pub tcp: bool,
    /// The server's own name.
    pub host: String,
}

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Of which port, by the number that it was asked for under.
    pub number: Option<u32>,
    pub url: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Escape {
    #[default]
    None,
    Begun,
    /// Up to a letter.
    Control,
    /// Up to a bell, or to an escape and a backslash.
    Text,
    TextEnding,
}

/// Reads what one service says.
#[derive(Debug, Default)]
pub struct Announcer {
    rule: Rule,
    line: Vec<u8>,
    escape: Escape,
    lines: VecDeque<String>,
    hidden: Vec<String>,
}

impl Announcer {
    pub fn new(rule: Rule) -> Self {
        Self {
            rule,
            ..Self::default()
        }
    }

    /// Has none of these in what is shown: services say again what they were told.
    #[must_use]
    pub fn hiding(mut self, secrets: Vec<String>) -> Self {
        self.hidden = secrets;
        // One may begin with another.
        self.hidden.sort_by_key(|secret| Reverse(secret.len()));
        self
    }

    /// Takes in what came; how it was cut on its way does not matter.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Found> {
        let mut found = Vec::new();
        for byte in bytes {
            if let Some(byte) = self.unescape(*byte) {
                match byte {
                    b'\r' | b'\n' => found.extend(self.end_line()),
                    byte if byte.is_ascii_control() && byte != b'\t' => {}
                    byte if self.line.len() < LONGEST_LINE => self.line.push(byte),
                    _ => {}
                }
            }
        }
        found
    }

    /// Takes what was said last for a whole line.
    pub fn end_line(&mut self) -> Option<Found> {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            return None;
        }
        if self.lines.len() == MOST_LINES {
            self.lines.pop_front();
        }
        // Before it is cut: what is left of a secret would not be known for one.
        let hide = |line: String, secret: &String| line.replace(secret, "***");
        let shown = self.hidden.iter().fold(line.to_owned(), hide);
        self.lines.push_back(shown.chars().take(SHOWN).collect());
        self.rule.find(line)
    }

    /// What was said last.
    pub fn transcript(&self) -> String {
        self.lines().collect::<Vec<&str>>().join(" / ")
    }

    /// The last lines.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// The byte, unless it is of a sequence that colours or moves.
    fn unescape(&mut self, byte: u8) -> Option<u8> {
        const ESCAPE: u8 = 0x1b;
        let (next, shown) = match (self.escape, byte) {
            (Escape::None | Escape::Begun, ESCAPE) => (Escape::Begun, None),
            (Escape::None, byte) => (Escape::None, Some(byte)),
            // Of a charset, too: one more.
            (Escape::Begun, b'[' | b'(' | b')' | b'#' | b' ') => (Escape::Control, None),
            (Escape::Begun, b']' | b'P' | b'_' | b'^' | b'X') => (Escape::Text, None),
            // Nobody's sequence goes over a line.
            (Escape::Control | Escape::Text | Escape::TextEnding, b'\r' | b'\n') => {
                (Escape::None, Some(byte))
            }
            (Escape::Begun, _)
            | (Escape::Control, 0x40..=0x7e)
            | (Escape::Text, 0x07)
            | (Escape::TextEnding, b'\\') => (Escape::None, None),
            (Escape::Control, _) => (Escape::Control, None),
            (Escape::Text | Escape::TextEnding, ESCAPE) => (Escape::TextEnding, None),
            (Escape::Text | Escape::TextEnding, _) => (Escape::Text, None),
        };
        self.escape = next;
        shown
    }
}

/// A line of JSON.
#[derive(Deserialize)]
struct Event {
    #[serde(default, rename = "event")]
    kind: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    address: Option<String>,
}

impl Rule {
    fn find(&self, line: &str) -> Option<Found> {
        let (number, rest) = match (self.form, line.split_once(':')) {
            (Form::Numbered, Some((number, rest))) => (Some(number.trim().parse().ok()?), rest),
            (Form::Numbered, None) => return None,
            (Form::Json, _) if line.starts_with('{') => return self.find_in_event(line),
            (Form::Remote, _) => (None, line.split_once("RemoteAddress:")?.1),
            (Form::Text | Form::Json, _) => (None, line),
        };
        let words = rest.split(|c: char| c.is_whitespace() || "<>\"'`|,;()".contains(c));
        let mut urls: Vec<String> = words.filter_map(|word| self.read(word)).collect();
        // Two of the same line: who has TLS is preferred.
        urls.sort_by_key(|url| !url.starts_with("https:"));
        let url = urls.into_iter().next()?;
        Some(Found { number, url })
    }

    fn find_in_event(&self, line: &str) -> Option<Found> {
        let event: Event = serde_json::from_str(line).ok()?;
        let failed = event.status.is_some_and(|status| status != "success");
        if event.kind != "tcpip-forward" || failed {
            return None;
        }
        let host = event.address?.to_ascii_lowercase();
        let url = format!("https://{host}");
        let found = self.is_its(&host) && is_name(&host);
        found.then_some(Found { number: None, url })
    }

    /// The address that a word is.
    fn read(&self, word: &str) -> Option<String> {
        let word = word.trim_end_matches(['.', '/', ':', '!']);
        if self.form == Form::Remote {
            return self.read_remote(word);
        }
        if self.tcp {
            let place = word.strip_prefix("tcp://").unwrap_or(word);
            return self.read_place(place);
        }
        let lower = word.to_ascii_lowercase();
        let (scheme, rest) = lower.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        let (name, _) = split_port(host);
        let taken = matches!(scheme, "http" | "https") && is_name(name) && self.is_its(name);
        taken.then(|| format!("{scheme}://{host}"))
    }

    fn read_place(&self, place: &str) -> Option<String> {
        let lower = place.to_ascii_lowercase();
        let (name, port) = split_port(&lower);
        let port = port?;
        // By a port, the server's own name is as good as any.
        let taken = name == self.host.to_ascii_lowercase() || self.is_its(name);
        (taken && is_name(name)).then(|| format!("tcp://{name}:{port}"))
    }

    /// `:9090`, `HOST:9090` or a URL.
    fn read_remote(&self, word: &str) -> Option<String> {
        let lower = word.to_ascii_lowercase();
        if let Some((scheme, rest)) = lower.split_once("://") {
            let host = rest.split(['/', '?', '#']).next()?;
            let taken = matches!(scheme, "http" | "https") && is_name(split_port(host).0);
            return taken.then(|| format!("{scheme}://{host}"));
        }
        match split_port(&lower) {
            ("", Some(port)) => {
                let host = bracketed(&self.host);
                Some(format!("{}://{host}:{port}", self.scheme()))
            }
            (name, Some(port)) if is_name(name) => {
                Some(format!("{}://{name}:{port}", self.scheme()))
            }
            (name, None) if is_name(name) && name.contains('.') => {
                Some(format!("{}://{name}", self.scheme()))
            }
            _ => None,
        }
    }

    const fn scheme(&self) -> &'static str {
        if self.tcp { "tcp" } else { "http" }
    }

    /// Whether the service gives such names to tunnels.
    fn is_its(&self, name: &str) -> bool {
        let first = name.split('.').next().unwrap_or_default();
        let has = |end: &String| match name.strip_suffix(end.as_str()) {
            Some("") => !end.starts_with('.'),
            Some(before) => end.starts_with('.') && !before.starts_with('.'),
            None => false,
        };
        self.names.iter().any(has) && !THEIR_OWN.contains(&first)
    }
}

fn split_port(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        Some((name, port)) => match port.parse() {
            Ok(0) | Err(_) => (host, None),
            Ok(port) => (name, Some(port)),
        },
        None => (host, None),
    }
}

/// Whether it is a name, or an address of four numbers.
fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    name.len() <= 253 && name.split('.').all(label)
}

#[cfg(test)]
#[path = "announce_tests.rs"]
mod tests;
