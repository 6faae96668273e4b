//! `--reach`: from whom a tunnel is for to who carries it. The choice is the model's; what it needs to know
//! of the ways to the internet is asked here.

use super::args::{HostArgs, HostTarget, check_options};
use super::plan::Plan;
use crate::app::Begin;
use crate::cli::console::{Console, Failure};
use crate::cli::runtime;
use crate::cli::set;
use crate::model::{Carrier, Catalog, Offers, Protocol, Reach, RelayFacts, Tunnel, WithoutAccount};
use crate::provider::registry;
use crate::secrets::Secrets;
use crate::store::Home;
use crate::view::fold::{encryption, fault, lasting};
use crate::view::{Msg, messages as m};
use std::sync::Arc;

/// Settles who carries what was typed, and says so where nobody chose it.
pub(super) fn settle(
    home: &Home,
    args: &HostArgs,
    begin: &mut Begin,
    console: &Console,
) -> Result<HostArgs, Failure> {
    let mut args = args.clone();
    let Some(asked) = args.reach else {
        return Ok(args);
    };
    let catalog = registry::catalog();
    let ours = catalog.of(args.provider).joins;
    let relay = &mut begin.settings.relay;
    let joined = args.relay.is_some() || relay.joined.is_some();
    match Carrier::of(asked, ours, joined) {
        Carrier::Chosen => {}
        Carrier::Embedded { lan } => {
            (relay.joined, relay.lan) = (None, lan);
        }
        Carrier::WithoutAccount => {
            let secrets = Arc::new(Secrets::open(home.path(), true));
            let runtime = runtime()?;
            take(&mut args, &catalog, console, |offers| {
                let registry = registry::remote(&secrets);
                let trying = async {
                    match registry.find(offers.id) {
                        Some(provider) => provider.try_without_account().await,
                        None => Ok(()),
                    }
                };
                let tried = runtime.block_on(trying);
                tried.map_err(|error| fault(&error.reason))
            })?;
        }
    }
    Ok(args)
}

/// Takes the first way that works, by these words.
fn take(
    args: &mut HostArgs,
    catalog: &Catalog,
    console: &Console,
    works: impl Fn(&'static Offers) -> Result<(), Msg>,
) -> Result<(), Failure> {
    let saved = |target: &HostTarget| matches!(target, HostTarget::Saved(_));
    if args.targets.iter().any(saved) {
        return Err(Failure::Usage(vec![m::cli_reach_saved()]));
    }
    for (offers, way) in catalog.without_account() {
        let tried = match with(args, offers, way) {
            None => Err(m::cli_way_unfit()),
            Some(fitting) => works(offers).map(|()| fitting),
        };
        match tried {
            Ok(fitting) => {
                *args = fitting;
                console.error(&m::cli_way_taken(
                    encryption(offers),
                    lasting(way),
                    way.name,
                ));
                return Ok(());
            }
            Err(why) => console.error(&m::cli_way_skipped(way.name, why)),
        }
    }
    Err(Failure::Because(m::cli_no_way()))
}

/// What was typed, for this way; nothing where it does not carry that.
fn with(args: &HostArgs, offers: &'static Offers, way: WithoutAccount) -> Option<HostArgs> {
    let carries = |target: &HostTarget| match target {
        HostTarget::Service(typed) => {
            let said = args.protocol.or(typed.protocol);
            way.protocols.contains(&said.unwrap_or(Protocol::Auto))
        }
        HostTarget::Saved(_) => false,
    };
    let set = |(key, value): &(&str, &str)| format!("{key}={value}");
    let typed_set: Vec<String> = way.options.iter().map(set).collect();
    let fitting = HostArgs {
        provider: offers.id,
        set: set::read(offers, &typed_set, true).ok()?,
        typed_set,
        ..args.clone()
    };
    let fits = args.targets.iter().all(carries) && check_options(&fitting, offers).is_ok();
    fits.then_some(fitting)
}

/// Refuses what is carried for others than was asked for.
pub(super) fn check(args: &HostArgs, begin: &Begin, plan: &Plan) -> Result<(), Msg> {
    let Some(asked) = args.reach else {
        return Ok(());
    };
    let relay = RelayFacts::of(&begin.settings.relay);
    let relay = match &args.relay {
        Some(link) => RelayFacts {
            joined: Some(link.address()),
            ..relay
        },
        None => relay,
    };
    let wanted = plan.tunnels.iter().filter(|t| plan.wanted.contains(&t.id));
    let mut unfit = wanted.filter(|tunnel| !is_fit(asked, tunnel, begin, &relay));
    match unfit.next() {
        None => Ok(()),
        Some(tunnel) => Err(refusal(asked, tunnel)),
    }
}

fn is_fit(asked: Reach, tunnel: &Tunnel, begin: &Begin, relay: &RelayFacts) -> bool {
    let offers = registry::catalog().of(tunnel.provider);
    if asked == Reach::Internet && offers.joins && relay.joined.is_some() {
        // Where its owner has it answer visitors is theirs to say, and stands beside the URL.
        return true;
    }
    let options = begin.settings.options(tunnel.provider).with(&tunnel.chosen);
    asked.fits(Reach::of_way(offers, &options, relay))
}

fn refusal(asked: Reach, tunnel: &Tunnel) -> Msg {
    let (id, provider) = (tunnel.id.as_str(), tunnel.provider.as_str());
    match asked {
        Reach::Here => m::cli_reach_not_here(id, provider),
        Reach::Network => m::cli_reach_not_network(id, provider),
        Reach::Internet => m::cli_reach_not_internet(id, provider),
    }
}

#[cfg(test)]
#[path = "reach_tests.rs"]
mod tests;
