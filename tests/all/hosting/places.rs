//! Where things are is kept: across restarts of the app, and when the relay moves to the LAN.

use crate::support::computer::{Computer, health};
use crate::support::screen::{Screen, Shown};
use crate::support::visitor::Site;
use crate::support::web::WebService;
use http::StatusCode;
use underpass::model::{Action, Health, Life, LivePort, PortKey, Protocol, Setting};

#[tokio::test]
async fn what_was_hosted_is_hosted_again_at_the_same_urls() {
    let (web, raw) = (WebService::start("web"), WebService::start("raw"));
    let stopped = WebService::start("stopped");
    let computer = Computer::new();
    let mut desk = computer.start();
    let mut urls = Vec::new();
    for (name, service, protocol) in [
        ("web", &web, Protocol::Http),
        ("stopped", &stopped, Protocol::Http),
        ("raw", &raw, Protocol::Tcp),
    ] {
        let (key, _) = desk.share(name, service.port(), protocol).await;
        urls.push((key.clone(), desk.until_works(&key).await));
    }
    let (off, _) = urls.remove(1);
    let tunnel = off.tunnel.clone();
    desk.act(Action::Stop { tunnel });
    desk.until_state(&off.tunnel, "stopped").await;
    desk.quit().await;

    let mut again = computer.start();
    for (key, url) in &urls {
        let now = again.until_works(key).await;
        // A raw port's number is the system's choice here.
        if now.starts_with("http") {
            assert_eq!(&now, url);
        }
        let page = Site::of(&now).get("/").await.1;
        assert_eq!(page, format!("hello from {}", key.tunnel));
    }
    assert_eq!(again.state(&off.tunnel), Life::Stopped);
}

#[tokio::test]
async fn raw_ports_keep_their_numbers_across_a_restart() {
    let computer = Computer::new();
    computer.set(|settings| settings.relay.tcp_ports = (8_000, 31_999));
    let services: Vec<_> = (0..3).map(|n| WebService::start(&n.to_string())).collect();
    let mut desk = computer.start();
    let mut urls = Vec::new();
    for (n, service) in services.iter().enumerate() {
        // The other way round than they start again.
        let name = format!("raw-{}", services.len() - n);
        let (key, _) = desk.share(&name, service.port(), Protocol::Tcp).await;
        urls.push((key.clone(), desk.until_works(&key).await));
    }
    desk.quit().await;
    let mut again = computer.start();
    for (key, url) in &urls {
        assert_eq!(&again.until_works(key).await, url);
    }
}

#[tokio::test]
async fn a_second_app_on_the_same_folder_uses_the_firsts_relay() {
    let (one, two) = (WebService::start("one"), WebService::start("two"));
    let computer = Computer::new();
    let mut desk = computer.start();
    let (_, first) = desk.share("one", one.port(), Protocol::Http).await;
    let mut other = computer.start();
    let (_, second) = other.share("two", two.port(), Protocol::Http).await;
    assert_eq!(first.port(), second.port(), "one relay has both");
    assert_eq!(second.get("/").await.1, "hello from two");
}

#[tokio::test]
async fn on_the_lan_the_relay_answers_at_every_address_and_back_at_one() {
    let service = WebService::start("it");
    let computer = Computer::new();
    let mut desk = computer.start();
    let (key, site) = desk.share("web", service.port(), Protocol::Http).await;
    let url = desk.until_works(&key).await;
    let elsewhere = site.clone().at("127.0.0.2");
    assert!(elsewhere.connect().await.is_err(), "loopback alone");

    desk.act(Action::Set {
        setting: Setting::Lan(true),
    });
    let live = live(&mut desk.screen, &key, true).await;
    assert_eq!(live.url, url, "the URL stays");
    // Every machine has this address, and one that listens on all answers there.
    assert_eq!(elsewhere.get("/").await.1, "hello from it");
    if let Some(lan) = live.lan_url {
        let (status, page) = Site::of(&lan).get("/").await;
        assert_eq!((status, page.as_str()), (StatusCode::OK, "hello from it"));
    }

    desk.act(Action::Set {
        setting: Setting::Lan(false),
    });
    let live = self::live(&mut desk.screen, &key, false).await;
    assert_eq!((live.url, live.lan_url), (url, None));
    assert!(elsewhere.connect().await.is_err(), "loopback alone again");

    desk.quit().await;
    let audit = computer.audit();
    let reasons: Vec<_> = audit.iter().filter_map(|r| r.reason.as_deref()).collect();
    let moved_twice = ["started", "stopped"].repeat(3);
    assert_eq!(
        reasons, moved_twice,
        "nobody is sent to the relay that goes"
    );
}

/// The port as it works since the relay listens on the network, or no more.
async fn live(screen: &mut Screen, key: &PortKey, lan: bool) -> LivePort {
    let find = |shown: &Shown| {
        let changed = shown.inputs.relay.lan == lan;
        let works = health(shown, key) == Some(Health::Operational);
        let host = shown.inputs.hosts.get(&key.tunnel)?;
        let live = host.live.iter().find(|live| live.number == key.port)?;
        (changed && works).then(|| live.clone())
    };
    screen.until("it works there", find).await
}
