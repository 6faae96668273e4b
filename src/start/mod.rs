//! Puts the parts together: reads the command line, builds what it asks for out of the other rooms,
//! and hands the parts to each other.
//!
//! It may use every room, and none uses it. It decides nothing that a room could decide.

#[cfg(feature = "window")]
mod desktop;
#[cfg(feature = "window")]
mod shutdown;
#[cfg(feature = "window")]
mod window_place;

use crate::base::open_files;
use crate::cli::console::{self, Console, Failure};
use crate::cli::exit::Exit;
use crate::cli::{
    self, Command, CommandLine, account, audit, backup, complete, doctor, health, host, import,
    logs, manual, print, providers, relay, running, service, tunnels,
};
use crate::logging;
use crate::provider::registry;
use crate::store::{Home, RelativeHome};
use crate::view::messages as m;
use std::ffi::OsString;
use std::process::ExitCode;
use tracing_subscriber::filter::LevelFilter;

/// Runs the command line to its end.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let providers = registry::catalog();
    let words: Vec<OsString> = words.into_iter().collect();
    if complete::answer(&words) {
        return ExitCode::SUCCESS;
    }
    match cli::parse(
        words.iter().cloned(),
        |name| std::env::var(name).ok(),
        &providers,
    ) {
        Ok(typed) => {
            let code = run_typed(typed, cli::asks_for_json(&words));
            written(code)
        }
        Err(said) => written(print::answer(&words, &said).into()),
    }
}

/// What was not written did not happen.
fn written(code: ExitCode) -> ExitCode {
    if console::all_written() {
        code
    } else {
        Exit::Failed.into()
    }
}

fn run_typed(typed: CommandLine, json: bool) -> ExitCode {
    match typed.command {
        Some(Command::Completions { shell }) => print::completions(shell),
        Some(Command::Man { command }) => manual::man(&command),
        Some(Command::Providers(args)) => providers::run(&args),
        Some(Command::Service(args)) => service::run(&args),
        _ => match Home::locate() {
            Ok(home) => run_in(&home, typed),
            Err(error) => {
                let what = m::cli_home_failed();
                let why = match RelativeHome::of(&error) {
                    Some(RelativeHome(path)) => m::cli_home_relative(path.display().to_string()),
                    None => m::cli_failed(error.to_string(), what),
                };
                let console = Console::of_system().for_programs(json);
                console.end(Err(Failure::Because(why)))
            }
        },
    }
}

fn run_in(home: &Home, typed: CommandLine) -> ExitCode {
    let hosts = matches!(typed.command, None | Some(Command::Host(_)));
    let is_relay = matches!(&typed.command, Some(Command::Relay(args)) if args.serves());
    // What needs the folder says so.
    let writable = hosts.then(|| home.writable().ok()).flatten();
    let (home, unsaved) = writable.unwrap_or_else(|| (home.clone(), None));
    let unsaved = unsaved.map(|error| error.to_string());
    let _logging = logging::init(&logging_options(&home, &typed)).ok();
    if hosts || is_relay {
        open_files::raise();
    }
    match typed.command {
        #[cfg(feature = "window")]
        None => desktop::run(&home, typed.minimized, unsaved),
        #[cfg(not(feature = "window"))]
        None => {
            Console::of_system().error(&m::cli_no_window());
            ExitCode::FAILURE
        }
        Some(Command::Host(args)) => host::run(home, &args, unsaved),
        Some(Command::Status(args)) => running::status(&home, &args),
        Some(Command::Stop(args)) => running::stop(&home, &args),
        Some(Command::Start(args)) => running::start(&home, &args),
        Some(Command::Url(args)) => running::url(&home, &args),
        Some(Command::Open(args)) => running::open(&home, &args),
        Some(Command::Logs(args)) => logs::logs(&home, &args),
        Some(Command::Join(args)) => running::join(&home, &args),
        Some(Command::Leave(args)) => running::leave(&home, &args),
        Some(Command::Config(args)) => running::config(&home, &args),
        Some(Command::Relay(args)) => relay::run(&home, *args),
        Some(Command::Account(args)) => account::run(&home, args),
        Some(Command::Tunnels(args)) => tunnels::run(&home, args),
        Some(Command::Backup(args)) => backup::backup(&home, &args),
        Some(Command::Restore(args)) => backup::restore(&home, &args),
        Some(Command::Import(args)) => import::run(&home, &args),
        Some(Command::Audit(args)) => audit::run(&home, &args),
        Some(Command::Health(args)) => health::run(&home, &args),
        Some(Command::Doctor(args)) => doctor::run(&home, &args),
        // They need no home and were done before it was looked for.
        Some(
            Command::Completions { .. }
            | Command::Man { .. }
            | Command::Providers(_)
            | Command::Service(_),
        ) => ExitCode::SUCCESS,
    }
}

/// A command says itself what goes wrong: what the log says of it too would be said twice on a terminal.
/// What a relay logs is what strangers do, who are not to fill its disk with details.
fn logging_options(home: &Home, typed: &CommandLine) -> logging::Options {
    let relay = match &typed.command {
        Some(Command::Relay(args)) if args.serves() => Some(args),
        _ => None,
    };
    let quiet = typed.command.is_some() && relay.is_none();
    let mut options = logging::Options {
        home: Some(home.path().to_owned()),
        stderr: match typed.verbose {
            0 if quiet => LevelFilter::ERROR,
            0 => LevelFilter::WARN,
            1 => LevelFilter::INFO,
            2 => LevelFilter::DEBUG,
            _ => LevelFilter::TRACE,
        },
        discreet: registry::discreet(),
        ..logging::Options::default()
    };
    if let Some(args) = relay {
        options.file = LevelFilter::INFO;
        options.caps = logging::FileLimits::of_total(args.max_log_bytes());
    }
    options
}
