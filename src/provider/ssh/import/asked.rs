//! OpenSSH's own client, asked what holds for a host.
//!
//! `Match exec` has the client run a command, which nobody who looks what could be imported has asked
//! for. So it is given copies of the files in which nothing is as it stands there: each line is written
//! anew from its words, and only those that are known to run nothing.

use super::files::{Files, Line};
use super::resolve::{Resolved, is_none};
use super::{Limits, MATCH_EXEC};
use crate::model::Why;
use crate::provider::program::{Names, Program};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::time::{Duration, Instant};
use tempfile::TempDir;

static NAMES: Names = Names {
    program: "ssh",
    variable: "SSH_BIN",
    folders: &["/usr/bin"],
};

/// It reads files, and asks nobody.
const WITHIN: Duration = Duration::from_secs(5);

/// What it is given of the files: all that matters here, and nothing that it might not know.
const GIVEN: [&str; 11] = [
    "certificatefile",
    "host",
    "hostname",
    "identityfile",
    "port",
    "proxycommand",
    "proxyjump",
    "remoteforward",
    "tag",
    "user",
    "userknownhostsfile",
];

/// For clients from before there were tags.
const FIRST: &str = "IgnoreUnknown tag\n";

/// What a condition may ask, alone.
const ALONE: [&str; 3] = ["all", "canonical", "final"];

/// What it may ask with a list of patterns behind it.
const WITH_PATTERNS: [&str; 5] = ["host", "localuser", "originalhost", "tagged", "user"];

/// What stands in the place of a block whose condition is not passed on.
const NEVER: &str = "Match host command-not-run.invalid";

/// The client, with copies of the files.
pub(super) struct Client {
    program: Program,
    folder: TempDir,
    runtime: tokio::runtime::Runtime,
    /// After that nobody is asked any more.
    until: Instant,
}

impl Client {
    /// `None` where there is none, or none can be asked.
    pub(super) fn new(files: &Files) -> Option<Self> {
        let folder = copies(files)
            .inspect_err(|error| tracing::warn!(%error, "no copies for ssh"))
            .ok()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let client = Self {
            program: Program::from_env(&NAMES).within(WITHIN),
            folder,
            runtime: runtime.ok()?,
            until: Instant::now() + Limits::ALL_WITHIN,
        };
        client.run(&["-V"]).is_some().then_some(client)
    }

    /// What holds for a host; `None` when the client does not say it.
    pub(super) fn ask(&self, alias: &str) -> Option<Resolved> {
        let path = self.folder.path().join(name(0));
        let path = path.to_str()?;
        let argv = [
            "-G",
            "-F",
            path,
            "-o",
            "CanonicalizeHostname=no",
            "--",
            alias,
        ];
        let told = self.run(&argv)?;
        Some(Resolved::told(&told)).filter(|resolved| !resolved.host.is_empty())
    }

    fn run(&self, argv: &[&str]) -> Option<String> {
        if Instant::now() >= self.until {
            return None;
        }
        let answer = self.runtime.block_on(self.program.run(argv));
        let answer = answer.ok().filter(|answer| answer.code == Some(0))?;
        Some(answer.stdout)
    }
}

fn name(place: usize) -> String {
    format!("{place}.conf")
}

/// Copies of the files that include each other by their new names.
fn copies(files: &Files) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("underpass-").tempdir()?;
    let included = |inner| format!("\"{}\"", folder.path().join(name(inner)).display());
    for (place, (_, lines)) in files.all.iter().enumerate() {
        fs::write(folder.path().join(name(place)), copy(lines, included))?;
    }
    Ok(folder)
}

fn copy(lines: &[Line], included: impl Fn(usize) -> String) -> String {
    let mut text = FIRST.to_owned();
    for line in lines {
        let words: Vec<String> = match line.keyword.as_str() {
            "match" => {
                let condition = condition(line);
                let _ = writeln!(text, "{}", condition.as_deref().unwrap_or(NEVER));
                continue;
            }
            "include" => line.included.iter().map(|inner| included(*inner)).collect(),
            // Which one it is matters to nobody here.
            "proxycommand" if !line.args.iter().any(|it| is_none(it)) => vec!["command".to_owned()],
            keyword if GIVEN.contains(&keyword) => line.args.iter().map(|it| written(it)).collect(),
            _ => continue,
        };
        if !words.is_empty() {
            let _ = writeln!(text, "{} {}", line.keyword, words.join(" "));
        }
    }
    text
}

/// A word that is one to every client. Some read no quotes, so they are only where they have to be.
fn written(word: &str) -> String {
    if is_plain(word) {
        return word.to_owned();
    }
    let escaped = word.replace('\\', r"\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

/// Whether nothing in it means anything to whoever takes a line apart.
fn is_plain(word: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || "-_.,:/@%+*?![]~".contains(c);
    !word.is_empty() && word.chars().all(is_plain)
}

/// The line of a condition that runs nothing, whichever client reads it; else what it asks that is not
/// passed on.
fn condition(line: &Line) -> Result<String, String> {
    let mut text = "Match".to_owned();
    let mut words = line.args.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let (asked, value) = attribute(word);
        let bare = asked.trim_start_matches('!');
        if ALONE.contains(&bare) && value.is_none() {
            let _ = write!(text, " {asked}");
            continue;
        }
        let value = if WITH_PATTERNS.contains(&bare) {
            value.or_else(|| words.next())
        } else {
            None
        };
        let value = value.filter(|value| is_plain(value));
        let value = value.ok_or_else(|| bare.to_owned())?;
        let _ = write!(text, " {asked} {value}");
    }
    Ok(text)
}

/// What a word of a condition asks, in small letters, and what may stand right behind it.
fn attribute(word: &str) -> (String, Option<&str>) {
    match word.split_once('=') {
        Some((asked, value)) => (asked.to_ascii_lowercase(), Some(value)),
        None => (word.to_ascii_lowercase(), None),
    }
}

/// Why a block is not looked at, if it is not.
pub(super) fn unasked(line: &Line) -> Option<Why> {
    let refused = (line.keyword == "match").then(|| condition(line).err());
    let refused = refused.flatten()?;
    let runs = |word: &String| attribute(word).0.trim_start_matches('!') == "exec";
    if line.args.iter().any(runs) {
        return Some(Why::plain(MATCH_EXEC));
    }
    Some(Why::with(Why::UNKNOWN, refused))
}

#[cfg(test)]
mod tests {
    use super::super::files::lines;
    use super::*;

    fn copied(text: &str) -> String {
        let copy = copy(&lines(text), name);
        copy.strip_prefix(FIRST).unwrap_or(&copy).replace('\n', ";")
    }

    #[test]
    fn a_condition_is_passed_on_only_if_all_of_it_is_known_to_run_nothing() {
        for (text, passed) in [
            ("Match host a,!b user anna", "Match host a,!b user anna;"),
            (
                "mAtCh \"Host\" 'a' !localuser=x",
                "Match host a !localuser x;",
            ),
            ("Match final all", "Match final all;"),
            ("Match tagged work # mine", "Match tagged work;"),
        ] {
            assert_eq!(copied(text), passed, "{text}");
            assert_eq!(unasked(&lines(text)[0]), None, "{text}");
        }
        for text in [
            "Match exec \"touch x\"",
            "Match EXEC touch",
            "Match e\"xec\" \"touch x\"",
            "Match ex\"ec\" touch",
            "Match 'e'xec touch",
            "\"Match\" exec touch",
            "M\"atc\"h exec touch",
            "Match=exec touch",
            "Match !exec touch",
            "Match exec=touch",
            "Match host x exec \"touch x\"",
            "Match host=x exec=\"touch x\"",
        ] {
            assert_eq!(copied(text), format!("{NEVER};"), "{text}");
            assert_eq!(unasked(&lines(text)[0]), Some(Why::plain(MATCH_EXEC)));
        }
        // What one client takes for a value is the next word to another.
        for text in [
            "Match host a=exec touch",
            "Match host \"a exec touch\"",
            "Match host",
            "Match host= exec",
            "Match e\\xec touch",
            "Match of-later x",
        ] {
            assert_eq!(copied(text), format!("{NEVER};"), "{text}");
            assert!(unasked(&lines(text)[0]).is_some(), "{text}");
        }
    }

    #[test]
    fn other_lines_are_passed_on_by_their_words_and_only_those_that_matter() {
        for (text, passed) in [
            ("Host a \"b\" !c", "host a b !c;"),
            ("IdentityFile \"/a b/c\"", "identityfile \"/a b/c\";"),
            ("IdentityFile 'a\"b'", "identityfile \"a\\\"b\";"),
            ("ProxyCommand touch x", "proxycommand command;"),
            ("ProxyCommand none", "proxycommand none;"),
            ("KnownHostsCommand /bin/touch x", ""),
            ("\"LocalCommand\" touch x", ""),
            ("PermitLocalCommand yes", ""),
            ("PKCS11Provider /x.so", ""),
            ("Include \"gone\"", ""),
        ] {
            assert_eq!(copied(text), passed, "{text}");
        }
    }
}
