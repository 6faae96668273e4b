//! Every shape of the program, from files that hold what it prints.

use super::shapes;
use super::{Entry, is_public, map_listed, map_shown};
use crate::model::{Access, Metrics, Port, PortNumber, Protocol, Tunnel, TunnelId, UnixMillis};
use proptest::prelude::*;
use std::time::Duration;

const LIST: &str = include_str!("fixtures/list.txt");
const SHOW: &str = include_str!("fixtures/show.txt");
const NOISE: &str = include_str!("fixtures/show-noise.txt");
const CREATE: &str = include_str!("fixtures/create.txt");
const PORT: &str = include_str!("fixtures/port-create.txt");
const TOKEN: &str = include_str!("fixtures/token.txt");
const USER_IN: &str = include_str!("fixtures/user-in.txt");
const USER_OUT: &str = include_str!("fixtures/user-out.txt");
const ACCESS: &str = include_str!("fixtures/access.txt");
const VERSION: &str = include_str!("fixtures/version.txt");

/// 2025-04-17 20:00:00 UTC.
const NOW: UnixMillis = UnixMillis(1_744_920_000_000);

fn port(number: u16) -> PortNumber {
    PortNumber::new(number).expect("a port")
}

/// What the program may print before its JSON, and behind it.
fn noisy(text: &str) -> [String; 4] {
    [
        text.to_owned(),
        format!("\u{feff}{text}"),
        format!("{NOISE}{text}"),
        format!(
            "Notice\r\n{}\r\nGood bye {{}}\n",
            text.replace('\n', "\r\n")
        ),
    ]
}

#[test]
fn every_shape_is_read_behind_any_noise() {
    for (n, text) in noisy(LIST).iter().enumerate() {
        assert_eq!(shapes::listing(text), shapes::listing(LIST), "{n}");
    }
    for text in [SHOW, CREATE] {
        assert!(shapes::tunnel(text).is_some());
        for (n, noisy) in noisy(text).iter().enumerate() {
            assert_eq!(shapes::tunnel(noisy), shapes::tunnel(text), "{n}");
        }
    }
    for text in noisy(TOKEN) {
        let (token, lifetime) = shapes::token(&text, NOW).expect("a token");
        assert_eq!(token.expose(), "eyJhbGciOiJFUzI1N");
        assert_eq!(lifetime, Some(Duration::from_hours(24)));
    }
    for text in noisy(ACCESS) {
        assert_eq!(shapes::access(&text).map(|all| all.len()), Some(2));
    }
}

#[test]
fn a_list() {
    let listed = shapes::listing(LIST).expect("a list");
    assert_eq!(listed.len(), 4);
    let tunnels: Vec<Tunnel> = listed
        .iter()
        .filter_map(|one| map_listed(one, NOW))
        .collect();
    let [shop, hill] = tunnels.as_slice() else {
        panic!("{tunnels:?}")
    };
    assert_eq!(
        (shop.id.as_str(), shop.name.as_str()),
        ("shop.usw2", "My shop")
    );
    assert_eq!(hill.name, "fun-hill-1x2y3z4");
    let left = |tunnel: &Tunnel| tunnel.expires_at.map(|end| end.since(NOW).as_secs() / 3600);
    assert_eq!((left(shop), left(hill)), (Some(29 * 24 + 12), Some(2)));
    let remote = shop.remote.as_ref().expect("what the service says");
    assert_eq!((remote.hosts, remote.description.as_str()), (1, "the shop"));
    assert_eq!(
        (listed[0].port_count, listed[1].port_count),
        (Some(2), Some(0))
    );
    assert_eq!(shapes::listing(r#"{"tunnels": []}"#), Some(Vec::new()));
    // What is no list is no empty list: it would take every row away.
    assert_eq!(shapes::listing("{}"), None);
    assert_eq!(shapes::listing("No tunnels found."), None);
}

#[test]
fn a_look_at_one_tunnel() {
    let told = shapes::tunnel(SHOW).expect("a tunnel");
    let entries = told.access.clone().expect("who may visit");
    let shown = map_shown(&told, &entries, NOW).expect("an id");
    let ports: Vec<(u16, Protocol)> = shown
        .tunnel
        .ports
        .iter()
        .map(|port| (port.number.get(), port.protocol))
        .collect();
    let expected = [
        (3000, Protocol::Http),
        (8443, Protocol::Https),
        (22, Protocol::Tcp),
    ];
    assert_eq!(ports, expected);
    let first = &shown.tunnel.ports[0];
    assert_eq!(first.label, shown.tunnel.id);
    assert_eq!(first.target.to_string(), "localhost:3000");
    let remote = shown.tunnel.remote.as_ref().expect("what the service says");
    assert_eq!((remote.access, remote.visitors), (Access::Public, Some(3)));
    let url = "https://a5n51h3l-3000.usw2.devtunnels.ms/".to_owned();
    // A browser has no use for it: its visitors come with the provider's own program.
    let command = "devtunnel connect shop.usw2".to_owned();
    assert_eq!(
        shown.urls.into_iter().collect::<Vec<_>>(),
        [(port(22), command), (port(3000), url)]
    );
    let metrics = Metrics {
        upload_rate: Some(2_000),
        download_total: Some(1_200_000),
        connections: Some(2),
        ..Metrics::default()
    };
    assert_eq!(shown.metrics[&port(3000)], metrics);
    assert_eq!(shown.whole.upload_rate, Some(1_500_000));
    assert_eq!(shown.whole.upload_total, Some(3_441_000));
}

#[test]
fn a_new_tunnel_and_a_new_port() {
    let told = shapes::tunnel(CREATE).expect("a tunnel");
    assert_eq!(told.listed.id, "sample.usw2");
    assert_eq!(told.access, Some(Vec::new()));
    let told = shapes::port(PORT).expect("a port");
    assert_eq!((told.number, told.protocol), (port(1234), Protocol::Https));
    assert_eq!(shapes::tunnel("{}"), None);
    assert_eq!(shapes::port(r#"{"port": {"portNumber": 0}}"#), None);
}

#[test]
fn who_is_signed_in() {
    let user = shapes::user(USER_IN).expect("somebody");
    assert!(user.signed_in);
    assert_eq!(
        (user.name.as_str(), user.via.as_str()),
        ("ana@example.com", "microsoft")
    );
    let nobody = shapes::user(USER_OUT).expect("an answer");
    assert!(!nobody.signed_in);
    assert_eq!(shapes::user("{}"), None);
}

#[test]
fn a_token_without_its_lifetime() {
    let text = r#"{"token": "t", "expiration": "2025-04-17 20:35:16 UTC"}"#;
    let (_, lifetime) = shapes::token(text, NOW).expect("a token");
    assert_eq!(lifetime, Some(Duration::from_secs(35 * 60 + 16)));
    assert!(shapes::token(r#"{"token": ""}"#, NOW).is_none());
}

#[test]
fn the_version() {
    assert_eq!(
        shapes::version(VERSION).as_deref(),
        Some("1.0.1435+d49a94cc24")
    );
    assert_eq!(shapes::version("1.0.12\n").as_deref(), Some("1.0.12"));
    assert_eq!(shapes::version(""), None);
}

#[test]
fn who_may_visit() {
    let entry = |kind: &str, deny, scopes: &[&str]| Entry {
        kind: kind.to_owned(),
        deny,
        scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        ..Entry::default()
    };
    let anonymous = entry("Anonymous", false, &["connect"]);
    assert!(is_public(std::slice::from_ref(&anonymous)));
    assert!(is_public(&[entry("anonymous", false, &[])]));
    assert!(!is_public(&[]));
    assert!(!is_public(&[entry("Anonymous", false, &["host"])]));
    assert!(!is_public(&[entry("Organizations", false, &["connect"])]));
    assert!(!is_public(&[
        anonymous,
        entry("Anonymous", true, &["connect"])
    ]));
    let text = |access: &str| {
        let text = format!(r#"{{"tunnelId": "a.b", "accessControl": {access}}}"#);
        shapes::tunnel(&text).and_then(|told| told.access)
    };
    assert!(is_public(
        &text(r#""{+Anonymous [connect]}""#).expect("words")
    ));
    assert!(!is_public(
        &text(r#""{-Anonymous [connect]}""#).expect("words")
    ));
    assert!(is_public(
        &text(r#"{"entries": [{"type": "Anonymous"}]}"#).expect("an object")
    ));
    assert_eq!(text("null"), None);
}

fn tunnel(name: &str, ports: &[u16], expires_at: u64) -> Tunnel {
    let told = shapes::tunnel(CREATE).expect("a tunnel");
    let mut tunnel = map_shown(&told, &[], NOW).expect("an id").tunnel;
    tunnel.name = name.to_owned();
    tunnel.expires_at = Some(UnixMillis(expires_at));
    tunnel.ports = ports
        .iter()
        .map(|&number| Port {
            number: port(number),
            protocol: Protocol::Auto,
            target: crate::model::Target::local(port(number)),
            label: TunnelId::new("sample.usw2").expect("an id"),
            public_port: None,
            options: crate::model::PortOptions::default(),
        })
        .collect();
    tunnel
}

#[test]
fn what_only_this_computer_knows_is_kept() {
    const DAY: u64 = 24 * 3_600_000;
    let mut known = Tunnel {
        created_at: UnixMillis(5),
        ..tunnel("Büro", &[80, 22], DAY)
    };
    known.ports[0].target.host = "nas.lan".to_owned();
    let told = tunnel("sample", &[22, 50, 80], 2 * DAY - 1);
    let kept = told.with_known(&known);
    assert_eq!(kept.ports[0].target, known.ports[0].target);
    assert_eq!(
        (kept.name.as_str(), kept.created_at),
        ("Büro", UnixMillis(5))
    );
    let ports: Vec<u16> = kept.ports.iter().map(|port| port.number.get()).collect();
    assert_eq!(ports, [80, 22, 50]);
    assert_eq!(kept.expires_at, known.expires_at);
    let later = tunnel("sample", &[], 2 * DAY).with_known(&known);
    assert_eq!(later.expires_at, Some(UnixMillis(2 * DAY)));
}

/// JSON of the right words and the wrong kinds.
fn near_json() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("-1".to_owned()),
        Just("1e400".to_owned()),
        Just("[{}, 1, []]".to_owned()),
        Just("{\"current\": \"x\", \"entries\": [1]}".to_owned()),
        any::<u64>().prop_map(|number| number.to_string()),
        "\"[^\"\\\\\\p{C}]{0,12}\"",
    ];
    let key = prop::sample::select(vec![
        "tunnelId",
        "tunnel",
        "tunnels",
        "ports",
        "port",
        "portNumber",
        "portCount",
        "status",
        "accessControl",
        "accessControlEntries",
        "tunnelExpiration",
        "token",
        "lifeTime",
        "expiration",
        "currentUploadRate",
        "uploadTotal",
        "portUri",
        "hostConnections",
    ]);
    prop::collection::vec((key, value), 0..8).prop_map(|members| {
        let members: Vec<String> = members
            .into_iter()
            .map(|(key, value)| format!("\"{key}\": {value}"))
            .collect();
        let inside = format!("{{{}}}", members.join(", "));
        format!("{{\"tunnel\": {inside}, \"port\": {inside}, \"tunnels\": [{inside}], \"ports\": [{inside}], {} }}",
            members.join(", ") + if members.is_empty() { "\"a\": 1" } else { "" })
    })
}

proptest! {
    #[test]
    fn anything_is_read_or_not_but_never_a_fault(
        text in prop_oneof!["(\\PC|\n)*", near_json()],
        now in any::<u64>(),
    ) {
        let now = UnixMillis(now);
        for listed in shapes::listing(&text).unwrap_or_default() {
            let _ = map_listed(&listed, now);
        }
        if let Some(told) = shapes::tunnel(&text) {
            let _ = map_shown(&told, told.access.as_deref().unwrap_or_default(), now);
        }
        let _ = (shapes::port(&text), shapes::access(&text), shapes::user(&text));
        let _ = (shapes::token(&text, now).is_some(), shapes::version(&text));
    }
}
