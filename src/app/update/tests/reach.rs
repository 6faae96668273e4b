//! Whom a new tunnel is for: who carries it, what is refused, and what becomes of the relay.

use super::*;
use crate::model::{Catalog, Offers, Program, Reach, RelayFacts, UrlLasts, WithoutAccount};

const WEB: &[Protocol] = &[Protocol::Auto, Protocol::Http, Protocol::Https];

const fn way(
    rank: u8,
    protocols: &'static [Protocol],
    options: &'static [(&'static str, &'static str)],
) -> WithoutAccount {
    WithoutAccount {
        rank,
        name: "a way",
        protocols,
        options,
        url_lasts: UrlLasts::Run,
    }
}

/// The first way; it runs a program.
static FIRST: Offers = Offers {
    id: ProviderId::literal("first"),
    name: "First",
    joins: false,
    program: Some(Program {
        name: "first",
        install_command: "",
        sign_in_command: "",
        install_page: "",
    }),
    without_account: Some(way(1, WEB, &[])),
    ..Offers::RELAY
};

/// The second: a provider of which it is but one service, by an option.
static SECOND: Offers = Offers {
    id: ProviderId::literal("second"),
    name: "Second",
    joins: false,
    options: &[crate::model::OptionSpec::new(
        "service",
        "",
        crate::model::OptionKind::Choice(&[("own", ""), ("theirs", "")]),
    )
    .of_tunnel()],
    without_account: Some(way(2, WEB, &[("service", "theirs")])),
    ..Offers::RELAY
};

/// The third carries all there is.
static THIRD: Offers = Offers {
    id: ProviderId::literal("third"),
    name: "Third",
    joins: false,
    without_account: Some(way(3, &Protocol::ALL, &[])),
    ..Offers::RELAY
};

fn rig() -> Rig {
    let mut rig = Rig::new();
    rig.state.inputs.providers = Catalog::new([&Offers::RELAY, &THIRD, &FIRST, &SECOND]);
    rig
}

fn with_relay(joined: Option<&str>, lan: bool) -> Rig {
    let mut rig = rig();
    let relay = &mut rig.state.inputs.settings.relay;
    (relay.joined, relay.lan) = (joined.map(str::to_owned), lan);
    rig.state.inputs.relay = RelayFacts::of(relay);
    rig
}

const JOINED: Option<&str> = Some("relay.example:7443#0a0a");

fn share(rig: &mut Rig, target: &str, provider: ProviderId, reach: Reach) -> Vec<Command> {
    rig.act(Action::Share {
        target: target.to_owned(),
        provider,
        reach: Some(reach),
    })
}

/// Who carries what is being made, and by which options.
fn carried(rig: &Rig) -> (String, Vec<String>) {
    let Some(Pending::Create(tunnel)) = rig.state.inputs.pending.last() else {
        panic!("nothing is being made");
    };
    let options = tunnel.chosen.options.iter();
    let options = options.map(|(key, value)| format!("{key}={value}"));
    (tunnel.provider.to_string(), options.collect())
}

fn by(provider: &str, options: &[&str]) -> (String, Vec<String>) {
    let options = options.iter().map(|&option| option.to_owned());
    (provider.to_owned(), options.collect())
}

fn refused(rig: &Rig) -> (Field, FieldError) {
    let dialog = rig.state.inputs.dialog.clone().expect("the form says why");
    assert_eq!(dialog.kind, DialogKind::CreateTunnel);
    assert_eq!(dialog.errors.len(), 1, "{dialog:?}");
    dialog.errors[0].clone()
}

fn restarts(commands: &[Command]) -> usize {
    let restarts = |command: &&Command| matches!(command, Command::RestartRelay(_));
    commands.iter().filter(restarts).count()
}

#[test]
fn the_relay_in_use_carries_what_it_reaches_and_stays_as_it_is() {
    for (joined, lan, reach) in [
        (None, false, Reach::Here),
        (None, true, Reach::Network),
        (JOINED, false, Reach::Internet),
        (JOINED, true, Reach::Internet),
    ] {
        let mut rig = with_relay(joined, lan);
        let commands = share(&mut rig, "3000", ProviderId::RELAY, reach);
        assert_eq!(carried(&rig), by("relay", &[]), "{joined:?} {reach:?}");
        assert_eq!(restarts(&commands), 0);
        assert_eq!(rig.state.inputs.settings.relay.lan, lan);
    }
}

#[test]
fn what_the_relay_in_use_is_not_for_is_refused_with_the_reason() {
    let joined = || FieldError::RelayJoined {
        address: "relay.example:7443".to_owned(),
    };
    for (of, reach, error) in [
        ((None, true), Reach::Here, FieldError::OpenToNetwork),
        ((JOINED, false), Reach::Here, joined()),
        ((JOINED, false), Reach::Network, joined()),
    ] {
        let mut rig = with_relay(of.0, of.1);
        let commands = share(&mut rig, "3000", ProviderId::RELAY, reach);
        assert_eq!(commands, [], "{of:?} {reach:?}");
        assert_eq!(refused(&rig), (Field::Reach, error));
    }
    let mut rig = rig();
    share(&mut rig, "3000", THIRD.id, Reach::Here);
    let provider = "Third".to_owned();
    let unfit = FieldError::NotForThose { provider };
    assert_eq!(refused(&rig), (Field::Reach, unfit));
}

#[test]
fn the_network_opens_the_embedded_relay_when_the_tunnel_is_made_and_not_before() {
    let mut rig = rig();
    rig.create("web", "3000");
    rig.ports();
    let wrong = share(&mut rig, "70000", ProviderId::RELAY, Reach::Network);
    assert_eq!(
        (wrong, rig.state.inputs.settings.relay.lan),
        (vec![], false)
    );
    let commands = share(&mut rig, "5173", ProviderId::RELAY, Reach::Network);
    assert!(rig.state.inputs.settings.relay.lan && rig.state.inputs.relay.lan);
    let place = |wanted: fn(&Command) -> bool| commands.iter().position(wanted);
    let opened = place(|it| matches!(it, Command::RestartRelay(relay) if relay.lan));
    let kept = place(|it| matches!(it, Command::SaveSettings(set) if set.relay.lan));
    let moved = place(|it| matches!(it, Command::StartEngine { .. }));
    let made = place(|it| matches!(it, Command::Change { .. }));
    assert!(opened.is_some() && kept.is_some(), "{commands:?}");
    assert!(moved.is_some(), "the other tunnel moves to it");
    assert!(opened < made, "the relay is open before it is hosted");
    let commands = share(&mut rig, "5174", ProviderId::RELAY, Reach::Network);
    assert_eq!(restarts(&commands), 0, "it is open");
}

#[test]
fn the_internet_takes_the_first_way_that_carries_it_and_lacks_nothing() {
    let none: &[ProviderId] = &[];
    for (target, missing, expected) in [
        ("3000", none, by("first", &[])),
        ("3000", &[FIRST.id], by("second", &["service=theirs"])),
        ("tcp://db:5432", none, by("third", &[])),
    ] {
        let mut rig = rig();
        let missing = missing.iter().copied().collect();
        rig.put(Event::ProgramsFound { missing });
        share(&mut rig, target, ProviderId::RELAY, Reach::Internet);
        assert_eq!(carried(&rig), expected, "{target}");
    }
    let mut rig = rig();
    rig.state.inputs.providers = Catalog::default();
    share(&mut rig, "3000", ProviderId::RELAY, Reach::Internet);
    assert_eq!(refused(&rig), (Field::Reach, FieldError::NoWay));
}

#[test]
fn who_is_chosen_for_the_internet_carries_it_by_its_way() {
    let mut rig = rig();
    share(&mut rig, "3000", SECOND.id, Reach::Internet);
    assert_eq!(carried(&rig), by("second", &["service=theirs"]));
    // In the form the options are its own.
    let mut rig = rig_creating("3000", "own");
    assert_eq!(carried(&rig), by("second", &["service=own"]));
    // By its way it carries less than it can.
    rig = rig_creating("tcp://db:5432", "own");
    assert_eq!(carried(&rig), by("second", &["service=own"]));
    rig = rig_creating("tcp://db:5432", "theirs");
    let unfit = FieldError::NotCarried {
        provider: "a way".to_owned(),
        carries: WEB.to_vec(),
    };
    assert_eq!(refused(&rig), (Field::Protocol, unfit));
}

fn rig_creating(target: &str, service: &str) -> Rig {
    let mut rig = rig();
    rig.act(Action::CreateTunnel {
        name: "web".to_owned(),
        provider: SECOND.id,
        reach: Some(Reach::Internet),
        access: Access::Private,
        target: target.to_owned(),
        protocol: Protocol::Auto,
        public_port: String::new(),
        options: [("service".to_owned(), Secret::new(service))].into(),
    });
    rig
}

#[test]
fn what_was_written_before_there_was_a_reach_is_read_as_ever() {
    let read: Action =
        serde_json::from_str(r#"{"do":"share","target":"3000"}"#).expect("it is read");
    let (provider, reach) = (ProviderId::RELAY, None);
    let target = "3000".to_owned();
    let plain = Action::Share {
        target,
        provider,
        reach,
    };
    assert_eq!(read, plain);
    let mut rig = with_relay(JOINED, true);
    rig.act(plain);
    assert_eq!(carried(&rig), by("relay", &[]));
    let old =
        r#"{"do":"create-tunnel","name":"a","target":"1","protocol":"auto","public_port":""}"#;
    let read: Action = serde_json::from_str(old).expect("it is read");
    assert!(matches!(read, Action::CreateTunnel { reach: None, .. }));
}

#[test]
fn programs_are_looked_for_when_somebody_may_choose() {
    let mut rig = rig();
    let dialog = DialogKind::CreateTunnel;
    let opened = rig.act(Action::OpenDialog { dialog });
    assert!(opened.contains(&Command::FindPrograms), "{opened:?}");
    let shown = rig.put(Event::WindowShown(true));
    assert!(shown.contains(&Command::FindPrograms), "{shown:?}");
    rig.state.inputs.providers = Catalog::new([&Offers::RELAY, &THIRD]);
    let shown = rig.put(Event::WindowShown(true));
    assert!(!shown.contains(&Command::FindPrograms), "there is none");
}
