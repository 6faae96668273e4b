//! Who may host under a name, and what becomes of whoever did.

use super::rig::*;
use std::sync::Arc;
use underpass::model::{Protocol, Reason};
use underpass::provider::{HostOrder, Session};
use underpass::relay::{Accounts, Lookup, Relay, RelayConfig, ReservedNames};

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let rig = Rig::start().await;
    let link = with_token(&rig.relay.join_link(), "wrong");
    let order = order("web", 3000, Protocol::Http);
    assert_eq!(refused(&link, &order).await, Reason::TokenRefused);
}

#[tokio::test]
async fn a_name_of_another_account_is_taken_also_while_its_host_is_away() {
    let rig = Rig::start().await;
    let order = order("web", 3000, Protocol::Http);
    let session = host(&rig, &order).await;
    let anna = rig.join("anna");
    let taken = Reason::NameTaken {
        name: "web".to_owned(),
    };
    assert_eq!(refused(&anna, &order).await, taken);
    session.close().await;
    assert_eq!(refused(&anna, &order).await, taken);
}

#[tokio::test]
async fn another_machine_must_take_over_and_the_old_one_is_told() {
    let rig = Rig::start().await;
    let mut order = order("web", 3000, Protocol::Http);
    let mut old = host(&rig, &order).await;
    order.install = "install-2".to_owned();
    let link = rig.relay.join_link();
    assert_eq!(refused(&link, &order).await, Reason::HostedElsewhere);
    order.take_over = true;
    let _new = host(&rig, &order).await;
    assert_eq!(ended(&mut old).await, Reason::TakenOver);
    assert!(matches!(rig.find("web"), Lookup::Live(_)));
}

#[tokio::test]
async fn the_same_machine_replaces_its_own_session_without_a_gap() {
    let rig = Rig::start().await;
    let order = order("web", 3000, Protocol::Http);
    let mut old = host(&rig, &order).await;
    let Lookup::Live(before) = rig.find("web") else {
        panic!("it is hosted");
    };
    let _new = host(&rig, &order).await;
    let Lookup::Live(after) = rig.find("web") else {
        panic!("it is hosted");
    };
    assert_ne!(before.key(), after.key(), "a new session has a new key");
    assert_eq!(ended(&mut old).await, Reason::TakenOver);
    assert!(matches!(rig.find("web"), Lookup::Live(_)));
}

#[tokio::test]
async fn a_port_that_is_refused_ends_the_session_with_its_reason() {
    let rig = Rig::start().await;
    let _other = host(&rig, &order("api", 3000, Protocol::Http)).await;
    let web = order("web", 3000, Protocol::Http);
    let mut session = host(&rig, &web).await;
    let mut ports = web.ports.clone();
    ports.push(port("api", 3001, Protocol::Http));
    session.part.set_ports(ports);
    let taken = Reason::NameTaken {
        name: "api".to_owned(),
    };
    assert_eq!(ended(&mut session).await, taken);
}

#[tokio::test]
async fn an_account_hosts_no_more_tunnels_than_it_may() {
    let rig = Rig::with(|config| config.limits.sessions_per_account = 1).await;
    let _first = host(&rig, &order("a", 3000, Protocol::Http)).await;
    let link = rig.relay.join_link();
    let refused = refused(&link, &order("b", 3000, Protocol::Http)).await;
    assert_eq!(refused, Reason::TooManyTunnels { limit: 1 });
}

#[tokio::test]
async fn garbled_requests_are_refused() {
    let rig = Rig::start().await;
    let link = rig.relay.join_link();
    let mut twice = order("web", 3000, Protocol::Http);
    twice.ports.push(port("web", 3001, Protocol::Http));
    assert!(matches!(refused(&link, &twice).await, Reason::Other { .. }));
    let mut long = order("web", 3000, Protocol::Http);
    long.install = "x".repeat(500);
    assert!(matches!(refused(&link, &long).await, Reason::Other { .. }));
}

/// A tunnel of one raw TCP port, asked for by number or not.
fn raw(label: &str, public: Option<u16>) -> HostOrder {
    let mut order = order(label, 3000, Protocol::Tcp);
    order.ports[0].public_port = public.map(number);
    order
}

fn public_port(session: &Session) -> u16 {
    let (_, port) = session.ports[0].url.rsplit_once(':').expect("a port");
    port.parse().expect("a number")
}

#[tokio::test]
async fn a_public_port_is_its_accounts_while_it_is_away_and_after_a_restart() {
    let rig = Rig::start().await;
    let session = host(&rig, &raw("ssh", None)).await;
    let given = public_port(&session);
    session.close().await;
    let anna = rig.join("anna");
    let asked = raw("annas", Some(given));
    let port = number(given);
    let taken = Reason::PublicPortTaken { port };
    assert_eq!(refused(&anna, &asked).await, taken);

    let Rig { relay, data, .. } = rig;
    relay.shutdown().await;
    let ingress = Arc::new(FakeIngress::default());
    let config = RelayConfig::local(data.path());
    let relay = Relay::start(config, Arc::clone(&ingress) as _).await;
    let rig = Rig {
        relay: relay.expect("it starts"),
        ingress,
        data,
    };
    let anna = with_token(&rig.relay.join_link(), anna.token.expose());
    assert_eq!(refused(&anna, &asked).await, taken);
    let again = host(&rig, &raw("ssh", None)).await;
    assert_eq!(public_port(&again), given);
}

#[tokio::test]
async fn an_account_has_so_many_public_ports_and_no_more() {
    let rig = Rig::with(|config| config.limits.public_ports_per_account = 1).await;
    let _first = host(&rig, &raw("a", None)).await;
    let link = rig.relay.join_link();
    let limit = Reason::TooManyPublicPorts { limit: 1 };
    assert_eq!(refused(&link, &raw("b", None)).await, limit);
    let _web = host(&rig, &order("web", 3001, Protocol::Http)).await;
    let _again = host(&rig, &raw("a", None)).await;
}

#[tokio::test]
async fn some_names_are_nobodys() {
    let rig = Rig::with(|config| config.reserved = ReservedNames::usual()).await;
    let link = rig.relay.join_link();
    let reserved = Reason::NameReserved {
        name: "www".to_owned(),
    };
    let www = order("www", 3000, Protocol::Http);
    assert_eq!(refused(&link, &www).await, reserved);
    let _web = host(&rig, &order("web", 3000, Protocol::Http)).await;
}

#[tokio::test]
async fn an_account_that_is_removed_is_cut_off_and_leaves_nothing_to_the_next_of_its_name() {
    let rig = Rig::start().await;
    let link = rig.join("anna");
    let order = order("web", 3000, Protocol::Http);
    let mut session = connect(&connector(&link), &order).await.expect("admitted");
    let mut accounts = Accounts::open(rig.data.path()).expect("they open");
    accounts.remove("anna").expect("it is there");
    assert_eq!(ended(&mut session).await, Reason::TokenRefused);
    assert!(!matches!(rig.find("web"), Lookup::Live(_)));
    assert_eq!(refused(&link, &order).await, Reason::TokenRefused);
    let again = rig.join("anna");
    // Neither an old host's nor kept from her for its sake.
    let session = connect(&connector(&again), &order).await;
    assert!(session.is_ok() && matches!(rig.find("web"), Lookup::Live(_)));
}
