//! `underpass host --provider manual`: a URL that somebody else serves.

use super::kit::{Home, Service};
use serde_json::json;

#[test]
fn nothing_of_ours_dresses_what_somebody_else_serves() {
    let home = Home::new();
    let tunnel = json!([{"id": "theirs", "name": "theirs", "provider": "manual", "ports": [],
        "created_at": 1, "chosen": {"options": {"url": "https://a.b/"}}}]);
    let file = json!({"version": 1, "data": tunnel}).to_string();
    home.write("tunnels.json", &file);
    let words = ["tunnels", "port", "add", "theirs", "3000", "--host-header"];
    let said = home.run(&[&words[..], &["keep"]].concat()).expect(1).err;
    assert!(said.contains("manual has no --host-header"), "{said}");
    assert_eq!(home.read("tunnels.json"), file);
}

#[test]
fn a_url_of_somebody_else_is_watched_and_never_hosted() {
    let (home, mut service) = (Home::new(), Service::start("theirs"));
    let url = format!("url=http://localhost:{}/", service.port());
    let words = [
        "host",
        "--provider",
        "manual",
        "--set",
        &url,
        "--name",
        "theirs",
        "--json",
        "--control",
    ];
    let mut host = home.start(&words);
    host.state("watching");
    assert!(host.url().starts_with("http://localhost:"));
    host.health("operational");
    service.stop();
    host.health("down");
    service.restart();
    host.health("operational");
    host.put("stop theirs");
    host.state("stopped");
    host.put("host theirs");
    host.state("watching");
    host.put("quit");
    let ended = host.end().expect(0);
    assert!(!ended.out.contains("hosting"), "{}", ended.out);
    let records = home.run(&["audit", "--json"]).expect(0).json();
    let kinds: Vec<&str> = records
        .iter()
        .filter_map(|record| record["kind"].as_str())
        .collect();
    let (up, down) = ("tunnel.up", "tunnel.down");
    assert_eq!(kinds, [up, "tunnel.manual_stop", down, up, down]);
    assert_eq!(records[0]["provider"], json!("manual"));
}

#[test]
fn with_a_local_port_it_is_told_whose_side_is_down() {
    let (home, theirs) = (Home::new(), Service::start("theirs"));
    let mut own = Service::start("mine");
    let url = format!("url=http://localhost:{}/", theirs.port());
    let target = own.target();
    let words = [
        "host",
        &target,
        "--provider",
        "manual",
        "--set",
        &url,
        "--json",
        "--control",
    ];
    let mut host = home.start(&words);
    host.state("watching");
    host.health("operational");
    own.stop();
    drop(theirs);
    host.health("down");
}

#[test]
fn what_is_no_url_and_what_lacks_one_is_refused() {
    let home = Home::new();
    let said = |words: &[&str]| home.run(words).expect(2).err;
    assert!(said(&["host", "--provider", "manual"]).contains("--set url=https://"));
    let secret = said(&[
        "host",
        "--provider",
        "manual",
        "--set",
        "url=https://u:p@a.b/",
    ]);
    assert!(secret.contains("https://app.example.org/"), "{secret}");
    for (option, value) in [("--host-header", "rewrite"), ("--proxy-protocol", "v2")] {
        let words = ["host", "--provider", "manual", "--set", "url=https://a.b/"];
        let refused = said(&[&words[..], &[option, value]].concat());
        assert!(refused.contains("manual has no --host-header"), "{refused}");
        assert!(refused.contains("it takes --set url"), "{refused}");
    }
    assert!(said(&["host", "--provider", "relay"]).contains("TARGET"));
    assert!(said(&["host"]).contains("TARGET"));
}
