//! Something small, again and again over one connection, beside whatever else goes on: how long each
//! time takes.

use super::Entrance;
use super::http::quantile;
use super::visit::{Visit, request};
use crate::cases::Small;
use crate::socket;
use anyhow::Context as _;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// Nobody types faster.
const PAUSE: Duration = Duration::from_millis(100);

/// After the end, the last one is waited for so long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A connection, and what goes over it.
struct Exchange {
    visit: Visit,
    small: Small,
    asked: Vec<u8>,
    count: u64,
}

/// Prints a line when the connection is open, and what it saw after the warm-up at the end.
pub async fn run(
    entrance: &Entrance,
    small: Small,
    warm_up: Duration,
    measure: Duration,
) -> anyhow::Result<()> {
    let mut exchange = Exchange::open(entrance, small).await?;
    exchange.once().await?;
    println!("{}", json!({ "open": 1 }));
    sleep(warm_up).await;
    let end = Instant::now() + measure;
    let mut latencies = vec![];
    while Instant::now() < end {
        let began = Instant::now();
        // One under way at the end counts, or the longest would be left out.
        let once = timeout_at(end + PATIENCE, exchange.once()).await;
        once.context("no answer")??;
        latencies.push(u64::try_from(began.elapsed().as_micros())?);
        sleep(PAUSE).await;
    }
    latencies.sort_unstable();
    let line = json!({
        "times": latencies.len(),
        "p50": quantile(&latencies, 50),
        "p99": quantile(&latencies, 99),
        "max": quantile(&latencies, 100),
    });
    println!("{line}");
    Ok(())
}

impl Exchange {
    async fn open(entrance: &Entrance, small: Small) -> anyhow::Result<Self> {
        let mut visit = Visit::open(entrance).await?;
        let asked = match small {
            Small::Message => {
                let asked = request(entrance, "GET /echo", socket::FIELDS);
                visit.upgrade(&asked).await?;
                vec![]
            }
            Small::Request => request(entrance, "GET /", ""),
        };
        Ok(Self {
            visit,
            small,
            asked,
            count: 0,
        })
    }

    async fn once(&mut self) -> anyhow::Result<()> {
        self.count += 1;
        match self.small {
            Small::Message => socket::exchange(&mut self.visit.stream, self.count).await,
            Small::Request => self.visit.ask(&self.asked).await.map(drop),
        }
    }
}
