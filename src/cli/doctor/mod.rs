//! `underpass doctor`: tries what the program needs on this machine. It changes nothing that stays.

mod account;
mod checks;
mod network;

use crate::cli::console::{Console, print, print_error, print_json};
use crate::cli::exit::Exit;
use crate::cli::parse::{self, find};
use crate::cli::runtime;
use crate::model::{Catalog, ProviderId};
use crate::provider::registry;
use crate::store::Home;
use crate::view::{Msg, messages as m};
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct DoctorArgs {
    /// Check this provider; `underpass providers` lists them
    #[arg(long, default_value = "relay", value_parser = parse::provider(), hide_possible_values = true)]
    provider: ProviderId,
    /// Create a temporary tunnel in the account, host it and delete it; only with a provider
    /// that keeps accounts
    #[arg(long)]
    write: bool,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

impl DoctorArgs {
    pub(super) fn check(&self, providers: &Catalog) -> Result<(), String> {
        let offers = find(providers, self.provider)?;
        if self.write && !offers.trial {
            let provider = offers.id;
            return Err(format!(
                "--write goes with a provider that keeps accounts, not with {provider}"
            ));
        }
        Ok(())
    }
}

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

/// What is looked at.
#[derive(Clone, Debug)]
struct Subject {
    /// The word for programs.
    word: String,
    name: Msg,
}

/// How it is.
#[derive(Debug)]
struct Check {
    of: Subject,
    status: Status,
    detail: Msg,
    advice: Option<Msg>,
}

impl Subject {
    fn new(word: impl Into<String>, name: Msg) -> Self {
        let word = word.into();
        Self { word, name }
    }

    fn check(&self, status: Status, detail: Msg, advice: Option<Msg>) -> Check {
        Check {
            of: self.clone(),
            status,
            detail,
            advice,
        }
    }

    fn ok(&self, detail: Msg) -> Check {
        self.check(Status::Ok, detail, None)
    }

    fn warn(&self, detail: Msg, advice: Msg) -> Check {
        self.check(Status::Warn, detail, Some(advice))
    }

    fn fail(&self, detail: Msg, advice: Msg) -> Check {
        self.check(Status::Fail, detail, Some(advice))
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

pub(crate) fn run(home: &Home, args: &DoctorArgs) -> ExitCode {
    let wrong = home.check_settings(&registry::catalog());
    let settings = home.settings().load();
    let console = Console::new(&settings.value);
    let ours = args.provider == ProviderId::RELAY;
    let mut checks = if ours {
        checks::all(home, &settings, &wrong)
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
        Err(error) => print_error(&error.to_string()),
    }
    for check in &checks {
        show(check, args.json, &console);
    }
    if !args.json {
        console.say(&sum(&checks));
    }
    if checks.iter().any(|check| check.status == Status::Fail) {
        Exit::Failed.into()
    } else {
        ExitCode::SUCCESS
    }
}

/// How many came out how.
fn sum(checks: &[Check]) -> Msg {
    let count = |status| {
        let of = checks.iter().filter(|check| check.status == status);
        of.count().to_string()
    };
    m::doctor_sum(count(Status::Fail), count(Status::Ok), count(Status::Warn))
}

fn show(check: &Check, json: bool, console: &Console) {
    let advice = check.advice.as_ref().map(|advice| console.text(advice));
    if json {
        return print_json(&Line {
            check: &check.of.word,
            status: check.status,
            detail: console.text(&check.detail),
            advice,
        });
    }
    let (detail, name) = (check.detail.clone(), check.of.name.clone());
    console.say(&m::doctor_line(detail, check.status.mark(), name));
    if let Some(advice) = advice {
        print(&format!("    {advice}"));
    }
}
