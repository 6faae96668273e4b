//! The local service dies and comes back: that never costs the session.

use crate::support::computer::{Computer, key};
use crate::support::raw::RawService;
use crate::support::screen::Shown;
use crate::support::visitor::Site;
use crate::support::web::WebService;
use http::StatusCode;
use underpass::model::{Action, Health, Protocol};
use underpass::view::Badge;

#[tokio::test]
async fn a_service_that_dies_and_returns_tears_nothing_down() {
    let mut service = WebService::start("it");
    let computer = Computer::new();
    let mut desk = computer.start();
    let (key, site) = desk.share("web", service.port(), Protocol::Http).await;
    let before = desk.until_state(&key.tunnel, "hosting").await;
    let url = desk.until_works(&key).await;

    service.kill().await;
    desk.until_health(&key, Health::ServiceDown).await;
    let row = desk.screen.now().view.window.cards[0].rows[0].clone();
    assert_eq!(
        (row.badge, row.url),
        (Badge::ServiceDown, Some(url.clone()))
    );
    assert_eq!(desk.screen.now().view.tray.worst, Some(Badge::ServiceDown));
    let (status, page) = site.get("/").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY, "{page}");
    // Long enough for the watchdog to bark if it counted this.
    for _ in 0..8 {
        desk.screen.skip();
        desk.until_health(&key, Health::ServiceDown).await;
    }

    service.come_back();
    assert_eq!(desk.until_works(&key).await, url);
    assert_eq!(site.get("/").await.0, StatusCode::OK);
    assert_eq!(
        desk.state(&key.tunnel),
        before,
        "the same session all along"
    );
    desk.quit().await;
    let events: Vec<_> = computer.audit().into_iter().map(|r| r.kind).collect();
    assert_eq!(
        events,
        ["tunnel.up", "tunnel.down"],
        "down at the quit only"
    );
}

#[tokio::test]
async fn what_is_down_from_the_start_is_hosted_all_the_same() {
    let mut service = WebService::start("late");
    service.kill().await;
    let computer = Computer::new();
    let mut desk = computer.start();
    let key = desk.create("web", service.port(), Protocol::Auto);
    desk.until_health(&key, Health::ServiceDown).await;
    service.come_back();
    desk.until_works(&key).await;
}

#[tokio::test]
async fn a_raw_port_without_its_service_is_service_down() {
    let service = RawService::deaf();
    let computer = Computer::new();
    let mut desk = computer.start();
    let (key, _) = desk.share("raw", service.port(), Protocol::Tcp).await;
    let before = desk.until_state(&key.tunnel, "hosting").await;
    drop(service);
    desk.until_health(&key, Health::ServiceDown).await;
    assert_eq!(desk.state(&key.tunnel), before);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_quiet_tcp_service_is_probed_without_a_connection() {
    let quiet = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    quiet.set_nonblocking(true).expect("it can be");
    let port = quiet.local_addr().expect("it has one").port();
    let computer = Computer::new();
    let mut desk = computer.start();
    let (key, _) = desk.share("raw", port, Protocol::Tcp).await;
    desk.until_works(&key).await;
    for _ in 0..3 {
        desk.screen.skip();
        desk.until_health(&key, Health::Operational).await;
    }
    let nobody = quiet.accept().expect_err("it is not connected to");
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn ports_come_and_go_while_the_tunnel_is_hosted() {
    let (first, second) = (WebService::start("first"), WebService::start("second"));
    let computer = Computer::new();
    let mut desk = computer.start();
    let (one, site) = desk.share("web", first.port(), Protocol::Http).await;
    let session = desk.until_state(&one.tunnel, "hosting").await.session();
    let mut kept = site.visit().await;

    desk.act(Action::AddPort {
        tunnel: one.tunnel.clone(),
        target: second.port().to_string(),
        protocol: Protocol::Http,
        public_port: String::new(),
    });
    let two = key("web", second.port());
    let added = Site::of(&desk.until_works(&two).await);
    assert_eq!(added.get("/").await.1, "hello from second");
    assert_eq!(kept.get("/").await.status(), StatusCode::OK);

    desk.act(Action::RemovePort { key: one.clone() });
    let gone = |shown: &Shown| {
        let live = &shown.inputs.hosts.get(&one.tunnel)?.live;
        live.iter()
            .all(|live| live.number != one.port)
            .then_some(())
    };
    desk.screen.until("the port is gone", gone).await;
    assert_eq!(site.get("/").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(added.get("/").await.1, "hello from second");
    assert_eq!(desk.state(&one.tunnel).session(), session);
}
