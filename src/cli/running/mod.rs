//! What runs: commands that ask the processes of the home by its control channel, and read its files
//! for what nobody hosts.

mod act;
mod config;
mod gather;
mod hand_over;
mod join;
mod settings;
mod status;
mod url;

pub(crate) use self::act::{StartArgs, StopArgs, start, stop};
pub(crate) use self::config::{ConfigArgs, config};
pub(super) use self::hand_over::host_in_desktop;
pub(crate) use self::join::{JoinArgs, LeaveArgs, join, leave};
pub(crate) use self::status::{StatusArgs, status};
pub(crate) use self::url::{OpenArgs, UrlArgs, open, url};

use self::gather::{Found, gather};
use super::console::{Console, Failure, print_json};
use super::exit::Exit;
use crate::base::clock::{self, rfc3339};
use crate::control::Request;
use crate::model::{Holder, TunnelId, nearest};
use crate::store::Home;
use crate::view::{Msg, messages as m};
use serde::Serialize;
use std::process::ExitCode;

/// Why a command did not do what it is for.
#[derive(Debug, PartialEq)]
struct Trouble {
    exit: Exit,
    /// What exactly, for programs: the `reason` of the line, where the exit's word says less.
    word: &'static str,
    msg: Msg,
}

impl Trouble {
    /// Nobody of that name.
    fn unknown(typed: &str, found: &Found) -> Self {
        let msg = match nearest(typed, found.names()) {
            Some(meant) => m::cli_no_such_tunnel_meant(meant, typed),
            None => m::cli_no_such_tunnel(typed),
        };
        Self {
            exit: Exit::NotFound,
            word: "unknown-tunnel",
            msg,
        }
    }

    fn failed(word: &'static str, msg: Msg) -> Self {
        Self {
            exit: Exit::Failed,
            word,
            msg,
        }
    }

    fn timed_out(msg: Msg) -> Self {
        Self {
            exit: Exit::TimedOut,
            word: "timed-out",
            msg,
        }
    }
}

/// Has the desktop program do it, where it runs: whether it did.
pub(super) fn ask_desktop(home: &Home, request: &Request) -> Result<bool, Failure> {
    let found = gather(home).map_err(|error| Failure::Other(error.into()))?;
    let Some(desktop) = found.desktop() else {
        return Ok(false);
    };
    let asked = settings::ask(desktop, request);
    asked.map_err(|trouble| Failure::As(trouble.exit, vec![trouble.msg]))?;
    Ok(true)
}

/// The processes that host a tunnel in a terminal: each has a copy of it from its start.
pub(super) fn terminals_of(home: &Home, tunnel: &TunnelId) -> Vec<u32> {
    let found = gather(home).unwrap_or_default();
    let rows = found.rows.iter().filter(|row| row.id() == tunnel.as_str());
    let hosts = rows.filter_map(|row| row.host.as_ref());
    let terminals = hosts.filter(|(_, holder)| holder.by == Holder::Host.as_str());
    terminals.map(|(_, holder)| holder.pid).collect()
}

/// How a command speaks.
struct Speaker {
    console: Console,
    json: bool,
}

#[derive(Serialize)]
struct ErrorLine {
    at: String,
    event: &'static str,
    code: &'static str,
    exit: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    message: String,
}

impl Speaker {
    fn new(home: &Home, json: bool) -> Self {
        Self {
            console: Console::of(home),
            json,
        }
    }

    /// What was found, after a word on those that did not answer.
    fn gather(&self, home: &Home) -> Result<Found, Trouble> {
        let found = gather(home).map_err(|error| {
            let msg = m::cli_failed(error.to_string(), m::cli_channel());
            Trouble::failed("failed", msg)
        })?;
        for (process, error) in &found.silent {
            let msg = m::cli_process_silent(error.to_string(), process.process());
            self.console.error(&msg);
        }
        Ok(found)
    }

    fn end(&self, done: Result<(), Trouble>) -> ExitCode {
        let Err(trouble) = done else {
            return Exit::Done.into();
        };
        self.trouble(&trouble);
        trouble.exit.into()
    }

    /// A line for programs, or one on standard error.
    fn trouble(&self, trouble: &Trouble) {
        let Trouble { exit, word, msg } = trouble;
        let code = exit.word();
        if self.json {
            print_json(&ErrorLine {
                at: rfc3339(clock::wall()),
                event: "error",
                code,
                exit: exit.number(),
                reason: Some(*word).filter(|word| *word != code),
                message: self.console.text(msg),
            });
        } else {
            self.console.error(msg);
        }
    }
}
