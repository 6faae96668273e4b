//! What the documents tell people to type and where they lead: each link leads somewhere, each command
//! is run, or at least understood by the program's own grammar.

mod commands;
mod examples;
mod links;
mod providers;
mod proxies;
mod runner;

use std::fs;
use std::path::{Path, PathBuf};

/// A document of ours.
struct Page {
    /// From the repository's root, with `/`.
    path: String,
    text: String,
}

/// A command block, or another block of text that is not prose.
#[derive(Debug)]
struct Block {
    page: String,
    line: usize,
    lines: Vec<String>,
}

impl Block {
    fn at(&self) -> String {
        format!("{}:{}", self.page, self.line)
    }
}

impl Page {
    /// The blocks that are fenced, or indented by four behind an empty line.
    fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = vec![];
        let (mut fenced, mut inside, mut before_is_empty) = (false, false, true);
        for (number, line) in (1..).zip(self.text.lines()) {
            let fence = line.trim_start().starts_with("```");
            let indented = line.strip_prefix("    ").filter(|_| !fenced);
            let text = match (fenced && !fence, indented) {
                (true, _) => Some(line),
                (false, Some(text)) if inside || before_is_empty => Some(text),
                (false, _) => None,
            };
            match text {
                Some(text) if inside => {
                    let last = blocks.last_mut().expect("one was begun");
                    last.lines.push(text.trim_end().to_owned());
                }
                Some(text) => blocks.push(Block {
                    page: self.path.clone(),
                    line: number,
                    lines: vec![text.trim_end().to_owned()],
                }),
                None => {}
            }
            inside = text.is_some();
            fenced ^= fence;
            before_is_empty = line.trim().is_empty();
        }
        blocks
    }

    /// What stands between backticks outside of blocks, with its line.
    fn spans(&self) -> Vec<(usize, String)> {
        let mut spans = vec![];
        for (number, line) in self.prose() {
            let inside = line.split('`').skip(1).step_by(2);
            spans.extend(inside.map(|span| (number, span.to_owned())));
        }
        spans
    }

    /// The lines that are in no block.
    fn prose(&self) -> Vec<(usize, &str)> {
        let blocks = self.blocks();
        let in_block = |number: usize| {
            let holds =
                |block: &Block| (block.line..block.line + block.lines.len()).contains(&number);
            blocks.iter().any(holds)
        };
        let lines = (1..).zip(self.text.lines());
        lines.filter(|(number, _)| !in_block(*number)).collect()
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All documents of the repository that people read.
fn pages() -> Vec<Page> {
    let mut paths = vec![];
    collect(&root(), 0, &mut paths);
    collect(&root().join("docs"), 9, &mut paths);
    paths.sort();
    let pages: Vec<Page> = paths.iter().map(|path| read(path)).collect();
    assert!(pages.len() > 40, "the documents are found no more");
    pages
}

fn read(path: &Path) -> Page {
    let inside = path.strip_prefix(root()).expect("it is ours");
    Page {
        path: inside.to_string_lossy().replace('\\', "/"),
        text: fs::read_to_string(path).expect("readable"),
    }
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() && depth > 0 {
            collect(&path, depth - 1, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// Fails with all of them.
fn assert_none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}
