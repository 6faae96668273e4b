//! Many hosts of one process against one relay of ours, before and after its `kill -9`:
//! `cargo bench --bench hosts -- --help`.
//!
//! The relay is the built program, measured from outside; the hosts are the product's connector without
//! an engine, so that thousands of them fit. It prints figures and asserts nothing.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a bench waits, reads the clock that other processes read, and prints what it saw"
)]

#[expect(dead_code, reason = "the other bench uses the rest of it")]
#[path = "../usage.rs"]
mod usage;

mod fleet;
mod relay;

use anyhow::Context as _;
use clap::Parser;
use fleet::Fleet;
use relay::Program;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Hosts many tunnels at one relay, kills it, and says when all are back.
#[derive(Debug, Parser)]
#[command(name = "hosts", bin_name = "cargo bench --bench hosts --")]
struct Options {
    /// How many tunnels are hosted
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    hosts: usize,

    /// How many of them each account has
    #[arg(long, value_name = "N", default_value_t = 100)]
    per_account: usize,

    /// How long the idle relay is watched
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    idle: u64,

    /// How long is waited for those that do not come
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    patience: u64,

    /// Our program [default: the one that cargo built with this]
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_underpass"))]
    underpass: PathBuf,

    /// Cargo says so to every bench
    #[arg(long, hide = true)]
    bench: bool,

    /// More options of the relay, after `--`
    #[arg(last = true, value_name = "OPTION")]
    relay: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let mut options = Options::parse();
    // Cargo puts it behind all words, the relay's too.
    options.relay.retain(|word| word != "--bench");
    usage::raise_descriptors();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, run(&options))
}

async fn run(options: &Options) -> anyhow::Result<()> {
    let folder = tempfile::tempdir().context("there is no room for a relay's data")?;
    let program = Program::new(&options.underpass, folder.path(), &options.relay)?;
    let mut relay = program.start().await?;
    let links = program.accounts(options.hosts.div_ceil(options.per_account.max(1)))?;
    let before = usage::of(relay.pid()?);
    let patience = Duration::from_secs(options.patience);

    let started = Instant::now();
    let mut fleet = Fleet::start(&links, options.hosts, options.per_account);
    let up = fleet.all_up(patience).await;
    println!("{} hosts, {} accounts", options.hosts, links.len());
    println!("the first time: {}", fleet.report(started, up));

    idle(relay.pid()?, before, options).await;

    relay.kill().await?;
    fleet.expect_back();
    let mut relay = program.start().await?;
    let back = Instant::now();
    fleet.count_tries();
    let up = fleet.all_up(patience).await;
    println!("after kill -9: {}", fleet.report(back, up));
    drop(fleet);
    relay.kill().await
}

/// What the relay takes for each tunnel while nothing happens.
async fn idle(pid: u32, before: usage::Usage, options: &Options) {
    /// Until the buffers of the beginning are given back.
    const SETTLE: Duration = Duration::from_secs(10);
    tokio::time::sleep(SETTLE).await;
    let (began, first) = (Instant::now(), usage::of(pid));
    tokio::time::sleep(Duration::from_secs(options.idle.max(1))).await;
    let (seconds, last) = (began.elapsed().as_secs_f64(), usage::of(pid));
    let count = u32::try_from(options.hosts.max(1)).map_or(f64::MAX, f64::from);
    let resident = (last.resident_kib - before.resident_kib) / count;
    let cpu = (last.cpu_seconds - first.cpu_seconds) / seconds / count * 1e6;
    println!(
        "idle: {resident:.1} KiB resident and {cpu:.1} µs CPU a second for each tunnel ({:.1} MiB in all, {:.1} before)",
        last.resident_kib / 1024.0,
        before.resident_kib / 1024.0,
    );
}
