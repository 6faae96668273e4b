//! Bulk streams: how much a second, and how much of the processor a GiB costs.

use super::{Scene, number};
use crate::cases::{Group, Way};
use crate::peers::Used;
use crate::report::Better;

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

pub fn measure(scene: &mut Scene<'_>, way: Way, count: usize) -> anyhow::Result<()> {
    let (kind, title) = match way {
        Way::Down => ("down", "down"),
        Way::Up => ("up", "up"),
    };
    let service = scene.stage.service.to_string();
    let before = scene.tunnel.used();
    let line = scene.load(kind, count, &[service])?;
    let after = scene.tunnel.used();
    let rate = number(&line, "bytes")? * 8.0 / number(&line, "seconds")? / 1e9;
    let streams = if count == 1 { "stream" } else { "streams" };
    let label = format!("{count} {streams} {title}, Gbit/s");
    scene.add(Group::Streams, &label, Better::More, rate);
    if let (1, Some(before), Some(after)) = (count, before, after) {
        let cost = (cpu(after) - cpu(before)) / (number(&line, "all_bytes")? / GIB);
        let label = format!("{count} {streams} {title}, CPU s/GiB of both ends");
        scene.add(Group::Streams, &label, Better::Less, cost);
    }
    Ok(())
}

fn cpu(used: Used) -> f64 {
    used.relay.cpu_seconds + used.host.cpu_seconds
}
