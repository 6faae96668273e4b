//! The files of a log, by name and number. It knows what they are called, not what is in them.
//!
//! The first is `audit.jsonl`, the next `audit.2.jsonl`, and so on: a file keeps its name for as long as
//! it is there. Nothing is ever renamed, so there is no half-done renaming to recover from.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where a log is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Files {
    first: PathBuf,
}

/// One file of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LogFile {
    /// From 1, in the order of writing.
    pub number: u64,
    pub path: PathBuf,
}

impl LogFile {
    /// The name without the folder, as it is told to a person.
    pub fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

impl Files {
    /// Of the log whose first file is `first`.
    pub fn of(first: impl Into<PathBuf>) -> Self {
        Self {
            first: first.into(),
        }
    }

    pub fn first(&self) -> &Path {
        &self.first
    }

    pub fn folder(&self) -> &Path {
        let parent = self.first.parent();
        parent
            .filter(|path| !path.as_os_str().is_empty())
            .unwrap_or(Path::new("."))
    }

    /// The file of this number, there or not.
    pub fn numbered(&self, number: u64) -> LogFile {
        let path = match number {
            1 => self.first.clone(),
            _ => self.first.with_file_name(self.name_of(number)),
        };
        LogFile { number, path }
    }

    /// Those that are there, oldest first.
    ///
    /// # Errors
    /// The folder cannot be read. One that is not there has none.
    pub fn list(&self) -> io::Result<Vec<LogFile>> {
        let entries = match fs::read_dir(self.folder()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut files = Vec::new();
        for entry in entries {
            let number = self.number_of(&entry?.file_name());
            files.extend(number.map(|number| self.numbered(number)));
        }
        files.sort();
        Ok(files)
    }

    fn name_of(&self, number: u64) -> String {
        let part = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
        let stem = part(self.first.file_stem());
        match part(self.first.extension()) {
            extension if extension.is_empty() => format!("{stem}.{number}"),
            extension => format!("{stem}.{number}.{extension}"),
        }
    }

    /// The number of the file of this name; `None` for a file that is none of the log's.
    fn number_of(&self, name: &OsStr) -> Option<u64> {
        if Some(name) == self.first.file_name() {
            return Some(1);
        }
        let name = name.to_str()?;
        // Whatever stands between the stem and the rest is a number only if it gives the name again.
        let stem = self.first.file_stem()?.to_str()?;
        let rest = name.strip_prefix(stem)?.strip_prefix('.')?;
        let number = rest.split('.').next()?.parse().ok()?;
        (number > 1 && self.name_of(number) == name).then_some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_listed_in_the_order_of_writing_and_others_are_not() {
        let dir = tempfile::tempdir().expect("a folder");
        for name in [
            "audit.10.jsonl",
            "audit.jsonl",
            "audit.2.jsonl",
            "audit.1.jsonl",
            "audit.03.jsonl",
            "audit.+4.jsonl",
            "audit.5.jsonl.bak",
            "audit.6.json",
            "audit.0.jsonl",
            "audits.7.jsonl",
            "audit.99999999999999999999999.jsonl",
        ] {
            fs::write(dir.path().join(name), "").expect("written");
        }
        let files = Files::of(dir.path().join("audit.jsonl"));
        let names: Vec<_> = files
            .list()
            .expect("read")
            .iter()
            .map(LogFile::name)
            .collect();
        assert_eq!(names, ["audit.jsonl", "audit.2.jsonl", "audit.10.jsonl"]);
        assert_eq!(files.numbered(10).name(), "audit.10.jsonl");
        assert_eq!(Files::of("log").numbered(2).name(), "log.2");
        let nowhere = Files::of(dir.path().join("none/audit.jsonl"));
        assert_eq!(nowhere.list().expect("none"), []);
    }
}
