//! A download whose every byte is checked, with the times at which nothing came.

use super::visit::{Visit, request};
use super::{Entrance, now};
use crate::pattern::Pattern;
use crate::service::CHUNK;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};

/// The service writes every 10 ms: a shorter pause is none.
const PAUSE: u64 = 30_000;

/// What to download, and how long to wait for it.
#[derive(Clone, Copy)]
pub struct Asked {
    pub length: u64,
    pub seed: u64,
    pub per_second: u64,
    pub limit: Duration,
}

/// How far it is.
struct Progress {
    at: u64,
    last: u64,
    pauses: Vec<(u64, u64)>,
}

/// Prints how it ended: `exact`, `cut`, `differs` or `hung`.
pub async fn run(entrance: &Entrance, asked: Asked) -> anyhow::Result<()> {
    let mut progress = Progress {
        at: 0,
        last: now(),
        pauses: vec![],
    };
    let until = Instant::now() + asked.limit;
    let (end, why) = match timeout_at(until, read(entrance, asked, &mut progress)).await {
        Ok(Ok(true)) => ("exact", None),
        Ok(Ok(false)) => ("differs", None),
        Ok(Err(error)) => ("cut", Some(format!("{error:#}"))),
        Err(_) => ("hung", None),
    };
    let line = json!({
        "end": end,
        "why": why,
        "bytes": progress.at,
        "last": progress.last,
        "pauses": progress.pauses,
    });
    println!("{line}");
    Ok(())
}

/// Whether all of it is as it should be.
async fn read(entrance: &Entrance, asked: Asked, progress: &mut Progress) -> anyhow::Result<bool> {
    let Asked {
        length,
        seed,
        per_second,
        ..
    } = asked;
    let pattern = Pattern::new(seed);
    let mut visit = Visit::open(entrance).await?;
    let line = format!("GET /checked/{length}/{seed}/{per_second}");
    visit
        .stream
        .write_all(&request(entrance, &line, ""))
        .await?;
    anyhow::ensure!(visit.read_head().await? == length, "another length");
    let mut block = vec![0; CHUNK];
    let mut bytes = visit.rest.as_slice();
    loop {
        if !pattern.is_at(progress.at, bytes) {
            return Ok(false);
        }
        progress.at += u64::try_from(bytes.len())?;
        if progress.at >= length {
            return Ok(progress.at == length);
        }
        let read = visit.stream.read(&mut block).await?;
        anyhow::ensure!(read > 0, "it ends early");
        bytes = &block[..read];
        progress.arrived();
    }
}

impl Progress {
    fn arrived(&mut self) {
        let at = now();
        if at > self.last + PAUSE {
            self.pauses.push((self.last, at));
        }
        self.last = at;
    }
}
