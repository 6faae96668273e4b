//! The command line: what the person typed, and what each command does.
//!
//! A command is a file here, or a folder where it is large: its arguments, what must hold of them, and
//! what it does. The words are checked before anything is opened or started.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod complete;
pub(crate) mod console;
pub(crate) mod doctor;
pub(crate) mod exit;
mod grammar;
pub(crate) mod health;
pub(crate) mod host;
pub(crate) mod import;
mod inventory;
pub(crate) mod logs;
pub(crate) mod manual;
mod narrow;
mod parse;
mod port;
pub(crate) mod print;
mod prompt;
pub(crate) mod providers;
pub(crate) mod relay;
pub(crate) mod running;
pub(crate) mod service;
mod set;
pub(crate) mod tunnels;

use self::account::AccountArgs;
use self::audit::AuditArgs;
use self::backup::{BackupArgs, RestoreArgs};
use self::doctor::DoctorArgs;
use self::health::HealthArgs;
use self::host::HostArgs;
use self::import::ImportArgs;
use self::logs::LogsArgs;
use self::providers::ProvidersArgs;
use self::relay::RelayArgs;
use self::running::{
    ConfigArgs, JoinArgs, LeaveArgs, OpenArgs, StartArgs, StatusArgs, StopArgs, UrlArgs,
};
use self::service::ServiceArgs;
use self::tunnels::TunnelsArgs;
use crate::model::{Catalog, JoinLink};
use clap::{ArgAction, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::borrow::Cow;
use std::ffi::OsString;
use std::io;

/// The environment variable that may hold the join link, so that its token is in no process list.
const RELAY_VARIABLE: &str = "UNDERPASS_RELAY";

/// The environment variable that says for whom what is hosted is, where `--reach` does not.
const REACH_VARIABLE: &str = "UNDERPASS_REACH";

/// The environment variable that may hold the name of the tunnel of what is hosted.
const NAME_VARIABLE: &str = "UNDERPASS_NAME";

/// The environment variable that may say who carries it.
const PROVIDER_VARIABLE: &str = "UNDERPASS_PROVIDER";

const EXAMPLES: &str = "\
Examples:
  underpass                             the window and the tray icon
  underpass host 3000                   serve localhost:3000 at a URL for this computer, in the terminal
  underpass 3000                        the same; `underpass tcp 22` says the protocol too
  underpass host 3000 --reach network   the same for whoever is in this network
  underpass host 3000 --reach internet  the same for anybody
  underpass host 3000 --name shop       at http://shop.localhost:7480/
  underpass host 3000 9000 --json       one tunnel with two ports, one JSON object per line
  underpass relay                       run the public end on a server; it prints a join link
  UNDERPASS_RELAY=… underpass host 3000
                                        host through that relay
  underpass doctor                      check what works on this machine

All files are in one folder; UNDERPASS_HOME=DIR moves it.";

/// A local port gets a URL, and a tunnel that comes back by itself.
///
/// Without a command it opens the window and the tray icon; a second start raises the first one's
/// window.
#[derive(Clone, Debug, PartialEq, Parser)]
#[command(name = "underpass", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct CommandLine {
    /// Start in the tray, without a window
    #[arg(long = "minimized", alias = "minimised")]
    pub(crate) minimized: bool,

    /// Log more to standard error (-vv for even more)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Clone, Debug, PartialEq, Subcommand)]
pub(crate) enum Command {
    /// Serve local ports at URLs until Ctrl-C, without a window
    Host(Box<HostArgs>),
    /// Show what is hosted on this computer, by the desktop program and in terminals
    Status(StatusArgs),
    /// Stop hosting tunnels, whoever hosts them on this computer
    Stop(StopArgs),
    /// Host saved tunnels in the desktop program that runs
    Start(StartArgs),
    /// Print the URLs of a tunnel that is hosted
    Url(UrlArgs),
    /// Open the URL of a tunnel that is hosted in the browser
    Open(OpenArgs),
    /// Print the log, and follow it (-f)
    Logs(LogsArgs),
    /// Use the relay of a join link from now on
    Join(JoinArgs),
    /// Go back to the built-in relay
    Leave(LeaveArgs),
    /// Show and change the settings
    Config(ConfigArgs),
    /// Run a relay, the public end of tunnels
    Relay(Box<RelayArgs>),
    /// Have systemd host tunnels, or run the relay, by itself
    Service(ServiceArgs),
    /// List and change saved tunnels
    Tunnels(TunnelsArgs),
    /// Import tunnels from other programs' configuration
    Import(ImportArgs),
    /// Save all settings and tunnels to one file, without secrets
    Backup(BackupArgs),
    /// Restore the tunnels and settings of a backup
    Restore(RestoreArgs),
    /// Show, export or verify the audit log
    Audit(AuditArgs),
    /// Show and change how hosted tunnels are checked and reconnected
    Health(HealthArgs),
    /// Check what works on this machine
    Doctor(DoctorArgs),
    /// List providers, what each offers and its options
    Providers(ProvidersArgs),
    /// Manage accounts at providers: list, add, remove, sign in and out
    Account(AccountArgs),
    /// Print a shell completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the man page, of all or of one command
    Man {
        /// The command, as in `man relay account`
        command: Vec<String>,
    },
}

/// Reads the words of a command line, the program's name first; `variable` reads the environment, and
/// `providers` are those of this build.
///
/// # Errors
/// What is wrong with them, or the help or version that they ask for: to be printed as it is.
pub(crate) fn parse(
    words: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<String>,
    providers: &Catalog,
) -> Result<CommandLine, clap::Error> {
    let words: Vec<OsString> = words.into_iter().collect();
    check_links(&words)?;
    let words = grammar::translate(words);
    let mut command = narrow::fit(CommandLine::command(), narrow::columns());
    let matches = command.try_get_matches_from_mut(words);
    let typed = matches.and_then(|matches| CommandLine::from_arg_matches(&matches));
    let mut typed = typed.map_err(|error| grammar::explain(error.format(&mut command)))?;
    typed.check(variable, providers).map_err(|wrong| {
        let mut command = CommandLine::command();
        command.build();
        // The usage beside the error is that of the command it is about.
        let about = match command.find_subcommand_mut("host") {
            Some(host) if matches!(typed.command, Some(Command::Host(_))) => host,
            Some(_) | None => &mut command,
        };
        about.error(clap::error::ErrorKind::ValueValidation, wrong)
    })?;
    Ok(typed)
}

/// A join link stands where it is expected and nowhere else: whatever quotes the words would show its
/// token.
fn check_links(words: &[OsString]) -> Result<(), clap::Error> {
    let mut commands = words.iter().skip(1).map(|word| word.to_string_lossy());
    let joins = commands.find(|word| !word.starts_with('-')).as_deref() == Some("join");
    let mut before = Cow::Borrowed("");
    // Only options stand between the command and here.
    let mut is_first = false;
    for word in words.iter().map(|word| word.to_string_lossy()) {
        let is_links = before == "--relay"
            || word.starts_with("--relay=")
            || joins && is_first && word.starts_with(JoinLink::SCHEME);
        let has_link = word.to_ascii_lowercase().contains(JoinLink::SCHEME);
        if has_link && !is_links {
            return Err(CommandLine::command().error(
                clap::error::ErrorKind::ValueValidation,
                format!(
                    "a join link goes with `join`, with `host --relay` or in {RELAY_VARIABLE}, nowhere else"
                ),
            ));
        }
        is_first = word == "join" || is_first && word.starts_with('-');
        before = word;
    }
    Ok(())
}

impl CommandLine {
    /// What no word shows by itself.
    fn check(
        &mut self,
        variable: impl Fn(&str) -> Option<String>,
        providers: &Catalog,
    ) -> Result<(), String> {
        if self.minimized && self.command.is_some() {
            return Err("--minimized takes no command: it is for the window".to_owned());
        }
        match &mut self.command {
            Some(Command::Host(args)) => args.check(variable, providers),
            Some(Command::Tunnels(args)) => args.check(providers),
            Some(Command::Health(args)) => args.check(providers),
            Some(Command::Doctor(args)) => args.check(providers),
            Some(Command::Providers(args)) => args.check(providers),
            Some(Command::Account(args)) => args.check(providers),
            Some(Command::Service(args)) => args.check(),
            Some(
                Command::Relay(_)
                | Command::Audit(_)
                | Command::Backup(_)
                | Command::Import(_)
                | Command::Restore(_)
                | Command::Status(_)
                | Command::Stop(_)
                | Command::Start(_)
                | Command::Url(_)
                | Command::Open(_)
                | Command::Logs(_)
                | Command::Join(_)
                | Command::Leave(_)
                | Command::Config(_)
                | Command::Completions { .. }
                | Command::Man { .. },
            )
            | None => Ok(()),
        }
    }
}

/// Whether these words ask for lines that programs read, whatever is wrong with them.
pub(crate) fn asks_for_json(words: &[OsString]) -> bool {
    let mut words = words.iter().skip(1).take_while(|word| *word != "--");
    words.any(|word| word == "--json")
}

/// A runtime for what a command does by itself.
pub(crate) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod tests;
