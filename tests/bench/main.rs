//! Our relay and host beside bore, rathole with noise and OpenSSH `ssh -R`, in turns in one run:
//! `cargo bench --bench peers -- --help`.
//!
//! It starts programs as a person starts them and measures from outside; it links nothing of ours and
//! asserts nothing. The local service and the visitors are this same program in other roles, so that
//! they run in processes, and where a cable is cut in network namespaces, of their own.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a bench waits, reads the clock that other processes read, and prints what it saw"
)]

mod cable;
mod cases;
mod load;
mod options;
mod parts;
mod pattern;
mod peers;
mod process;
mod report;
mod service;
mod socket;
mod stage;
mod tools;
mod usage;

use anyhow::Context as _;
use parts::Bench;
use report::Report;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let ended = match words.first().map(String::as_str) {
        Some("service") => service::run(&words[1..]),
        Some("load") => load::run(&words[1..]),
        Some(_) | None => run(),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let options = options::read();
    let cases = cases::chosen(&options.filters);
    anyhow::ensure!(
        !cases.is_empty(),
        "no case has such a name; --list shows all"
    );
    if options.list {
        for case in cases {
            println!("{case}");
        }
        return Ok(());
    }
    usage::raise_descriptors();
    let _watch = cable::clean_up_when_interrupted()?;
    let tools = tools::ready(&options, &cases)?;
    let report = Report::new(&options, &tools);
    let mut bench = Bench::new(options, tools, report)?;
    for group in cases::groups(&cases) {
        parts::run(&mut bench, &group);
        bench.publish().context("the report cannot be written")?;
    }
    println!("{}", bench.report());
    Ok(())
}
