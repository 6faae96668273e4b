//! Files as older versions wrote them are read for ever.

use std::fs;
use std::path::Path;
use underpass::model::{Language, PortNumber, Protocol, Theme, TunnelId, UnixMillis};
use underpass::secrets::Secrets;
use underpass::store::{Home, RelayPorts};

fn home_of(version: &str) -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().expect("a folder");
    let home = Home::at(dir.path()).expect("a home");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for entry in fs::read_dir(fixtures.join(version)).expect("the fixtures") {
        let entry = entry.expect("an entry");
        let place = dir.path().join(entry.file_name());
        fs::copy(entry.path(), place).expect("copied");
    }
    (dir, home)
}

fn id(text: &str) -> TunnelId {
    TunnelId::new(text).expect("an id")
}

fn port(number: u16) -> PortNumber {
    PortNumber::new(number).expect("a port")
}

#[test]
fn settings_of_version_1() {
    let (_dir, home) = home_of("v1");
    let loaded = home.settings().load();
    assert_eq!(loaded.notice, None);
    let settings = loaded.value;
    assert_eq!(settings.theme, Theme::Dark);
    assert_eq!(settings.language, Some(Language::PtBr));
    assert!(settings.autostart && settings.relay.lan);
    let joined = settings.relay.joined.expect("a relay");
    assert!(joined.starts_with("relay.example:7443#0a0a"));
    assert_eq!(settings.relay.http_port, 8080);
    assert_eq!(settings.relay.tcp_ports, (9000, 9010));
    assert_eq!(settings.timing.probe_interval_ms, 250);
    assert_eq!(settings.timing.probe_timeout_ms, 100);
    assert_eq!(settings.timing.backoff_initial_ms, 500);
    assert_eq!(settings.timing.backoff_cap_ms, 30_000);
    assert_eq!(settings.timing.jitter_percent, 5);
}

#[test]
fn tunnels_of_version_1() {
    let (_dir, home) = home_of("v1");
    let loaded = home.tunnels().load();
    assert_eq!(loaded.notice, None);
    let [office, empty] = &loaded.value[..] else {
        panic!("{:?}", loaded.value);
    };
    assert_eq!(
        (&office.id, office.name.as_str()),
        (&id("mein-buro"), "Mein Büro")
    );
    assert_eq!(office.created_at, UnixMillis(1_790_000_000_007));
    assert_eq!(office.expires_at, Some(UnixMillis(1_792_592_000_007)));
    assert_eq!(office.ports[0].protocol, Protocol::Https);
    assert_eq!(office.ports[0].target.to_string(), "localhost:3000");
    assert_eq!(office.ports[0].public_port, None);
    assert_eq!(office.ports[1].protocol, Protocol::Tcp);
    assert_eq!(office.ports[1].target.to_string(), "[::1]:5432");
    assert_eq!(office.ports[1].label, id("mein-buro-5432"));
    assert_eq!(office.ports[1].public_port, Some(port(7500)));
    assert!(empty.ports.is_empty() && empty.expires_at.is_none());
}

#[test]
fn the_other_files_of_version_1() {
    let (dir, home) = home_of("v1");
    let hosted = home.hosted().load();
    assert_eq!(hosted.notice, None);
    let hosted: Vec<_> = hosted.value.into_iter().collect();
    assert_eq!(hosted, [id("empty"), id("mein-buro")]);
    let rows = home.rows().load();
    assert_eq!(rows.notice, None);
    let live = &rows.value[&id("mein-buro")];
    assert_eq!(live[0].url, "http://mein-buro.localhost:7480/");
    assert!(live[0].lan_url.is_some() && live[1].lan_url.is_none());
    assert_eq!(live[1].number, port(5432));
    let ports = home.relay_ports().load();
    assert_eq!(ports.notice, None);
    let expected = RelayPorts {
        link: Some(port(40_123)),
        http: Some(port(7480)),
        wanted: None,
    };
    assert_eq!(ports.value, expected);
    let install = home.install_id();
    assert_eq!(install.notice, None);
    assert_eq!(install.value, "0123456789abcdef0123456789abcdef");
    let secrets = Secrets::open(dir.path(), home.is_private());
    let token = secrets.get("relay").expect("readable").expect("there");
    assert_eq!(token.expose(), "example-token");
}

#[test]
fn the_audit_log_of_version_1() {
    let (_dir, home) = home_of("v1");
    let before = underpass::audit::verify(&home.audit_log()).expect("it holds");
    assert_eq!((before.records, before.healed), (4, 1));
    let records: Vec<_> = underpass::audit::read(&home.audit_log())
        .expect("open")
        .filter_map(Result::ok)
        .collect();
    assert_eq!(records[0].kind, "tunnel.up");
    assert_eq!(records[1].reason.as_deref(), Some("dropped"));
    super::programs::append_to(&home, 1);
    let after = underpass::audit::verify(&home.audit_log()).expect("it still holds");
    assert_eq!(after.records, 5);
}
