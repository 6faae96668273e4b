//! The program's end, whatever the other end does.

use crate::support::computer::Computer;
use crate::support::forwarder::Forwarder;
use crate::support::relay::TestRelay;
use crate::support::web::WebService;
use std::time::{Duration, Instant};
use underpass::model::Protocol;

/// Five seconds are promised, and a loaded machine has its own pace.
const OVER_WITHIN: Duration = Duration::from_secs(8);

#[tokio::test]
async fn a_quit_is_over_in_seconds_though_the_relay_never_hears_the_goodbye() {
    let service = WebService::start("it");
    let relay = TestRelay::start().await;
    let wire = Forwarder::to(relay.link_address());
    let computer = Computer::joined(&wire.join_link(&relay.join_link()));
    let mut desk = computer.start();
    let (key, site) = desk.share("web", service.port(), Protocol::Http).await;
    desk.until_state(&key.tunnel, "hosting").await;
    // Somebody is connected, and something is on its way.
    let _visit = site.visit().await;
    wire.freeze();
    let began = Instant::now();
    desk.quit().await;
    assert!(began.elapsed() < OVER_WITHIN, "{:?}", began.elapsed());
    let audit = computer.audit();
    let last = audit.last().expect("there are some");
    assert_eq!(
        (last.kind.as_str(), last.reason.as_deref()),
        ("tunnel.down", Some("stopped"))
    );
}
