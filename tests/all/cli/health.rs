//! `underpass health`, and what is said of it for one run.

use super::kit::{Home, Service};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use underpass::platform::Instance;

const USAGE: i32 = 2;

/// What holds for a key there: the value and where it is set.
fn holds(home: &Home, key: &str, of: &[&str]) -> (String, String) {
    let words = [&["health", "--json"], of].concat();
    let lines = home.run(&words).expect(0).json();
    let line = lines.into_iter().find(|line| line["key"] == json!(key));
    let line = line.expect("each key has a line");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    (text(&line["value"]), text(&line["from"]))
}

fn pair(value: &str, from: &str) -> (String, String) {
    (value.to_owned(), from.to_owned())
}

#[test]
fn what_is_set_is_kept_shown_with_its_place_and_unset() {
    let home = Home::empty();
    home.run(&["tunnels", "create", "web", "3000"]).expect(0);
    let of_port = ["--tunnel", "web", "--port", "3000"];
    assert_eq!(holds(&home, "interval", &of_port), pair("30s", "default"));
    let set = |of: &[&str], pairs: &[&str]| {
        let mut words = vec!["health"];
        words.extend(of);
        for pair in pairs {
            words.extend(["--set", pair]);
        }
        home.run(&words).expect(0)
    };
    set(
        &[],
        &["interval=2m", "backoff-initial=90s", "backoff-cap=100s"],
    );
    set(
        &["--provider", "relay"],
        &["path=/all", "expect=200-299, 401"],
    );
    set(&["--tunnel", "web"], &["backoff-cap=95s"]);
    let said = set(&of_port, &["path=/own", "probe=off"]);
    assert!(
        said.out.contains("path = /own  (set for this port)"),
        "{said:?}"
    );
    assert!(
        said.out.contains("\n0 checks a month"),
        "nobody asks: {said:?}"
    );
    for (key, value, from) in [
        ("probe", "off", "port"),
        ("interval", "2m", "all"),
        ("timeout", "5s", "default"),
        ("path", "/own", "port"),
        ("expect", "200-299,401", "provider"),
    ] {
        assert_eq!(holds(&home, key, &of_port), pair(value, from), "{key}");
    }
    let of_tunnel = ["--tunnel", "web"];
    assert_eq!(
        holds(&home, "backoff-cap", &of_tunnel),
        pair("95s", "tunnel")
    );
    assert_eq!(
        holds(&home, "backoff-initial", &of_tunnel),
        pair("90s", "all")
    );
    let unset = [&["health"], &of_port[..], &["--unset", "path"]].concat();
    home.run(&unset).expect(0);
    assert_eq!(holds(&home, "path", &of_port), pair("/all", "provider"));
}

#[test]
fn a_provider_that_counts_probes_is_asked_no_more_often_than_it_wants() {
    if !cfg!(feature = "ngrok") {
        return;
    }
    let home = Home::empty();
    let of = ["--provider", "ngrok"];
    let set = [&["health"], &of[..], &["--set", "interval=10s"]].concat();
    let said = home.run(&set).expect(0);
    assert!(
        said.out.contains("10s is set") && said.out.contains("20"),
        "{said:?}"
    );
    assert_eq!(holds(&home, "interval", &of).1, "least");
}

#[test]
fn what_is_wrong_is_refused_with_what_is_right_and_nothing_is_kept() {
    let home = Home::empty();
    for (words, said) in [
        (
            &["health", "--set", "pause=3s"][..],
            "backoff-initial, backoff-cap",
        ),
        (&["health", "--set", "interval=0"], "1ms-24h"),
        (
            &["health", "--set", "backoff-initial=2m"],
            "(2m) can't be longer than the longest (1m)",
        ),
        (&["host", "3000", "--health", "path=x"], "/healthz"),
        (
            &["host", "3000", "--health", "backoff-initial=2m"],
            "(2m) can't be longer",
        ),
    ] {
        let ended = home.run(words).expect(USAGE);
        assert!(ended.err.contains(said), "{words:?}: {ended:?}");
    }
    let unknown = home.run(&["health", "--tunnel", "nobody"]).expect(3);
    assert!(unknown.err.contains("nobody"), "{unknown:?}");
    assert_eq!(home.read("settings.json"), "");
    // The app has a copy of its own, which it saves.
    let _app = Instance::keep_away(home.path()).expect("nobody runs");
    let refused = home.run(&["health", "--set", "interval=3s"]).expect(4);
    assert!(refused.err.contains("is running"), "{refused:?}");
    home.run(&["health"]).expect(0);
}

#[test]
fn a_file_with_values_that_cannot_be_used_is_told_and_the_others_hold() {
    let home = Home::empty();
    let text = r#"{"version":1,"data":{"health":{"all":{"interval":"0s","timeout":"7s"}}}}"#;
    home.write("settings.json", text);
    let said = home.run(&["health"]).expect(0);
    assert!(
        said.err.contains("interval (\"0s\", set for all tunnels)"),
        "{said:?}"
    );
    assert_eq!(holds(&home, "timeout", &[]), pair("7s", "all"));
    assert_eq!(holds(&home, "interval", &[]), pair("30s", "default"));
    assert_eq!(home.read("settings.json"), text);
}

/// A service that fails at `/healthz` and works elsewhere; the first line of each request.
fn service() -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it has one").port();
    let (tell, asked) = mpsc::channel();
    thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&socket).lines().map_while(Result::ok);
            let Some(line) = lines.next() else { continue };
            let _ = lines.find(String::is_empty);
            let status = if line.contains("/healthz") { 500 } else { 200 };
            let _ = write!(
                socket,
                "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            );
            let _ = tell.send(line);
        }
    });
    (port, asked)
}

#[test]
fn a_run_is_looked_after_as_was_said_and_a_wrong_answer_is_the_service_s() {
    let home = Home::new();
    let (port, asked) = service();
    let port = port.to_string();
    let words = ["host", &port, "--json", "--control", "--protocol", "http"];
    let health = [
        "--health",
        "path=/healthz?deep=1",
        "--health",
        "method=GET",
        "--health",
        "expect=200-299",
        "--health",
        "watchdog=1",
        "--health",
        "interval=200ms",
    ];
    let mut host = home.start(&[&words[..], &health].concat());
    let line = host.health("service-down");
    assert_eq!(
        (&line["reason"], &line["status"]),
        (&json!("unexpected-status"), &json!(500))
    );
    // Again and again, and nothing is cut for it.
    for _ in 0..5 {
        let line = asked.recv().expect("it is asked");
        assert_eq!(line, "GET /healthz?deep=1 HTTP/1.1");
    }
    host.put("quit");
    let ended = host.end().expect(0);
    assert!(!ended.out.contains("reconnecting"), "{ended:?}");
    assert!(
        !home.read("tunnels.json").contains("healthz"),
        "it was said for this run"
    );
}

#[test]
fn without_checks_a_service_that_goes_is_told_all_the_same() {
    let home = Home::new();
    let mut service = Service::start("it");
    let target = service.target();
    let words = [
        "host",
        &target,
        "--json",
        "--control",
        "--health",
        "probe=off",
    ];
    let mut host = home.start(&words);
    let line = host.health("unchecked");
    assert_eq!(line["reason"], json!("probe-off"));
    if cfg!(target_os = "linux") {
        service.stop();
        assert_eq!(host.health("service-down")["reason"], json!("refused"));
        service.restart();
        assert_eq!(host.health("unchecked")["reason"], json!("probe-off"));
    }
    host.put("quit");
    let ended = host.end().expect(0);
    assert!(!ended.out.contains("operational"), "{ended:?}");
}
