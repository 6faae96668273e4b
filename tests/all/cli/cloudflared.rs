//! `underpass host --provider cloudflared` and `--provider tailscale` with the built binary, at
//! stand-ins for their programs.

use super::kit::{Home, Running, Service, finish};
use crate::support::cloudflared::{NAMED, StandIn};
use crate::support::tailscale;
use serde_json::json;
use std::path::Path;
use std::process::Command;

const TOKEN: &str = "eyJhIjoiYWNjb3VudCIsInQiOiJ0dW5uZWwiLCJzIjoic2VjcmV0In0";

fn host(home: &Home, provider: &str, program: &Path, words: &[&str]) -> Command {
    let usual = [
        "host",
        "--provider",
        provider,
        "--name",
        "web",
        "--probe",
        "off",
        "--json",
        "--control",
    ];
    let words: Vec<&str> = usual.iter().chain(words).copied().collect();
    let mut command = home.command(&words);
    command
        .env("CLOUDFLARED_BIN", program)
        .env("TAILSCALE_BIN", program);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn it_hosts_recovers_with_another_url_and_stops_with_nothing_left() {
    let (home, service, stand_in) = (Home::new(), Service::start("hello"), StandIn::start().await);
    let target = service.target();
    let mut host = Running::start(&mut host(
        &home,
        "cloudflared",
        &stand_in.program(),
        &[&target],
    ));
    host.state("hosting");
    let url = host.find(&json!({"event": "url"}));
    assert_eq!(url["url"], json!("https://calm-river-1.trycloudflare.com"));
    stand_in.die(1).await;
    host.wait_for(&json!({"event": "state", "reason": "process-exited"}));
    host.wait_for(&json!({"event": "url", "url": "https://calm-river-2.trycloudflare.com"}));
    let alive = stand_in.alive();
    host.put("stop web");
    host.state("stopped");
    alive.gone().await;
    host.put("quit");
    host.end().expect(0);
    let records = home.run(&["audit", "--json"]).expect(0).json();
    let told: Vec<(&str, &str)> = records
        .iter()
        .map(|record| {
            (
                record["kind"].as_str().unwrap_or(""),
                record["reason"].as_str().unwrap_or(""),
            )
        })
        .collect();
    assert_eq!(told[0].0, "tunnel.up", "{told:?}");
    assert_eq!(told[1], ("tunnel.down", "process_exited"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_public_behind_a_crash() {
    let (home, stand_in) = (Home::new(), StandIn::start().await);
    let mut host = Running::start(&mut host(
        &home,
        "cloudflared",
        &stand_in.program(),
        &["3000"],
    ));
    host.state("hosting");
    let alive = stand_in.alive();
    host.kill();
    alive.gone().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_gets_into_nothing_that_is_written() {
    let (home, stand_in) = (Home::new(), StandIn::start().await);
    stand_in.says(NAMED);
    home.write("token", TOKEN);
    let set = format!("token=@{}", home.path().join("token").display());
    let words = ["3000", "--set", &set, "--set", "hostname=app.example.org"];
    let mut host = Running::start(&mut host(&home, "cloudflared", &stand_in.program(), &words));
    host.state("hosting");
    let url = host.find(&json!({"event": "url"}));
    assert_eq!(url["url"], json!("https://app.example.org"));
    assert!(stand_in.environment().contains(TOKEN));
    host.put("quit");
    let ended = host.end().expect(0);
    for text in [
        &home.logs(),
        &ended.out,
        &ended.err,
        &home.read("audit.jsonl"),
        &stand_in.started().join("\n"),
    ] {
        assert!(!text.contains(TOKEN));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_there_says_what_to_install() {
    let home = Home::new();
    let mut command = host(&home, "cloudflared", Path::new(""), &["3000"]);
    let mut host = Running::start(command.env("PATH", home.path()).env("HOME", home.path()));
    let failed = host.state("failed");
    assert_eq!(failed["reason"], json!("not-installed"));
    host.put("quit");
    host.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_funnel_hosts_and_says_what_it_waits_for() {
    let (home, stand_in) = (Home::new(), tailscale::StandIn::start());
    let mut host = Running::start(&mut host(
        &home,
        "tailscale",
        &stand_in.program(),
        &["3000"],
    ));
    host.state("hosting");
    let url = host.find(&json!({"event": "url"}));
    assert_eq!(url["url"], json!("https://box.tail1234.ts.net"));
    stand_in.status(r#"{"BackendState":"Stopped"}"#);
    stand_in.die(0).await;
    let waits = host.wait_for(&json!({"event": "state", "reason": "not-ready"}));
    assert!(
        waits["detail"]
            .as_str()
            .is_some_and(|said| said.contains("tailscale up")),
        "{waits}"
    );
    stand_in.status(tailscale::RUNNING);
    host.state("hosting");
    let alive = stand_in.alive();
    host.kill();
    alive.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_asks_the_program() {
    let (home, stand_in) = (Home::new(), StandIn::start().await);
    stand_in.does("case $1 in version) echo 2026.8.2;; esac");
    stand_in.says("");
    let asked = |program: &Path| {
        let mut command = home.command(&["doctor", "--provider", "cloudflared"]);
        finish(command.env("CLOUDFLARED_BIN", program)).out
    };
    let said = asked(&stand_in.program());
    assert!(said.contains("2026.8.2"), "{said}");
    let said = asked(&home.path().join("none"));
    assert!(said.contains("CLOUDFLARED_BIN names "), "{said}");
    let stand_in = tailscale::StandIn::start();
    stand_in
        .is("case $1 in version) echo 1.103.0;; *) echo '{\"BackendState\":\"Stopped\"}';; esac");
    let mut command = home.command(&["doctor", "--provider", "tailscale"]);
    let said = finish(command.env("TAILSCALE_BIN", stand_in.program())).out;
    assert!(said.contains("tailscale up"), "{said}");
}
