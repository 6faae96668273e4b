//! Appending, and the step to the next file. It reads ends of files, and checks nothing.

use super::chain::{ChainPosition, Removed, to_line};
use super::entry::Entry;
use super::files::{Files, LogFile};
use super::lock::lock_for_writing;
use super::tail::{self, FileTail};
use crate::base::files::{no_follow, sync_dir};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How large the files of a log get, and how many of them are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A file is full when it has this many bytes.
    pub file_bytes: u64,
    /// The oldest files beyond so many are removed, and the chain says so. Two at least.
    pub files: usize,
}

impl Limits {
    /// 64 MiB, some 160,000 events: twenty years of ten reconnects a day.
    pub const USUAL: Self = Self {
        file_bytes: 8 * 1024 * 1024,
        files: 8,
    };
}

/// How often others may take the next place first, before it is given up.
const MAX_TRIES: usize = 1_000;

/// The audit log. Two programs may append to it at once.
#[derive(Clone, Debug)]
pub struct AuditLog {
    files: Files,
    limits: Limits,
}

impl AuditLog {
    /// The log whose first file is at `path`; it is made with the first entry.
    pub fn open(path: impl Into<PathBuf>) -> Self {
        Self::with_limits(path, Limits::USUAL)
    }

    /// The same, with other limits.
    pub fn with_limits(path: impl Into<PathBuf>, limits: Limits) -> Self {
        let files = Files::of(path);
        Self { files, limits }
    }

    /// The first file.
    pub fn path(&self) -> &Path {
        self.files.first()
    }

    /// Adds an entry, in one write, and waits until it is on the disk. When a crash cut the line
    /// before it short, the entry starts on a line of its own and says so.
    ///
    /// # Errors
    /// The file could not be written, or another program kept it locked.
    pub fn append(&self, entry: &Entry) -> io::Result<()> {
        let mut missing = false;
        for _ in 0..MAX_TRIES {
            let Some(mut place) = Place::take(&self.files)? else {
                // Another program went on to the next file meanwhile.
                continue;
            };
            if !place.end.names_next {
                return self.write(place, missing, entry);
            }
            if place.end.line_is_open {
                place.end_line()?;
                continue;
            }
            // The next file was made before this one was said to end: somebody took it away.
            self.make_next(place.number)?;
            missing = true;
        }
        let message = "other programs do not let go of the audit log";
        Err(io::Error::new(io::ErrorKind::TimedOut, message))
    }

    fn write(&self, mut place: Place, missing: bool, entry: &Entry) -> io::Result<()> {
        let begins_file = place.end.position.is_none();
        let removed = begins_file.then(|| self.too_old(&place.listed)).flatten();
        let mut position = match place.end.position.take() {
            Some(position) => position,
            None => follow_files_before(&place)?,
        };
        position.torn = place.end.torn.take();
        position.missing = missing;
        position.removed = removed.as_ref().map(|(removed, _)| removed.clone());
        let mut line = to_line(entry, position.clone())?;
        if place.end.len + line.len() as u64 >= self.limits.file_bytes {
            match self.make_next(place.number) {
                Ok(()) => {
                    position.ends_file = true;
                    line = to_line(entry, position)?;
                }
                // A file that grows too large is better than a record that is lost.
                Err(error) => tracing::warn!(%error, "the audit log cannot begin its next file"),
            }
        }
        if place.end.line_is_open {
            line.insert(0, '\n');
        }
        place.file.write_all(line.as_bytes())?;
        place.file.sync_data()?;
        for file in removed.iter().flat_map(|(_, files)| files) {
            remove(file);
        }
        Ok(())
    }

    /// Makes the file after this one, empty. It lasts before anything says that it is there.
    fn make_next(&self, number: u64) -> io::Result<()> {
        let too_many = || io::Error::other("the files of the audit log have run out of numbers");
        let next = self
            .files
            .numbered(number.checked_add(1).ok_or_else(too_many)?);
        let mut options = OpenOptions::new();
        match no_follow(options.append(true).create_new(true)).open(&next.path) {
            // An attempt before this one made it and ended.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => drop(made?),
        }
        sync_dir(self.files.folder())
    }

    /// The files that are too many, and where the chain begins without them. None when that cannot be
    /// told: then nothing is removed.
    fn too_old(&self, listed: &[LogFile]) -> Option<(Removed, Vec<LogFile>)> {
        let count = listed.len().checked_sub(self.limits.files.max(2))?;
        let (old, kept) = listed.split_at_checked(count).filter(|_| count > 0)?;
        let mut first = File::open(&kept.first()?.path).ok()?;
        let record = tail::first_record(&mut first).ok()??;
        let removed = Removed {
            seq: record.seq.checked_sub(1)?,
            hash: record.prev,
        };
        Some((removed, old.to_vec()))
    }
}

/// The file that the next record goes into, locked.
struct Place {
    file: File,
    number: u64,
    end: FileTail,
    /// All files of the log, oldest first.
    listed: Vec<LogFile>,
}

impl Place {
    /// `None` when it is another one by the time that it is locked.
    fn take(files: &Files) -> io::Result<Option<Self>> {
        let Some(newest) = newest(files)? else {
            return Self::make_first(files).map(|()| None);
        };
        // Opened anew each time: a log that was moved away or restored in between stays whole.
        let mut options = OpenOptions::new();
        let mut file = match no_follow(options.read(true).append(true)).open(&newest.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        lock_for_writing(&file)?;
        let (listed, end) = (files.list()?, tail::find(&mut file)?);
        if !is_newest(&newest, &listed, end.ended()) {
            return Ok(None);
        }
        Ok(Some(Self {
            file,
            number: newest.number,
            end,
            listed,
        }))
    }

    /// Writes what a crash cut off the file's last line: its end.
    fn end_line(&mut self) -> io::Result<()> {
        self.file.write_all(b"\n")?;
        self.file.sync_data()
    }

    fn make_first(files: &Files) -> io::Result<()> {
        let mut options = OpenOptions::new();
        no_follow(options.append(true).create(true)).open(files.first())?;
        sync_dir(files.folder())
    }
}

/// The file that is written to, as far as can be told without its lock: the last one, or the one before
/// when that does not say yet that it ends. The last one is then empty, made for what is to come.
pub(super) fn newest(files: &Files) -> io::Result<Option<LogFile>> {
    let listed = files.list()?;
    let Some((last, before)) = listed.split_last() else {
        return Ok(None);
    };
    let Some(before) = before.last().filter(|_| is_empty(last)) else {
        return Ok(Some(last.clone()));
    };
    let ended = match tail::of(&before.path) {
        // It was too old for somebody who has written to the last one meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        end => end?.ended(),
    };
    Ok(Some(if ended { last } else { before }.clone()))
}

/// Whether this is still the file that is written to, now that it is locked; `ended` if it says that the
/// next record is in the next one.
pub(super) fn is_newest(file: &LogFile, listed: &[LogFile], ended: bool) -> bool {
    match listed {
        [.., last] if last == file => true,
        [.., before, last] => before == file && !ended && is_empty(last),
        _ => false,
    }
}

fn is_empty(file: &LogFile) -> bool {
    fs::symlink_metadata(&file.path).is_ok_and(|data| data.len() == 0)
}

/// What the first record of a file follows.
fn follow_files_before(place: &Place) -> io::Result<ChainPosition> {
    let before = place.listed.iter().rev();
    for file in before.filter(|file| file.number < place.number) {
        let end = tail::of(&file.path)?;
        if let Some(position) = end.position {
            return Ok(position);
        }
    }
    Ok(ChainPosition::first())
}

/// A file that stays goes with the next rotation.
fn remove(file: &LogFile) {
    if let Err(error) = fs::remove_file(&file.path) {
        tracing::warn!(%error, file = file.name(), "an old file of the audit log stays");
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
