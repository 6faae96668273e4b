//! `status`, `stop`, `start`, `url` and `logs` beside hosts that run: what they say is asked of the
//! processes, by the sockets of the home.

use super::kit::{Home, Running, Service, finish, get};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// The lines of `status --json`, by tunnel.
fn status(home: &Home, tunnel: &str) -> Vec<Value> {
    let lines = home.run(&["status", "--json"]).expect(0).json();
    let of = lines.into_iter().filter(|line| line["tunnel"] == tunnel);
    of.collect()
}

fn only(home: &Home, tunnel: &str) -> Value {
    let [line] = status(home, tunnel).try_into().expect("one line");
    line
}

/// Hosts a service under a name, until it is seen to work; nothing is asked of it by standard input.
fn host(home: &Home, service: &Service, name: &str) -> (Running, String) {
    let mut host = home.start(&["host", &service.target(), "--name", name, "--json"]);
    let url = host.url();
    host.health("operational");
    (host, url)
}

fn sockets(home: &Home) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.path().join("run")).expect("there");
    entries
        .map(|entry| entry.expect("readable").path())
        .collect()
}

#[test]
fn what_a_host_serves_is_told_and_stopped_from_another_terminal() {
    let (home, service) = (Home::new(), Service::start("hello"));
    let (host, url) = host(&home, &service, "shop");
    let line = only(&home, "shop");
    assert_eq!(
        (&line["state"], &line["provider"]),
        (&json!("hosting"), &json!("relay"))
    );
    let since = line["since"].as_str().expect("a time");
    assert!(since.parse::<jiff::Timestamp>().is_ok(), "{since}");
    assert_eq!(line["host"]["by"], json!("host"));
    assert_eq!(line["host"]["pid"], json!(host.pid()));
    let port = &line["ports"][0];
    assert_eq!(port["port"], json!(service.port()));
    assert_eq!(
        (&port["url"], &port["health"], &port["status"]),
        (&json!(url), &json!("operational"), &json!(200))
    );
    let text = home.run(&["status", "shop"]).expect(0).out;
    let process = format!("terminal, process {}", host.pid());
    for part in ["shop", "Working", &url, &process] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(home.run(&["url", "shop"]).expect(0).out, format!("{url}\n"));

    let stopped = home.run(&["stop", "shop", "--json"]).expect(0).json();
    assert_eq!(stopped[0]["state"], json!("stopped"));
    assert_eq!(stopped[0]["ports"][0].get("url"), None);
    let ended = host.end().expect(0);
    assert!(ended.out.ends_with(r#""state":"stopped"}"#), "{ended:?}");
    assert!(status(&home, "shop").is_empty(), "it was not saved");
    assert!(sockets(&home).is_empty(), "its socket went with it");
    let nobody = home.run(&["status"]).expect(0);
    assert!(nobody.out.contains("no Underpass runs"), "{nobody:?}");
}

#[test]
fn two_processes_are_merged_and_each_stops_what_is_its_own() {
    let (home, one, two) = (Home::new(), Service::start("one"), Service::start("two"));
    let saved = ["tunnels", "create", "My blog", &two.target()];
    home.run(&saved).expect(0);
    let (first, first_url) = host(&home, &one, "shop");
    let mut second = home.start(&["host", "my-blog", "--json"]);
    second.health("operational");
    let pid = |tunnel: &str| only(&home, tunnel)["host"]["pid"].clone();
    assert_eq!(pid("shop"), json!(first.pid()));
    assert_eq!(pid("my-blog"), json!(second.pid()));

    // By its name, and the other one stays.
    home.run(&["stop", "My blog"]).expect(0);
    second.end().expect(0);
    assert_eq!(get(&first_url), (200, "one".to_owned()));
    let blog = only(&home, "my-blog");
    assert_eq!(
        (&blog["state"], blog.get("host")),
        (&json!("stopped"), None)
    );
    let again = home.run(&["stop", "my-blog"]).expect(0);
    assert_eq!(again.out, "my-blog is not hosted.\n");
    home.run(&["stop", "--all"]).expect(0);
    first.end().expect(0);
}

#[test]
fn a_program_that_is_looked_after_stops_a_tunnel_and_starts_it_again() {
    let (home, service) = (Home::new(), Service::start("hello"));
    let words = [
        "host",
        &service.target(),
        "--name",
        "shop",
        "--json",
        "--control",
    ];
    let mut host = home.start(&words);
    let url = host.url();
    home.run(&["stop", "shop"]).expect(0);
    assert_eq!(only(&home, "shop")["state"], json!("stopped"));
    let started = home.run(&["start", "shop"]).expect(0);
    assert_eq!(started.out, format!("{url}\n"));
    assert_eq!(get(&url).1, "hello");
    host.put("quit");
    host.end().expect(0);
}

#[test]
fn a_tunnel_that_nobody_hosts_or_has_gets_a_word_and_a_code() {
    let (home, service) = (Home::new(), Service::start("hello"));
    let created = ["tunnels", "create", "My shop", &service.target()];
    home.run(&created).expect(0);
    let line = only(&home, "my-shop");
    let target = format!("localhost:{}", service.port());
    assert_eq!(
        (&line["state"], &line["ports"][0]["target"]),
        (&json!("stopped"), &json!(target))
    );
    let start = home.run(&["start", "my-shop"]).expect(1);
    assert!(start.err.contains("underpass host my-shop"), "{start:?}");
    home.run(&["url", "my-shop"]).expect(1);
    let meant = "Did you mean “my-shop”?";
    for command in ["status", "stop", "start", "url", "open"] {
        let unknown = home.run(&[command, "my-shpo"]).expect(3);
        assert!(unknown.err.contains(meant), "{unknown:?}");
        let unknown = home.run(&[command, "my-shpo", "--json"]).expect(3);
        let line = &unknown.json()[0];
        assert_eq!(line["code"], json!("not-found"), "{line}");
        assert_eq!(line["reason"], json!("unknown-tunnel"), "{line}");
        assert!(line["message"].as_str().is_some_and(|m| m.contains(meant)));
    }
    home.run(&["stop"]).expect(2);
}

#[test]
fn only_the_homes_user_gets_to_a_host_and_what_the_dead_left_is_swept() {
    let (home, service) = (Home::new(), Service::start("hello"));
    let folder = home.path().join("run");
    fs::create_dir(&folder).expect("made");
    fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).expect("opened");
    let left = folder.join("4711-00000000.sock");
    drop(UnixListener::bind(&left).expect("bound"));
    home.run(&["status"]).expect(0);
    let (host, _) = host(&home, &service, "shop");
    assert!(!left.exists(), "nobody listens there");
    let mode = |path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let [socket] = sockets(&home).try_into().expect("one");
    assert_eq!((mode(&folder), mode(&socket)), (0o700, 0o600));
    // One that is killed leaves its socket, and is not listed.
    host.kill();
    assert!(socket.exists());
    let nobody = home.run(&["status"]).expect(0);
    assert!(nobody.out.contains("no Underpass runs"), "{nobody:?}");
    assert_eq!(nobody.err, "");
}

#[test]
fn what_was_logged_is_printed_and_followed() {
    let home = Home::new();
    home.run(&["logs"]).expect(0);
    fs::create_dir_all(home.path().join("logs")).expect("made");
    let file = "logs/underpass.2026-11-21.log";
    home.write(file, "one\ntwo\nthree\n");
    let last = home.run(&["logs", "-n", "2"]).expect(0).out;
    assert!(
        last.contains("two\nthree\n") && !last.contains("one"),
        "{last}"
    );
    let json = home.run(&["logs", "-n", "1", "--json"]).expect(0).json();
    assert_eq!(json, [json!({"line": "three"})]);
    let mut follows = Running::start(&mut home.command(&["logs", "-f", "-n", "0"]));
    let mut other = Running::start(&mut home.command(&["logs", "-f", "-n", "1"]));
    // It follows by now.
    other.wait_for_text("three");
    home.write(file, "one\ntwo\nthree\nfour\n");
    other.wait_for_text("four");
    follows.signal("INT");
    follows.close_stdin();
    follows.end().expect(0);
    other.signal("INT");
    other.end().expect(0);
}

#[test]
fn a_relay_is_joined_and_left_where_nothing_runs() {
    let home = Home::new();
    let fingerprint = "ab".repeat(32);
    let link = format!(
        "underpass://{}@relay.test:7443#{fingerprint}",
        "t".repeat(40)
    );
    let joined = home.run(&["join", &link, "--json"]).expect(0).json();
    assert_eq!(joined, [json!({"relay": "relay.test:7443"})]);
    let saved = home.read("settings.json");
    assert!(
        saved.contains(&format!("relay.test:7443#{fingerprint}")),
        "{saved}"
    );
    assert!(!saved.contains("tttt"), "the token is no setting");
    assert!(home.read("secrets.json").contains("tttt"));
    home.run(&["leave"]).expect(0);
    assert!(!home.read("settings.json").contains("relay.test"));
    assert!(!home.read("secrets.json").contains("tttt"));
    // From the environment, and nothing of a wrong one is quoted.
    let mut command = home.command(&["join"]);
    command.env("UNDERPASS_RELAY", &link);
    finish(&mut command).expect(0);
    assert!(home.read("settings.json").contains("relay.test"));
    let cut = &link[..60];
    for words in [&["join", cut][..], &["join", "tttt"], &["join"]] {
        let refused = home.run(words).expect(2);
        assert!(!refused.err.contains("tttt"), "{refused:?}");
    }
}

#[test]
fn settings_are_shown_and_changed_by_their_keys() {
    let home = Home::new();
    let path = home.path().join("settings.json");
    let said = home.run(&["config", "path"]).expect(0).out;
    assert_eq!(said.trim_end(), path.to_string_lossy());
    let list = home.run(&["config", "list"]).expect(0).out;
    for line in ["theme = system", "timing.probe_interval_ms = 300"] {
        assert!(list.lines().any(|said| said == line), "{line} in {list}");
    }
    home.run(&["config", "set", "theme", "dark"]).expect(0);
    let theme = home
        .run(&["config", "get", "theme", "--json"])
        .expect(0)
        .json();
    assert_eq!(theme, [json!({"key": "theme", "value": "dark"})]);
    // What else there is stays.
    let saved = home.read("settings.json").replace(' ', "");
    assert!(saved.contains("\"probe_interval_ms\":300"), "{saved}");
    let unknown = home.run(&["config", "set", "them", "dark"]).expect(3);
    assert!(unknown.err.contains("Did you mean “theme”?"), "{unknown:?}");
    home.run(&["config", "set", "theme", "pink"]).expect(2);
}
