//! `underpass host`, from the first line to the last.

use super::kit::{Home, Running, Service, free_port, get, token};
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader};
use std::process::Stdio;

#[test]
fn a_port_is_served_and_its_lines_follow_what_happens() {
    let (home, mut service) = (Home::new(), Service::start("hello"));
    let id = format!("port-{}", service.port());
    let mut host = home.start(&["host", &service.target(), "--json", "--control"]);
    let first = host.state("connecting");
    assert_eq!(first["tunnel"], json!(id));
    let at = first["at"].as_str().expect("a time");
    assert!(at.parse::<jiff::Timestamp>().is_ok(), "{at}");
    host.wait_for(&json!({"event": "progress", "phase": "forwarding-ports"}));
    host.state("hosting");
    let url = host.url();
    assert!(url.starts_with(&format!("http://{id}.localhost:")), "{url}");
    assert_eq!(get(&url), (200, "hello".to_owned()));
    assert_eq!(host.health("operational")["status"], json!(200));

    service.stop();
    let down = host.health("service-down");
    assert_eq!(
        (&down["status"], &down["port"]),
        (&json!(502), &json!(service.port()))
    );
    assert_eq!(get(&url).0, 502);
    service.restart();
    host.health("operational");
    assert_eq!(get(&url).1, "hello");

    host.put(&format!("drop {id}"));
    let held = host.state("held");
    let until = held["until"].as_str().expect("a time");
    let until: jiff::Timestamp = until.parse().expect("RFC 3339");
    let from: jiff::Timestamp = held["at"].as_str().expect("a time").parse().expect("too");
    assert!(until > from, "{held}");
    host.state("hosting");
    assert_eq!(host.url(), url);
    assert_eq!(get(&url).1, "hello");

    host.put(&format!("stop {id}"));
    host.state("stopped");
    // The line comes with the word, the goodbye a moment later.
    let gone = |status: &u16| matches!(status, 404 | 503);
    std::iter::repeat_with(|| get(&url).0)
        .find(gone)
        .expect("it goes");
    host.put(&format!("host {id}"));
    assert_eq!(host.url(), url);
    host.put(&format!("reconnect {id}"));
    host.state("hosting");
    assert_eq!(host.url(), url);
    assert_eq!(get(&url).1, "hello");
    for wrong in ["stop nobody", "explode", &"x".repeat(5_000)] {
        host.put(wrong);
        let said = host.wait_for(&json!({"event": "error"}));
        assert!(
            said["message"]
                .as_str()
                .is_some_and(|text| text.len() < 400),
            "{said}"
        );
    }
    host.put("quit");
    let ended = host.end().expect(0);
    assert!(
        ended
            .out
            .ends_with(&format!(r#""tunnel":"{id}","state":"stopped"}}"#)),
        "{ended:?}"
    );
    check_what_is_left(&home, &id, &ended.out);
}

/// The audit log is whole and told why each session ended; no secret is where it must not be.
fn check_what_is_left(home: &Home, id: &str, out: &str) {
    let verdict = home.run(&["audit", "--verify", "--json"]).expect(0).json();
    assert_eq!(verdict[0]["ok"], json!(true));
    let records = home.run(&["audit", "--json"]).expect(0).json();
    assert!(records.iter().all(|record| record["tunnel"] == json!(id)));
    let of = |kind: &str| {
        records
            .iter()
            .filter(|record| record["kind"] == json!(kind))
            .count()
    };
    assert_eq!(of("tunnel.up"), of("tunnel.down"));
    assert_eq!((of("tunnel.held"), of("tunnel.resumed")), (1, 1));
    assert_eq!(
        (of("tunnel.manual_stop"), of("tunnel.manual_reconnect")),
        (1, 1)
    );
    let last = records.last().expect("there are some");
    assert_eq!(
        (&last["kind"], &last["reason"]),
        (&json!("tunnel.down"), &json!("stopped"))
    );

    let at: Value = serde_json::from_str(&home.read("embedded-relay.json")).expect("JSON");
    let join = at["data"]["join"].as_str().expect("a link");
    for text in [&home.logs(), out, &home.read("audit.jsonl")] {
        assert!(!text.is_empty() && !text.contains(token(join)));
    }
}

#[test]
fn a_name_with_spaces_and_umlauts_and_several_ports_make_one_tunnel() {
    let (home, shop, api) = (Home::new(), Service::start("shop"), Service::start("api"));
    let words = [
        "host",
        &shop.target(),
        &api.target(),
        "--name",
        "Mein Büro",
        "--json",
        "--control",
    ];
    let mut host = home.start(&words);
    let (first, second) = (host.url(), host.url());
    let urls = [first, second];
    let of = |label: &str| {
        let start = format!("http://{label}.localhost:");
        urls.iter()
            .find(|url| url.starts_with(&start))
            .expect(label)
    };
    assert_eq!(get(of("mein-buro")).1, "shop");
    assert_eq!(get(of(&format!("mein-buro-{}", api.port()))).1, "api");
    host.close_stdin();
    host.end().expect(0);
}

#[test]
fn a_saved_tunnel_is_hosted_by_its_name_and_stays_as_it_was() {
    let (home, service) = (Home::new(), Service::start("saved"));
    home.run(&["tunnels", "create", "My shop", &service.target()])
        .expect(0);
    let before = home.read("tunnels.json");
    let mut host = home.start(&["host", "My shop", "--json", "--control"]);
    let url = host.url();
    assert!(url.starts_with("http://my-shop.localhost:"), "{url}");
    assert_eq!(get(&url).1, "saved");
    host.put("quit");
    host.end().expect(0);
    assert_eq!(home.read("tunnels.json"), before);
    assert!(!home.names().iter().any(|name| name == "hosted.json"));
}

#[test]
fn a_tcp_port_gets_the_public_port_it_asks_for() {
    let (home, service) = (Home::new(), Service::start("raw"));
    let wanted = free_port();
    home.write(
        "settings.json",
        &format!(r#"{{"version":1,"data":{{"relay":{{"http_port":0,"tcp_ports":[{wanted},{wanted}]}}}}}}"#),
    );
    let public = wanted.to_string();
    let words = [
        "host",
        &service.target(),
        "--protocol",
        "tcp",
        "--public-port",
        &public,
        "--json",
        "--control",
    ];
    let mut host = home.start(&words);
    let url = host.url();
    assert_eq!(url, format!("tcp://localhost:{wanted}"));
    assert_eq!(get(&format!("http://127.0.0.1:{wanted}/")).1, "raw");
    host.put("quit");
    host.end().expect(0);
}

#[test]
fn signals_end_it_cleanly_and_standard_input_is_ignored_without_control() {
    for signal in ["INT", "TERM"] {
        let (home, service) = (Home::new(), Service::start("hello"));
        let mut host = home.start(&["host", &service.target(), "--json"]);
        host.put("quit");
        host.close_stdin();
        host.health("operational");
        host.signal(signal);
        host.end().expect(0);
        let records = home
            .run(&["audit", "--json", "--tail", "1"])
            .expect(0)
            .json();
        assert_eq!(records[0]["reason"], json!("stopped"), "{signal}");
    }
}

#[test]
fn an_end_while_the_relay_starts_is_a_clean_one() {
    let home = Home::new();
    for _ in 0..10 {
        let ended = home.run(&["host", "9", "--json", "--control"]).expect(0);
        assert_eq!(ended.err, "");
    }
    assert!(!home.logs().contains("panicked"));
    home.run(&["audit", "--verify"]).expect(0);
}

#[test]
fn a_script_reads_the_url_alone_and_is_told_when_it_does_not_come() {
    let (home, service) = (Home::new(), Service::start("hello"));
    let target = service.target();
    let words = [
        "host",
        &target,
        "--url-only",
        "--timeout",
        "60",
        "--control",
    ];
    let mut host = home.start(&words);
    let url = host.wait_for_text("http://");
    assert_eq!(get(&url), (200, "hello".to_owned()));
    host.put("quit");
    assert_eq!(host.end().expect(0).out.trim(), url);
    // No relay answers there, and it is tried again and again.
    let nobody = format!("underpass://t@127.0.0.1:9#{}", "0a".repeat(32));
    let words = [
        "host",
        &target,
        "--relay",
        &nobody,
        "--timeout",
        "1",
        "--json",
    ];
    let ended = home.run(&words).expect(6);
    let lines = ended.json();
    let late = lines.iter().find(|line| line["event"] == "error");
    let late = late.expect("it is told");
    assert_eq!(
        (&late["code"], &late["exit"]),
        (&json!("timed-out"), &json!(6))
    );
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let (home, mut service) = (Home::new(), Service::start("hello"));
    let mut command = home.command(&["host", &service.target(), "--json"]);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let is_up = |line: io::Result<String>| line.expect("text").contains("operational");
    assert!(lines.any(is_up));
    drop(lines);
    // Something to say to nobody.
    service.stop();
    let ended = child.wait_with_output().expect("it ends");
    let err = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!((ended.status.code(), err.as_str()), (Some(1), ""));
    assert!(home.read("audit.jsonl").contains("stopped"));
}

#[test]
fn people_read_the_url_first() {
    let (home, mut service) = (Home::new(), Service::start("hello"));
    let mut command = home.command(&["host", &service.target(), "--name", "shop"]);
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    let first = next();
    let (_, text) = first.split_once("  ").expect("time, then text");
    assert!(text.starts_with("shop  http://shop.localhost:"), "{first}");
    assert!(
        text.ends_with(&format!(" → localhost:{}", service.port())),
        "{first}"
    );
    let reach = next();
    assert!(reach.contains("Only on this computer."), "{reach}");
    service.stop();
    let second = next();
    assert!(
        second.contains("Your side: nothing listens on localhost:"),
        "{second}"
    );
    service.restart();
    let third = next();
    assert!(third.contains("working: 200 in "), "{third}");
    child.kill().expect("it lives");
    child.wait().expect("it is dead");
}

#[test]
fn two_at_once_share_the_relay_and_one_takes_it_over_after_the_other() {
    let (home, one, two) = (Home::new(), Service::start("one"), Service::start("two"));
    let start = |service: &Service| -> Running {
        home.start(&["host", &service.target(), "--json", "--control"])
    };
    let mut first = start(&one);
    let first_url = first.url();
    let mut second = start(&two);
    let second_url = second.url();
    let port = |url: &str| url.rsplit_once(':').expect("a port").1.to_owned();
    assert_eq!(port(&first_url), port(&second_url));
    first.put("quit");
    first.end().expect(0);
    // The relay went with the first; the second starts it again, at the same place.
    second.state("reconnecting");
    assert_eq!(second.url(), second_url);
    assert_eq!(get(&second_url).1, "two");
    second.put("quit");
    second.end().expect(0);
}

#[test]
fn a_second_start_of_a_tunnel_is_refused_and_takes_nothing_from_the_first() {
    let (home, service) = (Home::new(), Service::start("one"));
    let target = service.target();
    let mut first = home.start(&["host", &target, "--json", "--control"]);
    let url = first.url();
    let process = first.pid().to_string();

    let json = home.run(&["host", &target, "--json"]).expect(4).json();
    let refused = json.iter().find(|line| line["state"] == "displaced");
    let refused = refused.expect("it is told");
    assert_eq!(refused["reason"], json!("hosted-here"));
    assert_eq!(
        (&refused["process"], &refused["by"]),
        (&json!(first.pid()), &json!("host"))
    );
    let text = home.run(&["host", &target]).expect(4);
    assert!(
        text.err.contains(&process) && text.err.contains("in a terminal"),
        "it names who hosts it: {text:?}"
    );
    assert_eq!(get(&url), (200, "one".to_owned()));

    let mut third = home.start(&["host", &target, "--take-over", "--json", "--control"]);
    assert_eq!(third.url(), url);
    assert_eq!(first.state("displaced")["reason"], json!("taken-over"));
    assert_eq!(get(&url), (200, "one".to_owned()));
    third.put("quit");
    third.end().expect(0);
    first.put("quit");
    first.end().expect(0);
    let records = home.run(&["audit", "--json"]).expect(0).json();
    let downs = records
        .iter()
        .filter(|record| record["kind"] == "tunnel.down");
    let mut reasons: Vec<_> = downs.map(|record| record["reason"].to_string()).collect();
    // Two processes write them.
    reasons.sort();
    assert_eq!(reasons, [r#""displaced""#, r#""stopped""#]);
}
