//! What is logged where, in a program of its own: there is one log a process.

use super::children::{child, finish, folder_of_child};
use std::fs;
use std::path::Path;
use underpass::logging::{self, Options, logs_dir, read_crash, read_tail};
use underpass::model::Secret;

fn log_of(home: &Path) -> String {
    read_tail(&logs_dir(home), 1 << 20).expect("readable")
}

#[test]
fn warnings_go_to_stderr_the_story_to_the_file_and_nothing_to_stdout() {
    let dir = tempfile::tempdir().expect("a folder");
    let (out, err) = finish(&mut child("logs::child_logs", dir.path()));
    assert!(
        err.contains("a warning") && !err.contains("a detail"),
        "{err}"
    );
    let log = log_of(dir.path());
    assert!(
        log.contains("a warning") && log.contains("a detail"),
        "{log}"
    );
    assert!(!log.contains("a trifle"));
    assert!(
        !out.contains("a warning") && !out.contains("panicked"),
        "{out}"
    );
    assert!(!format!("{out}{err}{log}").contains("s3cret"));
}

#[test]
fn a_variable_overrides_what_is_shown() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut command = child("logs::child_logs", dir.path());
    command.env("UNDERPASS_LOG", "trace").env("RUST_LOG", "off");
    let (_, err) = finish(&mut command);
    assert!(err.contains("a trifle"), "{err}");
    let mut command = child("logs::child_logs", dir.path());
    let (_, err) = finish(command.env("UNDERPASS_LOG", "=!?="));
    assert!(
        err.contains("not a filter") && err.contains("a warning"),
        "{err}"
    );
}

#[test]
fn a_panic_is_logged_and_noted() {
    let dir = tempfile::tempdir().expect("a folder");
    finish(&mut child("logs::child_logs", dir.path()));
    let report = read_crash(dir.path()).expect("readable").expect("there");
    assert!(report.contains("all is lost") && report.contains("in thread doomed"));
    assert!(report.contains("logs.rs"), "{report}");
    assert!(log_of(dir.path()).contains("all is lost"));
}

#[test]
fn seven_days_are_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    let logs = logs_dir(dir.path());
    fs::create_dir(&logs).expect("made");
    for day in 1..=9 {
        let name = format!("underpass.2020-01-0{day}.log");
        fs::write(logs.join(name), "old\n").expect("written");
    }
    finish(&mut child("logs::child_logs", dir.path()));
    let mut names: Vec<_> = fs::read_dir(&logs)
        .expect("there")
        .map(|entry| entry.expect("an entry").file_name().into_string())
        .map(|name| name.expect("text"))
        .collect();
    names.sort();
    assert!(names.len() <= 7, "{names:?}");
    assert!(!names[names.len() - 1].contains("2020"), "{names:?}");
    assert_eq!(log_of(dir.path()).matches("a detail").count(), 1);
}

#[test]
fn a_home_that_cannot_be_written_stops_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(logs_dir(dir.path()), "in the way").expect("written");
    let (_, err) = finish(&mut child("logs::child_logs", dir.path()));
    assert!(
        err.contains("no log file") && err.contains("a warning"),
        "{err}"
    );
}

#[test]
fn a_closed_stderr_stops_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = child("logs::child_logs_only", dir.path());
    let status = command
        .stdout(std::process::Stdio::null())
        .stderr(writer)
        .status();
    assert!(status.expect("it starts").success());
    assert!(log_of(dir.path()).contains("a warning"));
}

fn begin(dir: &Path) -> logging::Guard {
    let options = Options {
        home: Some(dir.to_owned()),
        ..Options::default()
    };
    let guard = logging::init(&options).expect("the first time");
    assert!(logging::init(&options).is_err(), "once is enough");
    guard
}

fn log_something() {
    let token = Secret::new("s3cret");
    tracing::warn!(target: "underpass::test", ?token, "a warning");
    tracing::debug!(target: "underpass::test", %token, "a detail");
    tracing::trace!(target: "underpass::test", "a trifle");
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_logs() {
    let Some(dir) = folder_of_child() else { return };
    let _guard = begin(&dir);
    log_something();
    let doomed = std::thread::Builder::new().name("doomed".into());
    let doomed = doomed.spawn(|| panic!("all is lost")).expect("a thread");
    assert!(doomed.join().is_err());
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_logs_only() {
    let Some(dir) = folder_of_child() else { return };
    let _guard = begin(&dir);
    log_something();
}
