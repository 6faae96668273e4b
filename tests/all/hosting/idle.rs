//! An engine whose tunnel nobody visits sleeps.

use crate::support::computer::Computer;
use crate::support::wait::LOOKING_ON;
use crate::support::web::WebService;
use std::fs;
use std::path::{Path, PathBuf};
use underpass::model::Protocol;

/// The engine's thread bears its tunnel's name, so this must be no other test's.
const NAME: &str = "idle-one";

/// Wake-ups while looking on: a ping or two, and what comes of them.
const FEW: u64 = 50;

/// CPU time in ticks of 10 ms: a thread that spins has all of it, or its share of a loaded machine.
const LITTLE: u64 = 10;

#[tokio::test]
async fn an_engine_with_nothing_to_do_does_nothing() {
    let service = WebService::start("it");
    let computer = Computer::new();
    computer.set(|settings| settings.timing.probe_interval_ms = 30_000);
    let mut desk = computer.start();
    desk.share(NAME, service.port(), Protocol::Http).await;
    let thread = engine_thread();
    let (woke, ran) = (wake_ups(&thread), ticks(&thread));
    // This is no waiting for something: it is the time that is measured.
    tokio::time::sleep(LOOKING_ON).await;
    let (woke, ran) = (wake_ups(&thread) - woke, ticks(&thread) - ran);
    assert!(woke <= FEW && ran <= LITTLE, "{woke} wake-ups, {ran} ticks");
}

fn engine_thread() -> PathBuf {
    let tasks = fs::read_dir("/proc/self/task").expect("it is Linux");
    let mut tasks = tasks.map(|task| task.expect("it can be read").path());
    let is_ours = |task: &PathBuf| {
        let name = fs::read_to_string(task.join("comm")).unwrap_or_default();
        name.trim() == format!("host {NAME}")
    };
    tasks.find(is_ours).expect("the engine runs")
}

fn wake_ups(thread: &Path) -> u64 {
    let status = fs::read_to_string(thread.join("status")).expect("it runs");
    let switches = status
        .lines()
        .filter(|line| line.contains("ctxt_switches"))
        .filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok());
    switches.sum()
}

/// User and system time: the 14th and 15th fields, counted from behind the name.
fn ticks(thread: &Path) -> u64 {
    let stat = fs::read_to_string(thread.join("stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(") ").expect("it has a name");
    let times = fields.split(' ').skip(11).take(2);
    times
        .map(|time| time.parse::<u64>().expect("a number"))
        .sum()
}
