//! `--provider devtunnel`: the account through the stand-in program, and no service behind it.

use super::kit::{Ended, Home, Running, finish};
use crate::devtunnel_cli::stand_in::StandIn;
use serde_json::{Value, json};
use std::process::Command;

/// The binary with this account, and a service that nobody answers for.
fn command(home: &Home, account: &StandIn, words: &[&str]) -> Command {
    let mut command = home.command(words);
    command
        .env("DEVTUNNEL_BIN", account.program())
        // Port 1 is nobody's.
        .env("UNDERPASS_DEVTUNNEL_URL", "http://localhost:1/");
    command
}

fn run(home: &Home, account: &StandIn, words: &[&str]) -> Ended {
    finish(&mut command(home, account, words))
}

/// Hosts until the service was looked for, and gives what the account was asked.
fn host(home: &Home, account: &StandIn, words: &[&str]) -> Vec<String> {
    let words = [&["host", "--provider", "devtunnel", "--json"], words].concat();
    let mut running = Running::start(&mut command(home, account, &words));
    running.wait_for(&json!({"event": "state", "reason": "relay-unreachable"}));
    running.kill();
    account.calls()
}

#[test]
fn who_is_not_signed_in_is_told_what_to_do() {
    let (home, account) = (Home::new(), StandIn::signed_out());
    for words in [
        &["tunnels", "list", "--provider", "devtunnel"][..],
        &["host", "shop", "--provider", "devtunnel"],
        &["host", "3000", "--provider", "devtunnel"],
    ] {
        let ended = run(&home, &account, words).expect(5);
        assert!(ended.err.contains("devtunnel user login"), "{ended:?}");
    }
    let nowhere = &mut home.command(&["tunnels", "list", "--provider", "devtunnel"]);
    let ended = finish(nowhere.env("DEVTUNNEL_BIN", "/nowhere/devtunnel")).expect(1);
    assert!(ended.err.contains("isn't installed"), "{ended:?}");
}

#[test]
fn a_port_makes_its_tunnel_once_and_hosts_it_again_by_name() {
    let (home, account) = (Home::new(), StandIn::signed_in());
    let calls = host(&home, &account, &["3000", "--name", "shop"]);
    let asked =
        |calls: &[String], what: &str| calls.iter().filter(|call| call.starts_with(what)).count();
    assert_eq!(asked(&calls, "create"), 1, "{calls:?}");
    assert_eq!(asked(&calls, "port create"), 1, "{calls:?}");
    assert_eq!(
        asked(&calls, "list"),
        0,
        "never the whole account: {calls:?}"
    );
    assert_eq!(account.get("tunnels/shop.usw2/anonymous"), json!(false));

    let before = calls.len();
    let calls = host(&home, &account, &["shop"]);
    let again = &calls[before..];
    assert!(again[0].starts_with("show shop"), "{again:?}");
    assert_eq!(asked(again, "create"), 0, "{again:?}");
    assert_eq!(asked(again, "list"), 0, "{again:?}");

    host(&home, &account, &["4000", "--name", "shop", "--public"]);
    assert_eq!(account.get("tunnels/shop.usw2/anonymous"), json!(true));
    let listed = run(
        &home,
        &account,
        &["tunnels", "list", "--provider", "devtunnel", "--json"],
    );
    let listed = listed.expect(0).json();
    assert_eq!(listed[0]["id"], json!("shop.usw2"));
    assert_eq!(listed[0]["ports"].as_array().map(Vec::len), Some(2));
    assert_eq!(listed[0]["remote"]["access"], json!("public"));
}

#[test]
fn a_name_is_asked_for_as_the_same_id_each_time() {
    let long = "a".repeat(55);
    let long = long.as_str();
    for (name, id) in [
        ("dot.ted", "dot-ted"),
        ("Mein Büro", "mein-buro"),
        (long, long),
    ] {
        let (home, account) = (Home::new(), StandIn::signed_in());
        host(&home, &account, &["3000", "--name", name]);
        let calls = host(&home, &account, &["3000", "--name", name]);
        let made = |call: &&String| call.starts_with("create ");
        assert_eq!(calls.iter().filter(made).count(), 1, "{calls:?}");
        // What a person reads off the list, with its cluster and without.
        let before = calls.len();
        host(&home, &account, &[id]);
        let calls = host(&home, &account, &[&format!("{id}.usw2")]);
        let asked: Vec<&String> = calls[before..].iter().collect();
        assert!(
            asked.iter().all(|call| !call.starts_with("create")),
            "{asked:?}"
        );
    }
}

#[test]
fn what_the_account_has_not_is_named() {
    let (home, account) = (Home::new(), StandIn::signed_in());
    let ended = run(
        &home,
        &account,
        &["host", "nobody", "--provider", "devtunnel"],
    )
    .expect(3);
    assert!(ended.err.contains("--name nobody"), "{ended:?}");
    for (words, told) in [
        (
            &["host", "22", "--provider", "devtunnel", "--protocol", "tcp"][..],
            "auto",
        ),
        (
            &["host", "22", "--public"],
            "a provider that lets you say who may visit",
        ),
        (&["host", "22", "--provider", "nobody"], "relay, devtunnel"),
        (&["doctor", "--write"], "a provider that keeps accounts"),
        (
            &["host", "22", "--provider", "devtunnel", "--set", "offer=v3"],
            "both, v1",
        ),
        (
            &["host", "22", "--provider", "devtunnel", "--set", "x=1"],
            "it has offer",
        ),
    ] {
        let ended = run(&home, &account, words).expect(2);
        assert!(ended.err.contains(told), "{ended:?}");
    }
}

#[test]
fn the_doctor_looks_at_the_account_and_leaves_nothing_behind() {
    let (home, account) = (Home::new(), StandIn::signed_in());
    let checks = |more: &[&str]| -> Vec<(String, String)> {
        let words = [&["doctor", "--provider", "devtunnel", "--json"], more].concat();
        let ended = run(&home, &account, &words);
        let word = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
        let lines = ended.json();
        let checks = lines.iter();
        checks
            .map(|line| (word(line, "check"), word(line, "status")))
            .collect()
    };
    let status = |checks: &[(String, String)], check: &str| {
        let mut checks = checks.iter();
        checks
            .find(|(is, _)| is == check)
            .map(|(_, status)| status.clone())
    };
    let read = checks(&[]);
    assert_eq!(status(&read, "devtunnel-program").as_deref(), Some("ok"));
    assert_eq!(status(&read, "devtunnel-account").as_deref(), Some("ok"));
    assert_eq!(status(&read, "devtunnel-list").as_deref(), Some("ok"));
    assert_eq!(status(&read, "devtunnel-service").as_deref(), Some("warn"));
    let wrote = checks(&["--write"]);
    let hosting = status(&wrote, "devtunnel-hosting");
    assert_eq!(hosting.as_deref(), Some("fail"), "there is no service");
    assert_eq!(account.get("tunnels"), json!({}));
}
