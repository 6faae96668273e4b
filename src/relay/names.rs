//! What a relay remembers from one run to the next: whose each label is, and whose each public port. A
//! restart must neither free a reserved name nor move a public port.
//!
//! `names.json` is all of it at one time, and `names.journal` what has changed since, a line each: so
//! what is written down costs what has changed, and not what is known. A line says what is true of one
//! label or port, whatever was said of it before: reading a journal twice changes nothing.

use super::numbers::{PublicKey, RememberedPort};
use super::registry::Registry;
use super::table::Remembered;
use super::{RelayError, files};
use crate::base::clock;
use crate::base::files::{Document, no_follow};
use crate::model::{NoticeKind, TunnelId, UnixMillis};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::spawn_blocking;

pub(super) const FILE: &str = "names.json";
const JOURNAL: &str = "names.journal";

/// Changes are written down together, this long after the first of them.
const WRITE_AFTER: Duration = Duration::from_secs(1);

/// After a failure (mostly: a full disk) all is written down again, this much later.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// The largest file that is read, in bytes: twice what all labels and ports take that a relay may know
/// (`Limits::known_labels`), each with the longest names.
const MAX_SIZE: u64 = 256 * 1024 * 1024;

/// A journal that is longer than this, and than what is known, is replaced by what is known.
const LONG_JOURNAL: u64 = 1024 * 1024;

/// No line of ours is longer.
const MAX_LINE: u64 = 4096;

/// Every label and public port, as `names.json` has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Names {
    labels: Vec<Name>,
    ports: Vec<PublicPort>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Name {
    label: String,
    account: Arc<str>,
    /// None when it was hosted as this was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reserved_until: Option<UnixMillis>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct PublicPort {
    #[serde(flatten)]
    key: PublicKey,
    public: NonZeroU16,
    /// None when it was served as this was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reserved_until: Option<UnixMillis>,
}

/// One line of the journal: what is true from then on.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum JournalEntry {
    Label(Name),
    NoLabel(String),
    Port(PublicPort),
    NoPort(PublicKey),
}

/// What has changed since it was written down last.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) labels: (Vec<Remembered>, Vec<String>),
    pub(super) ports: (Vec<RememberedPort>, Vec<PublicKey>),
}

impl Name {
    fn new(remembered: Remembered, now: UnixMillis) -> Self {
        Self {
            label: remembered.label,
            account: remembered.account,
            reserved_until: remembered.left.map(|left| now.after(left)),
        }
    }
}

impl PublicPort {
    fn new(remembered: RememberedPort, now: UnixMillis) -> Option<Self> {
        Some(Self {
            public: NonZeroU16::new(remembered.public)?,
            key: remembered.key,
            reserved_until: remembered.left.map(|left| now.after(left)),
        })
    }
}

impl Changes {
    fn into_entries(self, now: UnixMillis) -> impl Iterator<Item = JournalEntry> {
        let labels = self
            .labels
            .0
            .into_iter()
            .map(move |label| Name::new(label, now));
        let ports = self.ports.0.into_iter();
        let ports = ports.filter_map(move |port| PublicPort::new(port, now));
        let gone = self.labels.1.into_iter().map(JournalEntry::NoLabel);
        let gone = gone.chain(self.ports.1.into_iter().map(JournalEntry::NoPort));
        // A number may go from one key to another: what is gone comes first.
        gone.chain(labels.map(JournalEntry::Label))
            .chain(ports.map(JournalEntry::Port))
    }
}

impl Names {
    pub(super) fn new(
        labels: Vec<Remembered>,
        ports: impl Iterator<Item = RememberedPort>,
        now: UnixMillis,
    ) -> Self {
        let labels = labels.into_iter().map(|label| Name::new(label, now));
        let ports = ports.filter_map(|port| PublicPort::new(port, now));
        Self {
            labels: labels.collect(),
            ports: ports.collect(),
        }
    }

    /// The labels, as the table knows them. What cannot be one is left out.
    pub(super) fn labels(&self, now: UnixMillis) -> impl Iterator<Item = Remembered> {
        let usable = |name: &&Name| TunnelId::label(name.label.as_str()).is_ok();
        self.labels
            .iter()
            .filter(usable)
            .map(move |label| Remembered {
                label: label.label.clone(),
                account: Arc::clone(&label.account),
                left: label.reserved_until.map(|until| until.since(now)),
            })
    }

    /// The public ports, as their numbers know them.
    pub(super) fn ports(&self, now: UnixMillis) -> impl Iterator<Item = RememberedPort> {
        self.ports.iter().map(move |port| RememberedPort {
            key: port.key.clone(),
            public: port.public.get(),
            left: port.reserved_until.map(|until| until.since(now)),
        })
    }

    /// Forgets what was kept for accounts that are not there any more.
    pub(super) fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.labels.retain(|label| is_there(&label.account));
        self.ports.retain(|port| is_there(&port.key.account));
    }

    /// This, and then what the lines say.
    fn changed_by(self, lines: impl Iterator<Item = JournalEntry>) -> Self {
        let mut order = 0_u64;
        let mut next = move || {
            order += 1;
            order
        };
        let labels = self
            .labels
            .into_iter()
            .map(|label| (label.label.clone(), (next(), label)));
        let mut labels: HashMap<_, _> = labels.collect();
        let ports = self
            .ports
            .into_iter()
            .map(|port| (port.key.clone(), (next(), port)));
        let mut ports: HashMap<_, _> = ports.collect();
        for line in lines {
            match line {
                JournalEntry::Label(label) => {
                    labels.insert(label.label.clone(), (next(), label));
                }
                JournalEntry::NoLabel(label) => drop(labels.remove(&label)),
                JournalEntry::Port(port) => {
                    ports.insert(port.key.clone(), (next(), port));
                }
                JournalEntry::NoPort(key) => drop(ports.remove(&key)),
            }
        }
        // The oldest first, as they came.
        let mut labels: Vec<_> = labels.into_values().collect();
        labels.sort_unstable_by_key(|(order, _)| *order);
        let mut ports: Vec<_> = ports.into_values().collect();
        ports.sort_unstable_by_key(|(order, _)| *order);
        Self {
            labels: labels.into_iter().map(|(_, label)| label).collect(),
            ports: ports.into_iter().map(|(_, port)| port).collect(),
        }
    }
}

/// The two files of one relay.
pub(super) struct NameStore {
    dir: PathBuf,
    document: Document<Names>,
    writing: Mutex<JournalState>,
}

#[derive(Debug, Default)]
struct JournalState {
    /// How long the journal is, in bytes.
    len: u64,
    /// How long it may be until all is written down anew.
    long: u64,
    /// What is on the disk is not what was known: the next time all is written down.
    stale: bool,
}

impl NameStore {
    pub(super) fn of(dir: &Path) -> Arc<Self> {
        Arc::new(Self {
            dir: dir.to_owned(),
            document: Document::new(dir, FILE, &[]).at_most(MAX_SIZE),
            writing: Mutex::default(),
        })
    }

    /// What was written down the last time. A file that cannot be understood is kept aside, and nothing
    /// is known.
    ///
    /// # Errors
    /// A file is larger than any that is written, or a newer program's: names would be lost if it were
    /// passed over.
    pub(super) fn load(&self) -> Result<Names, RelayError> {
        let size_of = |path: &Path| fs::metadata(path).map_or(0, |facts| facts.len());
        for path in [self.document.path(), self.journal()] {
            let size = size_of(&path);
            if size > MAX_SIZE {
                let limit = MAX_SIZE;
                return Err(RelayError::NamesTooLarge { path, size, limit });
            }
        }
        let loaded = self.document.load();
        if let Some(NoticeKind::FileTooNew { .. }) = loaded.notice {
            let (path, version) = (self.document.path(), self.document.version());
            return Err(RelayError::NamesTooNew { path, version });
        }
        let names = loaded.value;
        let lines = read_journal(&self.journal()).map_err(|error| RelayError::Data {
            path: self.journal(),
            error,
        })?;
        let mut writing = self.writing.lock();
        writing.long = self.size();
        // All is written down at the first change, and the journal begins anew: whatever is in it, a
        // part of a line too, to which the next one would be added.
        writing.stale = size_of(&self.journal()) > 0 || writing.long == 0;
        Ok(names.changed_by(lines.into_iter()))
    }

    /// Writes down what the registry knows now and did not know then.
    pub(super) async fn save(self: &Arc<Self>, registry: &Arc<Registry>) -> io::Result<()> {
        let (memory, registry) = (Arc::clone(self), Arc::clone(registry));
        let saved = spawn_blocking(move || {
            // Two that write at once could leave the older state.
            let mut writing = memory.writing.lock();
            let saved = memory.write(&mut writing, &registry);
            writing.stale |= saved.is_err();
            saved
        });
        let saved = saved.await.map_err(io::Error::other).flatten();
        saved.inspect_err(|error| {
            tracing::warn!(%error, "names and ports cannot be written down");
        })
    }

    fn write(&self, writing: &mut JournalState, registry: &Registry) -> io::Result<()> {
        let (changes, now) = (registry.take_changes(), clock::wall());
        if writing.stale || writing.len > LONG_JOURNAL.max(writing.long) {
            self.document.save(&registry.names(now))?;
            // What is in it is in the file now.
            match fs::remove_file(self.journal()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            *writing = JournalState {
                long: self.size(),
                ..JournalState::default()
            };
            return Ok(());
        }
        let mut text = String::new();
        for line in changes.into_entries(now) {
            text += &serde_json::to_string(&line)?;
            text.push('\n');
        }
        if text.is_empty() {
            return Ok(());
        }
        let mut journal = open_journal(&self.journal())?;
        journal.write_all(text.as_bytes())?;
        journal.sync_data()?;
        writing.len += text.len() as u64;
        Ok(())
    }

    /// Writes down what changes, for as long as it is polled.
    pub(super) async fn keep(self: Arc<Self>, registry: Arc<Registry>) {
        loop {
            registry.changed().await;
            tokio::time::sleep(WRITE_AFTER).await;
            while self.save(&registry).await.is_err() {
                tokio::time::sleep(AGAIN_AFTER).await;
            }
        }
    }

    fn journal(&self) -> PathBuf {
        self.dir.join(JOURNAL)
    }

    fn size(&self) -> u64 {
        files::stamp(&self.document.path()).map_or(0, |(_, size, _)| size)
    }
}

fn open_journal(path: &Path) -> io::Result<File> {
    no_follow(OpenOptions::new().append(true).create(true)).open(path)
}

/// The lines that can be understood: the last one may have been cut off with the power.
fn read_journal(path: &Path) -> io::Result<Vec<JournalEntry>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut reader = BufReader::new(file.take(MAX_SIZE));
    let mut lines = Vec::new();
    let mut text = Vec::new();
    loop {
        text.clear();
        if reader
            .by_ref()
            .take(MAX_LINE)
            .read_until(b'\n', &mut text)?
            == 0
        {
            return Ok(lines);
        }
        match serde_json::from_slice(&text) {
            Ok(line) => lines.push(line),
            Err(error) => tracing::warn!(%error, "a line of the journal of names is left out"),
        }
    }
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
