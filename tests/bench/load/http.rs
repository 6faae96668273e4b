//! Requests one after the other over so many connections at a time, each with its latency.

use super::Entrance;
use super::visit::{Visit, request};
use anyhow::ensure;
use serde_json::json;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// When what is measured begins and ends.
#[derive(Clone, Copy)]
struct Window {
    begin: Instant,
    end: Instant,
}

/// What one connection, or one after the other, saw: latencies in microseconds.
#[derive(Default)]
struct Seen {
    latencies: Vec<u64>,
    errors: u64,
    error: Option<String>,
}

/// `fresh`: each request has a connection of its own, and making it is part of the latency.
pub async fn run(
    entrance: &Entrance,
    fresh: bool,
    connections: usize,
    warm_up: Duration,
    measure: Duration,
) -> anyhow::Result<()> {
    let begin = Instant::now() + warm_up;
    let window = Window {
        begin,
        end: begin + measure,
    };
    let fields = if fresh { "Connection: close\r\n" } else { "" };
    let asked = request(entrance, "GET /", fields);
    let mut all = JoinSet::new();
    for _ in 0..connections {
        let (entrance, asked) = (entrance.clone(), asked.clone());
        all.spawn_local(async move { ask_again(&entrance, &asked, fresh, window).await });
    }
    let mut seen = Seen::default();
    while let Some(one) = all.join_next().await {
        seen.add(one?);
    }
    seen.print(measure)
}

async fn ask_again(entrance: &Entrance, asked: &[u8], fresh: bool, window: Window) -> Seen {
    let mut seen = Seen::default();
    let mut kept: Option<Visit> = None;
    loop {
        let began = Instant::now();
        if began >= window.end {
            return seen;
        }
        let visit = kept.take().filter(|_| !fresh);
        match timeout_at(window.end, ask(entrance, asked, visit)).await {
            Ok(Ok(visit)) => {
                if began >= window.begin {
                    let latency = began.elapsed().as_micros();
                    seen.latencies
                        .push(u64::try_from(latency).unwrap_or(u64::MAX));
                }
                kept = Some(visit);
            }
            Ok(Err(error)) => {
                seen.errors += 1;
                seen.error = Some(format!("{error:#}"));
                // A refusal costs nothing; without a pause, refusals would be all there is.
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            // Under way at the end: neither served nor failed.
            Err(_) => return seen,
        }
    }
}

async fn ask(entrance: &Entrance, asked: &[u8], visit: Option<Visit>) -> anyhow::Result<Visit> {
    let mut visit = match visit {
        Some(visit) => visit,
        None => Visit::open(entrance).await?,
    };
    visit.ask(asked).await?;
    Ok(visit)
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.errors += other.errors;
        self.error = other.error.or(self.error.take());
    }

    fn print(mut self, measure: Duration) -> anyhow::Result<()> {
        let why = self.error.as_deref().unwrap_or("it is too slow");
        ensure!(!self.latencies.is_empty(), "nothing was answered: {why}");
        self.latencies.sort_unstable();
        let line = json!({
            "requests": self.latencies.len(),
            "seconds": measure.as_secs_f64(),
            "p50": quantile(&self.latencies, 50),
            "p99": quantile(&self.latencies, 99),
            "errors": self.errors,
            "error": self.error,
        });
        println!("{line}");
        Ok(())
    }
}

/// Of latencies in order, of which there is one at least.
pub fn quantile(latencies: &[u64], percent: usize) -> u64 {
    let rank = (latencies.len() * percent).div_ceil(100);
    latencies[rank.saturating_sub(1)]
}
