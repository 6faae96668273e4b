//! Bulk: so many connections, each as fast as it goes, counted where the bytes arrive.

use super::Entrance;
use super::visit::{Visit, request};
use crate::service::{CHUNK, ENDLESS};
use anyhow::ensure;
use serde_json::json;
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::{JoinSet, spawn_local};
use tokio::time::{Instant, sleep};

/// What arrived until now.
type Count = Rc<Cell<u64>>;

pub async fn down(
    entrance: &Entrance,
    streams: usize,
    warm_up: Duration,
    measure: Duration,
) -> anyhow::Result<()> {
    let count = Count::default();
    let mut all = JoinSet::new();
    for _ in 0..streams {
        let (entrance, count) = (entrance.clone(), Rc::clone(&count));
        all.spawn_local(async move { download(&entrance, &count).await });
    }
    let read = async || Ok(count.get());
    measured(&mut all, read, warm_up, measure).await
}

pub async fn up(
    entrance: &Entrance,
    streams: usize,
    warm_up: Duration,
    measure: Duration,
    service: SocketAddr,
) -> anyhow::Result<()> {
    let direct = Entrance {
        address: service,
        host: "service".into(),
    };
    let before = taken(&direct).await?;
    let mut all = uploads(entrance, streams);
    let read = async || Ok(taken(&direct).await? - before);
    measured(&mut all, read, warm_up, measure).await
}

/// Uploads that are counted elsewhere, until it is killed.
pub async fn push(entrance: &Entrance, streams: usize) -> anyhow::Result<()> {
    let mut all = uploads(entrance, streams);
    while let Some(ended) = all.join_next().await {
        ended??;
    }
    Ok(())
}

/// Counts what others upload, next to the service.
pub async fn arriving(
    service: &Entrance,
    warm_up: Duration,
    measure: Duration,
) -> anyhow::Result<()> {
    let read = async || taken(service).await;
    measured(&mut JoinSet::new(), read, warm_up, measure).await
}

fn uploads(entrance: &Entrance, streams: usize) -> JoinSet<anyhow::Result<()>> {
    let mut all = JoinSet::new();
    for _ in 0..streams {
        let entrance = entrance.clone();
        all.spawn_local(async move { upload(&entrance).await });
    }
    all
}

/// Counts twice and prints what came in between.
async fn measured(
    all: &mut JoinSet<anyhow::Result<()>>,
    read: impl AsyncFn() -> anyhow::Result<u64>,
    warm_up: Duration,
    measure: Duration,
) -> anyhow::Result<()> {
    sleep(warm_up).await;
    let (began, first) = (Instant::now(), read().await?);
    sleep(measure).await;
    let (seconds, last) = (began.elapsed().as_secs_f64(), read().await?);
    if let Some(ended) = all.try_join_next() {
        ended??;
    }
    ensure!(last > first, "no byte arrives");
    let line = json!({ "bytes": last - first, "seconds": seconds, "all_bytes": last });
    println!("{line}");
    Ok(())
}

async fn download(entrance: &Entrance, count: &Count) -> anyhow::Result<()> {
    let mut visit = Visit::open(entrance).await?;
    let asked = request(entrance, "GET /bulk", "");
    visit.stream.write_all(&asked).await?;
    visit.read_head().await?;
    let mut block = vec![0; CHUNK];
    loop {
        let read = visit.stream.read(&mut block).await?;
        ensure!(read > 0, "a download is cut");
        count.set(count.get() + u64::try_from(read)?);
    }
}

async fn upload(entrance: &Entrance) -> anyhow::Result<()> {
    let mut visit = Visit::open(entrance).await?;
    let length = format!("Content-Length: {ENDLESS}\r\n");
    let asked = request(entrance, "PUT /sink", &length);
    visit.stream.write_all(&asked).await?;
    let block = vec![7; CHUNK];
    let (mut answers, mut bytes) = visit.stream.into_split();
    // Whoever refuses the upload says so while it is under way.
    let refused = spawn_local(async move { answers.read_u8().await });
    let sent = async {
        loop {
            bytes.write_all(&block).await?;
        }
    };
    tokio::select! {
        _ = refused => anyhow::bail!("an upload is refused"),
        sent = sent => sent,
    }
}

async fn taken(direct: &Entrance) -> anyhow::Result<u64> {
    let mut visit = Visit::open(direct).await?;
    let answer = visit.ask(&request(direct, "GET /taken", "")).await?;
    Ok(String::from_utf8(answer)?.parse()?)
}
