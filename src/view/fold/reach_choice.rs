//! Whom a new tunnel may be for, and who may carry it then: the same choice for the dialog and for the
//! window that has no tunnel yet.

use super::button::{self, enabled};
use super::dialog::{program, words};
use super::scene::Scene;
use super::settings;
use crate::model::{AccountId, Action, Lack, Offers, Reach, ReachBar, UrlLasts, WithoutAccount};
use crate::view::{Button, Msg, ProviderChoice, ReachChoice, ReachChoices, messages as m};
use std::collections::BTreeMap;

/// All that can carry it.
pub(super) fn of_dialog(scene: &Scene) -> ReachChoices {
    choices(scene, |scene| {
        let mut all = joined(scene);
        all.extend(ways(scene));
        all.extend(others(scene));
        all
    })
}

/// What needs neither account nor options: the rest is in the dialog. `None` once there is a tunnel.
pub(super) fn of_first_run(scene: &Scene) -> Option<ReachChoices> {
    let simple = |scene: &Scene| match &joined(scene)[..] {
        [] => ways(scene),
        joined => joined.to_vec(),
    };
    scene.groups.is_empty().then(|| choices(scene, simple))
}

fn choices(scene: &Scene, to_internet: fn(&Scene) -> Vec<ProviderChoice>) -> ReachChoices {
    let relay = &scene.inputs.relay;
    let choices: Vec<ReachChoice> = Reach::ALL
        .into_iter()
        .map(|reach| {
            let providers = match reach {
                Reach::Here | Reach::Network => ours(scene),
                Reach::Internet => to_internet(scene),
            };
            let first_open = providers.iter().position(|choice| choice.shut.is_none());
            ReachChoice {
                reach,
                name: name(reach),
                hint: hint(reach),
                also: also(scene, reach),
                open: reach.bar(relay).is_none() && first_open.is_some(),
                usual: first_open.unwrap_or(0),
                providers,
            }
        })
        .collect();
    let usual = Reach::usual(relay);
    let open = choices.iter().position(|choice| choice.open);
    let place = choices
        .iter()
        .position(|choice| choice.reach == usual && choice.open);
    ReachChoices {
        usual: place.or(open).unwrap_or(0),
        shut: shut_reaches(scene, &choices),
        choices,
    }
}

fn name(reach: Reach) -> Msg {
    match reach {
        Reach::Here => m::reach_choice_here(),
        Reach::Network => m::reach_choice_network(),
        Reach::Internet => m::reach_choice_internet(),
    }
}

fn hint(reach: Reach) -> Msg {
    match reach {
        Reach::Here => m::reach_hint_here(),
        Reach::Network => m::reach_hint_network(),
        Reach::Internet => m::reach_hint_internet(),
    }
}

/// Opening the relay to the network opens every tunnel that it carries.
fn also(scene: &Scene, reach: Reach) -> Option<Msg> {
    let opens = reach == Reach::Network && !scene.inputs.relay.lan;
    let carried = scene.groups.iter().filter(|group| group.offers.joins);
    let count = carried.count();
    (opens && count > 0).then(|| m::reach_hint_others(count))
}

/// Each reason once, whichever choices it is of.
fn shut_reaches(scene: &Scene, choices: &[ReachChoice]) -> Vec<Msg> {
    let mut shut = vec![];
    for choice in choices.iter().filter(|choice| !choice.open) {
        let why = match choice.reach.bar(&scene.inputs.relay) {
            Some(ReachBar::OpenToNetwork) => m::reach_bar_lan(),
            Some(ReachBar::Joined { address }) => m::reach_bar_joined(address),
            None => m::reach_bar_no_way(),
        };
        if !shut.contains(&why) {
            shut.push(why);
        }
    }
    shut
}

fn ours(scene: &Scene) -> Vec<ProviderChoice> {
    let all = scene.inputs.providers.iter();
    all.filter(|offers| offers.joins)
        .map(|offers| provider(scene, offers))
        .collect()
}

/// Our relay, where it is one that was joined.
fn joined(scene: &Scene) -> Vec<ProviderChoice> {
    let Some(address) = &scene.inputs.relay.joined else {
        return vec![];
    };
    let with_note = |choice| ProviderChoice {
        note: Some(m::provider_note_joined(address)),
        ..choice
    };
    ours(scene).into_iter().map(with_note).collect()
}

/// What works without an account, in the order in which it is tried.
fn ways(scene: &Scene) -> Vec<ProviderChoice> {
    let ways = scene.inputs.providers.without_account().into_iter();
    ways.map(|(offers, way)| by_way(scene, offers, way))
        .collect()
}

fn by_way(scene: &Scene, offers: &'static Offers, way: WithoutAccount) -> ProviderChoice {
    let whole = provider(scene, offers);
    let note = Some(m::provider_note_way(
        encryption(offers),
        lasting(way),
        way.name,
    ));
    if way.options.is_empty() {
        // The way is the provider as it comes.
        return ProviderChoice { note, ..whole };
    }
    let set = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    ProviderChoice {
        name: m::provider_named(way.name),
        protocols: words(way.protocols),
        options: vec![],
        usual: 0,
        set: way.options.iter().map(set).collect(),
        note,
        ..whole
    }
}

/// Whoever else carries tunnels; those that cannot be picked yet come last.
fn others(scene: &Scene) -> Vec<ProviderChoice> {
    let is_whole_way = |offers: &&Offers| {
        let way = offers.without_account;
        way.is_some_and(|way| way.options.is_empty())
    };
    let all = scene.inputs.providers.iter();
    let others = all.filter(|offers| !offers.joins && !is_whole_way(offers));
    let others = others.map(|offers| provider(scene, offers));
    let (open, shut): (Vec<_>, Vec<_>) = others.partition(|choice| choice.shut.is_none());
    open.into_iter().chain(shut).collect()
}

fn provider(scene: &Scene, offers: &'static Offers) -> ProviderChoice {
    let lack = scene.inputs.lacks_for_new(offers.id);
    ProviderChoice {
        id: offers.id,
        name: if offers.joins {
            m::provider_ours()
        } else {
            m::provider_named(offers.name)
        },
        protocols: words(offers.protocols),
        access: offers.access,
        submit: match offers.watches {
            Some(_) => m::dialog_create_watched(),
            None => m::dialog_create_submit(),
        },
        usual: settings::usual_of_new_tunnel(scene.inputs, offers),
        options: settings::of_new_tunnel(scene.inputs, offers),
        set: BTreeMap::new(),
        note: None,
        warning: (!offers.encrypted).then(|| m::provider_unencrypted(offers.name)),
        shut: lack.map(|lack| shut(offers, lack)),
        set_up: lack.map(|lack| set_up(offers, lack)),
    }
}

fn shut(offers: &Offers, lack: Lack) -> Msg {
    match lack {
        Lack::Program => m::shut_program(program(offers), offers.name),
        Lack::Token => m::shut_token(offers.name),
        Lack::SignIn => m::shut_sign_in(offers.name),
        Lack::Patience => m::shut_patience(offers.name),
    }
}

/// An account's dialog goes on from wherever it is; without one there is the page of the program.
fn set_up(offers: &Offers, lack: Lack) -> Button {
    let label = m::set_up(offers.name);
    let provider = offers.id;
    if lack == Lack::Program && !offers.has_accounts() {
        return enabled(label, Action::OpenInstallPage { provider });
    }
    button::account(&AccountId::only(provider), label)
}

/// Whether what goes between this computer and the provider is encrypted.
pub fn encryption(offers: &Offers) -> Msg {
    if offers.encrypted {
        m::way_encrypted()
    } else {
        m::way_unencrypted()
    }
}

/// How long the URL stays the same.
pub fn lasting(way: WithoutAccount) -> Msg {
    match way.url_lasts {
        UrlLasts::Run => m::way_lasts_run(),
        UrlLasts::Hours => m::way_lasts_hours(),
        UrlLasts::Asked => m::way_lasts_asked(),
    }
}
