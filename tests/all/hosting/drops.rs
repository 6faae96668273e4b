//! The link or the relay goes away: the tunnel comes back by itself, at the same URL.

use crate::support::computer::{Computer, Desk};
use crate::support::relay::TestRelay;
use crate::support::screen::Shown;
use crate::support::wait::within;
use crate::support::web::WebService;
use http::StatusCode;
use underpass::app::Event;
use underpass::audit::Record;
use underpass::model::{Action, Health, PortKey, Protocol, Reason, TunnelId};

/// Kind and reason of each line.
fn lines(records: &[Record]) -> Vec<(&str, &str)> {
    records
        .iter()
        .map(|r| (r.kind.as_str(), r.reason.as_deref().unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn a_relay_that_is_killed_and_comes_back_finds_its_host_again() {
    let service = WebService::start("it");
    let mut relay = TestRelay::start().await;
    let computer = Computer::joined(&relay.join_link());
    let mut desk = computer.start();
    let (key, site) = desk.share("web", service.port(), Protocol::Http).await;
    let url = desk.until_works(&key).await;

    relay.kill().await;
    desk.until_state(&key.tunnel, "reconnecting").await;
    let later = |shown: &_| attempt(shown, &key.tunnel).filter(|attempt| *attempt >= 3);
    desk.screen.until("a third attempt", later).await;

    relay.come_back().await;
    desk.until_state(&key.tunnel, "hosting").await;
    assert_eq!(desk.until_works(&key).await, url);
    assert_eq!(
        site.get("/").await,
        (StatusCode::OK, "hello from it".to_owned())
    );
    desk.quit().await;
    let audit = computer.audit();
    let expected = [
        ("tunnel.up", "started"),
        ("tunnel.down", "dropped"),
        ("tunnel.up", "reconnected"),
        ("tunnel.down", "stopped"),
    ];
    assert_eq!(lines(&audit), expected);
    assert!(audit[0].run == audit[1].run && audit[2].run == audit[3].run);
    assert_ne!(audit[0].run, audit[2].run);
}

fn attempt(shown: &Shown, tunnel: &TunnelId) -> Option<u32> {
    let (attempt, _) = shown.inputs.hosts.get(tunnel)?.life.retry()?;
    Some(attempt)
}

#[tokio::test]
async fn a_relay_that_goes_down_on_purpose_says_so() {
    let service = WebService::start("it");
    let mut relay = TestRelay::start().await;
    let computer = Computer::joined(&relay.join_link());
    let mut desk = computer.start();
    let (key, _) = desk.share("web", service.port(), Protocol::Http).await;
    let url = desk.until_works(&key).await;
    within("the relay goes down", relay.shut_down()).await;
    let state = desk.until_state(&key.tunnel, "reconnecting").await;
    assert_eq!(state.reason(), Some(&Reason::RelayShutDown));
    relay.come_back().await;
    desk.until_state(&key.tunnel, "hosting").await;
    assert_eq!(desk.until_works(&key).await, url);
}

#[tokio::test]
async fn a_dropped_link_is_resumed_by_the_same_session_at_the_same_urls() {
    let (web, raw) = (WebService::start("web"), WebService::start("raw"));
    let relay = TestRelay::start().await;
    let computer = Computer::joined(&relay.join_link());
    let mut desk = computer.start();
    for (name, service, protocol) in [("web", &web, Protocol::Http), ("raw", &raw, Protocol::Tcp)] {
        let (key, site) = desk.share(name, service.port(), protocol).await;
        let url = desk.until_works(&key).await;
        let before = desk.until_state(&key.tunnel, "hosting").await.session();
        let tunnel = key.tunnel.clone();
        desk.send(Event::DropLink { tunnel });
        let state = desk.until_state(&key.tunnel, "held").await;
        assert_eq!(state.session(), before);
        let after = desk.until_state(&key.tunnel, "hosting").await.session();
        assert_eq!(after, before);
        assert_eq!(desk.until_works(&key).await, url);
        assert_eq!(site.get("/").await.1, format!("hello from {name}"));
    }
    desk.quit().await;
    let audit = computer.audit();
    for name in ["web", "raw"] {
        let of_it: Vec<_> = audit.iter().filter(|r| r.tunnel == name).collect();
        let kinds: Vec<_> = of_it.iter().map(|r| r.kind.as_str()).collect();
        let expected = ["tunnel.up", "tunnel.held", "tunnel.resumed", "tunnel.down"];
        assert_eq!(kinds, expected);
        assert!(of_it.iter().all(|r| r.run == of_it[0].run));
    }
}

#[tokio::test]
async fn a_reconnect_by_hand_is_at_once_and_is_written_down() {
    let service = WebService::start("it");
    let computer = Computer::new();
    let mut desk = computer.start();
    let (key, _) = desk.share("web", service.port(), Protocol::Http).await;
    let url = desk.until_works(&key).await;
    desk.act(Action::Reconnect {
        tunnel: key.tunnel.clone(),
    });
    let state = desk.until_state(&key.tunnel, "reconnecting").await;
    assert_eq!(state.reason(), Some(&Reason::Forced));
    desk.until_state(&key.tunnel, "hosting").await;
    assert_eq!(desk.until_works(&key).await, url);
    desk.quit().await;
    let expected = [
        ("tunnel.up", "started"),
        ("tunnel.manual_reconnect", "manual_reconnect"),
        ("tunnel.down", "manual_reconnect"),
        ("tunnel.up", "manual_reconnect"),
        ("tunnel.down", "stopped"),
    ];
    assert_eq!(lines(&computer.audit()), expected);
}

#[tokio::test]
async fn a_raw_port_keeps_its_number_however_often_its_host_reconnects() {
    let service = WebService::start("it");
    let computer = Computer::new();
    // Below those that the system gives to anybody who asks for any.
    computer.set(|settings| settings.relay.tcp_ports = (8_000, 31_999));
    let mut desk = computer.start();
    let (key, _) = desk.share("raw", service.port(), Protocol::Tcp).await;
    let url = desk.until_works(&key).await;
    for _ in 0..30 {
        desk.act(Action::Reconnect {
            tunnel: key.tunnel.clone(),
        });
        desk.until_state(&key.tunnel, "reconnecting").await;
        desk.until_state(&key.tunnel, "hosting").await;
        assert_eq!(desk.until_works(&key).await, url);
    }
}

/// So many probes in a row would be a zombie twice over.
const MANY: usize = 6;

#[tokio::test]
async fn probes_that_come_too_late_over_a_link_that_answers_are_slow_and_cut_nobody_off() {
    let service = WebService::start("it");
    let relay = TestRelay::start().await;
    let computer = Computer::joined(&relay.join_link());
    computer.set(|settings| settings.timing.probe_timeout_ms = 500);
    let mut desk = computer.start();
    let (key, _) = desk.share("web", service.port(), Protocol::Http).await;
    let first = desk.until_state(&key.tunnel, "hosting").await.session();

    relay.leave_visitors_hanging(true);
    for _ in 0..MANY {
        let before = samples(&desk, &key).len();
        desk.act(Action::CheckNow { key: key.clone() });
        let more = |shown: &Shown| {
            let samples = &shown.inputs.probes.get(&key)?.samples;
            (samples.len() > before).then_some(())
        };
        desk.screen.until("another probe is through", more).await;
    }
    let seen = samples(&desk, &key);
    let late = seen.iter().rev().take(MANY - 1);
    assert!(
        late.clone().all(|health| *health == Health::Slow),
        "{seen:?}"
    );
    assert_eq!(
        desk.state(&key.tunnel).session(),
        first,
        "nobody was cut off"
    );
    relay.leave_visitors_hanging(false);
    desk.until_works(&key).await;
    desk.quit().await;
}

fn samples(desk: &Desk, key: &PortKey) -> Vec<Health> {
    let shown = desk.screen.now();
    let facts = shown.inputs.probes.get(key);
    facts.map_or_else(Vec::new, |facts| {
        facts.samples.iter().map(|sample| sample.health).collect()
    })
}

#[tokio::test]
async fn no_probe_is_counted_as_a_visitor() {
    let service = WebService::start("it");
    let computer = Computer::new();
    let mut desk = computer.start();
    let (key, site) = desk.share("web", service.port(), Protocol::Http).await;
    desk.act(Action::Select { key: key.clone() });
    desk.send(Event::WindowShown(true));
    let total = |shown: &Shown| {
        let host = shown.inputs.hosts.get(&key.tunnel)?;
        Some(*host.traffic.get(&key.port)?.back()?)
    };
    assert_eq!(site.get("/").await.0, StatusCode::OK);
    let is_counted = |shown: &Shown| total(shown).filter(|traffic| traffic.total > 0);
    let counted = desk
        .screen
        .until("the visitor is counted", is_counted)
        .await;
    assert_eq!(counted.total, 1, "its probes are not");
    desk.quit().await;
}

#[tokio::test]
async fn a_zombie_is_found_by_three_probes_and_replaced() {
    let service = WebService::start("it");
    let relay = TestRelay::start().await;
    let computer = Computer::joined(&relay.join_link());
    computer.set(|settings| settings.timing.probe_timeout_ms = 500);
    let mut desk = computer.start();
    let (key, _) = desk.share("web", service.port(), Protocol::Http).await;
    let url = desk.until_works(&key).await;
    let first = desk.until_state(&key.tunnel, "hosting").await.session();

    relay.deny_all_hosts(true);
    desk.until_health(&key, Health::Down).await;
    let state = desk.until_state(&key.tunnel, "reconnecting").await;
    assert_eq!(state.reason(), Some(&Reason::Zombie));
    let second = desk.until_state(&key.tunnel, "hosting").await.session();
    assert_ne!(first, second);
    relay.deny_all_hosts(false);
    assert_eq!(desk.until_works(&key).await, url);
    desk.quit().await;
    let audit = computer.audit();
    let expected = [("tunnel.up", "started"), ("tunnel.down", "zombie")];
    assert_eq!(lines(&audit[..2]), expected);
    assert_eq!(audit[2].kind, "tunnel.up");
}
