//! Something small beside bulk, when the host's way out or in carries little: how long it takes, and
//! how much of the way the bulk still fills.
//!
//! All peers at the same time, each on a cable of its own: what limits them is the cable, which leaves
//! the processor idle, and what else this computer does meets all alike.

use super::{Bench, SLACK, number};
use crate::cable::Cable;
use crate::cases::{Case, Group, Small, Way};
use crate::load::PATIENCE;
use crate::options::Pace;
use crate::peers::{Peer, Tunnel};
use crate::process::Process;
use crate::report::{Better, Row, Value};
use crate::stage::Stage;
use crate::tools::Tools;
use anyhow::{Context as _, anyhow};
use serde_json::Value as Json;
use std::thread;

/// A browser opens some, a backup too.
const BULK: usize = 8;

/// What is small, which way the bulk goes, and how many Mbit/s that carries.
#[derive(Clone, Copy)]
struct Setting {
    small: Small,
    way: Way,
    mbit: u64,
}

/// What the visitors saw.
struct Outcome {
    p50_ms: f64,
    p99_ms: f64,
    /// How much of what the way carries the bulk has.
    percent: f64,
}

pub fn run(bench: &mut Bench, cases: &[Case], peers: &[Peer]) {
    let carrying = peers.iter().filter(|peer| **peer != Peer::Direct);
    let places: anyhow::Result<Vec<_>> = carrying
        .map(|peer| {
            let cable = Cable::lay(peer.name())?;
            Ok((*peer, cable, bench.tools.beside(peer.name())?))
        })
        .collect();
    let places = match places {
        Ok(places) => places,
        Err(error) => return bench.report.fail(&format!("fair: {error:#}")),
    };
    for case in cases {
        let Case::Fair(small, way, mbit) = *case else {
            continue;
        };
        eprintln!("{case}");
        let setting = Setting { small, way, mbit };
        for (peer, outcome) in watch_all(&places, bench.pace, setting) {
            match outcome {
                Ok(outcome) => add(bench, peer, setting, &outcome),
                Err(error) => bench.note(&case.to_string(), peer, &error),
            }
        }
    }
}

fn watch_all(
    places: &[(Peer, Cable, Tools)],
    pace: Pace,
    setting: Setting,
) -> Vec<(Peer, anyhow::Result<Outcome>)> {
    thread::scope(|scope| {
        let started = places.iter().map(|(peer, cable, tools)| {
            let watched = scope.spawn(move || watch(*peer, cable, tools, pace, setting));
            (*peer, watched)
        });
        // All before the first is waited for.
        let all: Vec<_> = started.collect();
        let ended = all.into_iter().map(|(peer, watched)| {
            let outcome = watched.join();
            let outcome = outcome.unwrap_or_else(|_| Err(anyhow!("it could not be watched")));
            (peer, outcome)
        });
        ended.collect()
    })
}

fn watch(
    peer: Peer,
    cable: &Cable,
    tools: &Tools,
    pace: Pace,
    setting: Setting,
) -> anyhow::Result<Outcome> {
    let Setting { small, way, mbit } = setting;
    let stage = Stage::at(cable, tools)?;
    let mut tunnel = peer.start(&stage, tools)?;
    let _narrowed = cable.narrow(way, mbit)?;
    let times = [pace.fill, pace.beside].map(|time| time.as_millis().to_string());
    let words = tunnel.words(&small.to_string(), &times);
    let mut visitor = stage.visitor(&words, tools.log("small"))?;
    visitor.line(SLACK)?;

    let (mut bulk, mut counted) = start_bulk(way, &stage, &tunnel, tools, &times)?;
    let limit = pace.fill + pace.beside + PATIENCE + SLACK;
    let counts = counted.as_mut().unwrap_or(&mut bulk);
    let counts: Json = serde_json::from_str(&counts.line(limit).context("the bulk")?)?;
    if counted.is_some() {
        bulk.check().context("the bulk")?;
    }
    let seen: Json = serde_json::from_str(&visitor.line(limit).context("beside the bulk")?)?;
    tunnel.check()?;
    eprintln!("  {}: {seen} {counts}", peer.name());
    let rate = number(&counts, "bytes")? * 8.0 / number(&counts, "seconds")? / 1e6;
    let millis = |name| anyhow::Ok(number(&seen, name)? / 1000.0);
    Ok(Outcome {
        p50_ms: millis("p50")?,
        p99_ms: millis("p99")?,
        percent: rate / f64::from(u32::try_from(mbit)?) * 100.0,
    })
}

/// The bulk, and who counts it where it arrives when that is not itself.
fn start_bulk(
    way: Way,
    stage: &Stage,
    tunnel: &Tunnel,
    tools: &Tools,
    times: &[String],
) -> anyhow::Result<(Process, Option<Process>)> {
    let count = [BULK.to_string()];
    match way {
        Way::Down => {
            let words = tunnel.words("down", &[&count, times].concat());
            Ok((stage.visitor(&words, tools.log("bulk"))?, None))
        }
        Way::Up => {
            let words = tunnel.words("push", &count);
            let bulk = stage.visitor(&words, tools.log("bulk"))?;
            let counted = stage.beside_service("arriving", times, tools.log("arriving"))?;
            Ok((bulk, Some(counted)))
        }
    }
}

fn add(bench: &mut Bench, peer: Peer, setting: Setting, outcome: &Outcome) {
    let Setting { small, way, mbit } = setting;
    let (direction, bulk) = match way {
        Way::Down => ("out", "downloads"),
        Way::Up => ("in", "uploads"),
    };
    let mut row = |what: String, better, value| {
        let label = format!("{mbit} Mbit/s {direction}: {what}");
        let row = Row::new(Group::Fair, label, better);
        bench.report.add(&row, peer, Value::Number(value));
    };
    let beside = |what| format!("a {small} beside {BULK} {bulk}, {what}");
    row(beside("p50 ms"), Better::Less, outcome.p50_ms);
    row(beside("p99 ms"), Better::Less, outcome.p99_ms);
    let share = format!("{BULK} {bulk} beside a {small}, % of the rate");
    row(share, Better::More, outcome.percent);
}
