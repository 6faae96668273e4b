//! Networks that let nothing but HTTPS through.

use super::super::rig::*;
use super::fakes::*;
use std::time::Duration;
use underpass::model::{Protocol, Reason};
use underpass::provider::SessionEvent;
use underpass::provider::relay::Detours;

/// Soon, but not at once.
const SOON: Duration = Duration::from_millis(50);

/// More than fits into any one message.
const MUCH: usize = 1_000_000;

#[tokio::test]
async fn a_link_that_is_cut_goes_as_a_websocket_at_once() {
    let rig = Rig::start().await;
    let wall = Wall::before(rig.relay.link_addr(), Rule::Cut).await;
    let link = at(&rig.relay.join_link(), "127.0.0.1", wall.port());
    let (session, _echo) = host_echo(&link, detours(NEVER).await).await;
    echoes(&mut visitor(&session).await, MUCH).await;
    assert_eq!(wall.seen(), (1, 1));
}

#[tokio::test]
async fn a_link_that_is_swallowed_goes_as_a_websocket_soon() {
    let rig = Rig::start().await;
    let wall = Wall::before(rig.relay.link_addr(), Rule::Swallow).await;
    let link = at(&rig.relay.join_link(), "127.0.0.1", wall.port());
    let (session, _echo) = host_echo(&link, detours(SOON).await).await;
    echoes(&mut visitor(&session).await, MUCH).await;
    assert_eq!(wall.seen(), (1, 1));
}

#[tokio::test]
async fn what_works_directly_is_never_covered() {
    let rig = Rig::start().await;
    let wall = Wall::before(rig.relay.link_addr(), Rule::Pass).await;
    let link = at(&rig.relay.join_link(), "127.0.0.1", wall.port());
    let (session, _echo) = host_echo(&link, detours(NEVER).await).await;
    echoes(&mut visitor(&session).await, 1).await;
    assert_eq!(wall.seen(), (0, 1));
}

#[tokio::test]
async fn a_connection_outlives_drops_and_its_link_changes_ways() {
    let rig = Rig::start().await;
    let wall = Wall::before(rig.relay.link_addr(), Rule::Cut).await;
    let link = at(&rig.relay.join_link(), "127.0.0.1", wall.port());
    let (mut session, _echo) = host_echo(&link, detours(NEVER).await).await;
    let mut visitor = visitor(&session).await;
    echoes(&mut visitor, 1000).await;
    // The way that worked is gone at once, though nobody says that the direct one does not.
    wall.set(Rule::Swallow);
    session.part.drop_link();
    happens(&mut session, |event| *event == SessionEvent::Resumed).await;
    echoes(&mut visitor, MUCH).await;
    assert_eq!(wall.seen().0, 2);
    wall.set(Rule::Pass);
    for _ in 0..2 {
        session.part.drop_link();
        happens(&mut session, |event| *event == SessionEvent::Resumed).await;
        echoes(&mut visitor, 1000).await;
    }
    let (covered, direct) = wall.seen();
    assert!(direct >= 3 && covered <= 4, "{covered} {direct}");
}

/// A relay that is only just restarting is not missed for as long as 443 says nothing.
#[tokio::test]
async fn the_direct_way_is_gone_again_while_the_others_have_no_answer() {
    let rig = Rig::start().await;
    let wall = Wall::before(rig.relay.link_addr(), Rule::Shut).await;
    let link = at(&rig.relay.join_link(), "127.0.0.1", wall.port());
    let silent = Service::start(|socket| async move {
        let _socket = socket;
        std::future::pending::<()>().await;
    })
    .await;
    let detours = Detours {
        https_port: silent.port,
        ..detours(NEVER).await
    };
    let back = async {
        while wall.seen() != (1, 1) {
            tokio::task::yield_now().await;
        }
        wall.set(Rule::Pass);
    };
    let ((session, _echo), ()) = tokio::join!(host_echo(&link, detours), back);
    echoes(&mut visitor(&session).await, 1000).await;
    assert_eq!(wall.seen(), (1, 2));
}

/// Something else answers at the relay's port, with a certificate of its own, and passes HTTPS on.
#[tokio::test]
async fn behind_a_proxy_that_ends_tls_a_host_comes_where_visitors_come() {
    let open = Open::start().await;
    let proxy = reverse_proxy(open.relay.http_addr()).await;
    let link = at(&open.relay.join_link(), "127.0.0.1", proxy.port);
    let (mut session, _echo) = host_echo(&link, detours(NEVER).await).await;
    let mut visitor = visitor(&session).await;
    echoes(&mut visitor, MUCH).await;
    session.part.drop_link();
    happens(&mut session, |event| *event == SessionEvent::Resumed).await;
    echoes(&mut visitor, MUCH).await;
    open.relay.shutdown().await;
    assert_eq!(ended(&mut session).await, Reason::RelayShutDown);
}

/// The relay's own port is closed to the world, and only 443 is open.
#[tokio::test]
async fn a_closed_port_leads_to_the_one_of_https() {
    let open = Open::start().await;
    let proxy = reverse_proxy(open.relay.http_addr()).await;
    let link = at(&open.relay.join_link(), "127.0.0.1", closed_port().await);
    let detours = Detours {
        https_port: proxy.port,
        ..detours(NEVER).await
    };
    let (session, _echo) = host_echo(&link, detours).await;
    echoes(&mut visitor(&session).await, 1000).await;
}

#[tokio::test]
async fn when_nothing_helps_the_direct_way_says_why() {
    let (rig, other) = (Rig::start().await, Rig::start().await);
    let order = order("web", 3000, Protocol::Http);
    let reason = async |port, patience| {
        let link = at(&rig.relay.join_link(), "127.0.0.1", port);
        let connector = connector(&link).with_detours(detours(SOON).await);
        let refused = connect(&connector.with_patience(patience), &order).await;
        refused.expect_err("it is another relay").reason
    };
    let patience = quick();
    let address = |port| format!("127.0.0.1:{port}");
    let port = other.relay.link_addr().port();
    let mismatch = Reason::CertificateMismatch {
        address: address(port),
    };
    let long = underpass::provider::relay::Patience::default();
    assert_eq!(reason(port, long).await, mismatch, "on both ways");
    let wall = Wall::before(other.relay.link_addr(), Rule::Cut).await;
    assert_eq!(reason(wall.port(), long).await, Reason::LinkLost);
    let echo = Service::echo().await;
    let stranger = Reason::NotARelay {
        address: address(echo.port),
    };
    assert_eq!(reason(echo.port, long).await, stranger);
    let port = closed_port().await;
    let closed = Reason::RelayUnreachable {
        address: address(port),
    };
    assert_eq!(reason(port, long).await, closed);
    wall.set(Rule::Swallow);
    assert_eq!(reason(wall.port(), patience).await, Reason::TimedOut);
    wall.set(Rule::CutOrSwallow);
    assert_eq!(reason(wall.port(), patience).await, Reason::LinkLost);
}

#[tokio::test]
async fn a_relay_on_this_computer_has_no_detours() {
    let rig = Rig::start().await;
    let wall = Wall::before(rig.relay.link_addr(), Rule::Cut).await;
    let link = at(&rig.relay.join_link(), "127.0.0.1", wall.port());
    let refused = refused(&link, &order("web", 3000, Protocol::Http)).await;
    assert_eq!(refused, Reason::LinkLost);
    assert_eq!(wall.seen(), (0, 1));
}
