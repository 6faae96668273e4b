//! `underpass providers`: who can carry tunnels, what each offers and needs, what can be set for it.

use super::console::{Console, print, print_json};
use super::parse::{self, find};
use crate::model::{
    Catalog, Offers, OptionKind, OptionScope, OptionSpec, ProviderId, Settings, probes_a_month,
};
use crate::provider::registry;
use crate::view::{Msg, messages as m};
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProvidersArgs {
    /// Only this provider
    #[arg(value_parser = parse::provider(), hide_possible_values = true)]
    provider: Option<ProviderId>,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

impl ProvidersArgs {
    pub(super) fn check(&self, providers: &Catalog) -> Result<(), String> {
        let found = self.provider.map(|id| find(providers, id)).transpose();
        found.map(|_| ())
    }
}

/// A provider for programs.
#[derive(Serialize)]
struct Line<'a> {
    provider: &'a str,
    name: &'a str,
    protocols: Vec<&'a str>,
    /// Its tunnels are in an account there.
    account: bool,
    /// The program that must be there.
    #[serde(skip_serializing_if = "Option::is_none")]
    program: Option<&'a str>,
    sign_in: Vec<&'a str>,
    /// The variable that holds an account's token.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    /// What goes between this computer and it is encrypted.
    encrypted: bool,
    options: Vec<OptionLine<'a>>,
}

#[derive(Serialize)]
struct OptionLine<'a> {
    key: &'a str,
    kind: &'a str,
    /// Its values, its range or an example.
    takes: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    default: &'a str,
    /// What it is set for: `provider` or `tunnel`.
    of: &'a str,
    required: bool,
}

pub(crate) fn run(args: &ProvidersArgs) -> ExitCode {
    let console = Console::of_system();
    let catalog = registry::catalog();
    let asked = |offers: &&'static Offers| args.provider.is_none_or(|id| id == offers.id);
    for offers in catalog.iter().filter(asked) {
        if args.json {
            print_json(&line(offers));
        } else {
            tell(&console, offers);
        }
    }
    ExitCode::SUCCESS
}

fn line(offers: &'static Offers) -> Line<'static> {
    Line {
        provider: offers.id.as_str(),
        name: offers.name,
        protocols: protocols(offers),
        account: offers.is_remote(),
        program: offers.program.map(|program| program.name),
        sign_in: offers.sign_in.iter().map(|way| way.key).collect(),
        token: offers.token.map(|token| token.variable),
        encrypted: offers.encrypted,
        options: options(offers),
    }
}

fn protocols(offers: &'static Offers) -> Vec<&'static str> {
    let protocols = offers.protocols.iter();
    protocols.map(|protocol| protocol.as_str()).collect()
}

fn options(offers: &'static Offers) -> Vec<OptionLine<'static>> {
    let line = |option: &'static OptionSpec| OptionLine {
        key: option.key,
        kind: match option.kind {
            OptionKind::Choice(_) => "choice",
            OptionKind::Switch => "switch",
            OptionKind::Number { .. } => "number",
            OptionKind::Text(_) => "text",
            OptionKind::Secret(_) => "secret",
            OptionKind::File => "file",
        },
        takes: option.values(),
        values: match option.kind {
            OptionKind::Choice(values) => values.iter().map(|(value, _)| *value).collect(),
            _ => vec![],
        },
        default: option.default,
        of: match option.scope {
            OptionScope::Provider => "provider",
            OptionScope::Tunnel => "tunnel",
        },
        required: option.required,
    };
    offers.options.iter().map(line).collect()
}

fn tell(console: &Console, offers: &'static Offers) {
    let id = offers.id.as_str();
    let name = if offers.joins {
        m::provider_ours()
    } else {
        m::provider_named(offers.name)
    };
    console.say(&m::cli_provider(id, name));
    let mut lines: Vec<Msg> = vec![m::cli_provider_protocols(protocols(offers).join(", "))];
    lines.extend(
        offers
            .program
            .map(|program| m::cli_provider_program(program.name)),
    );
    if let Some(all) = offers.probe.requests_a_month() {
        let (every, least) = (offers.probe.least_interval(), Settings::default().timing);
        let every = every.max(Duration::from_millis(least.probe_interval_ms));
        let (minutes, mine) = (every.as_secs() / 60, probes_a_month(every));
        lines.push(m::cli_provider_probes(all, minutes, mine));
    }
    if let Some(token) = offers.token {
        lines.push(m::cli_provider_token(token.page, id));
    }
    if !offers.encrypted {
        lines.push(m::cli_provider_unencrypted());
    }
    for option in options(offers) {
        let (key, takes) = (option.key, option.takes);
        lines.push(match (option.kind, option.default) {
            ("secret", _) => m::cli_provider_secret(key, takes),
            (_, "") => m::cli_provider_option_empty(key, takes),
            (_, default) => m::cli_provider_option(default, key, takes),
        });
    }
    for line in &lines {
        print(&format!("  {}", console.text(line)));
    }
}
