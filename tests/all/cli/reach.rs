//! For whom a tunnel is: what the built binary says beside the URL, and what it refuses.

use super::kit::{Home, Running, Service, finish, get};
use crate::support::cloudflared::{SERVES, StandIn};
use serde_json::json;

#[test]
fn a_url_says_for_whom_it_is_and_the_network_has_one_of_its_own() {
    let (home, service) = (Home::new(), Service::start("hello"));
    let target = service.target();
    let usual = ["host", &target, "--name", "web", "--json", "--control"];
    let mut host = home.start(&usual);
    let url = host.find(&json!({"event": "url"}));
    assert_eq!(url["reach"], json!("here"), "{url}");
    assert_eq!(url.get("lan_url"), None, "{url}");
    host.put("quit");
    host.end().expect(0);

    let mut command = home.command(&usual);
    let mut host = Running::start(command.env("UNDERPASS_REACH", "network"));
    let url = host.find(&json!({"event": "url"}));
    assert_eq!(url["reach"], json!("network"), "{url}");
    // A computer without a network has no address there.
    if let Some(lan_url) = url["lan_url"].as_str() {
        assert_eq!(get(lan_url), (200, "hello".to_owned()));
    }
    host.put("quit");
    host.end().expect(0);
    let settings = home.read("settings.json");
    assert!(!settings.contains(r#""lan":true"#), "it was for that run");
}

#[test]
fn the_line_below_the_url_says_it_in_words() {
    let (home, service) = (Home::new(), Service::start("hello"));
    let mut host = home.start(&["host", &service.target(), "--name", "web", "--control"]);
    let url = host.wait_for_text(".localhost:");
    assert!(url.contains(&service.target()), "{url}");
    let said = host.wait_for_text("Only on this computer.");
    assert!(said.contains("--reach network"), "{said}");
    host.put("quit");
    host.end().expect(0);
}

#[test]
fn what_is_for_others_than_was_asked_for_is_refused() {
    let home = Home::new();
    let refused = |words: &[&str], code| {
        let words: Vec<&str> = ["host", "3000"].iter().chain(words).copied().collect();
        home.run(&words).expect(code).err
    };
    for provider in ["bore", "cloudflared"] {
        let said = refused(&["--provider", provider, "--reach", "here"], 1);
        assert!(said.contains("not limited to this computer"), "{said}");
    }
    let local = ["--provider", "bore", "--set", "server=10.0.0.9:9"];
    let said = refused(&[&local[..], &["--reach", "internet"]].concat(), 1);
    assert!(
        said.contains("can't be reached from the internet"),
        "{said}"
    );
    let said = refused(&["--reach", "everywhere"], 2);
    assert!(said.contains("internet"), "{said}");
    let link = format!("underpass://t0ken@127.0.0.1:7443#{}", "0a".repeat(32));
    let said = refused(&["--reach", "here", "--relay", &link], 2);
    assert!(
        said.contains("--reach here") && !said.contains("t0ken"),
        "{said}"
    );
    let mut command = home.command(&["host", "3000"]);
    let ended = finish(command.env("UNDERPASS_REACH", "lan")).expect(2);
    assert!(ended.err.contains("UNDERPASS_REACH"), "{}", ended.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_internet_is_reached_by_the_first_way_that_works_and_that_is_said() {
    let (home, service, stand_in) = (Home::new(), Service::start("hello"), StandIn::start().await);
    // Asked for its version it answers and is over.
    let answers = "case $1 in version) echo 2026.8.2; exit 0;; esac";
    stand_in.does(&format!("{answers}\n{SERVES}"));
    let target = service.target();
    let mut command = home.command(&[
        "host",
        &target,
        "--name",
        "web",
        "--reach",
        "internet",
        "--probe",
        "off",
        "--json",
        "--control",
    ]);
    let mut host = Running::start(command.env("CLOUDFLARED_BIN", stand_in.program()));
    let url = host.find(&json!({"event": "url"}));
    assert_eq!(url["url"], json!("https://calm-river-2.trycloudflare.com"));
    assert_eq!(url["reach"], json!("internet"));
    host.put("quit");
    let ended = host.end().expect(0);
    let said = "Using Cloudflare quick tunnel to reach the internet, without an account: encrypted";
    assert!(ended.err.contains(said), "{}", ended.err);
}
