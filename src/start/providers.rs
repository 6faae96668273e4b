//! `underpass providers`: who can carry tunnels, what each offers and needs, what can be set for it.

use super::speech::{Speech, print_json};
use crate::cli::ProvidersArgs;
use crate::model::{Offers, OptionKind};
use crate::provider::registry;
use crate::view::{Msg, messages as m};
use serde::Serialize;
use std::process::ExitCode;

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
    options: Vec<OptionLine<'a>>,
}

#[derive(Serialize)]
struct OptionLine<'a> {
    key: &'a str,
    values: Vec<&'a str>,
    default: &'a str,
}

pub(super) fn run(args: ProvidersArgs) -> ExitCode {
    let speech = Speech::of_system();
    let catalog = registry::catalog();
    let asked = |offers: &&'static Offers| args.provider.is_none_or(|id| id == offers.id);
    for offers in catalog.iter().filter(asked) {
        if args.json {
            print_json(&line(offers));
        } else {
            tell(&speech, offers);
        }
    }
    ExitCode::SUCCESS
}

fn line(offers: &'static Offers) -> Line<'static> {
    Line {
        provider: id(offers),
        name: offers.name,
        protocols: protocols(offers),
        account: offers.is_remote(),
        program: offers.program.map(|program| program.name),
        sign_in: offers.sign_in.iter().map(|way| way.key).collect(),
        options: options(offers),
    }
}

fn id(offers: &'static Offers) -> &'static str {
    offers.id.as_str()
}

fn protocols(offers: &'static Offers) -> Vec<&'static str> {
    offers
        .protocols
        .iter()
        .map(|protocol| protocol.as_str())
        .collect()
}

fn options(offers: &'static Offers) -> Vec<OptionLine<'static>> {
    let line = |option: &'static crate::model::OptionSpec| {
        let OptionKind::Choice(values) = option.kind;
        OptionLine {
            key: option.key,
            values: values.iter().map(|(value, _)| *value).collect(),
            default: option.default,
        }
    };
    offers.options.iter().map(line).collect()
}

fn tell(speech: &Speech, offers: &'static Offers) {
    let name = if offers.joins {
        m::provider_ours()
    } else {
        m::provider_named(offers.name)
    };
    speech.say(&m::cli_provider(id(offers), name));
    let mut lines: Vec<Msg> = vec![m::cli_provider_protocols(protocols(offers).join(", "))];
    lines.extend(
        offers
            .program
            .map(|program| m::cli_provider_program(program.name)),
    );
    for OptionLine {
        key,
        values,
        default,
    } in options(offers)
    {
        lines.push(m::cli_provider_option(default, key, values.join(", ")));
    }
    for line in &lines {
        super::speech::print(&format!("  {}", speech.text(line)));
    }
}
