//! What can be taken over from the configuration of another program, and what cannot: plain data, and the
//! shape of whatever reads it.

use super::{AccountId, PortOptions, Protocol, ProviderId, Secret, Target, Tunnel, TunnelId};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A kind of configuration file that can be read.
#[derive(Clone, Copy, Debug)]
pub struct ConfigFormat {
    /// What it is called by those who use it.
    pub name: &'static str,
    /// Where one may be.
    pub places: fn(&Folders) -> Vec<PathBuf>,
    /// Whether a file somewhere else is one of these, by what it is called and by what is in it.
    pub is: fn(&ConfigFile) -> bool,
    /// What is in it. Pure, but for files that it includes and a program that may know it better; it
    /// bounds itself.
    pub read: fn(&ConfigFile, &Folders) -> Import,
}

/// A file, read.
#[derive(Clone)]
pub struct ConfigFile {
    pub path: PathBuf,
    /// May hold passwords.
    pub text: String,
}

impl ConfigFile {
    /// What it is called, in small letters.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().to_ascii_lowercase()
    }

    /// Whether a line of it begins like this, whatever the case and the space before it.
    pub fn has_line(&self, begin: &str) -> bool {
        let begins = |line: &str| {
            let line = line.trim_start();
            line.get(..begin.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(begin))
        };
        self.text.lines().any(begins)
    }
}

/// The folders that a person's programs keep their files in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    pub home: PathBuf,
    /// `~/.config`, or what stands for it on this system.
    pub config: PathBuf,
    /// `~/.local/share`, or what stands for it.
    pub local: PathBuf,
}

impl Folders {
    /// A path as a file has it: `~` is the home, and what begins nowhere begins in `beside`.
    pub fn whole(&self, path: &str, beside: &Path) -> PathBuf {
        match path.strip_prefix("~/") {
            Some(inside) => self.home.join(inside),
            None => beside.join(path),
        }
    }
}

/// What one file has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Import {
    pub found: Vec<Found>,
    pub skipped: Vec<Skipped>,
    /// The tokens of accounts.
    pub tokens: Vec<(AccountId, Secret)>,
}

impl Import {
    /// What a file has that cannot be read at all.
    pub fn unreadable(line: usize, format: &str) -> Self {
        let mut import = Self::default();
        import.skip(line, "", Why::with(Why::UNREADABLE, format));
        import
    }

    pub fn skip(&mut self, line: usize, what: impl Into<String>, why: Why) {
        let what = what.into();
        self.skipped.push(Skipped { line, what, why });
    }
}

/// A tunnel that can be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Where it stands, from 1.
    pub line: usize,
    /// What it is called there, or whatever tells it from others.
    pub name: String,
    pub provider: ProviderId,
    pub target: Target,
    pub protocol: Protocol,
    pub port: PortOptions,
    /// By the keys of the provider's options.
    pub options: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, Secret>,
}

impl Found {
    /// One with nothing chosen.
    pub fn new(line: usize, name: &str, provider: ProviderId, target: Target) -> Self {
        Self {
            line,
            name: name.to_owned(),
            provider,
            target,
            protocol: Protocol::Auto,
            port: PortOptions::default(),
            options: BTreeMap::new(),
            secrets: BTreeMap::new(),
        }
    }

    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.options.insert(key.to_owned(), value.into());
    }
}

/// Something that is not taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Where it stands, from 1; 0 is the file as a whole.
    pub line: usize,
    /// Its key, or its name: never a value that may be secret.
    pub what: String,
    pub why: Why,
}

/// Why something is not taken over, or what is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The key of the text that says it and what can be done, in `i18n`; a word for programs too.
    pub code: &'static str,
    /// What stands in that text.
    pub detail: String,
}

impl Why {
    /// It is nothing that can be read; `detail` says what it should be.
    pub const UNREADABLE: &'static str = "import-unreadable";
    /// There is more of it than is read.
    pub const TOO_MUCH: &'static str = "import-too-much";
    /// It leads to something that is no port.
    pub const NO_PORT: &'static str = "import-no-port";
    /// Nobody here carries that.
    pub const NOT_CARRIED: &'static str = "import-not-carried";
    /// It keeps visitors out, and nothing here would do it in its place.
    pub const RESTRICTS: &'static str = "import-restricts";
    /// It is not known, and might keep visitors out.
    pub const UNKNOWN: &'static str = "import-unknown";
    /// Nothing here is like it, and the tunnel does without.
    pub const LEFT_OUT: &'static str = "import-left-out";
    /// The option takes something else.
    pub const INVALID: &'static str = "import-invalid";
    /// It is filled in by the other program when that runs.
    pub const TEMPLATE: &'static str = "import-template";
    /// It holds for all tunnels of a provider.
    pub const FOR_ALL: &'static str = "import-for-all";
    /// This build lacks the provider.
    pub const NO_PROVIDER: &'static str = "import-no-provider";

    pub const fn plain(code: &'static str) -> Self {
        Self {
            code,
            detail: String::new(),
        }
    }

    pub fn with(code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { code, detail }
    }
}

/// A file, and what is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportSource {
    pub path: PathBuf,
    /// What kind of file it is, as those who use it call it.
    pub format: &'static str,
    pub import: Import,
}

/// Something that was found, and what becomes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    pub found: Found,
    pub outcome: Outcome,
}

/// What becomes of what was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// This tunnel, and what is secret of it by the names under which that is kept.
    New {
        tunnel: Box<Tunnel>,
        secrets: Vec<(String, Secret)>,
    },
    /// This one does the same already.
    There { id: TunnelId, name: String },
    /// Nothing.
    Refused(Why),
}

/// What the dialog shows that takes over from other programs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportFacts {
    /// The number of the question that this answers.
    pub asked: u64,
    /// The files are being read.
    pub looking: bool,
    pub sources: Vec<ImportSource>,
    /// What becomes of all that they have, in their order.
    pub planned: Vec<Planned>,
    /// The places of those that the person does not want.
    pub unpicked: BTreeSet<usize>,
    /// Why a file could not be read.
    pub error: Option<FileError>,
}

/// Why a file that a person named was not read, or not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    Unread {
        file: String,
        why: Why,
    },
    /// It is none of the kinds that can be read, which are these.
    OfNoKind {
        file: String,
        kinds: String,
    },
    NotWritten {
        file: String,
        why: Why,
    },
    /// It is not replaced.
    There {
        file: String,
    },
    /// Nobody knows the person's home folder.
    NoHome,
    /// It took too long.
    Late,
    /// One that was asked for before is being read still.
    Busy,
    /// The thread that was to do it did not, or not to its end.
    BrokenOff,
    /// It would lack what could not be read of this file of ours.
    NotWhole {
        file: String,
    },
}

impl ImportFacts {
    /// What is to be made.
    pub fn picked(&self) -> Vec<Found> {
        let new = self.planned.iter().enumerate().filter(|(at, planned)| {
            let is_new = matches!(planned.outcome, Outcome::New { .. });
            is_new && !self.unpicked.contains(at)
        });
        new.map(|(_, planned)| planned.found.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_where_the_file_says() {
        let folders = Folders {
            home: "/home/anna".into(),
            ..Folders::default()
        };
        let whole = |path| folders.whole(path, Path::new("/etc/x"));
        assert_eq!(whole("~/a"), PathBuf::from("/home/anna/a"));
        assert_eq!(whole("/a"), PathBuf::from("/a"));
        assert_eq!(whole("a"), PathBuf::from("/etc/x/a"));
    }

    #[test]
    fn what_is_secret_of_what_was_found_prints_as_such() {
        let port = super::super::PortNumber::new(1).expect("not 0");
        let mut found = Found::new(1, "a", ProviderId::RELAY, Target::local(port));
        found
            .secrets
            .insert("x".to_owned(), Secret::new("hunter22"));
        assert!(!format!("{found:?}").contains("hunter22"));
    }
}
