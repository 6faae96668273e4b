//! What the documents say of the tree: the code map, the files that guides lead to, the words of the lines.

use super::{ROOTS, assert_none, root, sources, word};
use std::collections::BTreeSet;
use std::fs;

/// The code map names each room as `` `src/ROOM` `` and no other.
#[test]
fn the_code_map_names_every_room_and_no_other() {
    let rooms: BTreeSet<String> = sources(&["src"], "rs")
        .iter()
        .filter_map(|source| source.room().map(str::to_owned))
        .collect();
    if !root().join("docs").exists() {
        return;
    }
    let map = fs::read_to_string(root().join("docs/architecture.md"))
        .expect("docs/architecture.md is there");
    let named: BTreeSet<String> = map
        .split("`src/")
        .skip(1)
        .map(word)
        .filter(|name| !ROOTS.contains(&format!("{name}.rs").as_str()))
        .collect();
    assert_eq!(
        named, rooms,
        "left: what the map names; right: what is there"
    );
}

/// Documents that tell where things are today; the records in `docs/adr` tell how they once were.
const GUIDES: [&str; 4] = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/architecture.md",
];

/// What a text names between backticks as a file of the tree, and what it links to in the tree.
/// A name with a placeholder (`NAME`, `*`) is none.
fn named_paths(text: &str) -> Vec<&str> {
    let is_ours = |path: &&str| {
        let top = path.split('/').next().unwrap_or_default();
        !top.is_empty() && path.contains('/') && root().join(top).is_dir() && top != "target"
    };
    let spans = text.split('`').skip(1).step_by(2);
    let spans = spans.filter_map(|span| span.split_whitespace().next());
    let links = text.split("](").skip(1);
    let links = links.filter_map(|link| link.split([')', '#']).next());
    let links = links.filter(|link| !link.is_empty() && !link.contains("://"));
    let is_placeholder = |part: &str| part.len() > 1 && part.chars().all(char::is_uppercase);
    let is_whole = |path: &&str| !path.contains('*') && !path.split('/').any(is_placeholder);
    spans
        .filter(is_ours)
        .chain(links)
        .filter(is_whole)
        .collect()
}

#[test]
fn the_guides_name_files_that_are_there() {
    let mut broken = Vec::new();
    for guide in GUIDES {
        let Ok(text) = fs::read_to_string(root().join(guide)) else {
            continue;
        };
        for path in named_paths(&text) {
            let beside = root().join(guide).with_file_name(path);
            if !root().join(path).exists() && !beside.exists() {
                broken.push(format!("{guide}: {path}"));
            }
        }
    }
    assert_none("a guide leads to what is there", &broken);
}

/// Programs read these words: each stands in their documentation.
#[test]
fn the_words_of_the_json_lines_are_documented() {
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("it is there");
    let page = read("docs/json-lines.md");
    let words_of = |path: &str, function: &str| -> Vec<String> {
        let text = read(path);
        let body = text.split(function).nth(1).expect("the function is there");
        let body = body.split("\n    }\n").next().unwrap_or_default();
        // A word alone, or the first of a row.
        let body = body.replace("=> (", "=> ");
        let words = body.split("=> \"").skip(1);
        words
            .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
            .collect()
    };
    let mut seen = 0;
    for (path, function) in [
        ("src/model/class.rs", "fn row(&self)"),
        ("src/model/life.rs", "fn as_str(&self)"),
        ("src/model/life.rs", "fn as_str(self)"),
        ("src/model/service_fault.rs", "fn code(self)"),
    ] {
        for word in words_of(path, function) {
            assert!(page.contains(&format!("`{word}`")), "{path}: {word}");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}: the sources are read no more");
}
