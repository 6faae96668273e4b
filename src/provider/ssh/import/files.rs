//! A client's configuration as lines, with the files that it includes: within bounds, whichever way they
//! include each other.

use super::super::known_hosts::is_like;
use super::Limits;
use crate::base::files;
use crate::model::{ConfigFile, Folders};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A line that says something.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// From 1.
    pub(super) number: usize,
    /// In small letters.
    pub(super) keyword: String,
    pub(super) args: Vec<String>,
    /// Of `Include`: the places of the files in [`Files::all`], one list a pattern.
    pub(super) included: Vec<usize>,
}

/// The file and whatever it includes.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// The first is the one that was asked for.
    pub(super) all: Vec<(PathBuf, Vec<Line>)>,
    /// What could not be read of it, where it stands and by its name; only of the first file there are
    /// numbers.
    pub(super) unread: Vec<(usize, String)>,
    bytes: u64,
}

impl Files {
    pub(super) fn read(file: &ConfigFile, folders: &Folders) -> Self {
        let mut files = Self::default();
        let length = u64::try_from(file.text.len()).unwrap_or(u64::MAX);
        files.bytes = length;
        files.add(&file.path, &file.text, folders, 0);
        files
    }

    /// Adds a file, and gives its place.
    fn add(&mut self, path: &Path, text: &str, folders: &Folders, depth: usize) -> usize {
        let place = self.all.len();
        self.all.push((path.to_owned(), vec![]));
        let mut lines = lines(text);
        for line in lines.iter_mut().filter(|line| line.keyword == "include") {
            for pattern in &line.args {
                // As in a person's own file, which is what ours stands for.
                let pattern = folders.whole(pattern, &folders.home.join(".ssh"));
                let number = if place == 0 { line.number } else { 0 };
                let Some(paths) = matching(&pattern) else {
                    self.unread.push((number, pattern.display().to_string()));
                    continue;
                };
                for path in paths {
                    line.included
                        .extend(self.include(&path, number, folders, depth + 1));
                }
            }
        }
        self.all[place].1 = lines;
        place
    }

    fn include(
        &mut self,
        path: &Path,
        line: usize,
        folders: &Folders,
        depth: usize,
    ) -> Option<usize> {
        let is_over = depth > Limits::DEPTH || self.all.len() >= Limits::FILES;
        let left = Limits::BYTES.saturating_sub(self.bytes);
        let text = if is_over {
            None
        } else {
            let bytes = files::read(path, left).ok();
            bytes.and_then(|bytes| String::from_utf8(bytes).ok())
        };
        let Some(text) = text else {
            self.unread.push((line, path.display().to_string()));
            return None;
        };
        self.bytes += u64::try_from(text.len()).unwrap_or(u64::MAX);
        Some(self.add(path, &text, folders, depth))
    }

    /// All lines, of whichever file.
    pub(super) fn lines(&self) -> impl Iterator<Item = &Line> {
        self.all.iter().flat_map(|(_, lines)| lines)
    }

    /// Where a line is to be looked for, and what it is: only of the first file there are numbers.
    pub(super) fn told(&self, place: usize, line: &Line, what: &str) -> (usize, String) {
        match self.all.get(place).filter(|_| place > 0) {
            Some((path, _)) => (0, format!("{}:{}: {what}", path.display(), line.number)),
            None => (line.number, what.to_owned()),
        }
    }

    /// The line where the first file says that, if it does.
    pub(super) fn number(&self, is: impl Fn(&Line) -> bool) -> Option<usize> {
        let mut own = self.all.first()?.1.iter();
        own.find(|line| is(line)).map(|line| line.number)
    }
}

/// The files that a pattern stands for, which may have wildcards in its last part; `None` where that cannot
/// be found out.
fn matching(pattern: &Path) -> Option<Vec<PathBuf>> {
    let (folder, name) = (pattern.parent()?, pattern.file_name()?);
    let name = name.to_string_lossy();
    if !name.contains(['*', '?']) {
        return Some(vec![pattern.to_owned()]);
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            // A folder that is not there has nothing, unless it is a pattern, too.
            let is_plain = !folder.to_string_lossy().contains(['*', '?', '[']);
            let is_none = error.kind() == io::ErrorKind::NotFound && is_plain;
            return is_none.then(Vec::new);
        }
    };
    let is_meant = |file: &String| is_like(&name, file) && !file.starts_with('.');
    let names = entries.take(Limits::NAMES).flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(is_meant).collect();
    names.sort();
    Some(names.into_iter().map(|name| folder.join(name)).collect())
}

/// The lines of a text that say something.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let numbered = (1..).zip(text.lines());
    numbered
        .filter_map(|(number, text)| line(number, text))
        .collect()
}

fn line(number: usize, text: &str) -> Option<Line> {
    let text = text.trim();
    if text.starts_with('#') {
        return None;
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '=')?;
    let (keyword, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    let args = words(rest);
    (!args.is_empty()).then(|| Line {
        number,
        keyword: keyword.replace('"', "").to_ascii_lowercase(),
        args,
        included: vec![],
    })
}

/// The words of a line, which may stand in quotes; what is behind `#` is none.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (vec![], None::<String>, None);
    for c in text.chars() {
        match (c, quote) {
            (_, Some(open)) if c == open => quote = None,
            (_, Some(_)) => word.get_or_insert_default().push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('#', None) if word.is_none() => break,
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_keyword_and_words() {
        for (text, keyword, args) in [
            ("Host a b", "host", &["a", "b"][..]),
            ("  HostName=x.example # mine", "hostname", &["x.example"]),
            ("User = \"an na\"", "user", &["an na"]),
            (
                "RemoteForward\t80 localhost:1",
                "remoteforward",
                &["80", "localhost:1"],
            ),
        ] {
            let line = line(1, text).expect(text);
            assert_eq!(
                (line.keyword.as_str(), &line.args[..]),
                (
                    keyword,
                    &args.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..]
                )
            );
        }
        for nothing in ["", "# Host a", "Host", "Host ", "Host #a"] {
            assert_eq!(line(1, nothing), None, "{nothing}");
        }
    }

    #[test]
    fn files_that_include_each_other_end() {
        let dir = tempfile::tempdir().expect("a folder");
        let own = dir.path().join(".ssh");
        fs::create_dir_all(own.join("d")).expect("a folder");
        let text = "Include config\nInclude d/*\nInclude gone\nHost x\n".to_owned();
        fs::write(own.join("config"), &text).expect("written");
        for name in ["b", "a"] {
            fs::write(own.join("d").join(name), format!("Host {name}\n")).expect("written");
        }
        let folders = Folders {
            home: dir.path().to_owned(),
            ..Folders::default()
        };
        let path = own.join("config");
        let files = Files::read(&ConfigFile { path, text }, &folders);
        assert!(files.all.len() <= Limits::FILES);
        assert!(
            files
                .unread
                .iter()
                .any(|(line, path)| *line == 3 && path.ends_with("gone"))
        );
        let hosts: Vec<&str> = files.all[0]
            .1
            .iter()
            .filter(|it| it.keyword == "include")
            .nth(1)
            .expect("it is the second")
            .included
            .iter()
            .map(|place| files.all[*place].1[0].args[0].as_str())
            .collect();
        assert_eq!(hosts, ["a", "b"]);
    }
}
