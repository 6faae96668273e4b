//! What the person typed: first as it stands (`raw`), then as the program runs with it
//! ([`Invocation`]).
//!
//! This room reads the words and knows what they mean; it opens no file and starts nothing.

mod account;
mod limits;
mod parse;
mod quotas;
mod raw;
mod resolve;
mod resolved;
mod set;

pub use account::{AccountsArgs, AccountsTask};
pub use limits::LimitArgs;
pub use parse::{TcpPorts, parse_host};
pub use quotas::QuotaArgs;
pub use resolved::{
    AccountArgs, AccountChange, Asked, AuditArgs, ChosenOptions, DesktopArgs, DoctorArgs, HostArgs,
    Invocation, LinkAddress, ProvidersArgs, RelayArgs, Shell, Task, TunnelsArgs, TunnelsTask,
};
pub use set::{SecretFrom, Set};

use crate::model::{Catalog, JoinLink};
use clap::{CommandFactory as _, Parser as _};
use std::borrow::Cow;
use std::ffi::OsString;

/// The environment variable that may hold the join link, so that its token is in no process list.
pub const RELAY_VARIABLE: &str = "UNDERPASS_RELAY";

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
pub fn command() -> clap::Command {
    raw::Raw::command()
}

#[cfg(test)]
mod tests;
