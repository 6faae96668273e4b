//! Several programs on one home: the log's chain, the one instance, the crash marker.

use super::children::{child, finish, folder_of_child};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use underpass::audit::{AuditLog, Cause, Entry, Kind, Limits, new_run_id, verify};
use underpass::model::{ProviderId, SessionNumber, TunnelId};
use underpass::platform::{AcquireError, AlreadyRunning, Instance};
use underpass::store::{Home, RunMarker};

const LONG: Duration = Duration::from_secs(30);

/// How many entries each of two programs appends.
const EACH: u64 = 60;

/// Files of a log that keeps all of them, and of one that removes most.
const ALL: usize = 1_000;
const FEW: usize = 3;

pub(super) fn entry() -> Entry {
    Entry {
        at: underpass::base::clock::now(),
        kind: Kind::Up,
        tunnel: TunnelId::new("web").expect("an id"),
        provider: ProviderId::RELAY,
        cause: Some(Cause::Started),
        urls: vec!["http://web.localhost:7480/".to_owned()],
        error: None,
        run: new_run_id(),
        session: Some(SessionNumber(1)),
    }
}

pub(super) fn append_to(home: &Home, count: u64) {
    let log = AuditLog::open(home.audit_log());
    (0..count).for_each(|_| log.append(&entry()).expect("appended"));
}

/// The same with a new file after some records, of which few are kept.
fn append_to_files(home: &Home, files: usize, count: u64) {
    let limits = Limits {
        file_bytes: 2_048,
        files,
    };
    let log = AuditLog::with_limits(home.audit_log(), limits);
    (0..count).for_each(|_| log.append(&entry()).expect("appended"));
}

fn home() -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().expect("a folder");
    let home = Home::at(dir.path()).expect("a home");
    (dir, home)
}

/// Starts it and waits until it says that it is ready.
fn start(command: &mut Command) -> Child {
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.as_mut().expect("piped")).lines();
    let ready = lines.map_while(Result::ok).any(|line| line == "ready");
    assert!(ready, "it ended before it was ready");
    child
}

fn kill(mut child: Child) {
    child.kill().expect("it lives");
    child.wait().expect("it is dead");
}

#[test]
fn two_programs_append_to_one_chain() {
    let (dir, home) = home();
    let append = || child("programs::child_appends", dir.path());
    let other = append().stdout(Stdio::null()).spawn();
    finish(&mut append());
    append_to_files(&home, ALL, EACH);
    let mut other = other.expect("it starts");
    assert!(other.wait().expect("it ends").success());
    let summary = verify(&home.audit_log()).expect("one chain");
    assert_eq!((summary.records, summary.healed), (3 * EACH, 0));
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_appends() {
    let Some(dir) = folder_of_child() else { return };
    append_to_files(&Home::at(dir).expect("a home"), ALL, EACH);
}

#[test]
fn a_kill_while_appending_leaves_a_chain_that_goes_on() {
    let (dir, home) = home();
    let mut before = 0;
    for _ in 0..5 {
        kill(start(&mut child(
            "programs::child_appends_for_ever",
            dir.path(),
        )));
        verify(&home.audit_log()).expect("a crash is no change");
        append_to_files(&home, FEW, 1);
        let summary = verify(&home.audit_log()).expect("it holds");
        let written = summary.records + summary.removed;
        assert!(written > before && !summary.torn_end);
        before = written;
    }
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_appends_for_ever() {
    let Some(dir) = folder_of_child() else { return };
    let home = Home::at(dir).expect("a home");
    loop {
        append_to_files(&home, FEW, 5);
        println!("ready");
    }
}

fn already_running(home: &Home) -> AlreadyRunning {
    match Instance::acquire(home.path()) {
        Err(AcquireError::AlreadyRunning(other)) => other,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_program_is_raised_and_its_death_frees_the_home() {
    let (dir, home) = home();
    let mut first = start(&mut child("programs::child_is_the_instance", dir.path()));
    already_running(&home).raise().expect("it answers");
    // It ends by itself once it was raised.
    assert!(first.wait().expect("it ends").success());
    let first = start(&mut child("programs::child_is_the_instance", dir.path()));
    let other = already_running(&home);
    kill(first);
    other.raise().expect_err("nobody is there");
    let ours = Instance::acquire(home.path()).expect("a crash leaves nothing in the way");
    let (rang, rings) = mpsc::channel();
    ours.on_raise(move || rang.send(()).expect("the test listens"));
    already_running(&home).raise().expect("it answers");
    rings.recv_timeout(LONG).expect("it is told");
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_is_the_instance() {
    let Some(dir) = folder_of_child() else { return };
    let instance = Instance::acquire(&dir).expect("the first");
    let (rang, rings) = mpsc::channel();
    instance.on_raise(move || rang.send(()).expect("the test listens"));
    println!("ready");
    rings.recv_timeout(LONG).expect("it is raised");
}

#[test]
fn a_killed_program_is_told_from_one_that_quit() {
    let (dir, home) = home();
    kill(start(&mut child("programs::child_runs", dir.path())));
    let (marker, was_left) = RunMarker::set(&home).expect("set");
    assert!(was_left, "it was killed");
    marker.clear().expect("cleared");
    assert!(!RunMarker::set(&home).expect("set").1, "it quit");
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_runs() {
    let Some(dir) = folder_of_child() else { return };
    let home = Home::at(dir).expect("a home");
    let (_marker, was_left) = RunMarker::set(&home).expect("set");
    assert!(!was_left);
    println!("ready");
    loop {
        std::thread::park();
    }
}
