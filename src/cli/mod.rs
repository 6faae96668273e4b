//! The command line: what the person typed, and what each command does.
//!
//! A command is a file here, or a folder where it is large: its arguments, what must hold of them, and
//! what it does. The words are checked before anything is opened or started.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod console;
pub(crate) mod doctor;
pub(crate) mod exit;
mod grammar;
pub(crate) mod health;
pub(crate) mod host;
pub(crate) mod import;
mod inventory;
pub(crate) mod manual;
mod parse;
mod port;
pub(crate) mod print;
mod prompt;
pub(crate) mod providers;
pub(crate) mod relay;
mod set;
pub(crate) mod tunnels;

use self::account::AccountArgs;
use self::audit::AuditArgs;
use self::backup::{BackupArgs, RestoreArgs};
use self::doctor::DoctorArgs;
use self::health::HealthArgs;
use self::host::HostArgs;
use self::import::ImportArgs;
use self::providers::ProvidersArgs;
use self::relay::RelayArgs;
use self::tunnels::TunnelsArgs;
use crate::model::{Catalog, JoinLink};
use clap::{ArgAction, CommandFactory as _, Parser, Subcommand};
use std::borrow::Cow;
use std::ffi::OsString;
use std::io;

/// The environment variable that may hold the join link, so that its token is in no process list.
const RELAY_VARIABLE: &str = "UNDERPASS_RELAY";

/// The environment variable that may hold the name of the tunnel of what is hosted.
const NAME_VARIABLE: &str = "UNDERPASS_NAME";

/// The environment variable that may say who carries it.
const PROVIDER_VARIABLE: &str = "UNDERPASS_PROVIDER";

const EXAMPLES: &str = "\
Examples:
  underpass                             the window and the tray icon
  underpass host 3000                   serve localhost:3000 on a public URL, here in the terminal
  underpass 3000                        the same; `underpass tcp 22` says the protocol too
  underpass host 3000 --name shop       the same as http://shop.localhost:7480/
  underpass host 3000 9000 --json       one tunnel with two ports, one JSON object a line
  underpass relay                       run the public end on a server; it prints a join link
  UNDERPASS_RELAY=… underpass host 3000 host through that relay
  underpass doctor                      what works on this machine, and what to do where it does not

All files are in one folder; UNDERPASS_HOME=DIR moves it.";

/// A local port gets a public URL, and a tunnel that comes back by itself.
///
/// Without a command it opens the window and the tray icon; a second start raises the first one's
/// window.
#[derive(Clone, Debug, PartialEq, Parser)]
#[command(name = "underpass", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct CommandLine {
    /// Start in the tray, without a window
    #[arg(long, alias = "minimized")]
    pub(crate) minimised: bool,

    /// Say more on standard error (-vv: still more)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Clone, Debug, PartialEq, Subcommand)]
pub(crate) enum Command {
    /// Serve local ports on public URLs until Ctrl-C, without a window
    Host(Box<HostArgs>),
    /// Run the public end of tunnels: the relay
    Relay(Box<RelayArgs>),
    /// List and change the saved tunnels
    Tunnels(TunnelsArgs),
    /// Take over tunnels from other programs' configuration
    Import(ImportArgs),
    /// Save all settings and tunnels to one file, without secrets
    Backup(BackupArgs),
    /// Restore what a backup has and is not there
    Restore(RestoreArgs),
    /// Show the audit log, or check that nobody changed it
    Audit(AuditArgs),
    /// Show and change how what is hosted is checked, and how it comes back
    Health(HealthArgs),
    /// Find out what works on this machine
    Doctor(DoctorArgs),
    /// List who can carry tunnels, what each offers and what can be set for it
    Providers(ProvidersArgs),
    /// List, add and remove the accounts at providers, sign in and out
    Account(AccountArgs),
    /// Print the completions for a shell
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
    let mut typed = CommandLine::try_parse_from(words).map_err(grammar::explain)?;
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
    let mut before = Cow::Borrowed("");
    for word in words.iter().map(|word| word.to_string_lossy()) {
        let is_links = before == "--relay" || word.starts_with("--relay=");
        let has_link = word.to_ascii_lowercase().contains(JoinLink::SCHEME);
        if has_link && !is_links {
            return Err(CommandLine::command().error(
                clap::error::ErrorKind::ValueValidation,
                format!(
                    "a join link goes with `host --relay` or in {RELAY_VARIABLE}, nowhere else"
                ),
            ));
        }
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
        if self.minimised && self.command.is_some() {
            return Err("--minimised goes without a command: it is about the window".to_owned());
        }
        match &mut self.command {
            Some(Command::Host(args)) => args.check(variable, providers),
            Some(Command::Tunnels(args)) => args.check(providers),
            Some(Command::Health(args)) => args.check(providers),
            Some(Command::Doctor(args)) => args.check(providers),
            Some(Command::Providers(args)) => args.check(providers),
            Some(Command::Account(args)) => args.check(providers),
            Some(
                Command::Relay(_)
                | Command::Audit(_)
                | Command::Backup(_)
                | Command::Import(_)
                | Command::Restore(_)
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
