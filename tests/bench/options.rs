//! What the person asked for, and how long each measure therefore takes.

use clap::Parser;
use std::path::PathBuf;
use std::time::Duration;

use crate::peers::Peer;

/// Measures Underpass beside its peers and prints a table.
#[derive(Debug, Parser)]
#[command(name = "peers", bin_name = "cargo bench --bench peers --")]
pub struct Options {
    /// Only the cases whose name contains one of these, as `http` or `drops/rst`
    pub filters: Vec<String>,

    /// Only these peers; what is compared with is ours by TCP, whenever it is among them
    #[arg(long = "peer", value_name = "PEER", value_delimiter = ',')]
    peers: Vec<Peer>,

    /// Short measures and one round: to see that it works, not for figures
    #[arg(long)]
    pub quick: bool,

    /// How often what needs no cable is measured; the median counts [default: 3, quick: 1]
    #[arg(long)]
    rounds: Option<usize>,

    /// Write the report to this file as well; docs/performance.md keeps its text
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Our program [default: the one that cargo built with this]
    #[arg(long, value_name = "PATH")]
    pub underpass: Option<PathBuf>,

    /// Where bore and rathole are, or are installed to
    #[arg(long, value_name = "DIR", default_value = "target/bench/peers")]
    pub tools: PathBuf,

    /// Show the names of the cases and measure nothing
    #[arg(long)]
    pub list: bool,

    /// Cargo says so to every bench
    #[arg(long, hide = true)]
    bench: bool,

    /// More options of our relay, after `--`
    #[arg(last = true, value_name = "OPTION")]
    pub relay: Vec<String>,
}

/// How long things last.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Until buffers, windows and caches are what they stay.
    pub warm_up: Duration,
    /// What is measured.
    pub measure: Duration,
    /// Until a slow way's queues are full.
    pub fill: Duration,
    /// How long something small is watched beside bulk.
    pub beside: Duration,
    /// Before memory is read.
    pub settle: Duration,
    /// How long the download of a drop lasts when nothing drops.
    pub download: Duration,
    /// How far it is when the drop comes.
    pub lead: Duration,
    /// How long is waited for what may never come back.
    pub patience: Duration,
}

const FULL: Pace = Pace {
    warm_up: Duration::from_secs(1),
    measure: Duration::from_secs(5),
    fill: Duration::from_secs(4),
    beside: Duration::from_secs(25),
    settle: Duration::from_secs(5),
    download: Duration::from_secs(10),
    lead: Duration::from_secs(3),
    patience: Duration::from_secs(90),
};

const QUICK: Pace = Pace {
    warm_up: Duration::from_millis(300),
    measure: Duration::from_secs(1),
    fill: Duration::from_secs(3),
    beside: Duration::from_secs(6),
    settle: Duration::from_secs(2),
    download: Duration::from_secs(5),
    lead: Duration::from_secs(2),
    patience: Duration::from_secs(20),
};

pub fn read() -> Options {
    let mut options = Options::parse();
    // Cargo puts it behind all words, the relay's too.
    options.relay.retain(|word| word != "--bench");
    options
}

impl Options {
    /// The peers to measure, ours first.
    pub fn peers(&self) -> Vec<Peer> {
        let wanted = |peer: &Peer| self.peers.is_empty() || self.peers.contains(peer);
        Peer::ALL.into_iter().filter(wanted).collect()
    }

    pub fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 1 } else { 3 }).max(1)
    }

    pub fn pace(&self) -> Pace {
        if self.quick { QUICK } else { FULL }
    }
}
