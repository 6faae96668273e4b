//! Which hosts are whose, and that what is not known is not said.

use super::*;
use crate::model::{Host, LivePort, OptionKind, OptionSpec, PortNumber, TextSpec};
use proptest::prelude::*;

const HERE: Option<Reach> = Some(Reach::Here);
const NETWORK: Option<Reach> = Some(Reach::Network);
const INTERNET: Option<Reach> = Some(Reach::Internet);

#[test]
fn a_host_is_of_this_computer_of_a_network_of_the_internet_or_not_known() {
    for (reach, hosts) in [
        (
            HERE,
            "localhost web.LOCALHOST web.localhost. 127.0.0.1 127.9.9.9 ::1 [::1] ::ffff:127.0.0.1",
        ),
        (
            NETWORK,
            "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.5 169.254.1.1 100.64.0.1 100.127.0.1 fd00::1 \
             fe80::1 [fe80::1%eth0] ::ffff:10.0.0.1 nas.local nas.lan a.home.arpa router.home",
        ),
        (
            INTERNET,
            "example.org relay.Example.COM. 8.8.8.8 172.32.0.1 100.128.0.1 192.169.0.1 2a00:1450::1 \
             localhost.run notlocalhost.com mylocal.org",
        ),
        (
            None,
            "nas local lan a.test a.example a.invalid a.internal a.onion 0.0.0.0 0.1.2.3 224.0.0.1 \
             255.255.255.255 192.0.2.7 198.18.0.1 198.51.100.1 203.0.113.1 :: ff02::1 2001:db8::1 \
             a..b -. 1.2.3 example.org/ a.b\u{202e}",
        ),
    ] {
        for host in hosts.split_whitespace() {
            assert_eq!(Reach::of_host(host), reach, "{host}");
        }
    }
    assert_eq!(Reach::of_host(""), None);
}

#[test]
fn a_place_is_a_url_or_a_host_and_a_port() {
    for (place, reach) in [
        ("http://web.localhost:7480/", HERE),
        ("tcp://localhost:7500", HERE),
        ("https://user:pass@10.0.0.1:8443/a?b#c", NETWORK),
        ("http://[::1]:80/", HERE),
        ("[fd00::1]:7443", NETWORK),
        ("::1", HERE),
        ("bore.pub", INTERNET),
        ("bore.pub:7835", INTERNET),
        ("ssh://anna@192.168.0.2:22", NETWORK),
        ("https://example.org?@localhost", INTERNET),
        (" 127.0.0.1:7443 ", HERE),
        ("", None),
        ("http://", None),
    ] {
        assert_eq!(Reach::of_place(place), reach, "{place}");
    }
}

#[test]
fn a_url_and_its_way_agree_or_nothing_is_said() {
    let (here, home, world) = ("http://a.localhost/", "http://10.0.0.1/", "https://a.org/");
    for (url, way, reach) in [
        (here, HERE, HERE),
        (here, None, HERE),
        (here, NETWORK, NETWORK),
        (here, INTERNET, None),
        (home, HERE, NETWORK),
        (home, NETWORK, NETWORK),
        (home, None, NETWORK),
        (home, INTERNET, None),
        // A proxy of this computer, or of this network, may be before it.
        (world, HERE, None),
        (world, NETWORK, None),
        (world, None, INTERNET),
        (world, INTERNET, INTERNET),
        ("https://a.internal/", INTERNET, None),
    ] {
        assert_eq!(Reach::of_url(url, way), reach, "{url} {way:?}");
    }
}

static WITH_SERVER: Offers = Offers {
    joins: false,
    reach: ReachBy::Server("server"),
    options: &[OptionSpec {
        default: "bore.example.org",
        ..OptionSpec::new(
            "server",
            "",
            OptionKind::Text(TextSpec {
                example: "HOST",
                takes: |_| true,
            }),
        )
    }],
    ..Offers::RELAY
};

#[test]
fn a_way_is_known_by_what_the_provider_says_of_itself() {
    let relay = |joined: Option<&str>, lan| RelayFacts {
        joined: joined.map(str::to_owned),
        lan,
    };
    let none = ProviderOptions::default();
    let of = |relay: &RelayFacts| Reach::of_way(&Offers::RELAY, &none, relay);
    assert_eq!(of(&relay(None, false)), HERE);
    assert_eq!(of(&relay(None, true)), NETWORK);
    assert_eq!(of(&relay(Some("127.0.0.1:7443"), true)), None);
    assert_eq!(of(&relay(Some("10.0.0.5:7443"), false)), NETWORK);
    assert_eq!(of(&relay(Some("relay.example.org:7443"), false)), INTERNET);
    let server = |server: Option<&str>| {
        let set = server.map(|server| ("server".to_owned(), server.to_owned()));
        let options = ProviderOptions(set.into_iter().collect());
        Reach::of_way(&WITH_SERVER, &options, &relay(None, true))
    };
    assert_eq!(server(None), INTERNET, "its default");
    assert_eq!(
        server(Some("127.0.0.1:9")),
        None,
        "it may listen for others"
    );
    assert_eq!(server(Some("192.168.0.7")), NETWORK);
    assert_eq!(server(Some("gate")), None);
    assert_eq!(
        Reach::of_way(&Offers::SAMPLE, &none, &relay(None, false)),
        INTERNET
    );
}

#[test]
fn a_port_is_for_the_network_once_it_has_a_url_there_and_nothing_is_said_of_anothers_computer() {
    let id = TunnelId::new("web").expect("an id");
    let key = PortKey::new(&id, PortNumber::new(3000).expect("a port"));
    let reach = |url: &str, lan_url: Option<&str>, relays_own| {
        let live = LivePort {
            number: key.port,
            url: url.to_owned(),
            lan_url: lan_url.map(str::to_owned),
            relays_own,
        };
        let host = Host {
            live: vec![live],
            ..Host::default()
        };
        let inputs = Inputs {
            hosts: [(id.clone(), host)].into(),
            ..Inputs::default()
        };
        inputs.reach(&key)
    };
    let url = "http://web.localhost:7480/";
    assert_eq!(reach(url, None, false), HERE);
    assert_eq!(reach(url, Some("http://10.0.0.1:40123/"), false), NETWORK);
    assert_eq!(reach(url, None, true), None);
    assert_eq!(Inputs::default().reach(&key), None);
}

#[test]
fn its_words_are_read_as_they_are_written() {
    for reach in Reach::ALL {
        assert_eq!(reach.as_str().parse(), Ok(reach));
        let json = serde_json::to_value(reach).expect("plain");
        assert_eq!(json, reach.as_str());
    }
    assert!("lan".parse::<Reach>().is_err());
}

proptest! {
    /// No address of this computer or of a network is ever taken for one of the internet, however it is
    /// written, and none of the internet for one of those.
    #[test]
    fn addresses_are_what_the_standard_library_says(bits: u32) {
        let address = Ipv4Addr::from_bits(bits);
        let said = Reach::of_host(&address.to_string());
        prop_assert_eq!(said == HERE, address.is_loopback());
        if address.is_private() || address.is_link_local() {
            prop_assert_eq!(said, NETWORK);
        }
        let mapped = address.to_ipv6_mapped();
        for host in [mapped.to_string(), format!("[{mapped}]")] {
            prop_assert_eq!(Reach::of_host(&host), said);
        }
        prop_assert_eq!(Reach::of_place(&format!("http://{address}:80/")), said);
    }

    #[test]
    fn whatever_is_below_localhost_is_here(label in "[a-z0-9]{1,8}(\\.[a-z0-9]{1,8}){0,3}") {
        prop_assert_eq!(Reach::of_host(&format!("{label}.localhost")), HERE);
        prop_assert_eq!(Reach::of_host(&format!("{label}.local")), NETWORK);
        // The end counts, and nothing before it.
        prop_assert_eq!(Reach::of_host(&format!("{label}.localhost.org")), INTERNET);
        prop_assert_eq!(Reach::of_host(&format!("{label}.xlocalhost.com")), INTERNET);
    }

    #[test]
    fn nothing_that_is_typed_makes_it_fail(text in any::<String>()) {
        let _ = (Reach::of_host(&text), Reach::of_place(&text));
    }

    /// A way never makes more of a URL than the URL says of itself, but for a listener on all addresses.
    #[test]
    fn a_way_adds_nothing(host in "[a-z]{1,5}\\.(localhost|local|org|test)", way in 0..4usize) {
        let way = Reach::ALL.get(way).copied();
        let url = format!("http://{host}/");
        if let Some(reach) = Reach::of_url(&url, way) {
            let own = Reach::of_place(&url);
            prop_assert!(Some(reach) == own || (own == HERE && reach == Reach::Network));
        }
    }
}
