//! Memory of both ends, as the kernel counts what is resident.

use super::{SLACK, Scene};
use crate::cases::Group;
use crate::report::Better;
use crate::usage::Usage;
use std::thread::sleep;

const KIB_A_MIB: f64 = 1024.0;

pub fn idle(scene: &mut Scene<'_>) -> anyhow::Result<()> {
    read(scene, "idle")
}

pub fn open(scene: &mut Scene<'_>, count: usize) -> anyhow::Result<()> {
    if scene.tunnel.used().is_none() {
        return Ok(());
    }
    let words = scene.tunnel.words("hold", &[count.to_string()]);
    let mut visitor = scene.stage.visitor(&words, scene.bench.tools.log("hold"))?;
    visitor.line(SLACK)?;
    read(scene, &format!("{count} open connections"))
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
    for (end, usage) in [("host", used.host), ("relay", used.relay)] {
        let label = format!("{when}, {end}");
        scene.add(Group::Memory, &label, Better::Less, mebibytes(usage));
    }
    Ok(())
}
