//! The figures, and the table that they make: a row for each thing measured, a column for each peer,
//! beside each figure its ratio to ours.

use crate::cases::Group;
use crate::options::Options;
use crate::peers::Peer;
use crate::tools::Tools;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

/// Where a document has the last run's report.
const MARK: &str = "<!-- the last run -->";

/// What one measure gave.
#[derive(Clone, Debug)]
pub enum Value {
    Number(f64),
    /// There is no number: it never came, or what came is a word.
    Text(String),
}

/// Which figure is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    More,
    Less,
    /// It is no figure.
    Neither,
}

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub group: Group,
    /// What and in which unit.
    pub label: String,
    pub better: Better,
}

/// All that was measured.
pub struct Report {
    head: Vec<String>,
    peers: Vec<Peer>,
    rows: Vec<(Row, BTreeMap<Peer, Vec<Value>>)>,
    failures: Vec<String>,
}

impl Row {
    pub fn new(group: Group, label: impl Into<String>, better: Better) -> Self {
        let label = label.into();
        Self {
            group,
            label,
            better,
        }
    }
}

impl Report {
    pub fn new(options: &Options, tools: &Tools) -> Self {
        Self {
            head: head(options, tools),
            peers: options.peers(),
            rows: vec![],
            failures: vec![],
        }
    }

    pub fn add(&mut self, row: &Row, peer: Peer, value: Value) {
        let at = self.rows.iter().position(|(known, _)| known == row);
        let at = at.unwrap_or_else(|| {
            self.rows.push((row.clone(), BTreeMap::new()));
            self.rows.len() - 1
        });
        self.rows[at].1.entry(peer).or_default().push(value);
    }

    /// Something could not be measured, or not as it should be.
    pub fn fail(&mut self, what: &str) {
        eprintln!("  {what}");
        self.failures.push(what.to_owned());
    }

    /// Writes it to a file; one with the mark in it keeps what stands before.
    pub fn write(&self, file: &Path) -> anyhow::Result<()> {
        let before = fs::read_to_string(file).unwrap_or_default();
        let kept = before.split_once(MARK).map(|(kept, _)| kept);
        let kept = kept.map(|kept| format!("{kept}{MARK}\n\n"));
        Ok(fs::write(
            file,
            format!("{}{self}", kept.unwrap_or_default()),
        )?)
    }

    fn table(&self, f: &mut fmt::Formatter<'_>, group: Group) -> fmt::Result {
        let rows = self.rows.iter().filter(|(row, _)| row.group == group);
        let rows: Vec<_> = rows.collect();
        if rows.is_empty() {
            return Ok(());
        }
        let shown = |peer: &&Peer| rows.iter().any(|(_, values)| values.contains_key(peer));
        let peers: Vec<Peer> = self.peers.iter().filter(shown).copied().collect();
        writeln!(f, "\n### {}\n", title(group))?;
        let titles: Vec<&str> = peers.iter().map(|peer| peer.title()).collect();
        writeln!(f, "| | {} |", titles.join(" | "))?;
        writeln!(f, "|---|{}", "---|".repeat(peers.len()))?;
        for (row, values) in rows {
            let cells: Vec<String> = peers.iter().map(|peer| cell(values, *peer)).collect();
            let sign = row.better.sign();
            writeln!(f, "| {}{sign} | {} |", row.label, cells.join(" | "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.head {
            writeln!(f, "- {line}")?;
        }
        for group in Group::ALL {
            self.table(f, group)?;
        }
        if !self.failures.is_empty() {
            writeln!(f, "\nNot as it should be:\n")?;
        }
        for failure in &self.failures {
            writeln!(f, "- {failure}")?;
        }
        Ok(())
    }
}

impl Better {
    fn sign(self) -> &'static str {
        match self {
            Self::More => " ↑",
            Self::Less => " ↓",
            Self::Neither => "",
        }
    }
}

fn title(group: Group) -> &'static str {
    match group {
        Group::Streams => "Streams",
        Group::Http => "HTTP",
        Group::Memory => "Memory, resident, MiB",
        Group::Fair => "Something small beside bulk, on a slow way",
        Group::Drops => "Drops, with a download under way",
    }
}

/// The median with its ratio to ours, and what was said instead of a number.
fn cell(values: &BTreeMap<Peer, Vec<Value>>, peer: Peer) -> String {
    let of = |peer: Peer| values.get(&peer).map_or(&[][..], Vec::as_slice);
    let mut parts = vec![];
    if let Some(number) = median(of(peer)) {
        parts.push(figure(number));
        match median(of(Peer::OURS)) {
            Some(ours) if peer != Peer::OURS && ours > 0.0 => {
                parts.push(format!("({}×)", figure(number / ours)));
            }
            Some(_) | None => {}
        }
    }
    for value in of(peer) {
        match value {
            Value::Text(text) if !parts.contains(text) => parts.push(text.clone()),
            Value::Text(_) | Value::Number(_) => {}
        }
    }
    if parts.is_empty() {
        parts.push("–".to_owned());
    }
    parts.join(" ")
}

fn median(values: &[Value]) -> Option<f64> {
    let number = |value: &Value| match value {
        Value::Number(number) => Some(*number),
        Value::Text(_) => None,
    };
    let mut numbers: Vec<f64> = values.iter().filter_map(number).collect();
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len().checked_sub(1)? / 2;
    let pair = [numbers[middle], numbers[numbers.len() / 2]];
    Some(f64::midpoint(pair[0], pair[1]))
}

/// Three digits that count; whole above a hundred.
fn figure(number: f64) -> String {
    if number >= 100.0 {
        format!("{number:.0}")
    } else if number >= 10.0 {
        format!("{number:.1}")
    } else {
        format!("{number:.2}")
    }
}

fn head(options: &Options, tools: &Tools) -> Vec<String> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let models = || cpus.lines().filter(|line| line.starts_with("model name"));
    let model = models().next().and_then(|line| line.split(": ").nth(1));
    let busy = read("/proc/loadavg");
    let mut lines = vec![
        format!("{:.0}", jiff::Timestamp::now()),
        format!(
            "{} × {}, Linux {}, load at the start {}",
            models().count(),
            model.unwrap_or("CPU"),
            read("/proc/sys/kernel/osrelease").trim(),
            busy.split(' ').next().unwrap_or_default(),
        ),
        tools.versions().join(" · "),
    ];
    lines.push(match (options.quick, options.rounds()) {
        (true, _) => "quick: too short for figures".to_owned(),
        (false, 1) => "one round".to_owned(),
        (false, rounds) => {
            format!("the median of {rounds} rounds; what has a cable of its own happens once")
        }
    });
    lines.push("in parentheses: the ratio to ours by TCP; ↑ more is better, ↓ less is".to_owned());
    lines
}
