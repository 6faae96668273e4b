//! `underpass doctor`: tries what the program needs on this machine. It changes nothing that stays.

mod account;
mod checks;
mod network;

use crate::cli::DoctorArgs;
use crate::cli::runtime;
use crate::cli::speech::{Speech, complain, print_json};
use crate::model::ProviderId;
use crate::store::Home;
use crate::view::{Msg, messages as m};
use serde::Serialize;
use std::process::ExitCode;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Ok,
    /// Something is missing that hosting can do without.
    Warn,
    /// Hosting does not work.
    Fail,
}

impl Status {
    const fn mark(self) -> &'static str {
        match self {
            Self::Ok => "✓",
            Self::Warn => "!",
            Self::Fail => "✕",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug)]
struct Check {
    /// The word for programs.
    word: String,
    name: Msg,
    status: Status,
    detail: Msg,
    advice: Option<Msg>,
}

impl Check {
    fn ok(word: &str, name: Msg, detail: Msg) -> Self {
        Self {
            word: word.to_owned(),
            name,
            status: Status::Ok,
            detail,
            advice: None,
        }
    }

    fn warn(word: &str, name: Msg, detail: Msg, advice: Msg) -> Self {
        Self {
            status: Status::Warn,
            advice: Some(advice),
            ..Self::ok(word, name, detail)
        }
    }

    fn fail(word: &str, name: Msg, detail: Msg, advice: Msg) -> Self {
        Self {
            status: Status::Fail,
            ..Self::warn(word, name, detail, advice)
        }
    }
}

/// What the system or a library said, in its own words.
fn said(error: impl std::fmt::Display) -> Msg {
    m::doctor_found(error.to_string())
}

#[derive(Serialize)]
struct Line<'a> {
    check: &'a str,
    status: Status,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

pub(crate) fn run(home: &Home, args: DoctorArgs) -> ExitCode {
    let settings = home.settings().load();
    let speech = Speech::new(&settings.value);
    let ours = args.provider == ProviderId::RELAY;
    let mut checks = if ours {
        checks::all(home, &settings)
    } else {
        vec![]
    };
    match runtime() {
        Ok(runtime) => {
            checks.extend(if ours {
                runtime.block_on(network::all(home, &settings.value))
            } else {
                let options = settings.value.options(args.provider);
                runtime.block_on(account::all(home, args.provider, &options, args.write))
            });
            // A look-up that still hangs is left behind.
            runtime.shutdown_background();
        }
        Err(error) => complain(&error.to_string()),
    }
    for check in &checks {
        show(check, args.json, &speech);
    }
    if checks.iter().any(|check| check.status == Status::Fail) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn show(check: &Check, json: bool, speech: &Speech) {
    let advice = check.advice.as_ref().map(|advice| speech.text(advice));
    if json {
        return print_json(&Line {
            check: &check.word,
            status: check.status,
            detail: speech.text(&check.detail),
            advice,
        });
    }
    let (detail, mark, name) = (
        check.detail.clone(),
        check.status.mark(),
        check.name.clone(),
    );
    speech.say(&m::doctor_line(detail, mark, name));
    if let Some(advice) = advice {
        crate::cli::speech::print(&format!("    {advice}"));
    }
}
