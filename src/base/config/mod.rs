//! Configuration files of other programs, as a tree in which each value knows its line. It knows their
//! syntax, within bounds, and nothing of what is in them.
//!
//! A file may hold passwords: nothing of it is in an error, and no value prints itself.

mod toml;
mod yaml;

pub use self::toml::toml;
pub use self::yaml::yaml;

/// So many values are read of one file, each use of an alias included.
const MOST_VALUES: usize = 50_000;

/// The deepest that values lie in each other.
const DEEPEST: usize = 64;

/// A value, and where it stands.
#[derive(Clone)]
pub struct Node {
    /// From 1.
    pub line: usize,
    pub value: Value,
}

#[derive(Clone)]
pub enum Value {
    Nothing,
    /// Whatever is written there, a number or a switch too.
    Text(String),
    List(Vec<Node>),
    /// In the order of the file; no key is there twice.
    Map(Vec<(String, Node)>),
}

/// A file is not what it should be, from this line on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("line {line}")]
    Syntax { line: usize },
    /// It has more values than are read, or deeper ones.
    #[error("line {line}: too much")]
    TooMuch { line: usize },
}

impl Node {
    const fn new(line: usize, value: Value) -> Self {
        Self { line, value }
    }

    /// The value of this key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let found = self.entries().iter().find(|(name, _)| name == key);
        found.map(|(_, node)| node)
    }

    /// The value at the end of these keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text of this key, unless it is empty.
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text().filter(|text| !text.is_empty())
    }

    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Nothing | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Its values, one that stands alone as if it were in a list.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Nothing => &[],
            Value::Text(_) | Value::Map(_) => std::slice::from_ref(self),
        }
    }

    /// The texts among them.
    pub fn texts(&self) -> Vec<&str> {
        self.items().iter().filter_map(Self::text).collect()
    }

    /// Whether it has keys, or could have some: nothing at all has none.
    pub const fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_) | Value::Nothing)
    }

    pub fn entries(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Nothing | Value::Text(_) | Value::List(_) => &[],
        }
    }
}

impl Broken {
    pub const fn line(&self) -> usize {
        match self {
            Self::Syntax { line } | Self::TooMuch { line } => *line,
        }
    }
}

/// Counts what is read.
#[derive(Default)]
struct Bound(usize);

impl Bound {
    fn add(&mut self, count: usize, depth: usize, line: usize) -> Result<(), Broken> {
        self.0 = self.0.saturating_add(count);
        if self.0 > MOST_VALUES || depth > DEEPEST {
            return Err(Broken::TooMuch { line });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write as _;
    use std::time::{Duration, Instant};

    /// It, in a line.
    fn shown(node: &Node) -> String {
        let line = node.line;
        match &node.value {
            Value::Nothing => format!("{line}:-"),
            Value::Text(text) => format!("{line}:{text}"),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(shown).collect();
                format!("[{}]", items.join(" "))
            }
            Value::Map(entries) => {
                let entry = |(key, node): &(String, Node)| format!("{key}={}", shown(node));
                let entries: Vec<String> = entries.iter().map(entry).collect();
                format!("{{{}}}", entries.join(" "))
            }
        }
    }

    fn read(read: fn(&str) -> Result<Node, Broken>, text: &str) -> String {
        match read(text) {
            Ok(node) => shown(&node),
            Err(broken) => broken.to_string(),
        }
    }

    #[test]
    fn yaml_is_read_with_its_lines() {
        for (text, is) in [
            ("", "1:-"),
            ("a: 1\nb:\n  - x\n  - \"y z\"\n", "{a=1:1 b=[3:x 4:y z]}"),
            ("a: ~\nb: 'null'\nc:\n", "{a=1:- b=2:null c=3:-}"),
            ("{\"a\": [1, true]}", "{a=[1:1 1:true]}"),
            ("a: &x {b: 1}\nc: *x\n", "{a={b=1:1} c={b=1:1}}"),
            (
                "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n",
                "{a={b=1:1} c={d=4:2 b=1:1}}",
            ),
            (
                "a: &x {b: 1, e: 5}\nf: &y {e: 6}\nc:\n  <<: [*y, *x]\n  b: 2\n",
                "{a={b=1:1 e=1:5} f={e=2:6} c={b=5:2 e=2:6}}",
            ),
            ("a: 1\nb: 2\na: 3\n", "line 3"),
            ("{\"a\": {\"b\": 1,\n\"b\": 2}}", "line 2"),
            ("a: 1\n---\nb: 2\n", "{a=1:1}"),
            ("a: [1\nb: 2", "line 2"),
            ("a: *x", "line 1"),
            ("? [a]\n: 1\n", "line 1"),
        ] {
            assert_eq!(read(yaml, text), is, "{text:?}");
        }
    }

    #[test]
    fn toml_is_read_with_its_lines() {
        for (text, is) in [
            ("", "{}"),
            (
                "b = 1\na = \"x\"\n[[p]]\nname = 'n'\non = true\n",
                "{b=1:1 a=2:x p=[{name=4:n on=5:true}]}",
            ),
            ("a.b = 0x10\n", "{a={b=1:0x10}}"),
            ("a = 1\nb = \n", "line 2"),
            ("a = 1\na = 2\n", "line 2"),
        ] {
            assert_eq!(read(toml, text), is, "{text:?}");
        }
    }

    #[test]
    fn what_would_grow_without_end_is_refused_soon() {
        let mut laughs = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
        for n in 1..20 {
            let aliases = vec![format!("*a{}", n - 1); 10].join(",");
            writeln!(laughs, "a{n}: &a{n} [{aliases}]").expect("a String takes all");
        }
        let many = "- x\n".repeat(MOST_VALUES + 1);
        let begun = Instant::now();
        for text in [
            laughs,
            many,
            "[".repeat(100_000),
            "- ".repeat(100_000),
            "{a: ".repeat(10_000),
        ] {
            assert!(yaml(&text).is_err());
        }
        for text in [
            format!("a = {}", "[".repeat(100_000)),
            format!("a = [{}]", "1,".repeat(MOST_VALUES + 1)),
        ] {
            assert!(toml(&text).is_err());
        }
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{:?}",
            begun.elapsed()
        );
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-c:=&*<>{}\\[\\]\"'#!|?%, \n-]{0,60}", any in "\\PC{0,60}") {
            for text in [text, any] {
                let _ = (yaml(&text).is_ok(), toml(&text).is_ok());
            }
        }
    }
}
