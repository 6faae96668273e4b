//! What programs use, as the kernel counts it.

use std::collections::BTreeMap;
use std::fs;

/// Of the kernel's clock a second: the same on every Linux.
const TICKS: f64 = 100.0;

/// What a program and those that it started use together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub resident_kib: f64,
    pub cpu_seconds: f64,
}

/// What is in `/proc/PID/stat`.
struct Stat {
    lives: bool,
    parent: u32,
    ticks: f64,
}

/// The usage of a program and of all that descend from it.
pub fn of(pid: u32) -> Usage {
    let all = processes();
    let mut usage = Usage::default();
    for member in family_in(&all, pid) {
        usage.cpu_seconds += all[&member].ticks / TICKS;
        usage.resident_kib += resident_kib(member).unwrap_or_default();
    }
    usage
}

/// A program and all that descend from it.
pub fn family(pid: u32) -> Vec<u32> {
    family_in(&processes(), pid)
}

/// Whether it runs: one that has ended but that nobody asked for does not.
pub fn lives(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| stat.lives)
}

/// Lets this process, and all that inherit it, have as many connections open as it may.
pub fn raise_descriptors() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    );
    if let Err(error) = raised {
        eprintln!("the number of open files stays limited: {error}");
    }
}

fn family_in(all: &BTreeMap<u32, Stat>, pid: u32) -> Vec<u32> {
    let mut family: Vec<u32> = all.contains_key(&pid).then_some(pid).into_iter().collect();
    let mut at = 0;
    while let Some(member) = family.get(at).copied() {
        let children = all.iter().filter(|(_, child)| child.parent == member);
        family.extend(children.map(|(pid, _)| *pid));
        at += 1;
    }
    family
}

fn processes() -> BTreeMap<u32, Stat> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, stat(pid)?))).collect()
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The program's name is in parentheses and may hold anything.
    let (_, fields) = text.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some(Stat {
        lives: fields.first() != Some(&"Z"),
        parent: fields.get(1)?.parse().ok()?,
        ticks: ticks(11)? + ticks(12)?,
    })
}

fn resident_kib(pid: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
