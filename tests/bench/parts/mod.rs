//! How each group of cases is run: every peer in its turn, each with a start of its own.

mod drops;
mod fair;
mod http;
mod memory;
mod streams;

use crate::cable::{Cable, stand_still_when_interrupted};
use crate::cases::{Case, Group};
use crate::options::{Options, Pace};
use crate::peers::{Peer, Tunnel};
use crate::report::{Better, Report, Row, Value};
use crate::stage::Stage;
use crate::tools::Tools;
use anyhow::Context as _;
use serde_json::Value as Json;
use std::time::Duration;

/// All that a run has.
pub struct Bench {
    options: Options,
    pace: Pace,
    tools: Tools,
    report: Report,
}

/// A tunnel that works, and where.
struct Scene<'a> {
    bench: &'a mut Bench,
    stage: Stage,
    tunnel: Tunnel,
    peer: Peer,
}

/// What a load takes beyond the time that it measures: its start, and a last answer.
const SLACK: Duration = Duration::from_secs(20);

impl Bench {
    pub fn new(options: Options, tools: Tools, report: Report) -> anyhow::Result<Self> {
        let pace = options.pace();
        let bench = Self {
            options,
            pace,
            tools,
            report,
        };
        bench.publish()?;
        Ok(bench)
    }

    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Writes what there is, where it was asked for.
    pub fn publish(&self) -> anyhow::Result<()> {
        match &self.options.out {
            Some(file) => self.report.write(file),
            None => Ok(()),
        }
    }

    fn note(&mut self, case: &str, peer: Peer, error: &anyhow::Error) {
        stand_still_when_interrupted();
        let what = format!("{case}, {}: {error:#}", peer.name());
        self.report.fail(&what);
    }
}

/// Runs the cases of one group.
pub fn run(bench: &mut Bench, cases: &[Case]) {
    let peers = bench.options.peers();
    match cases.first().map(|case| case.group()) {
        Some(Group::Drops) => return cut(bench, cases, &peers),
        Some(Group::Fair) => return fair::run(bench, cases, &peers),
        Some(Group::Streams | Group::Http | Group::Memory) | None => {}
    }
    for round in 1..=bench.options.rounds() {
        for peer in &peers {
            eprintln!("round {round}, {}", peer.name());
            run_peer(bench, cases, *peer);
        }
    }
}

fn run_peer(bench: &mut Bench, cases: &[Case], peer: Peer) {
    let started = Stage::loopback(&bench.tools).and_then(|stage| {
        let tunnel = peer.start(&stage, &bench.tools)?;
        Ok((stage, tunnel))
    });
    let (stage, tunnel) = match started {
        Ok(started) => started,
        Err(error) => return bench.note("start", peer, &error),
    };
    let mut scene = Scene {
        bench,
        stage,
        tunnel,
        peer,
    };
    for case in cases {
        eprintln!("  {case}");
        if let Err(error) = scene.measure(*case) {
            scene.bench.note(&case.to_string(), peer, &error);
        }
    }
}

/// The drops, each on one cable for all.
fn cut(bench: &mut Bench, cases: &[Case], peers: &[Peer]) {
    let cable = match Cable::lay("drops") {
        Ok(cable) => cable,
        Err(error) => return bench.report.fail(&format!("drops: {error:#}")),
    };
    for case in cases {
        for peer in peers.iter().filter(|peer| **peer != Peer::Direct) {
            eprintln!("{case}, {}", peer.name());
            let Case::Drop(event) = *case else {
                continue;
            };
            if let Err(error) = drops::measure(bench, &cable, *peer, event) {
                bench.note(&case.to_string(), *peer, &error);
            }
        }
    }
}

impl Scene<'_> {
    fn measure(&mut self, case: Case) -> anyhow::Result<()> {
        match case {
            Case::Streams(way, count) => streams::measure(self, way, count),
            Case::Keep(count) => http::measure(self, http::Manner::Keep, count),
            Case::Fresh(count) => http::measure(self, http::Manner::Fresh, count),
            Case::Idle => memory::idle(self),
            Case::Open(count) => memory::open(self, count),
            Case::Fair(..) | Case::Drop(_) => anyhow::bail!("it needs a cable"),
        }
    }

    /// Runs a timed load of so many connections to its end: what it printed.
    fn load(&mut self, kind: &str, connections: usize, more: &[String]) -> anyhow::Result<Json> {
        let Pace {
            warm_up, measure, ..
        } = self.bench.pace;
        let mut words = vec![connections.to_string()];
        words.extend([warm_up, measure].map(|time| time.as_millis().to_string()));
        words.extend_from_slice(more);
        let words = self.tunnel.words(kind, &words);
        let mut visitor = self.stage.visitor(&words, self.bench.tools.log("load"))?;
        let line = visitor.line(warm_up + measure + SLACK)?;
        self.tunnel.check()?;
        Ok(serde_json::from_str(&line)?)
    }

    fn add(&mut self, group: Group, label: &str, better: Better, number: f64) {
        let row = Row::new(group, label, better);
        self.bench
            .report
            .add(&row, self.peer, Value::Number(number));
    }
}

/// A number of a load's line.
fn number(line: &Json, name: &str) -> anyhow::Result<f64> {
    line[name]
        .as_f64()
        .with_context(|| format!("no {name} in {line}"))
}
