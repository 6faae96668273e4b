//! The cable breaks while a visitor downloads: when bytes flow again, when a new visitor is served,
//! and what became of the download.
//!
//! Times count from the break, or, where it heals, from the healing. The break is dated before its
//! rules are set: a few milliseconds are held against everyone, and none are given away.

use super::{Bench, SLACK};
use crate::cable::{Broken, Cable};
use crate::cases::{Drop as Event, Group};
use crate::load::now;
use crate::options::Pace;
use crate::peers::Peer;
use crate::process::Process;
use crate::report::{Better, Row, Value};
use crate::stage::Stage;
use anyhow::{Context as _, ensure};
use serde_json::Value as Json;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Fast enough to be a download, slow enough for every peer.
const BYTES_A_SECOND: u64 = 64 * 1024 * 1024;

/// Any number.
const SEED: u64 = 7;

/// A new visitor comes so often.
const VISITS: Duration = Duration::from_millis(50);

/// No pause that is shorter is seen, in seconds.
const SHORTEST: f64 = 0.03;

/// Between two looks at what the visitors say.
const LOOK: Duration = Duration::from_millis(20);

/// When it happened, in microseconds of the wall clock.
#[derive(Clone, Copy)]
struct Times {
    /// Just before.
    before: u64,
    /// From here on it is in force.
    in_force: u64,
    /// From here on it could work again.
    since: u64,
}

/// What the visitors saw.
struct Outcome {
    /// Seconds until bytes of the download came again.
    flows: Option<f64>,
    /// Seconds until a new visitor was served.
    serves: Option<f64>,
    /// What became of the download.
    download: String,
}

pub fn measure(bench: &mut Bench, cable: &Cable, peer: Peer, event: Event) -> anyhow::Result<()> {
    let outcome = watch(bench, cable, peer, event)?;
    let title = title(event);
    let patience = bench.pace.patience.as_secs();
    let mut add = |what: &str, better: Better, value: Value| {
        let row = Row::new(Group::Drops, format!("{title}: {what}"), better);
        bench.report.add(&row, peer, value);
    };
    let never = || Value::Text(format!("> {patience}"));
    let flows = match outcome.flows {
        Some(seconds) if seconds < SHORTEST => Value::Text(format!("< {SHORTEST}")),
        Some(seconds) => Value::Number(seconds),
        None if outcome.download == "hung" => never(),
        None => Value::Text("never".to_owned()),
    };
    add("bytes flow again, s", Better::Less, flows);
    let serves = outcome.serves.map_or_else(never, Value::Number);
    add("a new visitor is served, s", Better::Less, serves);
    add(
        "the download",
        Better::Neither,
        Value::Text(outcome.download),
    );
    Ok(())
}

fn watch(bench: &Bench, cable: &Cable, peer: Peer, event: Event) -> anyhow::Result<Outcome> {
    let (pace, tools) = (bench.pace, &bench.tools);
    let stage = Stage::at(cable, tools)?;
    let mut tunnel = peer.start(&stage, tools)?;
    let words = tunnel.words("visits", &[VISITS.as_millis().to_string()]);
    let mut visits = stage.visitor(&words, tools.log("visits"))?;
    let words = tunnel.words("download", &download(pace, event));
    let mut visitor = stage.visitor(&words, tools.log("download"))?;
    sleep(pace.lead);
    tunnel.check()?;
    let early = visitor.so_far().next();
    ensure!(
        early.is_none(),
        "the download ended before the break: {early:?}"
    );

    let (times, _broken) = happen(cable, event)?;
    let ended = visitor.line(limit(pace, event) + SLACK)?;
    let ended: Json = serde_json::from_str(&ended)?;
    let serves = first_visitor(&mut visits, times, pace.patience)?;
    let flows = flows_again(&ended, times);
    let download = ended["end"].as_str().context("no end")?.to_owned();
    let Json::Number(bytes) = &ended["bytes"] else {
        anyhow::bail!("no bytes in {ended}");
    };
    eprintln!(
        "  flows {flows:?}, serves {serves:?}, {download} at {bytes} {}",
        ended["why"]
    );
    Ok(Outcome {
        flows,
        serves,
        download,
    })
}

/// Lets it happen; a black-out is over when this returns, anything else lasts with what is returned.
fn happen(cable: &Cable, event: Event) -> anyhow::Result<(Times, Option<Broken<'_>>)> {
    let before = now();
    let broken = cable.break_by(event)?;
    let in_force = now();
    let lasts = outage(event);
    let mut times = Times {
        before,
        in_force,
        since: before,
    };
    if lasts.is_zero() {
        return Ok((times, Some(broken)));
    }
    sleep(lasts);
    times.since = now();
    drop(broken);
    Ok((times, None))
}

/// What the downloading visitor is told.
fn download(pace: Pace, event: Event) -> [String; 4] {
    let length = BYTES_A_SECOND * pace.download.as_secs();
    let limit = pace.lead + limit(pace, event);
    [
        length.to_string(),
        SEED.to_string(),
        BYTES_A_SECOND.to_string(),
        limit.as_millis().to_string(),
    ]
}

/// So long after the break, the download is given up.
fn limit(pace: Pace, event: Event) -> Duration {
    outage(event) + pace.patience + pace.download
}

fn outage(event: Event) -> Duration {
    match event {
        Event::Reset | Event::BlackHole => Duration::ZERO,
        Event::BlackOut(seconds) => Duration::from_secs(seconds),
    }
}

/// The longest pause that was not over before the break is what the break made.
fn flows_again(ended: &Json, times: Times) -> Option<f64> {
    match ended["end"].as_str() {
        Some("exact" | "differs") => {}
        Some(_) | None => return None,
    }
    let pauses = ended["pauses"].as_array()?.iter();
    let ends = pauses.filter_map(|pause| Some((pause[0].as_u64()?, pause[1].as_u64()?)));
    let caused = ends.filter(|(_, end)| *end > times.before);
    let longest = caused.max_by_key(|(begin, end)| end - begin);
    Some(longest.map_or(0.0, |(_, end)| seconds(times.since, end)))
}

/// When the first of those who came after the break was served.
fn first_visitor(
    visits: &mut Process,
    times: Times,
    patience: Duration,
) -> anyhow::Result<Option<f64>> {
    let until = Instant::now() + patience;
    loop {
        // All that is there: those who came later may have been served earlier.
        let lines: Vec<String> = visits.so_far().collect();
        let ends = lines.iter().filter_map(|line| served(line, times));
        if let Some(end) = ends.min() {
            return Ok(Some(seconds(times.since, end)));
        }
        let waited = seconds(times.since, now());
        if waited > patience.as_secs_f64() || Instant::now() > until {
            return Ok(None);
        }
        visits.check()?;
        sleep(LOOK);
    }
}

/// When this visitor was served, if it came after the break and was.
fn served(line: &str, times: Times) -> Option<u64> {
    let line: Json = serde_json::from_str(line).ok()?;
    let (began, end) = (line["began"].as_u64()?, line["ended"].as_u64()?);
    let counts = line["served"] == true && began >= times.in_force && end >= times.since;
    counts.then_some(end)
}

fn seconds(from: u64, to: u64) -> f64 {
    Duration::from_micros(to.saturating_sub(from)).as_secs_f64()
}

fn title(event: Event) -> String {
    match event {
        Event::Reset => "RST".to_owned(),
        Event::BlackHole => "old flows black-holed".to_owned(),
        Event::BlackOut(seconds) => format!("{seconds} s black-out"),
    }
}
