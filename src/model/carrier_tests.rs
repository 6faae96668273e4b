//! Who carries what, by whom it is for.

use super::*;
use crate::model::{ProviderId, UrlLasts};

#[test]
fn the_relay_in_here_the_joined_one_or_a_way_without_an_account() {
    for (asked, ours, joined, expected) in [
        (Reach::Here, true, true, Carrier::Embedded { lan: false }),
        (Reach::Here, true, false, Carrier::Embedded { lan: false }),
        (Reach::Network, true, true, Carrier::Embedded { lan: true }),
        (Reach::Network, true, false, Carrier::Embedded { lan: true }),
        (Reach::Internet, true, true, Carrier::Chosen),
        (Reach::Internet, true, false, Carrier::WithoutAccount),
        (Reach::Here, false, false, Carrier::Chosen),
        (Reach::Network, false, true, Carrier::Chosen),
        (Reach::Internet, false, false, Carrier::Chosen),
    ] {
        assert_eq!(
            Carrier::of(asked, ours, joined),
            expected,
            "{asked:?} {ours} {joined}"
        );
    }
}

#[test]
fn what_is_not_known_is_for_nobody_but_the_internet() {
    for asked in Reach::ALL {
        for way in Reach::ALL {
            assert_eq!(asked.fits(Some(way)), asked == way, "{asked:?} {way:?}");
        }
        assert_eq!(asked.fits(None), asked == Reach::Internet);
    }
}

#[test]
fn the_relay_in_use_says_whom_a_new_tunnel_may_be_for_and_whom_it_is_for() {
    let relay = |joined: Option<&str>, lan| RelayFacts {
        joined: joined.map(str::to_owned),
        lan,
    };
    let joined = || {
        Some(ReachBar::Joined {
            address: "relay.example:7443".to_owned(),
        })
    };
    let open = || Some(ReachBar::OpenToNetwork);
    for (relay, usual, here, network) in [
        (relay(None, false), Reach::Here, None, None),
        (relay(None, true), Reach::Network, open(), None),
        (
            relay(Some("relay.example:7443"), false),
            Reach::Internet,
            joined(),
            joined(),
        ),
        (
            relay(Some("relay.example:7443"), true),
            Reach::Internet,
            joined(),
            joined(),
        ),
    ] {
        assert_eq!(Reach::usual(&relay), usual, "{relay:?}");
        assert_eq!(Reach::Here.bar(&relay), here, "{relay:?}");
        assert_eq!(Reach::Network.bar(&relay), network, "{relay:?}");
        assert_eq!(Reach::Internet.bar(&relay), None, "{relay:?}");
        assert_eq!(usual.bar(&relay), None, "what is usual can be had");
    }
}

const fn way(rank: u8, protocols: &'static [Protocol]) -> WithoutAccount {
    WithoutAccount {
        rank,
        name: "",
        protocols,
        options: &[],
        url_lasts: UrlLasts::Run,
    }
}

static SECOND: Offers = Offers {
    id: ProviderId::literal("second"),
    without_account: Some(way(2, &Protocol::ALL)),
    ..Offers::RELAY
};
static FIRST: Offers = Offers {
    id: ProviderId::literal("first"),
    without_account: Some(way(1, &[Protocol::Auto, Protocol::Http])),
    ..Offers::RELAY
};

#[test]
fn the_first_way_is_one_that_carries_it_and_is_ready() {
    let catalog = Catalog::new([&Offers::RELAY, &SECOND, &FIRST]);
    let first = |protocol, ready: &[&str]| {
        let found = catalog.first_way(protocol, |offers| ready.contains(&offers.id.as_str()));
        found.map(|(offers, _)| offers.id.to_string())
    };
    let both = ["first", "second"];
    assert_eq!(first(Protocol::Auto, &both).as_deref(), Some("first"));
    assert_eq!(first(Protocol::Tcp, &both).as_deref(), Some("second"));
    assert_eq!(
        first(Protocol::Auto, &["second"]).as_deref(),
        Some("second")
    );
    assert_eq!(first(Protocol::Auto, &[]), None);
}
