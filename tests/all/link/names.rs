//! Who may host under a name, and what becomes of whoever did.

use super::rig::*;
use underpass::model::{Protocol, Reason};
use underpass::relay::Lookup;

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
