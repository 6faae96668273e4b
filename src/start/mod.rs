//! Puts the parts together: reads the command line, builds what it asks for out of the other rooms,
//! and hands the parts to each other.
//!
//! It may use every room, and none uses it. It decides nothing that a room could decide.

#[cfg(feature = "window")]
mod desktop;
#[cfg(feature = "window")]
mod farewell;
#[cfg(feature = "window")]
mod window_place;

use crate::base::open_files;
use crate::cli::speech::{self, Speech};
use crate::cli::{
    self, Invocation, Task, USAGE, account, audit, doctor, host, print, providers, relay, tunnels,
};
use crate::logging;
use crate::provider::registry;
use crate::store::Home;
use crate::view::messages as m;
use std::ffi::OsString;
use std::process::ExitCode;
use tracing_subscriber::filter::LevelFilter;

/// Runs the command line to its end.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let providers = registry::catalog();
    match cli::parse(words, |name| std::env::var(name).ok(), &providers) {
        Ok(Invocation { verbosity, task }) => {
            let code = run_task(task, verbosity);
            if speech::all_written() {
                code
            } else {
                ExitCode::FAILURE
            }
        }
        Err(said) => {
            // Help goes to standard output and is no failure; a reader that went away is none either.
            let _ = said.print();
            ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(USAGE))
        }
    }
}

fn run_task(task: Task, verbosity: u8) -> ExitCode {
    let options = logging_options(&task, verbosity);
    match task {
        Task::Completions(shell) => print::completions(shell),
        Task::Man => print::man(),
        Task::Providers(args) => providers::run(args),
        task @ (Task::Desktop(_)
        | Task::Host(_)
        | Task::Relay(_)
        | Task::Accounts(_)
        | Task::Account(_)
        | Task::Tunnels(_)
        | Task::Audit(_)
        | Task::Doctor(_)) => match Home::locate() {
            Ok(home) => run_in(&home, task, &options),
            Err(error) => {
                let what = m::cli_home_failed();
                Speech::of_system().complain(&m::cli_failed(error.to_string(), what));
                ExitCode::FAILURE
            }
        },
    }
}

fn run_in(home: &Home, task: Task, options: &logging::Options) -> ExitCode {
    let (home, unsaved) = match &task {
        Task::Desktop(_) | Task::Host(_) => match home.writable() {
            Ok((home, unsaved)) => (home, unsaved.map(|error| error.to_string())),
            // What needs the folder says so.
            Err(_) => (home.clone(), None),
        },
        _ => (home.clone(), None),
    };
    let home = &home;
    let options = logging::Options {
        home: Some(home.path().to_owned()),
        ..options.clone()
    };
    let _logging = logging::init(&options).ok();
    if matches!(task, Task::Desktop(_) | Task::Host(_) | Task::Relay(_)) {
        open_files::raise();
    }
    match task {
        #[cfg(feature = "window")]
        Task::Desktop(args) => desktop::run(home, args, unsaved),
        #[cfg(not(feature = "window"))]
        Task::Desktop(_) => {
            Speech::of_system().complain(&m::cli_no_window());
            ExitCode::FAILURE
        }
        Task::Host(args) => host::run(home.clone(), &args, unsaved),
        Task::Relay(args) => relay::run(home, args),
        Task::Accounts(args) => relay::accounts::run(home, &args),
        Task::Account(args) => account::run(home, &args),
        Task::Tunnels(args) => tunnels::run(home, args),
        Task::Audit(args) => audit::run(home, args),
        Task::Doctor(args) => doctor::run(home, args),
        // They need no home and were done before it was looked for.
        Task::Completions(_) | Task::Man | Task::Providers(_) => ExitCode::SUCCESS,
    }
}

/// A hosting terminal has a line for whatever goes wrong: what the log says of it too would be said
/// twice there.
fn stderr_level(task: &Task, verbosity: u8) -> LevelFilter {
    let quiet = matches!(task, Task::Host(_) | Task::Doctor(_));
    match verbosity {
        0 if quiet => LevelFilter::ERROR,
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

/// What a relay logs is what strangers do, who are not to fill its disk with details.
fn logging_options(task: &Task, verbosity: u8) -> logging::Options {
    let mut options = logging::Options {
        stderr: stderr_level(task, verbosity),
        discreet: registry::DISCREET,
        ..logging::Options::default()
    };
    if let Task::Relay(args) = task {
        options.file = LevelFilter::INFO;
        options.caps = logging::FileLimits::of_total(u64::from(args.limits.max_log) * 1024 * 1024);
    }
    options
}
