//! The forwards that hold for no name in the files, so that none of them is lost without a word.

use super::asked::unasked;
use super::files::{Files, Line};
use super::resolve::{Resolved, holding, is_meant};
use super::{NO_HOST, PATTERN, is_name, says};
use crate::model::{Import, Why};
use std::collections::BTreeSet;

/// Says of each forward that led to nothing where it stands, and why. What holds for the names that were
/// asked for is `told`.
pub(super) fn skip(files: &Files, told: &[(String, Resolved)], import: &mut Import) {
    let names = told.iter().map(|(alias, _)| alias);
    let held = names.flat_map(|alias| holding(files, alias)).collect();
    Untaken {
        files,
        told,
        held,
        import,
    }
    .file(0, None);
}

struct Untaken<'a> {
    files: &'a Files,
    told: &'a [(String, Resolved)],
    /// The lines that hold for a name by our own reading, by file and number.
    held: BTreeSet<(usize, usize)>,
    import: &'a mut Import,
}

impl<'a> Untaken<'a> {
    /// A file that is included begins in the block that includes it.
    fn file(&mut self, place: usize, mut block: Option<&'a Line>) {
        let files: &'a Files = self.files;
        let Some((_, lines)) = files.all.get(place) else {
            return;
        };
        for line in lines {
            match line.keyword.as_str() {
                "host" | "match" => block = Some(line),
                "include" => {
                    for inner in &line.included {
                        self.file(*inner, block);
                    }
                }
                "remoteforward" => self.forward(place, line, block),
                _ => {}
            }
        }
    }

    fn forward(&mut self, place: usize, line: &Line, block: Option<&Line>) {
        let is_told = block.is_some_and(|block| unasked(block).is_some());
        let is_held = self.held.contains(&(place, line.number));
        if is_told || is_held || self.client_has(line, block) {
            return;
        }
        let is_pattern =
            |block: &Line| block.keyword == "host" && !block.args.iter().any(|it| is_name(it));
        let what = match block {
            Some(block) if block.keyword == "match" => format!("Match {}", block.args.join(" ")),
            Some(block) => block.args.join(" "),
            None => String::new(),
        };
        let why = if block.is_none_or(is_pattern) {
            PATTERN
        } else {
            NO_HOST
        };
        let (at, what) = self.files.told(place, line, &what);
        self.import.skip(at, what, Why::plain(why));
    }

    /// Whether the client has told it of a name that its block may be meant for: the client knows conditions
    /// that our own reading does not.
    fn client_has(&self, line: &Line, block: Option<&Line>) -> bool {
        let has = |resolved: &Resolved| {
            let mut forwards = resolved.forwards.iter();
            forwards.any(|(from, to)| says(line, from, to))
        };
        let may_be = |alias: &str, resolved: &Resolved| match block {
            Some(block) if block.keyword == "match" => may_match(block, alias, resolved),
            Some(block) => is_meant(&block.args, alias),
            None => true,
        };
        let mut told = self.told.iter();
        told.any(|(alias, resolved)| may_be(alias, resolved) && has(resolved))
    }
}

/// Whether nothing that a condition asks of the name is another one's.
fn may_match(block: &Line, alias: &str, resolved: &Resolved) -> bool {
    block.args.windows(2).all(|pair| {
        let patterns: Vec<String> = pair[1].split(',').map(str::to_owned).collect();
        match pair[0].to_ascii_lowercase().as_str() {
            "originalhost" => is_meant(&patterns, alias),
            "host" => is_meant(&patterns, alias) || is_meant(&patterns, &resolved.host),
            _ => true,
        }
    })
}
