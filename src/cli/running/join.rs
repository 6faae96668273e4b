//! `underpass join` and `underpass leave`: which relay is used from now on.

use super::{Speaker, Trouble, settings};
use crate::app::RELAY_TOKEN;
use crate::cli::RELAY_VARIABLE;
use crate::cli::console::print_json;
use crate::cli::exit::Exit;
use crate::control::Request;
use crate::model::{JoinLink, Secret};
use crate::secrets::{Secrets, SecretsError};
use crate::store::Home;
use crate::view::messages as m;
use clap::Args;
use serde::Serialize;
use std::convert::Infallible;
use std::process::ExitCode;

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct JoinArgs {
    /// The join link of the relay; without it, that in `UNDERPASS_RELAY`, where no list of processes
    /// shows it
    #[arg(value_parser = |typed: &str| Ok::<_, Infallible>(Secret::new(typed)))]
    link: Option<Secret>,

    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeaveArgs {
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
}

/// The relay in use, for programs.
#[derive(Serialize)]
struct RelayLine {
    /// `HOST:PORT` of the one that was joined; none for the one in the program.
    relay: Option<String>,
}

pub(crate) fn join(home: &Home, args: &JoinArgs) -> ExitCode {
    let speaker = Speaker::new(home, args.json);
    let joined = typed(args).and_then(|link| {
        join_by(home, &link, &speaker)?;
        let address = link.address();
        if speaker.json {
            let relay = Some(address);
            print_json(&RelayLine { relay });
        } else {
            speaker.console.say(&m::cli_joined(address));
        }
        Ok(())
    });
    speaker.end(joined)
}

fn typed(args: &JoinArgs) -> Result<JoinLink, Trouble> {
    let wrong = |msg| Trouble {
        exit: Exit::Usage,
        word: "usage",
        msg,
    };
    let variable = || {
        std::env::var(RELAY_VARIABLE)
            .ok()
            .map(|link| Secret::new(&link))
    };
    let typed = args.link.clone().or_else(variable);
    let typed = typed.ok_or_else(|| wrong(m::cli_join_what(RELAY_VARIABLE)))?;
    let parsed = typed.expose().parse::<JoinLink>();
    // The fault says what is missing, and nothing of what is there.
    parsed.map_err(|fault| wrong(m::cli_join_wrong(fault.to_string())))
}

fn join_by(home: &Home, link: &JoinLink, speaker: &Speaker) -> Result<(), Trouble> {
    if let Some(desktop) = speaker.gather(home)?.desktop() {
        let link = Secret::new(&link.reveal());
        return settings::ask(desktop, &Request::Join { link });
    }
    settings::change(home, |settings| {
        secrets(home)
            .set(RELAY_TOKEN, &link.token)
            .map_err(|error| unkept(&error))?;
        settings.relay.joined = Some(link.without_token());
        Ok(())
    })
}

pub(crate) fn leave(home: &Home, args: &LeaveArgs) -> ExitCode {
    let speaker = Speaker::new(home, args.json);
    let left = leave_by(home, &speaker);
    speaker.end(left.map(|()| {
        if speaker.json {
            print_json(&RelayLine { relay: None });
        } else {
            speaker.console.say(&m::cli_left());
        }
    }))
}

fn leave_by(home: &Home, speaker: &Speaker) -> Result<(), Trouble> {
    if let Some(desktop) = speaker.gather(home)?.desktop() {
        return settings::ask(desktop, &Request::Leave);
    }
    settings::change(home, |settings| {
        secrets(home)
            .delete(RELAY_TOKEN)
            .map_err(|error| unkept(&error))?;
        settings.relay.joined = None;
        Ok(())
    })
}

fn secrets(home: &Home) -> Secrets {
    Secrets::open(home.path(), home.is_private())
}

fn unkept(error: &SecretsError) -> Trouble {
    let msg = m::cli_failed(error.to_string(), m::cli_settings_failed());
    Trouble::failed("failed", msg)
}
