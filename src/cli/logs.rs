//! `underpass logs`: what the programs of this home logged, without one of them having to run.

use super::console::{Console, Failure};
use super::runtime;
use crate::base::signals::Signals;
use crate::logging::{LogFollower, logs_dir};
use crate::shell::text::printable;
use crate::store::Home;
use crate::view::messages as m;
use clap::Args;
use serde::Serialize;
use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is looked whether something was logged.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The most that is read of what there is, in bytes.
const MOST: u64 = 64 * 1024 * 1024;

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogsArgs {
    /// So many of the last lines
    #[arg(short = 'n', long, value_name = "LINES", default_value_t = 50)]
    lines: usize,

    /// Go on with what is logged from now on, until Ctrl-C
    #[arg(short, long)]
    follow: bool,

    /// One JSON object a line instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct LogLine<'a> {
    line: &'a str,
}

pub(crate) fn logs(home: &Home, args: &LogsArgs) -> ExitCode {
    let console = Console::of(home).for_programs(args.json);
    let shown = show(home, args, &console);
    console.end(shown)
}

fn show(home: &Home, args: &LogsArgs, console: &Console) -> Result<(), Failure> {
    let mut follower = LogFollower::start(&logs_dir(home.path()), MOST)?;
    let mut last = VecDeque::new();
    loop {
        let lines = follower.lines()?;
        if lines.is_empty() {
            break;
        }
        last.extend(lines);
        last.drain(..last.len().saturating_sub(args.lines));
    }
    if last.is_empty() && !args.follow && !args.json && args.lines > 0 {
        console.say(&m::cli_logs_none());
    }
    if print_lines(last, args.json)? == Read::No || !args.follow {
        return Ok(());
    }
    runtime()?.block_on(follow(follower, args.json))
}

async fn follow(mut follower: LogFollower, json: bool) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = signals.next() => return Ok(()),
            _ = looks.tick() => {
                if print_lines(follower.lines()?, json)? == Read::No {
                    return Ok(());
                }
            }
        }
    }
}

/// Whether somebody reads what is printed.
#[derive(PartialEq, Eq)]
enum Read {
    Yes,
    No,
}

fn print_lines(lines: impl IntoIterator<Item = String>, json: bool) -> Result<Read, Failure> {
    let mut out = io::stdout().lock();
    let mut write = |line: &str| {
        if json {
            serde_json::to_writer(&mut out, &LogLine { line })?;
        } else {
            out.write_all(printable(line).as_bytes())?;
        }
        out.write_all(b"\n")
    };
    let written = lines.into_iter().try_for_each(|line| write(&line));
    match written.and_then(|()| out.flush()) {
        Ok(()) => Ok(Read::Yes),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Read::No),
        Err(error) => Err(error.into()),
    }
}
