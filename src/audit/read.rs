//! Reading the files of a log one after the other, in bounded memory. It takes any bytes.

use super::chain::{MAX_LINE, Record, parse_line};
use super::files::{Files, LogFile};
use super::lock::lock_for_reading;
use super::log::{is_newest, newest};
use super::tail;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take};
use std::path::Path;

/// How often another program may go on to the next file first, before it is given up.
const MAX_TRIES: usize = 1_000;

/// A line that is no record.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is cut short, or was changed.
    #[error("{file}, line {line} is no record")]
    Line {
        /// The file's name.
        file: String,
        /// The line, from 1.
        line: u64,
    },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The records, oldest first, without a look at the chain.
///
/// # Errors
/// The log could not be opened. One that is not there has no records.
pub fn read(path: &Path) -> io::Result<Records> {
    let Snapshot { files, newest } = Snapshot::take(&Files::of(path))?;
    Ok(Records {
        files: files.into(),
        newest,
        lines: None,
        file: String::new(),
        line: 0,
        begun: false,
    })
}

/// The records of a log.
#[derive(Debug)]
pub struct Records {
    /// The files before the newest that are not open yet.
    files: VecDeque<LogFile>,
    newest: Option<(LogFile, RawLines)>,
    lines: Option<RawLines>,
    file: String,
    line: u64,
    begun: bool,
}

impl Records {
    /// Goes on to the next file; false when there is none.
    fn open_next(&mut self) -> io::Result<bool> {
        while let Some(file) = self.files.pop_front() {
            match RawLines::open(&file) {
                // Too old meanwhile, and gone with a rotation.
                Err(error) if error.kind() == io::ErrorKind::NotFound && !self.begun => {}
                lines => return Ok(self.begin(&file, lines?)),
            }
        }
        let Some((file, lines)) = self.newest.take() else {
            return Ok(false);
        };
        Ok(self.begin(&file, lines))
    }

    fn begin(&mut self, file: &LogFile, lines: RawLines) -> bool {
        self.file = file.name();
        (self.line, self.begun) = (0, true);
        self.lines = Some(lines);
        true
    }

    fn next_record(&mut self) -> Result<Option<Record>, Unreadable> {
        loop {
            if let Some(lines) = &mut self.lines {
                if let Some(line) = lines.next_line()? {
                    self.line += u64::from(line.begins);
                    let unreadable = || Unreadable::Line {
                        file: self.file.clone(),
                        line: self.line,
                    };
                    return line.record().ok_or_else(unreadable).map(Some);
                }
                self.lines = None;
            }
            if !self.open_next()? {
                return Ok(None);
            }
        }
    }
}

impl Iterator for Records {
    type Item = Result<Record, Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_record();
        if matches!(next, Err(Unreadable::Io(_))) {
            (self.lines, self.newest) = (None, None);
            self.files.clear();
        }
        next.transpose()
    }
}

/// What is there while no writer is at work: every line of it is whole. The lock is not kept, so that a
/// slow reader never stops a writer.
pub(super) struct Snapshot {
    /// The files before the newest one, oldest first: nobody writes to them any more.
    pub files: Vec<LogFile>,
    /// The one that is written to, as far as it was written then.
    pub newest: Option<(LogFile, RawLines)>,
}

impl Snapshot {
    pub fn take(log: &Files) -> io::Result<Self> {
        for _ in 0..MAX_TRIES {
            let Some(last) = newest(log)? else {
                return Ok(Self {
                    files: Vec::new(),
                    newest: None,
                });
            };
            let mut file = match File::open(&last.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened?,
            };
            lock_for_reading(&file)?;
            let (mut files, end) = (log.list()?, tail::find(&mut file)?);
            if !is_newest(&last, &files, end.ended()) {
                continue;
            }
            file.seek(SeekFrom::Start(0))?;
            file.unlock()?;
            files.retain(|file| *file < last);
            let lines = RawLines::of(file, end.len);
            return Ok(Self {
                files,
                newest: Some((last, lines)),
            });
        }
        let message = "other programs do not let go of the audit log";
        Err(io::Error::new(io::ErrorKind::TimedOut, message))
    }
}

/// A line, or a part of one that is too long.
#[derive(Debug)]
pub(super) struct RawLine {
    pub bytes: Vec<u8>,
    /// It is the start of a line.
    pub begins: bool,
    /// It has its end.
    pub ends: bool,
}

impl RawLine {
    pub fn record(&self) -> Option<Record> {
        parse_line(&self.bytes).filter(|_| self.begins)
    }
}

/// The lines of a file, in bounded memory.
#[derive(Debug)]
pub(super) struct RawLines {
    file: BufReader<Take<File>>,
    begins: bool,
}

impl RawLines {
    pub fn open(file: &LogFile) -> io::Result<Self> {
        let file = File::open(&file.path)?;
        let len = file.metadata()?.len();
        Ok(Self::of(file, len))
    }

    fn of(file: File, len: u64) -> Self {
        let file = BufReader::new(file.take(len));
        Self { file, begins: true }
    }

    pub fn next_line(&mut self) -> io::Result<Option<RawLine>> {
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
