//! The end of one file: its last record, and what a crash left behind it. It knows no other file.

use super::chain::{ChainPosition, Record, Torn, parse_line, sha256};
use super::lock::lock_for_reading;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// How much of the file's end is looked at first for the last record.
const TAIL: u64 = 64 * 1024;

/// How much is looked at when there is no record in that: enough for any line a crash left.
const LONG_TAIL: u64 = 4 * 1024 * 1024;

/// How a file ends.
pub(super) struct FileTail {
    /// What follows its last record; `None` when there is no record in it.
    pub position: Option<ChainPosition>,
    /// What a crash left behind that.
    pub torn: Option<Torn>,
    /// Its last byte is no end of line.
    pub line_is_open: bool,
    /// Its last record says that the next one is in the next file.
    pub names_next: bool,
    /// The file's length.
    pub len: u64,
}

impl FileTail {
    /// Nothing more is written to it. A crash may have cut off no more than the end of its last line: that is
    /// still to come.
    pub fn ended(&self) -> bool {
        self.names_next && !self.line_is_open
    }
}

/// How the file at `path` ends, once nobody writes to it.
pub(super) fn of(path: &Path) -> io::Result<FileTail> {
    let mut file = File::open(path)?;
    lock_for_reading(&file)?;
    find(&mut file)
}

/// How `file` ends.
pub(super) fn find(file: &mut File) -> io::Result<FileTail> {
    let len = file.metadata()?.len();
    for window in [TAIL, LONG_TAIL] {
        let start = len.saturating_sub(window);
        let bytes = read_from(file, start)?;
        if let Some((record, rest)) = last_record(&bytes) {
            let names_next = record.ends_file;
            return Ok(tail(
                Some(ChainPosition::after(record)),
                rest,
                names_next,
                len,
            ));
        }
        if start == 0 {
            return Ok(tail(None, &bytes, false, len));
        }
    }
    // No program of ours leaves that much: the chain starts anew, and `verify` will say so.
    Ok(FileTail {
        position: Some(ChainPosition::first()),
        torn: None,
        line_is_open: true,
        names_next: false,
        len,
    })
}

/// The first record in a file.
pub(super) fn first_record(file: &mut File) -> io::Result<Option<Record>> {
    let bytes = read_from(file, 0)?;
    Ok(bytes.split(|byte| *byte == b'\n').find_map(parse_line))
}

fn read_from(file: &mut File, start: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(LONG_TAIL).read_to_end(&mut tail)?;
    Ok(tail)
}

/// `rest` is what follows the last record, its end of line included.
fn tail(position: Option<ChainPosition>, rest: &[u8], names_next: bool, len: u64) -> FileTail {
    let line_is_open = match position {
        Some(_) => rest.last() != Some(&b'\n'),
        None => rest.last().is_some_and(|byte| *byte != b'\n'),
    };
    // Whole lines that are no records are no crash's work: `verify` is to find them.
    let skipped = usize::from(position.is_some());
    let stray = rest.get(skipped..).unwrap_or_default();
    FileTail {
        torn: torn(stray).filter(|_| line_is_open),
        position,
        line_is_open,
        names_next,
        len,
    }
}

/// The last record in these bytes, and what follows it.
fn last_record(bytes: &[u8]) -> Option<(Record, &[u8])> {
    let line_is_open = bytes.last() != Some(&b'\n');
    let mut stop = bytes.len() - usize::from(!line_is_open);
    loop {
        let start = bytes[..stop].iter().rposition(|byte| *byte == b'\n');
        let line = &bytes[start.map_or(0, |at| at + 1)..stop];
        if let Some(record) = parse_line(line) {
            return Some((record, &bytes[stop..]));
        }
        stop = start?;
    }
}

fn torn(rest: &[u8]) -> Option<Torn> {
    (!rest.is_empty()).then(|| Torn {
        bytes: rest.len() as u64,
        sha256: sha256(rest),
    })
}
