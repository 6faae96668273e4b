//! Who carries what, by whom it is for.

use super::*;
use crate::cli::host::plan::{Known, plan};
use crate::model::{ProviderId, Settings, UnixMillis};
use std::cell::RefCell;

/// Which ways were tried and taken, by what works.
fn taken(typed: &[&str], works: &[&str]) -> (Vec<String>, Option<HostArgs>) {
    let mut args = HostArgs::typed(typed);
    let tried = RefCell::new(vec![]);
    let done = take(
        &mut args,
        &registry::catalog(),
        &Console::of_system(),
        |offers| {
            let name = offers.without_account.expect("it is a way").name;
            tried.borrow_mut().push(name.to_owned());
            works
                .contains(&name)
                .then_some(())
                .ok_or_else(m::cli_way_unfit)
        },
    );
    (tried.into_inner(), done.ok().map(|()| args))
}

#[test]
fn ways_are_tried_in_the_order_of_the_documentation_until_one_works() {
    let names: Vec<&str> = registry::catalog()
        .without_account()
        .iter()
        .map(|(_, way)| way.name)
        .collect();
    let (tried, none) = taken(&["3000"], &[]);
    assert_eq!(tried, names, "each is tried once");
    assert_eq!(none, None);
    let documented = include_str!("../../../docs/sharing.md");
    let places: Vec<_> = names
        .iter()
        .map(|name| documented.find(&format!("**{name}**")).expect(name))
        .collect();
    assert!(places.is_sorted(), "{names:?}");
    for (at, name) in names.iter().enumerate() {
        let (tried, args) = taken(&["3000"], &[name]);
        assert_eq!(tried, names[..=at], "{name}");
        assert_ne!(args.expect("it works").provider, ProviderId::RELAY);
    }
}

#[test]
fn a_way_that_does_not_carry_what_was_typed_is_not_tried() {
    let catalog = registry::catalog();
    let ways = catalog.without_account();
    let carries_tcp = |way: &WithoutAccount| way.protocols.contains(&Protocol::Tcp);
    let names = ways.iter().filter(|(_, way)| carries_tcp(way));
    let names: Vec<&str> = names.map(|(_, way)| way.name).collect();
    let (tried, _) = taken(&["5432", "--protocol", "tcp"], &[]);
    assert_eq!(tried, names);
    let (tried, args) = taken(&["3000", "--host-header", "rewrite"], &[]);
    assert!(args.is_none() && tried.len() < ways.len(), "{tried:?}");
    let (tried, args) = taken(&["shop"], &names);
    assert!(
        tried.is_empty() && args.is_none(),
        "a saved one has its own"
    );
}

#[test]
fn the_options_of_a_way_become_those_of_the_tunnel() {
    for (offers, way) in registry::catalog().without_account() {
        let (_, args) = taken(&["3000"], &[way.name]);
        let args = args.expect("it works");
        assert_eq!(args.provider, offers.id);
        for (key, value) in way.options {
            let set = args.set.tunnel.get(*key);
            assert_eq!(set.map(String::as_str), Some(*value), "{key}");
        }
    }
}

fn checked(words: &[&str], change: impl FnOnce(&mut Settings)) -> Result<(), Msg> {
    let args = HostArgs::typed(words);
    let mut begin = Begin::default();
    change(&mut begin.settings);
    let known = Known {
        settings: &begin.settings,
        saved: &[],
        shared: None,
    };
    let plan = plan(&args, &known, UnixMillis(1)).expect("it is right");
    check(&args, &begin, &plan)
}

#[test]
fn what_would_be_for_others_than_was_asked_is_refused() {
    let none = |_: &mut Settings| {};
    assert_eq!(checked(&["3000"], none), Ok(()));
    assert_eq!(checked(&["3000", "--reach", "here"], none), Ok(()));
    let lan = |settings: &mut Settings| settings.relay.lan = true;
    assert!(checked(&["3000", "--reach", "here"], lan).is_err());
    assert_eq!(checked(&["3000", "--reach", "network"], lan), Ok(()));
    assert!(checked(&["3000", "--reach", "internet"], lan).is_err());
    let joined = |settings: &mut Settings| {
        settings.relay.joined = Some("relay.example.org:7443#0a0a".to_owned());
    };
    assert!(checked(&["3000", "--reach", "here"], joined).is_err());
    assert_eq!(checked(&["3000", "--reach", "internet"], joined), Ok(()));
}
