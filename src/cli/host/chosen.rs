//! What was chosen on the command line for the tunnels that are hosted now: the account, the options
//! and what is secret of them.

use super::args::HostArgs;
use super::plan::Plan;
use crate::cli::set::{SecretFrom, Set};
use crate::cli::{health, prompt};
use crate::model::{
    AccountId, Chosen, HealthPlace, InvalidHealth, Offers, OptionSpec, ProviderId, Secret,
    Settings, Tunnel,
};
use crate::secrets::Secrets;
use crate::view::{Msg, messages as m};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, IsTerminal as _};

/// Reads what is secret from where the command line says it is, by the keys of the options.
pub(super) fn read_secrets(offers: &Offers, set: &Set) -> Result<BTreeMap<String, Secret>, Msg> {
    let read = |(key, from): (&String, &SecretFrom)| {
        let text = match from {
            SecretFrom::Stdin if io::stdin().is_terminal() => prompt::ask(&format!("{key}:")),
            SecretFrom::Stdin => prompt::read_all(io::stdin().lock()),
            SecretFrom::File(path) => File::open(path).and_then(prompt::read_all),
        };
        let text = text.map_err(|error| m::cli_secret_unread(error.to_string(), key.as_str()))?;
        let option = offers.option(key);
        if option.is_some_and(|option| option.takes(text.expose())) {
            return Ok((key.clone(), text));
        }
        let takes = option.map(OptionSpec::values).unwrap_or_default();
        Err(m::cli_secret_wrong(key.as_str(), takes))
    };
    set.secrets.iter().map(read).collect()
}

/// Gives what was chosen to those that are hosted now, for this run alone.
pub(super) fn apply(
    plan: &mut Plan,
    args: &HostArgs,
    tokens: &BTreeSet<AccountId>,
    given: &BTreeMap<String, Secret>,
    secrets: &Secrets,
) -> Result<(), Msg> {
    refuse_others(plan, args)?;
    let wanted = &plan.wanted;
    let asked =
        |tunnel: &&mut Tunnel| tunnel.provider == args.provider && wanted.contains(&tunnel.id);
    for tunnel in plan.tunnels.iter_mut().filter(asked) {
        let options = args.set.tunnel.iter();
        let chosen = &mut tunnel.chosen;
        chosen
            .options
            .extend(options.map(|(key, value)| (key.clone(), value.clone())));
        for (key, secret) in given {
            secrets.lend(Chosen::secret_name(&tunnel.id, key), secret.clone());
            chosen.secrets.insert(key.clone());
        }
        if let Some(name) = &args.account {
            chosen.account.clone_from(name);
        } else if chosen.account.is_empty() {
            chosen.account = usual_account(args, tokens)?;
        }
    }
    Ok(())
}

/// Says how those that are hosted now are looked after, for this run alone.
pub(super) fn apply_health(
    plan: &mut Plan,
    args: &HostArgs,
    settings: &Settings,
) -> Result<(), Msg> {
    let base = settings.timing.resolve().unwrap_or_default();
    let wanted = &plan.wanted;
    for tunnel in plan.tunnels.iter_mut().filter(|t| wanted.contains(&t.id)) {
        health::apply(&args.health, tunnel);
        let found = settings.health.resolve(base, tunnel, None).invalid;
        let above = found.into_iter().find_map(|it| match it {
            InvalidHealth::InitialAboveCap {
                initial,
                cap,
                place: HealthPlace::Tunnel,
            } => Some(m::error_initial_above_cap(cap, initial)),
            _ => None,
        });
        if let Some(above) = above.filter(|_| !args.health.is_empty()) {
            return Err(above);
        }
    }
    Ok(())
}

/// What is chosen for one provider is nothing to another: a saved tunnel of another one is not hosted
/// as if it had been.
fn refuse_others(plan: &Plan, args: &HostArgs) -> Result<(), Msg> {
    let asks =
        args.provider != ProviderId::RELAY || args.set != Set::default() || args.account.is_some();
    let wanted = plan.tunnels.iter().filter(|t| plan.wanted.contains(&t.id));
    let mut others = wanted.filter(|tunnel| tunnel.provider != args.provider);
    match others.next().filter(|_| asks) {
        Some(other) => Err(m::cli_other_provider(
            args.provider.as_str(),
            other.provider.as_str(),
            other.id.as_str(),
        )),
        None => Ok(()),
    }
}

/// The account without a name, or the only one there is.
fn usual_account(args: &HostArgs, tokens: &BTreeSet<AccountId>) -> Result<String, Msg> {
    let of = tokens.iter().filter(|kept| kept.provider == args.provider);
    let names: Vec<&str> = of.map(|kept| kept.name.as_str()).collect();
    match names[..] {
        [only] => Ok(only.to_owned()),
        [] => Ok(String::new()),
        _ if names.contains(&"") => Ok(String::new()),
        _ => Err(m::cli_which_account(
            names.join(", "),
            args.provider.as_str(),
        )),
    }
}
