//! What runs: commands that ask the processes of the home by its control channel, and read its files
//! for what nobody hosts.

mod act;
mod config;
mod gather;
mod join;
mod names;
mod settings;
mod status;
mod url;

pub(crate) use self::act::{StartArgs, StopArgs, start, stop};
pub(crate) use self::config::{ConfigArgs, config};
pub(crate) use self::join::{JoinArgs, LeaveArgs, join, leave};
pub(crate) use self::status::{StatusArgs, status};
pub(crate) use self::url::{OpenArgs, UrlArgs, open, url};

use self::gather::{Found, gather};
use super::console::{Console, print_json};
use crate::base::clock::{self, rfc3339};
use crate::store::Home;
use crate::view::{Msg, messages as m};
use serde::Serialize;
use std::process::ExitCode;

/// There is no tunnel of that name.
pub(crate) const NO_SUCH_TUNNEL: u8 = 3;

/// Another process of this computer hosts it already.
pub(crate) const HOSTED_HERE: u8 = 4;

/// Somebody has to sign in first.
pub(crate) const SIGN_IN: u8 = 5;

/// It took too long, and may come about yet.
pub(crate) const TIMED_OUT: u8 = 6;

/// Why a command did not do what it is for.
#[derive(Debug, PartialEq)]
struct Trouble {
    /// The exit code.
    code: u8,
    /// The word for programs.
    word: &'static str,
    msg: Msg,
}

impl Trouble {
    /// Nobody of that name.
    fn unknown(typed: &str, found: &Found) -> Self {
        let msg = match names::nearest(typed, found.names()) {
            Some(meant) => m::cli_no_such_tunnel_meant(meant, typed),
            None => m::cli_no_such_tunnel(typed),
        };
        Self {
            code: NO_SUCH_TUNNEL,
            word: "unknown-tunnel",
            msg,
        }
    }

    fn failed(word: &'static str, msg: Msg) -> Self {
        Self { code: 1, word, msg }
    }

    fn timed_out(msg: Msg) -> Self {
        Self {
            code: TIMED_OUT,
            word: "timed-out",
            msg,
        }
    }
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
        let Err(Trouble { code, word, msg }) = done else {
            return ExitCode::SUCCESS;
        };
        self.trouble(word, &msg);
        ExitCode::from(code)
    }

    /// A line for programs, or one on standard error.
    fn trouble(&self, code: &'static str, msg: &Msg) {
        if self.json {
            print_json(&ErrorLine {
                at: rfc3339(clock::wall()),
                event: "error",
                code,
                message: self.console.text(msg),
            });
        } else {
            self.console.error(msg);
        }
    }
}
