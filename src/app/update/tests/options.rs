//! What is chosen at a provider, and its accounts' tokens.

use super::*;
use crate::model::{Catalog, Chosen, Lack, Offers, OptionKind, OptionSpec, TextSpec, TokenSpec};
use crate::provider::HostOrder;
use std::collections::BTreeMap;

const TEXT: TextSpec = TextSpec {
    example: "app.example.org",
    takes: |text| text.contains('.'),
};

static ACME: Offers = Offers {
    id: ProviderId::literal("acme"),
    name: "Acme",
    joins: false,
    token: Some(TokenSpec {
        variable: "ACME_TOKEN",
        page: "https://acme.example/token",
        takes: |text| text.starts_with("acme-"),
    }),
    options: &[
        OptionSpec {
            required: true,
            ..OptionSpec::new("domain", "", OptionKind::Text(TEXT)).of_tunnel()
        },
        OptionSpec::new("password", "", OptionKind::Secret(TEXT)).of_tunnel(),
        OptionSpec::new("region", "", OptionKind::Text(TEXT)),
    ],
    ..Offers::RELAY
};

fn rig() -> Rig {
    let mut rig = Rig::new();
    rig.state.inputs.providers = Catalog::new([&ACME]);
    rig
}

fn create(rig: &mut Rig, options: &[(&str, &str)]) -> Vec<Command> {
    let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), Secret::new(value));
    let options: BTreeMap<String, Secret> = options.iter().map(pair).collect();
    let commands = rig.act(Action::CreateTunnel {
        provider: ACME.id,
        reach: None,
        access: Access::Private,
        name: "web".to_owned(),
        target: "3000".to_owned(),
        protocol: Protocol::Http,
        public_port: String::new(),
        options,
    });
    rig.take_changes(commands)
}

fn keep(rig: &mut Rig, token: &str) -> Vec<Command> {
    let (account, token) = (crate::model::AccountId::only(ACME.id), Secret::new(token));
    rig.act(Action::KeepToken { account, token })
}

#[test]
fn nothing_is_made_without_a_token_and_one_that_can_be_none_is_not_kept() {
    let mut rig = rig();
    assert_eq!(rig.state.inputs.lacks(ACME.id), Some(Lack::Token));
    assert!(create(&mut rig, &[("domain", "a.b")]).is_empty());
    assert!(keep(&mut rig, "nonsense").is_empty());
    let dialog = rig.state.inputs.dialog.clone().expect("it says so");
    assert!(
        matches!(dialog.kind, DialogKind::Account { .. }),
        "{dialog:?}"
    );
    assert_eq!(dialog.errors[0].0, Field::Token);
    let kept = keep(&mut rig, "acme-1");
    assert!(matches!(&kept[..], [Command::KeepToken(_, token)] if token.expose() == "acme-1"));
    assert_eq!(
        (rig.state.inputs.lacks(ACME.id), &rig.state.inputs.dialog),
        (None, &None)
    );
}

#[test]
fn what_is_chosen_goes_to_the_engine_and_what_is_secret_to_the_keychain() {
    let mut rig = rig();
    keep(&mut rig, "acme-1");
    let commands = create(
        &mut rig,
        &[("domain", "a.b"), ("password", "p.w"), ("region", "r.1")],
    );
    let name = Chosen::secret_name(&id("web"), "password");
    let is_kept = |command: &Command| matches!(command, Command::KeepSecret(of, secret) if *of == name && secret.expose() == "p.w");
    let kept = commands.iter().position(is_kept).expect("it is kept");
    let is_started = |command: &Command| matches!(command, Command::StartEngine { .. });
    let started = commands.iter().position(is_started);
    assert!(
        started.is_none_or(|started| kept < started),
        "the engine asks for it"
    );
    let tunnel = rig.state.inputs.tunnel(&id("web")).expect("it is there");
    assert_eq!(
        tunnel.chosen.options,
        BTreeMap::from([("domain".to_owned(), "a.b".to_owned())])
    );
    assert_eq!(
        tunnel.chosen.secrets,
        BTreeSet::from(["password".to_owned()])
    );
    let saved = serde_json::to_string(tunnel).expect("it is written");
    assert!(!saved.contains("p.w"), "{saved}");

    let deleted = rig.act(Action::DeleteTunnel { tunnel: id("web") });
    let deleted = rig.take_changes(deleted);
    let taken: Vec<Command> = deleted.into_iter().collect();
    let is_forgotten =
        |command: &Command| matches!(command, Command::ForgetSecret(of) if *of == name);
    let mut after = taken.iter();
    assert!(after.any(is_forgotten), "{taken:?}");
}

#[test]
fn what_cannot_be_taken_is_said_beside_it() {
    let mut rig = rig();
    keep(&mut rig, "acme-1");
    for (options, at) in [
        (&[("password", "p.w")][..], 0),
        (&[("domain", "a.b"), ("password", "x")], 1),
    ] {
        assert!(create(&mut rig, options).is_empty());
        let dialog = rig.state.inputs.dialog.clone().expect("it is open");
        assert_eq!(dialog.errors[0].0, Field::Option { at }, "{dialog:?}");
        assert!(!format!("{dialog:?}").contains("p.w"));
    }
    assert!(rig.state.inputs.tunnel(&id("web")).is_none());
}

#[test]
fn a_tunnel_is_hosted_anew_with_what_is_set_for_that() {
    let mut rig = Rig::hosting();
    let accepted = "a.example:22 SHA256:x";
    let commands = rig.act(Action::HostWith {
        tunnel: id("web"),
        key: "accepted".to_owned(),
        value: accepted.to_owned(),
    });
    let at = |is: &dyn Fn(&Command) -> bool| commands.iter().position(is);
    let has = |order: &HostOrder| order.options.text("accepted") == Some(accepted);
    let saved = at(&|it| matches!(it, Command::SaveSettings(_)));
    let stopped = at(&|it| matches!(it, Command::StopEngine(_)));
    let started = at(&|it| matches!(it, Command::StartEngine { order, .. } if has(order)));
    assert!(saved.is_some() && stopped.is_some(), "{commands:?}");
    assert!(stopped < started, "the one of before has other options");
}
