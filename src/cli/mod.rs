//! What the person typed, and what each command does.
//!
//! A command is a file here, or a folder where it is large: its arguments, what must hold of them, and
//! what it does. The words are checked before anything is opened or started.

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod doctor;
pub(crate) mod host;
mod inventory;
mod parse;
pub(crate) mod print;
mod prompt;
pub(crate) mod providers;
mod raw;
mod raw_account;
pub(crate) mod relay;
mod resolve;
mod resolved;
mod set;
pub(crate) mod speech;
pub(crate) mod tunnels;

pub use parse::{TcpPorts, parse_host};
pub use raw_account::{AccountsArgs, AccountsTask};
pub use relay::{LimitArgs, QuotaArgs};
pub use resolved::{
    AccountArgs, AccountChange, Asked, AuditArgs, ChosenOptions, DesktopArgs, DoctorArgs, HostArgs,
    Invocation, LinkAddress, ProvidersArgs, RelayArgs, Shell, Task, TunnelsArgs, TunnelsTask,
};
pub use set::{SecretFrom, Set};

use crate::model::{Catalog, JoinLink};
use clap::{CommandFactory as _, Parser as _};
use std::borrow::Cow;
use std::ffi::OsString;
use std::io;

/// The environment variable that may hold the join link, so that its token is in no process list.
pub const RELAY_VARIABLE: &str = "UNDERPASS_RELAY";

/// What was typed cannot be done, and never could.
pub(crate) const USAGE: u8 = 2;

/// Reads the words of a command line, the program's name first; `variable` reads the environment, and
/// `providers` are those of this build.
///
/// # Errors
/// What is wrong with them, or the help or version that they ask for: to be printed as it is.
pub fn parse(
    words: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<String>,
    providers: &Catalog,
) -> Result<Invocation, clap::Error> {
    let words: Vec<OsString> = words.into_iter().collect();
    check_links(&words)?;
    let raw = raw::Raw::try_parse_from(words)?;
    let hosts = matches!(raw.command, Some(raw::RawCommand::Host(_)));
    resolve::resolve(raw, variable, providers).map_err(|wrong| {
        let mut command = command();
        command.build();
        // The usage beside the error is that of the command it is about.
        let about = match command.find_subcommand_mut("host") {
            Some(host) if hosts => host,
            Some(_) | None => &mut command,
        };
        about.error(clap::error::ErrorKind::ValueValidation, wrong)
    })
}

/// A join link stands where it is expected and nowhere else: whatever quotes the words would show its
/// token.
fn check_links(words: &[OsString]) -> Result<(), clap::Error> {
    let mut before = Cow::Borrowed("");
    for word in words.iter().map(|word| word.to_string_lossy()) {
        let is_links = before == "--relay" || word.starts_with("--relay=");
        let has_link = word.to_ascii_lowercase().contains(JoinLink::SCHEME);
        if has_link && !is_links {
            return Err(command().error(
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

/// The whole command line, for completions and the man page.
#[must_use]
pub fn command() -> clap::Command {
    raw::Raw::command()
}

/// A runtime for what a command does by itself.
pub(crate) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

#[cfg(test)]
mod tests;
