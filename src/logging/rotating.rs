//! The log's files: a new one each day and whenever one is full, the oldest removed when there are too
//! many or they take too much. Several programs may write to the files of one home.

use super::reading::log_files;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How a log file's name begins and ends; the day (UTC) is between them, and for one that is full its
/// number of that day.
pub(super) const PREFIX: &str = "underpass";
pub(super) const SUFFIX: &str = "log";

/// What the files may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// Bytes of one file; another one is begun then.
    pub file: u64,
    /// Bytes of all files.
    pub total: u64,
    /// Days for which files are kept.
    pub days: usize,
}

impl FileLimits {
    /// Files that take `total` bytes together, and one of them no more than a quarter of that.
    pub fn of_total(total: u64) -> Self {
        let usual = Self::default();
        Self {
            file: usual.file.min(total / 4).max(1),
            total,
            ..usual
        }
    }
}

impl Default for FileLimits {
    fn default() -> Self {
        Self {
            file: 8 * 1024 * 1024,
            total: 64 * 1024 * 1024,
            days: 7,
        }
    }
}

/// The file of the day, which makes room for the next one when it is full.
#[derive(Debug)]
pub(super) struct RotatingFile {
    dir: PathBuf,
    caps: FileLimits,
    day: String,
    /// None where it could not be opened; it is tried again.
    file: Option<File>,
    /// How long it is, as far as this program knows.
    len: u64,
}

impl RotatingFile {
    pub(super) fn open(dir: PathBuf, caps: FileLimits) -> io::Result<Self> {
        Self::open_on(today(), dir, caps)
    }

    fn open_on(day: String, dir: PathBuf, caps: FileLimits) -> io::Result<Self> {
        let mut rotating = Self {
            dir,
            caps,
            day,
            file: None,
            len: 0,
        };
        rotating.reopen()?;
        Ok(rotating)
    }

    fn write_on(&mut self, day: &str, bytes: &[u8]) -> io::Result<usize> {
        if self.day != day {
            day.clone_into(&mut self.day);
            self.file = None;
        }
        if self.file.is_none() {
            self.reopen()?;
        }
        if self.len > 0 && self.len + bytes.len() as u64 > self.caps.file {
            self.put_aside();
            self.file = None;
            self.reopen()?;
        }
        let Some(file) = &mut self.file else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let count = file.write(bytes)?;
        self.len += count as u64;
        Ok(count)
    }

    fn reopen(&mut self) -> io::Result<()> {
        let path = self.current();
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        self.len = file.metadata()?.len();
        self.file = Some(file);
        self.remove_old();
        Ok(())
    }

    fn current(&self) -> PathBuf {
        self.dir.join(format!("{PREFIX}.{}.{SUFFIX}", self.day))
    }

    /// Gives the full file a number. Another program may have done it already.
    fn put_aside(&self) {
        let current = self.current();
        let is_ours = fs::metadata(&current).is_ok_and(|file| file.len() >= self.len);
        if !is_ours {
            return;
        }
        let next = self.last_number() + 1;
        let name = format!("{PREFIX}.{}.{next:06}.{SUFFIX}", self.day);
        if fs::rename(&current, self.dir.join(name)).is_err() {
            // Its bound holds all the same. Nobody can be told.
            let _ = File::create(&current);
        }
    }

    /// The number of the day's last full file.
    fn last_number(&self) -> u64 {
        let start = format!("{PREFIX}.{}.", self.day);
        let number = |path: &Path| -> Option<u64> {
            let name = path.file_stem()?.to_str()?;
            name.strip_prefix(&start)?.parse().ok()
        };
        let files = log_files(&self.dir).unwrap_or_default();
        let numbers = files.iter().filter_map(|path| number(path));
        numbers.max().unwrap_or(0)
    }

    /// Keeps the newest files, and room for one that fills up.
    fn remove_old(&self) {
        let (current, mut days) = (self.current(), Vec::new());
        let mut left = self.caps.total.saturating_sub(self.caps.file);
        for path in log_files(&self.dir).unwrap_or_default().iter().rev() {
            let day = day_of(path);
            if days.last() != Some(&day) {
                days.push(day);
            }
            if *path == current {
                continue;
            }
            let len = fs::metadata(path).map_or(0, |file| file.len());
            if days.len() <= self.caps.days && len <= left {
                left -= len;
                continue;
            }
            // The next older ones go too.
            left = 0;
            // One that stays is tried again the next time.
            let _ = fs::remove_file(path);
        }
    }
}

impl Write for RotatingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_on(&today(), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), File::flush)
    }
}

fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

/// The day in a file's name.
fn day_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let day = name.strip_prefix(PREFIX)?.strip_prefix('.')?;
    day.get(..10).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SMALL: FileLimits = FileLimits {
        file: 100,
        total: 350,
        days: 3,
    };

    fn begun(dir: &tempfile::TempDir, day: &str) -> RotatingFile {
        let begun = RotatingFile::open_on(day.to_owned(), dir.path().to_owned(), SMALL);
        begun.expect("it opens")
    }

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    fn all(dir: &tempfile::TempDir) -> (Vec<String>, u64) {
        let files = log_files(dir.path()).expect("readable");
        let len = |path: &PathBuf| fs::metadata(path).expect("there").len();
        let total = files.iter().map(len).sum();
        let text = files
            .iter()
            .map(|path| fs::read_to_string(path).expect("text"));
        (text.collect(), total)
    }

    #[test]
    fn a_full_file_is_followed_by_another_and_the_oldest_goes() {
        let dir = folder();
        let mut log = begun(&dir, "2026-11-29");
        for number in 0..100 {
            let line = format!("{number:019}\n");
            log.write_on("2026-11-29", line.as_bytes())
                .expect("written");
        }
        let (files, total) = all(&dir);
        assert!(total <= SMALL.total, "{total}");
        let text = files.concat();
        let numbers: Vec<u32> = text
            .lines()
            .map(|line| line.parse().expect("one"))
            .collect();
        let expected: Vec<u32> = (100 - u32::try_from(numbers.len()).expect("few")..100).collect();
        assert_eq!(numbers, expected, "the newest, in their order");
        assert!(numbers.len() > 10, "{numbers:?}");
    }

    #[test]
    fn a_new_day_is_a_new_file_and_old_days_go() {
        let dir = folder();
        let mut log = begun(&dir, "2026-11-20");
        for day in ["2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"] {
            log.write_on(day, day.as_bytes()).expect("written");
            log.write_on(day, b"\n").expect("written");
        }
        let (files, _) = all(&dir);
        let days: Vec<_> = files
            .iter()
            .map(|file| file.trim())
            .filter(|day| !day.is_empty())
            .collect();
        assert_eq!(days.last(), Some(&"2026-11-24"));
        assert!(!days.contains(&"2026-11-21"), "{days:?}");
    }

    #[test]
    fn two_programs_write_to_the_same_files() {
        let dir = folder();
        let day = "2026-11-29";
        let (mut one, mut other) = (begun(&dir, day), begun(&dir, day));
        for _ in 0..40 {
            one.write_on(day, b"from the one\n").expect("written");
            other.write_on(day, b"from the other\n").expect("written");
        }
        let (files, total) = all(&dir);
        assert!(total <= SMALL.total + 2 * SMALL.file, "{total}");
        assert!(
            files
                .concat()
                .lines()
                .all(|line| line.starts_with("from the "))
        );
    }

    #[test]
    fn a_line_longer_than_a_file_is_written() {
        let dir = folder();
        let mut log = begun(&dir, "2026-11-29");
        for _ in 0..3 {
            let written = log.write_on("2026-11-29", &[b'a'; 150]).expect("written");
            assert_eq!(written, 150);
        }
    }

    proptest! {
        #[test]
        fn the_total_is_never_passed(lines in prop::collection::vec((1..60_usize, 0..5_u8), 0..60)) {
            let dir = folder();
            let mut log = begun(&dir, "2026-11-20");
            for (len, day) in lines {
                let line = vec![b'a'; len];
                log.write_on(&format!("2026-11-2{day}"), &line).expect("written");
                prop_assert!(all(&dir).1 <= SMALL.total);
            }
        }
    }
}
