//! The visitors: this program in another role. Each kind of load prints one JSON object a line on
//! standard output; times are microseconds of the wall clock, which all processes here share.

mod download;
mod hold;
mod http;
mod small;
mod stream;
mod visit;
mod visits;

pub use small::PATIENCE;

use crate::cases::Small;
use anyhow::{Context as _, bail};
use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::task::LocalSet;

/// Where visitors go, and as whom they ask for the service.
#[derive(Clone, Debug)]
pub struct Entrance {
    pub address: SocketAddr,
    /// What the request's `Host` says.
    pub host: String,
}

/// Runs the load that the words tell: its kind, the entrance, and what it takes.
pub fn run(words: &[String]) -> anyhow::Result<()> {
    let [kind, address, host, rest @ ..] = words else {
        bail!("load KIND ADDRESS HOST …");
    };
    let entrance = Entrance {
        address: address.parse()?,
        host: host.clone(),
    };
    let number = |at: usize| -> anyhow::Result<u64> {
        let word = rest.get(at).context("a number is missing")?;
        Ok(word.parse()?)
    };
    let millis = |at| number(at).map(Duration::from_millis);
    let count = |at| anyhow::Ok(usize::try_from(number(at)?)?);
    match kind.as_str() {
        "down" => alone(stream::down(&entrance, count(0)?, millis(1)?, millis(2)?)),
        "up" => {
            let service = rest.get(3).context("where is the service?")?.parse()?;
            let up = stream::up(&entrance, count(0)?, millis(1)?, millis(2)?, service);
            alone(up)
        }
        "keep" => alone(http::run(
            &entrance,
            false,
            count(0)?,
            millis(1)?,
            millis(2)?,
        )),
        "fresh" => alone(http::run(
            &entrance,
            true,
            count(0)?,
            millis(1)?,
            millis(2)?,
        )),
        "push" => alone(stream::push(&entrance, count(0)?)),
        "arriving" => alone(stream::arriving(&entrance, millis(0)?, millis(1)?)),
        "message" => alone(small::run(
            &entrance,
            Small::Message,
            millis(0)?,
            millis(1)?,
        )),
        "request" => alone(small::run(
            &entrance,
            Small::Request,
            millis(0)?,
            millis(1)?,
        )),
        "hold" => alone(hold::run(&entrance, count(0)?)),
        "visits" => alone(visits::run(entrance, millis(0)?)),
        "download" => {
            let asked = download::Asked {
                length: number(0)?,
                seed: number(1)?,
                per_second: number(2)?,
                limit: millis(3)?,
            };
            alone(download::run(&entrance, asked))
        }
        _ => bail!("no load is called {kind}"),
    }
}

/// Microseconds of the wall clock.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    })
}

/// On one thread, so that it leaves the others to those that are measured.
fn alone(load: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, load)
}
