//! Small requests: how many a second, and how long each takes.

use super::{Scene, number};
use crate::cases::Group;
use crate::report::Better;

/// What becomes of a connection after its request.
#[derive(Clone, Copy)]
pub enum Manner {
    /// It is kept for the next one.
    Keep,
    /// The next one has its own.
    Fresh,
}

pub fn measure(scene: &mut Scene<'_>, manner: Manner, count: usize) -> anyhow::Result<()> {
    let (kind, title) = match manner {
        Manner::Keep => ("keep", "kept"),
        Manner::Fresh => ("fresh", "new each time"),
    };
    let line = scene.load(kind, count, &[])?;
    let rate = number(&line, "requests")? / number(&line, "seconds")?;
    let label = |what: &str| format!("{count} {title}, {what}");
    scene.add(Group::Http, &label("requests/s"), Better::More, rate);
    for (name, what) in [("p50", "p50 ms"), ("p99", "p99 ms")] {
        let millis = number(&line, name)? / 1000.0;
        scene.add(Group::Http, &label(what), Better::Less, millis);
    }
    let errors = number(&line, "errors")?;
    if errors > 0.0 {
        let error = line["error"].as_str().unwrap_or_default();
        let name = scene.peer.name();
        let what = format!("{kind}-{count}, {name}: {errors} requests failed, the last: {error}");
        scene.bench.report.fail(&what);
    }
    Ok(())
}
