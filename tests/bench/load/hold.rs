//! Connections that were used once and stay open.

use super::Entrance;
use super::visit::{Visit, request};
use anyhow::Context as _;
use serde_json::json;
use std::future::pending;

/// They are opened so many at a time, or the listener's queue overflows.
const AT_ONCE: usize = 20;

/// Opens them, says so, and holds them until it is killed.
pub async fn run(entrance: &Entrance, connections: usize) -> anyhow::Result<()> {
    let asked = request(entrance, "GET /", "");
    let mut held = Vec::with_capacity(connections);
    while held.len() < connections {
        let mut opening = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE.min(connections - held.len()) {
            let (entrance, asked) = (entrance.clone(), asked.clone());
            opening.spawn_local(async move {
                let mut visit = Visit::open(&entrance).await?;
                visit.ask(&asked).await?;
                anyhow::Ok(visit)
            });
        }
        while let Some(visit) = opening.join_next().await {
            let open = held.len();
            held.push(visit?.with_context(|| format!("only {open} connections are open"))?);
        }
    }
    println!("{}", json!({ "open": held.len() }));
    pending().await
}
