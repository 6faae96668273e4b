//! Which ways there are, and what is said when none leads to the relay.

use super::*;

fn link(host: &str, port: u16) -> JoinLink {
    format!("underpass://t@{host}:{port}#{}", "00".repeat(32))
        .parse()
        .expect("a good link")
}

fn failed(blame: Blame, reason: Reason) -> Failed {
    let error = ConnectError::with(reason, "it failed");
    Failed { error, blame }
}

#[test]
fn only_a_relay_elsewhere_has_detours() {
    let dialler = Dialler::default();
    let ports = |host: &str, port| -> Vec<u16> {
        let link = link(host, port);
        let ways = dialler.detours(&link).into_iter();
        ways.map(|way| way.port(&link)).collect()
    };
    assert_eq!(ports("relay.example", 7443), [7443, 443]);
    assert_eq!(ports("relay.example", 443), [443]);
    assert_eq!(ports("192.0.2.7", 7443), [7443, 443]);
    for here in [
        "localhost",
        "LocalHost.",
        "relay.localhost",
        "127.0.0.1",
        "[::1]",
        "0.0.0.0",
    ] {
        assert!(ports(here, 7443).is_empty(), "{here}");
    }
}

#[test]
fn what_failed_decides_which_ways_are_left() {
    let link = link("relay.example", 7443);
    let left = |blame| -> Vec<u16> {
        let failed = failed(blame, Reason::LinkLost);
        let ways = Dialler::default().detours(&link).into_iter();
        ways.filter(|way| helps(*way, &failed, &link))
            .map(|way| way.port(&link))
            .collect()
    };
    assert_eq!(left(Blame::Hopeless), [0; 0]);
    assert_eq!(left(Blame::Port), [443]);
    assert_eq!(left(Blame::Way), [7443, 443]);
}

#[test]
fn a_way_is_remembered_for_its_relay_until_the_direct_one_is_well() {
    let dialler = Dialler::default();
    let (one, other) = (link("a.example", 7443), link("b.example", 7443));
    let way = Way::WebSocket { port: 443 };
    assert_eq!(dialler.known(&one), None);
    dialler.remember(&one, way);
    assert_eq!(dialler.known(&one), Some(way));
    assert_eq!(dialler.known(&other), None);
    dialler.remember(&one, Way::Direct);
    assert_eq!(dialler.known(&one), None);
}

#[test]
fn the_person_is_told_of_the_direct_way_and_the_log_of_all() {
    let mut failures = Failures::default();
    let other = Reason::NotARelay {
        address: "relay.example:443".to_owned(),
    };
    failures.add(Way::WebSocket { port: 443 }, failed(Blame::Way, other));
    failures.add(Way::Direct, failed(Blame::Way, Reason::LinkLost));
    let error = failures.into_error(|| panic!("it has failed"));
    assert_eq!(error.reason, Reason::LinkLost);
    let said = "it failed; as a WebSocket at port 443: not-a-relay: it failed";
    assert_eq!(error.detail, said);
}

#[test]
fn who_never_answers_through_a_proxy_is_laid_to_the_proxy() {
    let dialler = Dialler::new(Detours {
        proxies: Proxies::one("http://anna:s3cret@proxy.example:3128", ""),
        ..Detours::default()
    });
    let error = dialler.too_late(&link("relay.example", 7443));
    let address = "proxy.example:3128".to_owned();
    let detail = "no answer in time".to_owned();
    assert_eq!(error.reason, Reason::ProxyFailed { address, detail });
    let error = dialler.too_late(&link("127.0.0.1", 7443));
    assert_eq!(error.reason, Reason::TimedOut);
}
