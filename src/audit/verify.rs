//! Reading the log, and checking its chain. It changes nothing, and takes any bytes.

use super::chain::{MAX_LINE, NO_RECORD, Record, Torn, parse_line};
use super::lock::lock_for_reading;
use crate::base::digest::hex;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Take};
use std::path::Path;

/// A log whose chain holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub records: u64,
    /// The hash of the last one: who keeps it elsewhere can tell whether lines were cut off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// How many times a crash cut a line short; the record after it says so.
    pub healed: u64,
    /// The last line is cut short and nothing was written since.
    pub torn_end: bool,
}

/// Where the chain does not hold, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Broken {
    /// The line, from 1.
    pub line: u64,
    pub why: String,
}

/// The log is not as it was written, or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("the audit log was changed: {0}")]
    Broken(#[from] Broken),
    #[error("the audit log cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// A line that is no record.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is cut short, or was changed.
    #[error("line {line} is no record")]
    Line {
        /// The line, from 1.
        line: u64,
    },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Checks the whole chain. A log that is not there is an empty one.
///
/// # Errors
/// The first place where the chain does not hold, or what kept the file from being read.
pub fn verify(path: &Path) -> Result<Summary, VerifyError> {
    let Some(mut lines) = RawLines::open(path)? else {
        return Ok(Summary::default());
    };
    let mut check = Check::default();
    while let Some(line) = lines.next_line()? {
        check.take(&line)?;
    }
    Ok(check.finish()?)
}

/// The records, oldest first, without a look at the chain.
///
/// # Errors
/// The file could not be opened. One that is not there has no records.
pub fn read(path: &Path) -> io::Result<Records> {
    let lines = RawLines::open(path)?;
    Ok(Records { lines, line: 0 })
}

/// The records of a log.
#[derive(Debug)]
pub struct Records {
    lines: Option<RawLines>,
    line: u64,
}

impl Iterator for Records {
    type Item = Result<Record, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.lines.as_mut()?.next_line() {
            Ok(Some(line)) => {
                self.line += u64::from(line.begins);
                let record = parse_line(&line.bytes).filter(|_| line.begins);
                Some(record.ok_or(Unreadable::Line { line: self.line }))
            }
            Ok(None) => None,
            Err(error) => {
                self.lines = None;
                Some(Err(error.into()))
            }
        }
    }
}

/// A line, or a part of one that is too long.
#[derive(Debug)]
struct RawLine {
    bytes: Vec<u8>,
    /// It is the start of a line.
    begins: bool,
    /// It has its end.
    ends: bool,
}

/// The lines of a file, in bounded memory.
#[derive(Debug)]
struct RawLines {
    file: BufReader<Take<File>>,
    begins: bool,
}

impl RawLines {
    fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        // What is there while no writer is at work is what is read: every line of it is whole. The
        // lock is not kept, so that a slow reader never stops a writer.
        lock_for_reading(&file)?;
        let len = file.metadata()?.len();
        file.unlock()?;
        let file = BufReader::new(file.take(len));
        Ok(Some(Self { file, begins: true }))
    }

    fn next_line(&mut self) -> io::Result<Option<RawLine>> {
        let mut bytes = Vec::new();
        let mut part = (&mut self.file).take(MAX_LINE as u64);
        if part.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        let ends = bytes.pop_if(|byte| *byte == b'\n').is_some();
        let begins = std::mem::replace(&mut self.begins, ends);
        Ok(Some(RawLine {
            bytes,
            begins,
            ends,
        }))
    }
}

/// The chain so far.
#[derive(Default)]
struct Check {
    summary: Summary,
    line: u64,
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
    fn take(&mut self, line: &RawLine) -> Result<(), Broken> {
        self.line += u64::from(line.begins);
        if let Some(record) = parse_line(&line.bytes).filter(|_| line.begins) {
            return self.take_record(record);
        }
        self.take_stray(line);
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
        let prev = self.summary.last.as_deref().unwrap_or(NO_RECORD);
        if record.prev != prev {
            return Err(self.broken("it does not follow the record before it"));
        }
        if record.seq != self.summary.records + 1 {
            return Err(self.broken("its number does not follow"));
        }
        self.summary.records = record.seq;
        self.summary.last = Some(record.hash);
        Ok(())
    }

    fn check_torn(&mut self, torn: Option<&Torn>) -> Result<(), Broken> {
        match (self.stray.take(), torn) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(self.broken("what a crash left before it is gone")),
            (Some(stray), torn) => {
                if torn != Some(&stray.torn()) {
                    return Err(stray.broken());
                }
                self.summary.healed += 1;
                Ok(())
            }
        }
    }

    fn finish(mut self) -> Result<Summary, Broken> {
        match self.stray.take() {
            Some(stray) if stray.ended => Err(stray.broken()),
            stray => {
                self.summary.torn_end = stray.is_some();
                Ok(self.summary)
            }
        }
    }

    fn broken(&self, why: &str) -> Broken {
        Broken {
            line: self.line,
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

    fn broken(&self) -> Broken {
        Broken {
            line: self.line,
            why: "it is no record: its hash is not that of its text".to_owned(),
        }
    }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
