//! Checking the chain, over all files. It changes nothing, and takes any bytes.

use super::chain::{NO_RECORD, Record, Removed, Torn};
use super::files::{Files, LogFile};
use super::read::{RawLine, RawLines, Snapshot};
use crate::base::digest::hex;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

/// How often a rotation may take a file away that was to be read.
const MAX_TRIES: usize = 8;

/// A log whose chain holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Those that are there.
    pub records: u64,
    /// The files that they are in.
    pub files: u64,
    /// How many older ones rotations took away.
    #[serde(skip_serializing_if = "is_zero")]
    pub removed: u64,
    /// The hash of the last one: who keeps it elsewhere can tell whether lines were cut off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// How many times a crash cut a line short; the record after it says so.
    pub healed: u64,
    /// The last line is cut short and nothing was written since.
    pub torn_end: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Where the chain does not hold, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{file}, line {line}: {why}")]
pub struct Broken {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    pub why: String,
}

/// The log is not as it was written, or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the audit log was changed: {0}")]
    Broken(#[from] Broken),
    /// This file of it is not there.
    #[error("the audit log was changed: {0} is missing")]
    Missing(String),
    #[error("the audit log cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Checks the whole chain. A log that is not there is an empty one.
///
/// # Errors
/// The first place where the chain does not hold, or what kept a file from being read.
pub fn verify(path: &Path) -> Result<Summary, VerifyError> {
    let files = Files::of(path);
    let mut tries = 1;
    loop {
        match verify_once(&files) {
            // A rotation took the oldest file away meanwhile.
            Err(VerifyError::Io(error))
                if error.kind() == io::ErrorKind::NotFound && tries < MAX_TRIES =>
            {
                tries += 1;
            }
            done => return done,
        }
    }
}

fn verify_once(log: &Files) -> Result<Summary, VerifyError> {
    let Snapshot { files, newest } = Snapshot::take(log)?;
    let Some((last, lines)) = newest else {
        return Ok(Summary::default());
    };
    let mut check = Check::default();
    for file in files {
        check.begin(log, &file)?;
        check.take_all(RawLines::open(&file)?)?;
        check.end()?;
    }
    check.begin(log, &last)?;
    check.take_all(lines)?;
    check.finish(log)
}

/// The chain so far.
#[derive(Default)]
struct Check {
    summary: Summary,
    file: Option<LogFile>,
    line: u64,
    /// The number of the last record.
    seq: u64,
    /// What comes before the first record that is there, until the chain says that a rotation took it.
    before: Option<Removed>,
    /// Where that would be missing.
    first_file: String,
    /// The last record says that the next one is in another file.
    ended: bool,
    /// There is a record in this file.
    any: bool,
    /// The last line of this file has its end.
    line_ended: bool,
    /// Lines since the last record that are none.
    stray: Option<Stray>,
}

/// Bytes that are no record: a crash's work if the next record says so, and a change if not.
struct Stray {
    line: u64,
    bytes: u64,
    hash: Sha256,
    /// The last of them has its end.
    ended: bool,
}

impl Check {
    /// Goes on to this file.
    fn begin(&mut self, log: &Files, file: &LogFile) -> Result<(), VerifyError> {
        if let Some(before) = &self.file {
            // No file has the last of all numbers and one after it.
            let next = log.numbered(before.number.saturating_add(1));
            if next.number != file.number {
                return Err(VerifyError::Missing(next.name()));
            }
        } else {
            self.first_file = file.name();
        }
        self.file = Some(file.clone());
        self.summary.files += 1;
        (self.line, self.any, self.line_ended) = (0, false, true);
        Ok(())
    }

    fn take_all(&mut self, mut lines: RawLines) -> Result<(), VerifyError> {
        while let Some(line) = lines.next_line()? {
            self.take(&line)?;
        }
        Ok(())
    }

    fn take(&mut self, line: &RawLine) -> Result<(), VerifyError> {
        self.line += u64::from(line.begins);
        self.line_ended = line.ends;
        match line.record() {
            Some(record) => self.take_record(record)?,
            None => self.take_stray(line),
        }
        Ok(())
    }

    fn take_stray(&mut self, line: &RawLine) {
        let number = self.line;
        let stray = self.stray.get_or_insert_with(|| Stray {
            line: number,
            bytes: 0,
            hash: Sha256::new(),
            ended: false,
        });
        // An end of line is one of the stray bytes only if more of them follow.
        if stray.ended {
            stray.add(b"\n");
        }
        stray.add(&line.bytes);
        stray.ended = line.ends;
    }

    fn take_record(&mut self, record: Record) -> Result<(), Broken> {
        self.check_torn(record.torn.as_ref())?;
        self.check_file(&record)?;
        match self.summary.last.as_deref() {
            None => self.take_first(&record)?,
            Some(prev) if record.prev != prev => {
                return Err(self.broken("it does not follow the record before it"));
            }
            Some(_) if Some(record.seq) != self.seq.checked_add(1) => {
                return Err(self.broken("its number does not follow"));
            }
            Some(_) => {}
        }
        if record.missing {
            return Err(self.broken("the records before it, in a file of this name, are missing"));
        }
        // More may be said to be gone than is: a crash kept the files, or the system did.
        let is_told = |before: &Removed| {
            let told = record.removed.as_ref();
            told.is_some_and(|told| told.seq > before.seq || told == before)
        };
        if self.before.as_ref().is_some_and(is_told) {
            self.before = None;
        }
        self.any = true;
        self.ended = record.ends_file;
        self.seq = record.seq;
        self.summary.records += 1;
        self.summary.last = Some(record.hash);
        Ok(())
    }

    /// The first record that is there at all.
    fn take_first(&mut self, record: &Record) -> Result<(), Broken> {
        let is_first_file = self.file.as_ref().is_some_and(|file| file.number == 1);
        let begins = record.seq == 1 && record.prev == NO_RECORD;
        if is_first_file != begins || record.seq == 0 {
            return Err(self.broken("it is not the record that belongs here"));
        }
        if !begins {
            self.summary.removed = record.seq - 1;
            self.before = Some(Removed {
                seq: record.seq - 1,
                hash: record.prev.clone(),
            });
        }
        Ok(())
    }

    /// Whether the record is in the right file.
    fn check_file(&self, record: &Record) -> Result<(), Broken> {
        let follows = self.summary.last.is_some();
        if self.any && self.ended {
            return Err(self.broken("the record before it says that the file ends there"));
        }
        if !self.any && follows && !self.ended {
            return Err(self.broken("the file before does not end with a record that says so"));
        }
        if self.any && record.removed.is_some() {
            return Err(self.broken("only the first record of a file may remove others"));
        }
        Ok(())
    }

    fn check_torn(&mut self, torn: Option<&Torn>) -> Result<(), Broken> {
        match (self.stray.take(), torn) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(self.broken("what a crash left before it is gone")),
            (Some(stray), torn) => {
                if torn != Some(&stray.torn()) {
                    return Err(self.changed(&stray));
                }
                self.summary.healed += 1;
                Ok(())
            }
        }
    }

    /// The end of a file that another one follows: nothing is left to be healed in it.
    fn end(&mut self) -> Result<(), Broken> {
        if let Some(stray) = self.stray.take() {
            return Err(self.changed(&stray));
        }
        if !self.any {
            return Err(self.broken("the file has no record"));
        }
        if !self.line_ended {
            return Err(self.broken("the line has no end"));
        }
        Ok(())
    }

    fn finish(mut self, log: &Files) -> Result<Summary, VerifyError> {
        match self.stray.take() {
            Some(stray) if stray.ended => return Err(self.changed(&stray).into()),
            stray => self.summary.torn_end = stray.is_some(),
        }
        if let Some(file) = self.file.filter(|_| self.any && self.ended) {
            let next = log.numbered(file.number.saturating_add(1));
            // A crash may have cut off the end of the line that names the next file, and no more than that.
            if self.line_ended || !log.list()?.contains(&next) {
                return Err(VerifyError::Missing(next.name()));
            }
            self.summary.torn_end = true;
        }
        if let Some(before) = self.before {
            let why = format!(
                "the records 1 to {} are missing, and no rotation removed them",
                before.seq
            );
            let (file, line) = (self.first_file, 1);
            return Err(Broken { file, line, why }.into());
        }
        Ok(self.summary)
    }

    fn broken(&self, why: &str) -> Broken {
        self.at(self.line, why)
    }

    fn changed(&self, stray: &Stray) -> Broken {
        self.at(
            stray.line,
            "it is no record: its hash is not that of its text",
        )
    }

    fn at(&self, line: u64, why: &str) -> Broken {
        Broken {
            file: self.file.as_ref().map(LogFile::name).unwrap_or_default(),
            line,
            why: why.to_owned(),
        }
    }
}

impl Stray {
    fn add(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
    }

    fn torn(&self) -> Torn {
        Torn {
            bytes: self.bytes,
            sha256: hex(&self.hash.clone().finalize()),
        }
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
