//! Reads what was logged: the last lines, and the note of the last panic. All of it is bounded.

use super::CRASH;
use super::rotating::{PREFIX, SUFFIX};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The report of the last panic, if there was one; the person may be asked to send it.
pub fn read_crash(home: &Path) -> io::Result<Option<String>> {
    match read_end(&home.join(CRASH), MAX_CRASH) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The most of a crash report that is read, in bytes.
const MAX_CRASH: u64 = 64 * 1024;

/// The last lines of the log files in `dir`, oldest first: whole lines, `max_bytes` at most. Empty
/// where there is no log.
///
/// # Errors
/// A file is there and cannot be read.
pub fn read_tail(dir: &Path, max_bytes: u64) -> io::Result<String> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut left = max_bytes;
    for path in log_files(dir)?.iter().rev() {
        if left == 0 {
            break;
        }
        let len = fs::metadata(path)?.len();
        let mut end = read_end(path, left)?;
        left = left.saturating_sub(len);
        if len > end.len() as u64 {
            let first = end.iter().position(|byte| *byte == b'\n');
            end.drain(..first.map_or(end.len(), |at| at + 1));
        }
        parts.push(end);
    }
    parts.reverse();
    Ok(String::from_utf8_lossy(&parts.concat()).into_owned())
}

/// The log files, oldest first: their names have the day in them, and their number of the day.
pub(super) fn log_files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours =
            name.starts_with(PREFIX) && Path::new(&name).extension() == Some(SUFFIX.as_ref());
        if ours && entry.file_type()?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

fn read_end(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(max_bytes);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(max_bytes).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn with_logs(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a folder");
        for (name, bytes) in files {
            fs::write(dir.path().join(name), bytes).expect("written");
        }
        dir
    }

    #[test]
    fn the_tail_is_of_whole_lines_over_several_days() {
        let dir = with_logs(&[
            ("underpass.2026-11-21.log", b"one\ntwo\n"),
            ("underpass.2026-11-22.log", b"three\nfour\n"),
            ("else.txt", b"strange\n"),
        ]);
        let tail = |max| read_tail(dir.path(), max).expect("readable");
        assert_eq!(tail(1_000), "one\ntwo\nthree\nfour\n");
        assert_eq!(tail(16), "two\nthree\nfour\n");
        assert_eq!(tail(11), "three\nfour\n");
        assert_eq!(tail(10), "four\n");
        assert_eq!(tail(0), "");
        let nowhere = read_tail(&dir.path().join("none"), 10);
        assert_eq!(nowhere.expect("no log is no error"), "");
    }

    #[test]
    fn no_crash_is_no_report() {
        let dir = with_logs(&[]);
        assert_eq!(read_crash(dir.path()).expect("readable"), None);
    }

    proptest! {
        #[test]
        fn any_log_is_shown_within_bounds(bytes in prop::collection::vec(any::<u8>(), 0..300), max in 0u64..400) {
            let dir = with_logs(&[("underpass.2026-11-22.log", &bytes)]);
            let tail = read_tail(dir.path(), max).expect("readable");
            // A byte that is no text is shown by a character of three.
            prop_assert!(tail.len() as u64 <= 3 * max);
        }
    }
}
