//! The rules of the source tree that no compiler checks: who may use whom, what each file opens with,
//! what stays out. A rule that is only written down is broken within a month.

mod documents;

use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may use: the table of `docs/architecture.md`. A room that is not here
/// does not exist.
const ROOMS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("base", &["model"]),
    ("control", &["base", "model"]),
    ("link", &["base"]),
    ("view", &["model"]),
    ("provider", &["base", "model", "secrets", "link"]),
    ("relay", &["base", "model", "link"]),
    ("engine", &["provider", "model"]),
    ("probe", &["base", "model"]),
    ("app", &[ALL_BELOW]),
    ("shell", &["view", "base", "model"]),
    ("store", &["base", "model"]),
    ("audit", &["base", "model"]),
    ("import", &["base", "model"]),
    ("secrets", &["base", "model"]),
    ("platform", &["base", "model"]),
    ("logging", &["base", "model"]),
    ("cli", &[ALL_BELOW, "shell"]),
    ("start", &[ALL_BELOW, "shell", "cli"]),
];

/// Every room but those [`ABOVE`].
const ALL_BELOW: &str = "*";

/// The rooms above the room of effects: it is drawn and put together, it does neither.
const ABOVE: [&str; 3] = ["shell", "cli", "start"];

/// The files that stand above all rooms and put them together.
const ROOTS: [&str; 2] = ["lib.rs", "main.rs"];

/// Names that only some rooms may say. `std::process::id` and the like start nothing and are free. What
/// nobody may say is in `clippy.toml`.
const RESERVED: &[(&str, &[&str])] = &[
    ("slint", &["shell"]),
    ("tray_icon", &["shell"]),
    ("fluent", &["shell"]),
    ("fluent_bundle", &["shell"]),
    ("process::Command", &["provider", "platform"]),
    ("tokio::process", &["provider", "platform"]),
    ("danger::ServerCertVerifier", &["base"]),
];

/// The longest file: past it, it has two subjects.
const LONGEST: usize = 500;

/// A source file of ours.
struct Source {
    /// From the repository's root, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The room it is in; `None` for the roots and for what is not in `src/`.
    fn room(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let room = inside.split('/').next().unwrap_or(inside);
        (!ROOTS.contains(&inside)).then(|| room.strip_suffix(".rs").unwrap_or(room))
    }

    /// Its lines with their numbers, without comments and strings and up to its unit tests.
    fn code(&self) -> Vec<(usize, String)> {
        if self.path.ends_with("tests.rs") || self.path.contains("/tests/") {
            return Vec::new();
        }
        let product = self
            .text
            .split("#[cfg(test)]\nmod ")
            .next()
            .unwrap_or_default();
        (1..).zip(product.lines().map(strip)).collect()
    }

    fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// The line without its comment and without what its strings say.
fn strip(line: &str) -> String {
    let mut code = String::new();
    let mut in_string = false;
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' if in_string => {
                characters.next();
            }
            '\'' if !in_string && characters.peek() == Some(&'"') => {
                // A quote as a character opens no string.
                characters.next();
                characters.next();
            }
            '"' => {
                in_string = !in_string;
                code.push('"');
            }
            '/' if !in_string && characters.peek() == Some(&'/') => break,
            _ if in_string => {}
            _ => code.push(c),
        }
    }
    code
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folders: &[&str], extension: &str) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&root().join(folder), extension, &mut found);
    }
    assert!(!found.is_empty(), "no .{extension} file in {folders:?}");
    found
}

fn collect(path: &Path, extension: &str, found: &mut Vec<Source>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a folder of the repository can be read") {
            collect(&entry.expect("its entries too").path(), extension, found);
        }
    } else if path.extension().is_some_and(|is| is == extension) {
        let inside = path.strip_prefix(root()).expect("below the root");
        found.push(Source {
            path: inside.to_string_lossy().replace('\\', "/"),
            text: fs::read_to_string(path).expect("a source file is UTF-8"),
        });
    }
}

fn assert_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

/// The first names after each `crate::` in a text: `crate::a::b`, `crate::{a::b, c}`.
fn used_rooms(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => rooms.extend(group_heads(group)),
            None => rooms.push(word(rest)),
        }
    }
    rooms
}

/// The names that the members of a `{…}` begin with; `group` starts behind the brace.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut expected) = (0_usize, true);
    let mut heads = Vec::new();
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            _ if expected && !c.is_whitespace() => {
                heads.push(word(&group[at..]));
                expected = false;
            }
            _ => {}
        }
    }
    heads
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// Whether `name` stands in `code` as a path of its own and not as a part of a longer word.
fn names(code: &str, name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let behind = &code[at + name.len()..];
        let is_path = name.contains("::")
            || behind.starts_with("::")
            || code.contains(&format!("use {name}"));
        !code[..at].ends_with(inside) && !behind.starts_with(inside) && is_path
    })
}

#[test]
fn the_checkers_see_what_they_look_for() {
    assert_eq!(used_rooms("use crate::model::Port;"), ["model"]);
    assert_eq!(
        used_rooms("use crate::{link::{a, b}, view};"),
        ["link", "view"]
    );
    assert_eq!(
        used_rooms("fn f(p: &crate::relay::Lookup) -> crate::view::Msg"),
        ["relay", "view"]
    );
    assert_eq!(used_rooms("use mycrate::model;"), [""; 0]);
    assert_eq!(
        strip(r#"let a = "use crate::x // no"; // crate::y"#),
        r#"let a = ""; "#
    );
    assert_eq!(strip("if c == '\"' { b } // x"), "if c ==  { b } ");
    assert!(names("use slint::Image;", "slint") && names("slint::quit()", "slint"));
    assert!(!names("let slint = 1;", "slint") && !names("i_slint::x", "slint"));
    assert!(names("std::process::Command::new", "process::Command"));
    let lines = [
        "let a = b",
        "    // the list is never empty",
        "    .first()",
        "    .expect(x);",
    ];
    assert!(is_explained(&lines, 3));
    assert!(!is_explained(
        &["// about f", "let a = b;", "let c = d", "    .expect(x);"],
        3
    ));
}

#[test]
fn rooms_use_only_the_rooms_they_may() {
    let mut broken = Vec::new();
    for source in sources(&["src"], "rs") {
        let Some(room) = source.room() else { continue };
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            broken.push(source.at(1, &format!("{room} is no room of the table")));
            continue;
        };
        // A group may go over several lines, so the code is read as one text.
        let code: Vec<String> = source.code().into_iter().map(|(_, line)| line).collect();
        for used in used_rooms(&code.join("\n")) {
            if used != room && !may_use(allowed, &used) {
                let line = code
                    .iter()
                    .position(|line| line.contains(&used))
                    .unwrap_or(0)
                    + 1;
                broken.push(source.at(line, &format!("{room} must not use crate::{used}")));
            }
        }
    }
    assert_none("the table of rooms", &broken);
}

fn may_use(allowed: &[&str], used: &str) -> bool {
    allowed.contains(&used) || (allowed.contains(&ALL_BELOW) && !ABOVE.contains(&used))
}

/// `super::` from a room's own file is `crate::` by another name, and would hide from the table.
#[test]
fn no_room_reaches_another_through_super() {
    let mut broken = Vec::new();
    for source in sources(&["src"], "rs") {
        let is_room_root =
            source.path.ends_with("/mod.rs") || !source.path["src/".len()..].contains('/');
        if source.room().is_none() || !is_room_root || source.path.matches('/').count() > 2 {
            continue;
        }
        for (line, code) in source.code() {
            for (room, _) in ROOMS {
                if names(&code, &format!("super::{room}")) {
                    broken.push(source.at(line, &format!("write crate::{room}")));
                }
            }
        }
    }
    assert_none("rooms are named as crate::ROOM", &broken);
}

#[test]
fn the_outside_is_named_only_where_it_belongs() {
    let mut broken = Vec::new();
    for source in sources(&["src"], "rs") {
        let room = source.room().unwrap_or("main");
        for (line, code) in source.code() {
            for (name, rooms) in RESERVED {
                if names(&code, name) && !rooms.contains(&room) {
                    broken.push(source.at(line, &format!("{name} belongs to {rooms:?} alone")));
                }
            }
        }
    }
    assert_none("names that only some rooms may say", &broken);
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut files = sources(&["src", "tests"], "rs");
    files.extend(sources(&["build.rs"], "rs"));
    let broken: Vec<String> = files
        .iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.at(1, "no //! at its top"))
        .collect();
    assert_none("every file opens with //!", &broken);
}

#[test]
fn no_file_is_too_long_to_read() {
    let mut files = sources(&["src", "tests", "build.rs"], "rs");
    files.extend(sources(&["ui"], "slint"));
    files.extend(sources(&["tests"], "py"));
    let broken: Vec<String> = files
        .iter()
        .filter(|source| source.text.lines().count() > LONGEST)
        .map(|source| source.at(LONGEST, "too long"))
        .collect();
    assert_none(&format!("at most {LONGEST} lines a file"), &broken);
}

/// Whether a comment stands in the statement that `line` is in, beside it or just above it.
fn is_explained(lines: &[&str], line: usize) -> bool {
    if lines[line].contains("//") {
        return true;
    }
    for above in lines[..line].iter().rev() {
        let code = strip(above);
        let code = code.trim_end();
        if above.contains("//") {
            return true;
        }
        if code.ends_with([';', '{', '}', ',']) || code.is_empty() {
            return false;
        }
    }
    false
}

#[test]
fn nothing_may_panic_without_a_word_why() {
    let mut broken = Vec::new();
    for source in sources(&["src"], "rs") {
        let lines: Vec<&str> = source.text.lines().collect();
        for (line, code) in source.code() {
            let panics = [".unwrap()", ".expect(", "panic!()", "unreachable!()"];
            if panics.iter().any(|what| code.contains(what)) && !is_explained(&lines, line - 1) {
                broken.push(source.at(line, "no comment says why this cannot fail"));
            }
        }
    }
    assert_none("no panic without a reason beside it", &broken);
}

#[test]
fn every_message_is_used() {
    let code: String = sources(&["src"], "rs")
        .iter()
        .map(|source| source.text.as_str())
        .collect();
    let ui: String = sources(&["ui"], "slint")
        .iter()
        .map(|source| source.text.as_str())
        .collect();
    let mut broken = Vec::new();
    for file in sources(&["i18n/en-US"], "ftl") {
        let others = file.text.as_str();
        for (line, id) in (1..)
            .zip(others.lines())
            .filter_map(|(line, text)| Some((line, message_id(text)?)))
        {
            let used = if file.path.ends_with("window.ftl") {
                // A label that Slint binds, or that the window's adapter looks up.
                ui.contains(&format!("Tr.{id}")) || code.contains(&format!("\"{id}\""))
            } else {
                // What only one provider says is named in what it offers.
                is_made(&code, &id.replace('-', "_")) || code.contains(&format!("\"{id}\""))
            };
            if !used && !others.contains(&format!("{{ {id} }}")) {
                broken.push(file.at(line, &format!("{id} is said nowhere")));
            }
        }
    }
    assert_none(
        "a message that nobody says is translated for nothing",
        &broken,
    );
}

/// The id of the message that a line of Fluent begins.
fn message_id(line: &str) -> Option<&str> {
    let (id, _) = line.split_once('=')?;
    let id = id.trim_end();
    let first = id.chars().next()?;
    let whole = id
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    (first.is_ascii_alphabetic() && whole).then_some(id)
}

/// Whether the message's constructor is named, as `messages::ID` or called as `ID(`.
fn is_made(code: &str, id: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(id).any(|(at, _)| {
        let (before, behind) = (&code[..at], &code[at + id.len()..]);
        let is_whole = !before.ends_with(inside) && !behind.starts_with(inside);
        is_whole && (before.ends_with("::") || behind.starts_with('('))
    })
}
