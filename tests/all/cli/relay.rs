//! `underpass relay` and hosts that join it.

use super::kit::{Ended, Home, Running, Service, folder, get, token};
use serde_json::json;

/// A relay of its own process, and the home it has its data in.
struct Relay {
    home: Home,
    running: Running,
    link: String,
    http: String,
    join: String,
}

impl Relay {
    fn start() -> Self {
        Self::start_at(Home::empty(), "127.0.0.1:0", "127.0.0.1:0")
    }

    fn start_at(home: Home, link: &str, http: &str) -> Self {
        let words = [
            "relay",
            "--listen",
            link,
            "--http",
            http,
            "--tcp-ports",
            "0-0",
            "--json",
        ];
        let mut running = home.start(&words);
        let up = running.wait_for(&json!({"event": "listening"}));
        let text = |name: &str| up[name].as_str().expect("text").to_owned();
        Self {
            link: text("link"),
            http: text("http"),
            join: text("join"),
            home,
            running,
        }
    }

    /// Starts it again, with the data and at the addresses it had.
    fn again(home: Home, link: &str, http: &str) -> Self {
        Self::start_at(home, link, http)
    }

    /// Where it is, it has written down itself.
    fn add_account(&self, name: &str) -> String {
        let ended = self.home.run(&["relay", "account", "add", name]).expect(0);
        ended.out.lines().last().expect("a link").to_owned()
    }

    fn account(&self, words: &[&str]) -> Ended {
        self.home.run(&[&["relay", "account"], words].concat())
    }
}

fn host(home: &Home, service: &Service, join: &str, more: &[&str]) -> Running {
    let target = service.target();
    let mut words = vec!["host", &target, "--name", "shop", "--relay", join, "--json"];
    words.extend(more);
    home.start(&words)
}

/// Hosts until it gives up by itself.
fn host_in_vain(home: &Home, service: &Service, join: &str, code: i32) -> Ended {
    host(home, service, join, &[]).end().expect(code)
}

#[test]
fn a_host_survives_the_relays_death_with_its_url() {
    let (home, service) = (Home::new(), Service::start("joined"));
    let relay = Relay::start();
    // From the environment, where no process list shows it.
    let mut command = home.command(&["host", &service.target(), "--json", "--control"]);
    let mut host = Running::start(command.env("UNDERPASS_RELAY", &relay.join));
    let url = host.url();
    assert!(
        url.ends_with(&format!(
            "{}/",
            relay.http.rsplit_once(':').expect("a port").1
        )),
        "{url}"
    );
    assert_eq!(get(&url).1, "joined");
    let Relay {
        home: data,
        running,
        link,
        http,
        join,
    } = relay;
    running.kill();
    host.state("held");
    let relay = Relay::again(data, &link, &http);
    // It knows nothing of the session.
    host.state("reconnecting");
    assert_eq!(
        (&relay.link, &relay.http, &relay.join),
        (&link, &http, &join)
    );
    assert_eq!(host.url(), url);
    assert_eq!(get(&url).1, "joined");

    relay.running.signal("TERM");
    let lost = host.state("reconnecting");
    assert_eq!(lost["reason"], json!("relay-shut-down"));
    relay.running.end().expect(0);
    host.put("quit");
    let ended = host.end().expect(0);
    home.run(&["audit", "--verify"]).expect(0);
    let logs = [home.logs(), relay.home.logs()];
    for text in [
        &logs[0],
        &logs[1],
        &ended.out,
        &ended.err,
        &home.read("audit.jsonl"),
    ] {
        assert!(!text.contains(token(&join)));
    }
    assert!(logs.iter().all(|log| !log.is_empty()));
}

#[test]
fn a_wrong_token_asks_for_another_one() {
    let (home, service, relay) = (Home::new(), Service::start("x"), Relay::start());
    let wrong = relay
        .join
        .replace(token(&relay.join), "s3crets3crets3crets3cret");
    let ended = host_in_vain(&home, &service, &wrong, 5);
    assert!(
        ended
            .out
            .contains(r#""state":"sign-in","reason":"token-refused""#),
        "{ended:?}"
    );
    assert!(!ended.out.contains("s3cret") && !ended.err.contains("s3cret"));
    assert!(!home.logs().contains("s3cret") && !relay.home.logs().contains("s3cret"));
    home.run(&["audit", "--verify"]).expect(0);
    // A program that looks after it decides itself when it ends.
    let mut stays = host(&home, &service, &wrong, &["--control"]);
    stays.state("sign-in");
    stays.put("quit");
    stays.end().expect(0);
}

#[test]
fn a_name_belongs_to_one_account() {
    let relay = Relay::start();
    let alice = relay.add_account("alice");
    let (home, service) = (Home::new(), Service::start("owner"));
    let mut owner = host(&home, &service, &relay.join, &["--control"]);
    let url = owner.url();
    let other = Home::new();
    let ended = host_in_vain(&other, &Service::start("alice"), &alice, 7);
    assert!(
        ended
            .out
            .contains(r#""state":"failed","reason":"name-taken""#),
        "{ended:?}"
    );
    assert_eq!(get(&url).1, "owner");
    other.run(&["audit", "--verify"]).expect(0);

    relay
        .home
        .run(&["relay", "account", "remove", "alice"])
        .expect(0);
    let ended = host_in_vain(&other, &service, &alice, 5);
    assert!(ended.out.contains(r#""state":"sign-in""#), "{ended:?}");
}

#[test]
fn another_machine_takes_over_only_when_it_is_told_to() {
    let relay = Relay::start();
    let (one, two) = (Service::start("one"), Service::start("two"));
    let (here, there) = (Home::new(), Home::new());
    let mut first = host(&here, &one, &relay.join, &[]);
    let url = first.url();
    let ended = host_in_vain(&there, &two, &relay.join, 8);
    assert!(
        ended
            .out
            .contains(r#""state":"displaced","reason":"hosted-elsewhere""#),
        "{ended:?}"
    );
    assert_eq!(get(&url).1, "one");
    let mut second = host(&there, &two, &relay.join, &["--take-over", "--control"]);
    assert_eq!(second.url(), url);
    assert_eq!(get(&url).1, "two");
    first.wait_for(&json!({"event": "state", "state": "displaced", "reason": "taken-over"}));
    first.end().expect(8);
    second.put("quit");
    second.end().expect(0);
}

#[test]
fn the_joined_relay_of_the_settings_is_used_with_its_kept_token() {
    let (home, service, relay) = (Home::new(), Service::start("kept"), Relay::start());
    let (_, address) = relay.join.rsplit_once('@').expect("an address");
    home.write(
        "settings.json",
        &format!(r#"{{"version":1,"data":{{"relay":{{"joined":"{address}"}}}}}}"#),
    );
    let without = home
        .start(&["host", &service.target(), "--json"])
        .end()
        .expect(5);
    assert!(without.out.contains(r#""state":"sign-in""#), "{without:?}");
    let secret = format!(
        r#"{{"version":1,"data":{{"relay-token":"{}"}}}}"#,
        token(&relay.join)
    );
    home.write("secrets.json", &secret);
    let mut host = home.start(&["host", &service.target(), "--json", "--control"]);
    assert_eq!(get(&host.url()).1, "kept");
    let doctor = home.run(&["doctor", "--json"]).expect(0);
    let joined = doctor
        .json()
        .into_iter()
        .find(|line| line["check"] == "joined-relay");
    assert_eq!(joined.expect("it is checked")["status"], json!("ok"));
    host.put("quit");
    host.end().expect(0);
    assert!(!home.logs().contains(token(&relay.join)));
}

#[test]
fn whoever_is_removed_or_gets_a_new_link_is_cut_off_at_once() {
    let relay = Relay::start();
    let (home, service) = (Home::new(), Service::start("alice"));
    let alice = relay.add_account("alice");
    let mut first = host(&home, &service, &alice, &[]);
    let url = first.url();
    assert_eq!(get(&url).1, "alice");
    let rotated = relay.account(&["rotate", "alice", "--json"]).expect(0);
    let line = &rotated.json()[0];
    assert_eq!(line["event"], json!("rotated"));
    let again = line["join"].as_str().expect("a link").to_owned();
    first.wait_for(&json!({"event": "state", "state": "sign-in", "reason": "token-refused"}));
    first.end().expect(5);
    let mut second = host(&home, &service, &again, &[]);
    assert_eq!(second.url(), url, "names stay the account's");
    relay.account(&["remove", "alice"]).expect(0);
    second.wait_for(&json!({"event": "state", "state": "sign-in", "reason": "token-refused"}));
    second.end().expect(5);
    assert_ne!(get(&url).0, 200);

    let mut owner = host(&home, &service, &relay.join, &[]);
    owner.url();
    let removed = relay.account(&["remove", "owner"]).expect(1);
    assert!(removed.err.contains("rotate owner"), "{removed:?}");
    relay.account(&["rotate", "owner"]).expect(0);
    owner.end().expect(5);
    let log = relay.home.logs();
    assert!(log.contains("alice"), "the log names the account");
    for link in [&alice, &again, &relay.join] {
        assert!(!log.contains(token(link)));
    }
}

#[test]
fn accounts_are_listed_and_only_where_a_relay_has_run() {
    let relay = Relay::start();
    relay.add_account("alice");
    assert_eq!(relay.account(&["list"]).expect(0).out, "owner\nalice\n");
    let listed = relay.account(&["list", "--json"]).expect(0).json();
    let names: Vec<_> = listed.iter().map(|line| &line["name"]).collect();
    assert_eq!(names, ["owner", "alice"]);
    assert_ne!(listed[1]["id"], json!("alice"));

    let home = Home::empty();
    for words in [&["list"][..], &["add", "bob"], &["rotate", "owner"]] {
        let refused = home.run(&[&["relay", "account"], words].concat()).expect(1);
        assert!(refused.err.contains("No relay has used"), "{refused:?}");
        assert!(!folder(&home, "relay-server").exists(), "nothing is made");
    }
    let data = folder(&relay.home, "relay-server");
    let data = data.to_str().expect("text");
    let elsewhere = home.run(&["relay", "--data", data, "account", "list"]);
    assert_eq!(elsewhere.expect(0).out, "owner\nalice\n");
}

#[test]
fn the_owners_link_is_said_once_to_whoever_may_read_along() {
    let home = Home::empty();
    let start = || {
        let words = ["relay", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
        let mut relay = home.start(&[&words[..], &["--tcp-ports", "0-0"]].concat());
        relay.wait_for_text("Join link");
        relay.signal("TERM");
        relay.end().expect(0).out
    };
    assert!(start().contains("underpass://"));
    let again = start();
    assert!(
        !again.contains("underpass://") && again.contains("rotate owner"),
        "{again}"
    );
}

#[test]
fn a_relay_that_cannot_start_says_why() {
    let relay = Relay::start();
    let home = Home::empty();
    let said = home
        .run(&["relay", "--listen", &relay.link, "--http", "127.0.0.1:0"])
        .expect(1);
    assert!(
        said.err.contains("in use") && said.err.contains("--listen"),
        "{said:?}"
    );
    home.write("no-folder", "");
    let data = folder(&home, "no-folder");
    let data = data.to_str().expect("text");
    let said = home.run(&[
        "relay",
        "--listen",
        "127.0.0.1:0",
        "--http",
        "127.0.0.1:0",
        "--data",
        data,
    ]);
    assert!(said.expect(1).err.contains("--data"));
    let any = ["relay", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    let second = relay.home.run(&any).expect(4);
    assert!(second.err.contains("Another relay is using"), "{second:?}");
}
