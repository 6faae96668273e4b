//! New visitors, one after the other without waiting for each other: who was served, and when.

use super::visit::{Visit, request};
use super::{Entrance, now};
use serde_json::json;
use std::time::Duration;
use tokio::task::spawn_local;
use tokio::time::{interval, timeout};

/// A visitor waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Prints a line for each visitor until it is killed.
pub async fn run(entrance: Entrance, pause: Duration) -> anyhow::Result<()> {
    let mut ticks = interval(pause);
    loop {
        ticks.tick().await;
        let entrance = entrance.clone();
        spawn_local(async move {
            let began = now();
            let served = matches!(timeout(PATIENCE, ask(&entrance)).await, Ok(Ok(())));
            println!(
                "{}",
                json!({ "began": began, "ended": now(), "served": served })
            );
        });
    }
}

async fn ask(entrance: &Entrance) -> anyhow::Result<()> {
    let asked = request(entrance, "GET /", "Connection: close\r\n");
    Visit::open(entrance).await?.ask(&asked).await?;
    Ok(())
}
