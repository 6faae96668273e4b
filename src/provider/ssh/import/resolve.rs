//! What holds for a host: as OpenSSH's own client tells it (`ssh -G`), and as we read its files where
//! that client is not there.

use super::super::known_hosts::is_like;
use super::files::{Files, Line, lines};
use std::collections::BTreeSet;

/// What holds for a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) host: String,
    pub(super) user: Option<String>,
    pub(super) port: Option<u16>,
    /// What the server is to listen at, and where that leads.
    pub(super) forwards: Vec<(String, String)>,
    pub(super) identities: Vec<String>,
    pub(super) certificate: bool,
    pub(super) jump: Option<String>,
    pub(super) command: bool,
    pub(super) known_hosts: Vec<String>,
}

/// What the client prints where nobody has chosen a key.
const USUAL_KEYS: [&str; 7] = [
    "~/.ssh/id_rsa",
    "~/.ssh/id_ecdsa",
    "~/.ssh/id_ecdsa_sk",
    "~/.ssh/id_ed25519",
    "~/.ssh/id_ed25519_sk",
    "~/.ssh/id_xmss",
    "~/.ssh/id_dsa",
];

impl Resolved {
    /// What `ssh -G` has printed.
    pub(super) fn told(text: &str) -> Self {
        let mut resolved = Self::default();
        for line in lines(text) {
            resolved.take(&line);
        }
        let is_usual = |key: &String| USUAL_KEYS.contains(&key.as_str());
        if resolved.identities.len() > 1 && resolved.identities.iter().all(is_usual) {
            resolved.identities.clear();
        }
        resolved
    }

    /// The same by our own reading.
    pub(super) fn read(files: &Files, alias: &str) -> Self {
        let mut resolved = Self::default();
        Reading::of(files, alias, &mut resolved).file(0, true);
        if resolved.host.is_empty() {
            alias.clone_into(&mut resolved.host);
        }
        resolved.host = resolved.host.replace("%h", alias).replace("%%", "%");
        resolved
    }

    /// What is said first counts; forwards and keys add up.
    fn take(&mut self, line: &Line) {
        let first = || line.args.first().cloned();
        match line.keyword.as_str() {
            "hostname" if self.host.is_empty() => self.host = first().unwrap_or_default(),
            "user" => self.user = self.user.take().or_else(first),
            "port" => self.port = self.port.or_else(|| first()?.parse().ok()),
            "remoteforward" => {
                let to = line.args.get(1).cloned().unwrap_or_default();
                self.forwards.extend(first().map(|from| (from, to)));
            }
            "identityfile" => self.identities.extend(first()),
            "certificatefile" => self.certificate = true,
            "proxyjump" => self.jump = self.jump.take().or_else(first),
            "proxycommand" => self.command |= first().is_some_and(|it| !is_none(&it)),
            "userknownhostsfile" if self.known_hosts.is_empty() => {
                self.known_hosts.clone_from(&line.args);
            }
            _ => {}
        }
    }
}

/// The word for nothing at all, where a file or a command may stand.
pub(super) fn is_none(word: &str) -> bool {
    word.eq_ignore_ascii_case("none")
}

/// Whether it is looked into where nobody has chosen another one.
pub(super) fn is_usual_known_hosts(path: &str) -> bool {
    path.ends_with("/.ssh/known_hosts") || path.ends_with("/.ssh/known_hosts2")
}

/// The forwards that hold for a name by our own reading, by file and line.
pub(super) fn holding(files: &Files, alias: &str) -> BTreeSet<(usize, usize)> {
    let mut resolved = Resolved::default();
    let mut reading = Reading::of(files, alias, &mut resolved);
    reading.file(0, true);
    reading.held
}

/// A reading under way.
struct Reading<'a> {
    files: &'a Files,
    alias: &'a str,
    resolved: &'a mut Resolved,
    held: BTreeSet<(usize, usize)>,
}

impl<'a> Reading<'a> {
    const fn of(files: &'a Files, alias: &'a str, resolved: &'a mut Resolved) -> Self {
        Self {
            files,
            alias,
            resolved,
            held: BTreeSet::new(),
        }
    }

    fn file(&mut self, place: usize, holds: bool) {
        let files = self.files;
        let Some((_, lines)) = files.all.get(place) else {
            return;
        };
        let mut active = holds;
        for line in lines {
            match line.keyword.as_str() {
                "host" => active = holds && is_meant(&line.args, self.alias),
                "match" => active = holds && self.matches(&line.args),
                "include" if active => {
                    for inner in &line.included {
                        self.file(*inner, true);
                    }
                }
                _ if active => {
                    if line.keyword == "remoteforward" {
                        self.held.insert((place, line.number));
                    }
                    self.resolved.take(line);
                }
                _ => {}
            }
        }
    }

    /// Whether all that is asked holds. What is not known here does not.
    fn matches(&self, args: &[String]) -> bool {
        let mut args = args.iter();
        while let Some(word) = args.next() {
            let mut patterns = || -> Vec<String> {
                let list = args.next().map(String::as_str).unwrap_or_default();
                list.split(',').map(str::to_owned).collect()
            };
            let holds = match word.to_ascii_lowercase().as_str() {
                "all" => true,
                "originalhost" => is_meant(&patterns(), self.alias),
                "host" if self.resolved.host.is_empty() => is_meant(&patterns(), self.alias),
                "host" => is_meant(&patterns(), &self.resolved.host),
                _ => false,
            };
            if !holds {
                return false;
            }
        }
        true
    }
}

/// Whether one of these stands for the name, and none that begins with `!`.
pub(super) fn is_meant(patterns: &[String], name: &str) -> bool {
    let mut is = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            Some(not) if is_like(not, name) => return false,
            Some(_) => {}
            None => is |= is_like(pattern, name),
        }
    }
    is
}
