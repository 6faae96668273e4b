//! What a person gets wrong: a clear error, the right exit code, nothing lost and no secret shown.

use super::kit::{Home, Service, get};
use crate::support::schema;
use serde_json::json;

const USAGE: i32 = 2;
const NOT_FOUND: i32 = 3;
const REFUSED: i32 = 7;

fn link(address: &str) -> String {
    format!("underpass://s3cret@{address}#{}", "0a".repeat(32))
}

#[test]
fn what_is_no_port_is_refused_with_what_a_port_is() {
    let home = Home::new();
    for bad in ["0", "70000", "localhost:0", "localhost:70000", "-1"] {
        let said = home.run(&["host", "--", bad]).expect(USAGE);
        assert!(said.err.contains("from 1 to 65535"), "{bad}: {said:?}");
        assert!(said.err.contains("underpass host"), "{bad}: {said:?}");
        assert_eq!(said.out, "");
    }
    let said = home.run(&["host", "abc"]).expect(NOT_FOUND);
    assert!(said.err.contains("“abc” isn't a port"), "{said:?}");
    let said = home.run(&["host", "3000", "3000"]).expect(USAGE);
    assert!(said.err.contains("already has port 3000"), "{said:?}");
    assert!(!home.names().contains(&"audit.jsonl".to_owned()));
}

#[test]
fn a_program_reads_in_a_line_why_nothing_is_hosted() {
    let home = Home::new();
    let refused: [&[&str]; 6] = [
        &["funnel", "--json"],
        &["host", "--json", "0"],
        &["host", "3000", "3000", "--json"],
        &["-v", "host", "3000", "--bogus", "--json"],
        &["host", "--json"],
        &["host", "3000", "--json", "--name", "!"],
    ];
    for words in refused {
        let said = home.run(words).expect(USAGE);
        let [line] = &said.json()[..] else {
            panic!("{words:?}: {said:?}");
        };
        assert_eq!(
            (&line["event"], &line["code"]),
            (&json!("error"), &json!("usage"))
        );
        assert_eq!(line["exit"], json!(USAGE));
        schema::check(line).expect("as docs/json-lines.schema.json has it");
        let message = line["message"].as_str().expect("text");
        assert!(!message.is_empty() && !message.contains('\n'), "{line}");
    }
    for words in [
        &["host", "nix", "--json"][..],
        &["tunnels", "show", "nix", "--json"],
        &["health", "--tunnel", "nix", "--json"],
    ] {
        let said = home.run(words).expect(NOT_FOUND);
        assert_eq!(
            (&said.json()[0]["code"], &*said.err),
            (&json!("not-found"), "")
        );
    }
    let mut command = home.command(&["host", "3000", "--json"]);
    let said = super::kit::finish(command.env("UNDERPASS_HOME", "/dev/null/x")).expect(1);
    assert_eq!(said.json()[0]["code"], json!("failed"), "{said:?}");
    // Nobody asked for lines here.
    assert_eq!(home.run(&["host", "0"]).expect(USAGE).out, "");
}

#[test]
fn a_garbled_join_link_is_refused_without_being_shown() {
    let home = Home::new();
    let good = link("127.0.0.1:7443");
    for garbled in [
        "garbage",
        "https://s3cret@x:1",
        &good[..60],
        &good.replace(":7443", ""),
    ] {
        let said = home
            .run(&["host", "3000", "--relay", garbled])
            .expect(USAGE);
        assert!(
            said.err.contains("--relay: ") && said.err.contains("join link"),
            "{said:?}"
        );
        assert!(!said.err.contains("s3cret"), "{said:?}");
    }
    let mut command = home.command(&["host", "3000"]);
    let said = super::kit::finish(command.env("UNDERPASS_RELAY", &good[..60])).expect(USAGE);
    assert!(
        said.err.contains("UNDERPASS_RELAY: ") && !said.err.contains("s3cret"),
        "{said:?}"
    );
    assert!(!home.logs().contains("s3cret"));
}

#[test]
fn a_relay_that_is_no_relay_is_named() {
    let (home, service) = (Home::new(), Service::start("I am no relay"));
    let join = link(&format!("127.0.0.1:{}", service.port()));
    let json = home
        .run(&["host", &service.target(), "--relay", &join, "--json"])
        .expect(REFUSED);
    assert!(
        json.out
            .contains(r#""state":"failed","reason":"not-a-relay""#),
        "{json:?}"
    );
    let text = home
        .run(&["host", &service.target(), "--relay", &join])
        .expect(REFUSED);
    assert!(text.err.contains("isn't an Underpass relay"), "{text:?}");
    assert!(!text.out.contains("Underpass"), "it is a failure: {text:?}");
    for seen in [&json.out, &json.err, &text.out, &text.err, &home.logs()] {
        assert!(!seen.contains("s3cret"), "{seen}");
    }
    home.run(&["audit", "--verify"]).expect(0);
}

#[test]
fn settings_that_cannot_be_used_are_reported_and_left_alone_by_who_only_looks() {
    let cases = [
        ("garbage {{{", "couldn't be read"),
        (r#"{"version":1,"data":{"theme":7}}"#, "couldn't be read"),
        (
            r#"{"version":999,"data":{"new":true}}"#,
            "is from a newer version",
        ),
    ];
    for (text, expected) in cases {
        let home = Home::empty();
        home.write("settings.json", text);
        let said = home.run(&["tunnels", "list"]).expect(0);
        assert!(
            said.err.contains("settings.json") && said.err.contains(expected),
            "{said:?}"
        );
        assert_eq!(home.read("settings.json"), text, "a look renames nothing");
        let again = home.run(&["tunnels", "list"]).expect(0);
        assert_eq!(again.err, said.err, "it is said each time");
    }
}

#[test]
fn hosting_goes_on_with_the_defaults_whatever_the_settings_are() {
    let service = Service::start("defaults");
    for (text, said) in [
        ("\u{0}garbage", "couldn't be read"),
        (
            r#"{"version":1,"data":{"unknown":{"x":1},"timing":{"probe_interval_ms":0}}}"#,
            "can't be used",
        ),
    ] {
        let home = Home::empty();
        home.write("settings.json", text);
        let mut host = home.start(&["host", &service.target(), "--json", "--control"]);
        assert_eq!(get(&host.url()).1, "defaults");
        host.put("quit");
        let ended = host.end().expect(0);
        assert!(ended.err.contains(said), "{ended:?}");
    }
}

#[test]
fn a_home_that_is_no_folder_is_named() {
    let home = Home::empty();
    home.write("file", "");
    let mut command = home.command(&["host", "3000"]);
    let said =
        super::kit::finish(command.env("UNDERPASS_HOME", home.path().join("file"))).expect(1);
    assert!(said.err.contains("can't be used"), "{said:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_display_that_does_not_answer_is_no_crash() {
    let home = Home::new();
    let mut command = home.command(&[]);
    let said = super::kit::finish(command.env("DISPLAY", ":9077")).expect(1);
    assert_eq!(said.err.lines().count(), 1, "{said:?}");
    assert!(said.err.contains("underpass host PORT"), "{said:?}");
    let left = home.names();
    assert!(!left.contains(&"running".to_owned()), "{left:?}");
    assert!(!left.contains(&"crash.txt".to_owned()), "{left:?}");
}

#[test]
fn without_a_display_the_window_names_the_command_that_works() {
    let said = Home::new().run(&[]).expect(1);
    assert_eq!(said.err.lines().count(), 1, "{said:?}");
    assert!(said.err.contains("underpass host PORT"), "{said:?}");
}
