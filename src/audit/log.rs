//! Appending. It knows the end of the file, and nothing of the rest.

use super::chain::{ChainPosition, Torn, parse_line, sha256, to_line};
use super::entry::Entry;
use super::lock::lock_for_writing;
use crate::base::files::no_follow;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// How much of the file's end is looked at first for the last record.
const TAIL: u64 = 64 * 1024;

/// How much is looked at when there is no record in that: enough for any line a crash left.
const LONG_TAIL: u64 = 4 * 1024 * 1024;

/// The audit log. Two programs may append to one file at once.
#[derive(Clone, Debug)]
pub struct AuditLog {
    path: PathBuf,
}

impl AuditLog {
    /// The log at `path`; the file is made with the first entry.
    pub fn open(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds an entry, in one write, and waits until it is on the disk. When a crash cut the line
    /// before it short, the entry starts on a line of its own and says so.
    ///
    /// # Errors
    /// The file could not be written, or another program kept it locked.
    pub fn append(&self, entry: &Entry) -> io::Result<()> {
        // Opened anew each time: a log that was moved away or restored in between stays whole.
        let mut file = open_for_append(&self.path)?;
        lock_for_writing(&file)?;
        let end = find_tail(&mut file)?;
        let mut line = String::new();
        if end.line_is_open {
            line.push('\n');
        }
        line.push_str(&to_line(entry, end.position)?);
        file.write_all(line.as_bytes())?;
        file.sync_data()
    }
}

/// Where the next record goes.
struct LogTail {
    position: ChainPosition,
    /// The file's last byte is no end of line.
    line_is_open: bool,
}

fn open_for_append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    no_follow(options.read(true).append(true).create(true)).open(path)
}

fn find_tail(file: &mut File) -> io::Result<LogTail> {
    let len = file.metadata()?.len();
    for window in [TAIL, LONG_TAIL] {
        let start = len.saturating_sub(window);
        let tail = read_from(file, start)?;
        if let Some(end) = tail_of(&tail) {
            return Ok(end);
        }
        if start == 0 {
            return Ok(no_record_yet(&tail));
        }
    }
    // No program of ours leaves that much: the chain starts anew, and `verify` will say so.
    Ok(LogTail {
        position: ChainPosition::first(),
        line_is_open: true,
    })
}

fn read_from(file: &mut File, start: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(LONG_TAIL).read_to_end(&mut tail)?;
    Ok(tail)
}

/// The end of a file that has a record in this tail.
fn tail_of(tail: &[u8]) -> Option<LogTail> {
    let line_is_open = tail.last() != Some(&b'\n');
    let mut stop = tail.len() - usize::from(!line_is_open && !tail.is_empty());
    loop {
        let start = tail[..stop].iter().rposition(|byte| *byte == b'\n');
        let line = &tail[start.map_or(0, |at| at + 1)..stop];
        if let Some(record) = parse_line(line) {
            // Whole lines that are no records are no crash's work: `verify` is to find them.
            let rest = tail.get(stop + 1..).unwrap_or_default();
            let position = ChainPosition {
                seq: record.seq + 1,
                prev: record.hash,
                torn: torn(rest).filter(|_| line_is_open),
            };
            return Some(LogTail {
                position,
                line_is_open,
            });
        }
        stop = start?;
    }
}

/// The end of a file that has no record at all.
fn no_record_yet(all: &[u8]) -> LogTail {
    let line_is_open = all.last().is_some_and(|byte| *byte != b'\n');
    LogTail {
        position: ChainPosition {
            torn: torn(all).filter(|_| line_is_open),
            ..ChainPosition::first()
        },
        line_is_open,
    }
}

fn torn(rest: &[u8]) -> Option<Torn> {
    (!rest.is_empty()).then(|| Torn {
        bytes: rest.len() as u64,
        sha256: sha256(rest),
    })
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
