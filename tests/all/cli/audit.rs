//! The audit log on the command line: checked over all of its files, exported, narrowed down.

use super::kit::{Ended, Home, finish};
use serde_json::{Value, json};
use std::process::Stdio;
use underpass::audit::{AuditLog, Cause, Entry, Kind, Limits, new_run_id};
use underpass::model::{ProviderId, Reason, SessionNumber, TunnelId, UnixMillis};

/// A home whose log has five files, the first of which were removed by rotations.
fn home() -> Home {
    let home = Home::new();
    let limits = Limits {
        file_bytes: 1_300,
        files: 4,
    };
    let log = AuditLog::with_limits(home.path().join("audit.jsonl"), limits);
    for n in 0..40 {
        log.append(&entry(n)).expect("appended");
    }
    home
}

fn entry(n: u64) -> Entry {
    Entry {
        // A day apart.
        at: UnixMillis(1_790_000_000_000 + n * 86_400_000),
        kind: Kind::Down,
        tunnel: TunnelId::new(if n.is_multiple_of(2) { "web" } else { "docs" }).expect("an id"),
        provider: ProviderId::RELAY,
        cause: Some(Cause::Failed(Reason::LinkLost)),
        urls: vec!["http://web.localhost:7480/".to_owned()],
        error: Some("=HYPERLINK(\"http://evil\")".to_owned()),
        run: new_run_id(),
        session: Some(SessionNumber(n)),
    }
}

fn verdict(home: &Home, code: i32) -> Value {
    let ended = home.run(&["audit", "--verify", "--json"]).expect(code);
    ended.json().remove(0)
}

fn files(home: &Home) -> Vec<String> {
    let names = home.names().into_iter();
    let mut names: Vec<_> = names.filter(|name| name.starts_with("audit.")).collect();
    names.sort();
    names
}

fn exported(home: &Home, words: &[&str]) -> Vec<Value> {
    let ended = home.run(&[&["audit", "--export", "json"], words].concat());
    serde_json::from_str(&ended.expect(0).out).expect("one document")
}

#[test]
fn all_files_are_checked_and_what_was_removed_is_told() {
    let home = home();
    let whole = verdict(&home, 0);
    let (records, removed) = (whole["records"].as_u64(), whole["removed"].as_u64());
    assert_eq!(
        records.zip(removed).map(|(there, gone)| there + gone),
        Some(40),
        "{whole}"
    );
    let said = home.run(&["audit", "--verify"]).expect(0).out;
    assert!(
        said.contains("older records") && said.contains("Last hash"),
        "{said}"
    );
    assert!(
        said.contains(whole["last"].as_str().expect("a hash")),
        "{said}"
    );
    assert_eq!(
        home.run(&["audit", "--json"]).expect(0).json().len() as u64,
        records.unwrap_or(0)
    );
    home.run(&["doctor", "--json"]);
    for name in files(&home) {
        let text = home.read(&name);
        std::fs::remove_file(home.path().join(&name)).expect("removed");
        let broken = verdict(&home, 1);
        assert_eq!(broken["ok"], json!(false), "without {name}: {broken}");
        home.write(&name, &text);
    }
    let second = &files(&home)[1];
    let changed = home.read(second).replacen("link-lost", "link-lots", 1);
    home.write(second, &changed);
    let broken = verdict(&home, 1);
    assert_eq!(
        (&broken["file"], &broken["line"]),
        (&json!(second), &json!(1))
    );
    let shown = home.run(&["audit"]).expect(0);
    assert!(
        shown.err.contains(&format!("{second}, line 1")),
        "{}",
        shown.err
    );
    // What is readable is exported, and that something is not is no success.
    let ended = home.run(&["audit", "--export", "csv"]).expect(1);
    assert!(ended.err.contains(second) && ended.out.lines().count() as u64 == records.unwrap_or(0));
}

#[test]
fn an_export_is_narrowed_down_by_tunnel_and_time() {
    let home = home();
    let all = exported(&home, &[]);
    assert!(all.len() > 8);
    let of = exported(&home, &["--tunnel", "docs"]);
    assert!(of.iter().all(|record| record["tunnel"] == "docs") && of.len() < all.len());
    let since = all[all.len() - 3]["at"]
        .as_str()
        .expect("a time")
        .to_owned();
    assert_eq!(exported(&home, &["--since", &since]), all[all.len() - 3..]);
    let one = exported(
        &home,
        &["--since", &since, "--tunnel", "web", "--tail", "1"],
    );
    assert_eq!((one.len(), &one[0]["tunnel"]), (1, &json!("web")));
    // The log's last record is in the future of the clock that this runs by, or not.
    home.run(&["audit", "--since", "7d"]).expect(0);
    let wrong = home.run(&["audit", "--since", "yesterday"]).expect(2);
    assert!(wrong.err.contains("2026-09-21"), "{}", wrong.err);
}

#[test]
fn csv_goes_to_a_file_of_its_owner_and_runs_no_formula() {
    let home = home();
    let out = home.path().join("out.csv");
    let to = |path: &str| home.run(&["audit", "--export", "csv", "--output", path]);
    let said: Ended = to(&out.to_string_lossy()).expect(0);
    assert!(said.out.contains(" records to "), "{}", said.out);
    let text = home.read("out.csv");
    assert!(text.starts_with("seq,at,kind,tunnel,") && text.ends_with("\r\n"));
    assert!(text.contains("link-lost: =HYPERLINK") && !text.contains(",="));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&out).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let device = to("/dev/null").expect(1);
        assert!(device.err.contains("isn't a file"), "{}", device.err);
    }
    // What cannot be written leaves nothing, and what was there before as it was.
    assert!(
        to(&home.path().join("none/out.csv").to_string_lossy())
            .expect(1)
            .err
            .contains("out.csv")
    );
    assert!(
        to(&home.path().to_string_lossy())
            .expect(1)
            .err
            .contains("isn't a file")
    );
    assert_eq!(home.read("out.csv"), text);
    assert!(!home.names().iter().any(|name| name.contains("tmp")));
    for words in [
        &["--output", "x"][..],
        &["--export", "xml"],
        &["--export", "csv", "--verify"],
    ] {
        home.run(&[&["audit"], words].concat()).expect(2);
    }
}

#[test]
fn an_export_that_nobody_reads_to_its_end_is_a_failure() {
    let home = home();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = home.command(&["audit", "--export", "json"]);
    let status = command.stdout(writer).stderr(Stdio::null()).status();
    assert_eq!(status.expect("it runs").code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn an_export_to_a_full_disk_is_a_failure() {
    let home = home();
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .expect("there");
    let mut command = home.command(&["audit", "--export", "csv"]);
    let status = command.stdout(full).stderr(Stdio::null()).status();
    assert_eq!(status.expect("it runs").code(), Some(1));
    let none = Home::empty();
    let ended = finish(&mut none.command(&["audit", "--export", "json"])).expect(0);
    assert_eq!(ended.out, "[\n]\n");
}
