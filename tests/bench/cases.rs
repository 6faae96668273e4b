//! What is measured, by name. It knows nothing of how.

use std::fmt;

/// Which way the bytes of a stream go, seen from the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Down,
    Up,
}

/// What happens to the cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drop {
    /// Each flow that is there now gets a RST.
    Reset,
    /// Every packet of a flow that is there now vanishes; new flows pass.
    BlackHole,
    /// Everything vanishes for so many seconds.
    BlackOut(u64),
}

/// One thing to measure, for each peer in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    /// So many streams at once.
    Streams(Way, usize),
    /// Requests over so many connections, which are kept.
    Keep(usize),
    /// Requests over so many connections at a time, each of which serves one.
    Fresh(usize),
    /// Memory with nothing to do.
    Idle,
    /// Memory with so many open connections.
    Open(usize),
    /// A drop with a download under way.
    Drop(Drop),
}

/// Cases that share how they are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Streams,
    Http,
    Memory,
    Drops,
}

/// In the order in which they are run.
const ALL: [Case; 15] = [
    Case::Streams(Way::Down, 1),
    Case::Streams(Way::Up, 1),
    Case::Streams(Way::Down, 10),
    Case::Streams(Way::Up, 10),
    Case::Keep(1),
    Case::Keep(100),
    Case::Fresh(1),
    Case::Fresh(100),
    Case::Idle,
    Case::Open(500),
    Case::Open(5_000),
    Case::Drop(Drop::Reset),
    Case::Drop(Drop::BlackHole),
    Case::Drop(Drop::BlackOut(5)),
    Case::Drop(Drop::BlackOut(45)),
];

/// Those whose name has one of the filters in it; all, when there is no filter.
pub fn chosen(filters: &[String]) -> Vec<Case> {
    let wanted = |case: &Case| {
        let name = case.to_string();
        filters.is_empty() || filters.iter().any(|filter| name.contains(filter))
    };
    ALL.into_iter().filter(wanted).collect()
}

/// The cases by group, in order.
pub fn groups(cases: &[Case]) -> Vec<Vec<Case>> {
    let parts = cases.chunk_by(|a, b| a.group() == b.group());
    parts.map(<[Case]>::to_vec).collect()
}

impl Case {
    pub fn group(self) -> Group {
        match self {
            Self::Streams(..) => Group::Streams,
            Self::Keep(_) | Self::Fresh(_) => Group::Http,
            Self::Idle | Self::Open(_) => Group::Memory,
            Self::Drop(_) => Group::Drops,
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Streams => "streams",
            Self::Http => "http",
            Self::Memory => "memory",
            Self::Drops => "drops",
        })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.group())?;
        match self {
            Self::Streams(Way::Down, count) => write!(f, "down-{count}"),
            Self::Streams(Way::Up, count) => write!(f, "up-{count}"),
            Self::Keep(count) => write!(f, "keep-{count}"),
            Self::Fresh(count) => write!(f, "fresh-{count}"),
            Self::Idle => f.write_str("idle"),
            Self::Open(count) => write!(f, "open-{count}"),
            Self::Drop(Drop::Reset) => f.write_str("rst"),
            Self::Drop(Drop::BlackHole) => f.write_str("black-hole"),
            Self::Drop(Drop::BlackOut(seconds)) => write!(f, "black-out-{seconds}s"),
        }
    }
}
