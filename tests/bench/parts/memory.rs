//! Memory of both ends, as the kernel counts what is resident.

use super::{SLACK, Scene, number};
use crate::cases::Group;
use crate::report::{Better, Row, Value};
use crate::usage::Usage;
use serde_json::Value as Json;
use std::thread::sleep;
use std::time::Duration;

const KIB_A_MIB: f64 = 1024.0;

const ENDS: [&str; 2] = ["host", "relay"];

/// No peer takes longer to open one.
const OPENING: Duration = Duration::from_millis(10);

pub fn idle(scene: &mut Scene<'_>) -> anyhow::Result<()> {
    read(scene, "idle")
}

pub fn open(scene: &mut Scene<'_>, count: usize) -> anyhow::Result<()> {
    if scene.tunnel.used().is_none() {
        return Ok(());
    }
    let words = scene.tunnel.words("hold", &[count.to_string()]);
    let mut visitor = scene.stage.visitor(&words, scene.bench.tools.log("hold"))?;
    let limit = SLACK + OPENING * u32::try_from(count)?;
    let line: Json = serde_json::from_str(&visitor.line(limit)?)?;
    let open = number(&line, "open")?;
    eprintln!("  {open} are open {}", line["why"]);
    if line["why"] != Json::Null {
        for end in ENDS {
            let row = row(&format!("{count} open connections"), end);
            let value = Value::Text(format!("only {open} are"));
            scene.bench.report.add(&row, scene.peer, value);
        }
    }
    read(scene, &format!("{open} open connections"))
}

/// Lets it come to rest and writes down both ends.
fn read(scene: &mut Scene<'_>, when: &str) -> anyhow::Result<()> {
    if scene.tunnel.used().is_none() {
        return Ok(());
    }
    sleep(scene.bench.pace.settle);
    scene.tunnel.check()?;
    let Some(used) = scene.tunnel.used() else {
        return Ok(());
    };
    let mebibytes = |usage: Usage| usage.resident_kib / KIB_A_MIB;
    for (end, usage) in ENDS.into_iter().zip([used.host, used.relay]) {
        let value = Value::Number(mebibytes(usage));
        scene.bench.report.add(&row(when, end), scene.peer, value);
    }
    Ok(())
}

fn row(when: &str, end: &str) -> Row {
    Row::new(Group::Memory, format!("{when}, {end}"), Better::Less)
}
