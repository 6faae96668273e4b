//! OpenSSH's own client, asked what holds for a host.
//!
//! `Match exec` has the client run a command, which nobody who looks what could be imported has asked
//! for. So it is given copies of the files in which such a block stands for no host.

use super::Limits;
use super::files::{Files, Line};
use super::resolve::Resolved;
use crate::provider::program::{Names, Program};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;
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
const GIVEN: [&str; 10] = [
    "certificatefile",
    "host",
    "hostname",
    "identityfile",
    "port",
    "proxycommand",
    "proxyjump",
    "remoteforward",
    "user",
    "userknownhostsfile",
];

/// What stands in the place of a block whose condition runs a command.
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
    for (place, (_, lines)) in files.all.iter().enumerate() {
        let mut text = String::new();
        for line in lines {
            match line.keyword.as_str() {
                "match" if runs_command(line) => text.push_str(NEVER),
                "include" => {
                    let paths = line.included.iter();
                    let paths = paths.map(|inner| quoted(&folder.path().join(name(*inner))));
                    let paths: Vec<String> = paths.collect();
                    if !paths.is_empty() {
                        let _ = write!(text, "Include {}", paths.join(" "));
                    }
                }
                keyword if keyword == "match" || GIVEN.contains(&keyword) => {
                    let _ = write!(text, "{keyword} {}", line.rest);
                }
                _ => {}
            }
            text.push('\n');
        }
        fs::write(folder.path().join(name(place)), text)?;
    }
    Ok(folder)
}

/// Whether a condition has the client run a command.
pub(super) fn runs_command(line: &Line) -> bool {
    line.keyword == "match" && line.rest.to_ascii_lowercase().contains("exec")
}

fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display())
}
