//! What the program says of itself and of this machine.

use super::kit::{Home, Service};
use serde_json::json;
use std::process::Stdio;

#[test]
fn help_has_examples_and_every_command_has_its_own() {
    let home = Home::empty();
    let help = home.run(&["--help"]).expect(0);
    assert!(help.out.contains("Examples:") && help.out.contains("underpass host 3000"));
    for command in [
        "host",
        "relay",
        "tunnels",
        "audit",
        "doctor",
        "completions",
        "man",
    ] {
        assert!(help.out.contains(&format!("\n  {command} ")), "{command}");
        assert!(
            home.run(&[command, "--help"])
                .expect(0)
                .out
                .contains("Usage:")
        );
    }
    let version = home.run(&["--version"]).expect(0);
    assert_eq!(
        version.out,
        format!("underpass {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert!(home.run(&["hots"]).expect(2).err.contains("host"));
}

#[test]
fn completions_and_the_man_page_are_printed() {
    let home = Home::empty();
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            home.run(&["completions", shell])
                .expect(0)
                .out
                .contains("UNDERPASS_COMPLETE")
        );
    }
    let man = home.run(&["man"]).expect(0).out;
    assert!(man.contains(".TH underpass 1") && man.contains("UNDERPASS HOST"));
    let one = home.run(&["man", "relay", "account"]).expect(0).out;
    assert!(one.contains("ROTATE") && one.contains("EXIT STATUS"));
    // None of them makes a home.
    assert_eq!(home.names(), [""; 0]);
}

#[test]
fn the_doctor_says_what_works_and_what_to_do() {
    let home = Home::new();
    let lines = home.run(&["doctor", "--json"]).expect(0).json();
    let status = |check: &str| {
        let line = lines.iter().find(|line| line["check"] == json!(check));
        line.expect(check)["status"]
            .as_str()
            .expect("text")
            .to_owned()
    };
    for check in [
        "home",
        "settings",
        "logs",
        "audit",
        "crash",
        "keychain",
        "relay",
        "http-port",
    ] {
        assert_eq!(status(check), "ok", "{check}");
    }
    for check in ["display", "tray"] {
        assert_eq!(status(check), "warn", "{check}");
    }
    assert!(
        lines
            .iter()
            .all(|line| (line["status"] == "ok") == line["advice"].is_null())
    );
    assert!(
        home.run(&["doctor"])
            .expect(0)
            .out
            .contains("✓ built-in relay: starts")
    );

    home.write("audit.jsonl", "{\"not\":\"a record\"}\n");
    let ill = home.run(&["doctor"]).expect(1);
    assert!(
        ill.out.contains("✕ audit log: ") && ill.out.contains("\n    "),
        "{ill:?}"
    );
    home.run(&["audit", "--verify"]).expect(1);
}

#[test]
fn a_reader_that_has_read_enough_is_no_error() {
    let home = Home::empty();
    for words in [
        &["man"][..],
        &["audit"],
        &["--help"],
        &["doctor"],
        &["completions", "zsh"],
    ] {
        let mut command = home.command(words);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        drop(child.stdout.take());
        let ended = child.wait_with_output().expect("it ends");
        assert_eq!(
            (ended.status.code(), ended.stderr.len()),
            (Some(0), 0),
            "{words:?}"
        );
    }
}

/// A disk that is full is a failure that a service manager must see; a reader that went away is none.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_a_failure() {
    let home = Home::new();
    let service = Service::start("well");
    for words in [
        &["tunnels", "create", "shop", "3000"][..],
        &["doctor", "--json"],
        &["completions", "bash"],
        &["host", &service.target(), "--json"],
    ] {
        let full = std::fs::File::create("/dev/full").expect("Linux has it");
        let mut command = home.command(words);
        let ended = command
            .stdin(Stdio::null())
            .stdout(full)
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{words:?}: {said}");
        assert!(said.contains("standard output"), "{words:?}: {said}");
    }
}
