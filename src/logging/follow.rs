//! Follows what is logged: the lines there are, then those that come, over every file of the folder. It
//! reads by places and bounded parts: a file that grows meanwhile is read on where it was left.

use super::reading::log_files;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The most that is read of one file at a time, in bytes; a line that is longer is cut into several.
const PART: u64 = 256 * 1024;

/// Where the reading of each log file is.
#[derive(Debug)]
pub struct LogFollower {
    dir: PathBuf,
    places: BTreeMap<PathBuf, u64>,
}

impl LogFollower {
    /// Begins so many bytes before the end of what there is, at the next whole line.
    ///
    /// # Errors
    /// A file is there and cannot be read.
    pub fn start(dir: &Path, bytes: u64) -> io::Result<Self> {
        let mut places = BTreeMap::new();
        let mut left = bytes;
        for path in log_files(dir)?.into_iter().rev() {
            let len = fs::metadata(&path)?.len();
            let place = len.saturating_sub(left);
            left = left.saturating_sub(len);
            let cut = if place == 0 {
                0
            } else {
                rest_of_line(&path, place)?
            };
            places.insert(path, place + cut);
        }
        Ok(Self {
            dir: dir.to_owned(),
            places,
        })
    }

    /// The next lines, oldest first; none where there are no more for now.
    ///
    /// # Errors
    /// A file is there and cannot be read.
    pub fn lines(&mut self) -> io::Result<Vec<String>> {
        let files = log_files(&self.dir)?;
        // What rotated away is forgotten.
        self.places.retain(|path, _| files.contains(path));
        let mut lines = Vec::new();
        for path in files {
            let place = self.places.entry(path.clone()).or_default();
            let part = read_part(&path, *place)?;
            let whole = whole_lines(&part);
            *place += whole.len() as u64;
            lines.extend(String::from_utf8_lossy(whole).lines().map(str::to_owned));
            if !lines.is_empty() && part.len() as u64 == PART {
                // There is more of it before the next file's turn.
                return Ok(lines);
            }
        }
        Ok(lines)
    }
}

/// How many bytes it is from there to the next line's begin.
fn rest_of_line(path: &Path, place: u64) -> io::Result<u64> {
    // One before: a line may begin right there.
    let part = read_part(path, place - 1)?;
    let end = part.iter().position(|byte| *byte == b'\n');
    Ok(end.unwrap_or(part.len().saturating_sub(1)) as u64)
}

fn read_part(path: &Path, place: u64) -> io::Result<Vec<u8>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        // It rotated away just now.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    file.seek(SeekFrom::Start(place))?;
    let mut part = Vec::new();
    file.take(PART).read_to_end(&mut part)?;
    Ok(part)
}

/// Up to the last end of a line; all of it where one line fills it.
fn whole_lines(part: &[u8]) -> &[u8] {
    match part.iter().rposition(|byte| *byte == b'\n') {
        Some(last) => &part[..=last],
        None if part.len() as u64 == PART => part,
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::OpenOptions;
    use std::io::Write as _;

    fn log(dir: &Path, name: &str, text: &str) {
        let mut options = OpenOptions::new();
        let file = options.append(true).create(true).open(dir.join(name));
        let written = file.expect("opened").write_all(text.as_bytes());
        written.expect("written");
    }

    #[test]
    fn lines_come_once_and_whole_over_several_files() {
        let dir = tempfile::tempdir().expect("a folder");
        let (first, second) = ("underpass.2026-11-21.log", "underpass.2026-11-22.log");
        log(dir.path(), first, "one\ntwo\nthr");
        let mut follower = LogFollower::start(dir.path(), 8).expect("readable");
        let mut next = || follower.lines().expect("readable");
        assert_eq!(next(), ["two"], "from the next whole line on");
        assert_eq!(next(), [""; 0]);
        log(dir.path(), first, "ee\n");
        log(dir.path(), second, "four\n");
        assert_eq!(next(), ["three", "four"]);
        fs::remove_file(dir.path().join(first)).expect("rotated");
        log(dir.path(), second, "five\n");
        assert_eq!(next(), ["five"]);
    }

    #[test]
    fn where_it_begins_a_whole_line_is_kept() {
        let dir = tempfile::tempdir().expect("a folder");
        log(dir.path(), "underpass.2026-11-21.log", "one\ntwo\n");
        for (bytes, lines) in [
            (0, vec![]),
            (3, vec![]),
            (4, vec!["two"]),
            (7, vec!["two"]),
            (8, vec!["one", "two"]),
            (99, vec!["one", "two"]),
        ] {
            let mut follower = LogFollower::start(dir.path(), bytes).expect("readable");
            assert_eq!(follower.lines().expect("readable"), lines, "{bytes}");
        }
    }

    #[test]
    fn a_line_without_end_is_cut_and_never_stops_the_others() {
        let dir = tempfile::tempdir().expect("a folder");
        let long = "x".repeat(2 * usize::try_from(PART).expect("small"));
        log(dir.path(), "underpass.2026-11-21.log", &long);
        log(dir.path(), "underpass.2026-11-22.log", "next\n");
        let mut follower = LogFollower::start(dir.path(), u64::MAX).expect("readable");
        let mut next = || follower.lines().expect("readable");
        assert_eq!(next().len(), 1);
        assert_eq!(next().len(), 1);
        assert_eq!(next(), ["next"]);
    }
}
