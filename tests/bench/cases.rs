//! What is measured, by name. It knows nothing of how.

use std::fmt;

/// Which way the bytes of a stream go, seen from the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    Down,
    Up,
}

/// What is small and should not wait behind what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Small {
    /// A message of eight bytes and its echo, on one WebSocket.
    Message,
    /// A request and its short answer, on one kept connection.
    Request,
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
    /// Something small beside bulk that goes this way, which carries so many Mbit/s.
    Fair(Small, Way, u64),
    /// A drop with a download under way.
    Drop(Drop),
}

/// Cases that share how they are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Streams,
    Http,
    Memory,
    Fair,
    Drops,
}

impl Group {
    /// In the order in which they are told.
    pub const ALL: [Self; 5] = [
        Self::Streams,
        Self::Http,
        Self::Memory,
        Self::Fair,
        Self::Drops,
    ];
}

/// In the order in which they are run.
const ALL: [Case; 23] = [
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
    Case::Fair(Small::Message, Way::Down, 2),
    Case::Fair(Small::Message, Way::Down, 20),
    Case::Fair(Small::Message, Way::Up, 2),
    Case::Fair(Small::Message, Way::Up, 20),
    Case::Fair(Small::Request, Way::Down, 2),
    Case::Fair(Small::Request, Way::Down, 20),
    Case::Fair(Small::Request, Way::Up, 2),
    Case::Fair(Small::Request, Way::Up, 20),
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
            Self::Fair(..) => Group::Fair,
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
            Self::Fair => "fair",
            Self::Drops => "drops",
        })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Down => "down",
            Self::Up => "up",
        })
    }
}

impl fmt::Display for Small {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Message => "message",
            Self::Request => "request",
        })
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.group())?;
        match self {
            Self::Streams(way, count) => write!(f, "{way}-{count}"),
            Self::Keep(count) => write!(f, "keep-{count}"),
            Self::Fresh(count) => write!(f, "fresh-{count}"),
            Self::Idle => f.write_str("idle"),
            Self::Open(count) => write!(f, "open-{count}"),
            Self::Fair(small, way, mbit) => write!(f, "{small}-{way}-{mbit}"),
            Self::Drop(Drop::Reset) => f.write_str("rst"),
            Self::Drop(Drop::BlackHole) => f.write_str("black-hole"),
            Self::Drop(Drop::BlackOut(seconds)) => write!(f, "black-out-{seconds}s"),
        }
    }
}
