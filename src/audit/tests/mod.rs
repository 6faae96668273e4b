//! Tests of a log of several files. Here is the rig.

mod rotation;
mod tamper;

use super::*;
use crate::model::{ProviderId, RunId, SessionNumber, TunnelId, UnixMillis};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Three or four records a file.
const SMALL: Limits = Limits {
    file_bytes: 1_300,
    files: 4,
};

/// All files of a log, by name.
type Contents = BTreeMap<String, Vec<u8>>;

struct Rig {
    dir: tempfile::TempDir,
    log: AuditLog,
}

impl Rig {
    fn new(limits: Limits) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let log = AuditLog::with_limits(dir.path().join("audit.jsonl"), limits);
        Self { dir, log }
    }

    fn of(contents: &Contents) -> Self {
        let rig = Self::new(SMALL);
        rig.put(contents);
        rig
    }

    /// A log in which rotations have removed files already.
    fn grown() -> Self {
        static GROWN: LazyLock<Contents> = LazyLock::new(|| {
            let rig = Rig::new(SMALL);
            while rig.contents().len() < 4 || rig.file("audit.2.jsonl").exists() {
                rig.append();
            }
            rig.append();
            rig.contents()
        });
        Self::of(&GROWN)
    }

    fn append(&self) {
        self.log.append(&entry()).expect("appended");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn contents(&self) -> Contents {
        let entries = fs::read_dir(self.dir.path()).expect("there");
        let read = |entry: fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("read"))
        };
        entries
            .map(|entry| read(entry.expect("an entry")))
            .collect()
    }

    /// Makes these the files of the log.
    fn put(&self, contents: &Contents) {
        for name in self.contents().keys() {
            fs::remove_file(self.file(name)).expect("removed");
        }
        for (name, bytes) in contents {
            fs::write(self.file(name), bytes).expect("written");
        }
    }

    fn verify(&self) -> Result<Summary, VerifyError> {
        verify(self.log.path())
    }

    fn holds(&self) -> Summary {
        self.verify().unwrap_or_else(|error| {
            panic!("{error}: {:?}", self.contents().keys().collect::<Vec<_>>())
        })
    }

    fn is_broken(&self) -> bool {
        !matches!(self.verify(), Ok(_) | Err(VerifyError::Io(_)))
    }

    fn runs(&self) -> Vec<String> {
        let records = read(self.log.path()).expect("open").flatten();
        records.map(|record| record.run).collect()
    }
}

fn entry() -> Entry {
    entry_of(new_run_id())
}

fn entry_of(run: RunId) -> Entry {
    Entry {
        at: UnixMillis(1_790_000_000_000),
        kind: Kind::Up,
        tunnel: TunnelId::new("web").expect("an id"),
        provider: ProviderId::RELAY,
        cause: Some(Cause::Started),
        urls: Vec::new(),
        error: None,
        run,
        session: Some(SessionNumber(1)),
    }
}
