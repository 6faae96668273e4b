//! Whom a new tunnel may be for, in the dialog and in the window that has none yet.

use super::build::{NOW, tunnel};
use super::compact::compact;
use crate::model::{
    Catalog, Dialog, DialogKind, Inputs, Offers, Program, Protocol, ProviderId, Reach, UrlLasts,
    WithoutAccount,
};
use crate::view::{DialogView, ReachChoices, fold};
use serde_json::json;

const WEB: &[Protocol] = &[Protocol::Auto, Protocol::Http, Protocol::Https];

static FIRST: Offers = Offers {
    id: ProviderId::literal("first"),
    name: "First",
    joins: false,
    program: Some(Program {
        name: "first-program",
        install_command: "",
        sign_in_command: "",
        install_page: "https://first.example/install",
    }),
    without_account: Some(WithoutAccount {
        rank: 1,
        name: "a first way",
        protocols: WEB,
        options: &[],
        url_lasts: UrlLasts::Run,
    }),
    ..Offers::RELAY
};

/// It is more than its way.
static SECOND: Offers = Offers {
    id: ProviderId::literal("second"),
    name: "Second",
    joins: false,
    encrypted: false,
    without_account: Some(WithoutAccount {
        rank: 2,
        name: "a second way",
        protocols: WEB,
        options: &[("service", "theirs")],
        url_lasts: UrlLasts::Hours,
    }),
    ..Offers::RELAY
};

static SAMPLE: Offers = Offers::SAMPLE;

fn inputs(tunnels: &[&str]) -> Inputs {
    let tunnels = tunnels.iter().map(|name| tunnel(name, &[3000]));
    Inputs {
        tunnels: tunnels.collect(),
        dialog: Some(Dialog {
            kind: DialogKind::CreateTunnel,
            errors: vec![],
        }),
        providers: Catalog::new([&Offers::RELAY, &SAMPLE, &SECOND, &FIRST]),
        ..Inputs::default()
    }
}

fn joined(mut inputs: Inputs) -> Inputs {
    inputs.settings.relay.joined = Some("relay.example:7443".to_owned());
    inputs.relay.joined = Some("relay.example:7443".to_owned());
    inputs
}

fn of_dialog(inputs: &Inputs) -> ReachChoices {
    match fold(inputs, NOW).window.dialog {
        Some(DialogView::CreateTunnel { reach, .. }) => reach,
        other => panic!("{other:?}"),
    }
}

fn picked(choices: &ReachChoices) -> Reach {
    choices.choices[choices.usual].reach
}

/// Who may carry what is for the internet, the one that is picked marked.
fn to_internet(choices: &ReachChoices) -> Vec<String> {
    let internet = &choices.choices[2];
    assert_eq!(internet.reach, Reach::Internet);
    let name = |(at, provider): (usize, &crate::view::ProviderChoice)| {
        let name = provider.name.args.first();
        let name = name.map_or_else(
            || provider.name.id.to_owned(),
            |(_, arg)| format!("{arg:?}"),
        );
        let shut = if provider.shut.is_some() { " shut" } else { "" };
        let usual = if at == internet.usual { " picked" } else { "" };
        format!("{name}{shut}{usual}")
    };
    internet.providers.iter().enumerate().map(name).collect()
}

#[test]
fn each_of_the_three_as_it_is_shown() {
    let mut with_others = inputs(&["web", "docs"]);
    with_others.missing_programs = [FIRST.id].into();
    let dialog = of_dialog(&with_others);
    let carriers = dialog.choices[2].providers.iter().map(|provider| {
        json!({
            "called": provider.name,
            "note": provider.note,
            "set": provider.set,
            "warning": provider.warning,
            "shut": provider.shut,
            "set_up": provider.set_up,
        })
    });
    let carriers: Vec<_> = carriers.collect();
    let choices = json!({
        "dialog": dialog,
        "to the internet": carriers,
        "first run": fold(&inputs(&[]), NOW).window.first_run,
        "first run, joined": fold(&joined(inputs(&[])), NOW).window.first_run,
    });
    insta::assert_json_snapshot!("whom-a-new-tunnel-is-for", compact(choices));
}

#[test]
fn the_first_that_lacks_nothing_is_picked_for_the_internet() {
    let mut inputs = inputs(&["web"]);
    let all = |first: &str, second: &str| {
        [
            format!("Text(\"First\"){first}"),
            format!("Text(\"a second way\"){second}"),
            "Text(\"Dev Tunnels\")".to_owned(),
            "Text(\"Second\")".to_owned(),
        ]
    };
    assert_eq!(to_internet(&of_dialog(&inputs)), all(" picked", ""));
    inputs.missing_programs = [FIRST.id].into();
    assert_eq!(to_internet(&of_dialog(&inputs)), all(" shut", " picked"));
    let joined = to_internet(&of_dialog(&joined(inputs)));
    assert_eq!(joined[0], "provider-ours picked");
    assert_eq!(joined.len(), 5, "the others are there still: {joined:?}");
}

#[test]
fn what_the_relay_in_use_is_not_for_cannot_be_picked_and_says_why_once() {
    let mut open = inputs(&["web"]);
    let here = of_dialog(&open);
    assert_eq!((picked(&here), here.shut.len()), (Reach::Here, 0));
    assert!(
        here.choices[1].also.is_some(),
        "the other tunnel opens, too"
    );
    open.settings.relay.lan = true;
    open.relay.lan = true;
    let network = of_dialog(&open);
    assert_eq!(picked(&network), Reach::Network);
    assert_eq!(network.shut.len(), 1);
    assert!(!network.choices[0].open && network.choices[1].open);
    assert_eq!(network.choices[1].also, None, "it is open to it");
    let joined = of_dialog(&joined(open));
    assert_eq!((picked(&joined), joined.shut.len()), (Reach::Internet, 1));
    let open: Vec<bool> = joined.choices.iter().map(|choice| choice.open).collect();
    assert_eq!(open, [false, false, true]);
}

#[test]
fn the_first_run_is_over_with_the_first_tunnel() {
    assert!(fold(&inputs(&[]), NOW).window.first_run.is_some());
    assert_eq!(fold(&inputs(&["web"]), NOW).window.first_run, None);
}
