//! Connections that were used once and stay open.

use super::Entrance;
use super::visit::{Visit, request};
use serde_json::json;
use std::future::pending;
use tokio::task::JoinSet;

/// They are opened so many at a time, or the listener's queue overflows.
const AT_ONCE: usize = 20;

/// Opens them until one is refused or ended, says how many are open, and holds them until it is killed.
pub async fn run(entrance: &Entrance, connections: usize) -> anyhow::Result<()> {
    let mut held = Vec::with_capacity(connections);
    let mut why = None;
    while held.len() < connections && why.is_none() {
        why = open(entrance, connections, &mut held).await.err();
        let before = held.len();
        held.retain(is_open);
        if held.len() < before {
            why = Some(anyhow::anyhow!("those that were open are ended"));
        }
    }
    let why = why.map(|error| format!("{error:#}"));
    println!("{}", json!({ "open": held.len(), "why": why }));
    pending().await
}

/// Opens some of those that are missing.
async fn open(
    entrance: &Entrance,
    connections: usize,
    held: &mut Vec<Visit>,
) -> anyhow::Result<()> {
    let asked = request(entrance, "GET /", "");
    let mut opening = JoinSet::new();
    for _ in 0..AT_ONCE.min(connections - held.len()) {
        let (entrance, asked) = (entrance.clone(), asked.clone());
        opening.spawn_local(async move {
            let mut visit = Visit::open(&entrance).await?;
            visit.ask(&asked).await?;
            anyhow::Ok(visit)
        });
    }
    while let Some(visit) = opening.join_next().await {
        held.push(visit??);
    }
    Ok(())
}

/// Nobody says anything: what can be read is an end.
fn is_open(visit: &Visit) -> bool {
    let read = visit.stream.try_read(&mut [0]);
    read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}
