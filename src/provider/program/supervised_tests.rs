//! Runs small scripts in the program's place: what they say, how they end, and that nothing of them is
//! left, not even behind a crash.

use super::*;
use crate::provider::program::Names;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;

/// Long enough for a shell on a busy machine.
const PATIENT: Duration = Duration::from_secs(30);

static NAMES: Names = Names {
    program: "sample",
    variable: "SAMPLE_BIN",
    folders: &[],
};

/// A program that is this shell script, which holds the pipe `alive` open for as long as anything of it
/// lives.
fn script(text: &str) -> (TempDir, Program) {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("alive");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo").success());
    let path = folder.path().join("sample");
    let fifo = fifo.display();
    let text = format!("#!/bin/sh\nexec 3<>'{fifo}'; exec 4>'{fifo}'; exec 3>&-\n{text}\n");
    fs::write(&path, text).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
    (folder, Program::at(&NAMES, path))
}

async fn start(program: &Program) -> Running {
    program.start(&Start::default()).await.expect("it starts")
}

/// All that it says up to its end.
async fn all(running: &mut Running) -> (Vec<String>, Exit) {
    let mut lines = vec![];
    loop {
        match timeout(PATIENT, running.next()).await.expect("it goes on") {
            Said::Line(line) => lines.push(line),
            Said::Ended(exit) => return (lines, exit),
        }
    }
}

async fn first(running: &mut Running) {
    let said = timeout(PATIENT, running.next()).await.expect("it says so");
    assert_eq!(said, Said::Line("up".to_owned()));
}

fn alive(folder: &TempDir) -> pipe::Receiver {
    let opened = pipe::OpenOptions::new().open_receiver(folder.path().join("alive"));
    opened.expect("a pipe")
}

/// Waits until nothing of it lives.
async fn gone(mut alive: pipe::Receiver) {
    let mut nothing = [0; 1];
    let read = timeout(PATIENT, alive.read(&mut nothing)).await;
    assert_eq!(read.expect("it ends").expect("an end"), 0);
}

#[tokio::test]
async fn what_it_says_and_how_it_ends_is_told() {
    let (_folder, program) = script("echo one; echo two >&2; printf last; exit 7");
    let mut running = start(&program).await;
    let (mut lines, exit) = all(&mut running).await;
    lines.sort_unstable();
    assert_eq!(lines, ["last", "one", "two"]);
    assert_eq!(exit.code, Some(7));
    assert_eq!(running.next().await, Said::Ended(exit), "again and again");
}

#[tokio::test]
async fn it_has_what_is_given_and_not_what_is_another_s() {
    let (_folder, program) =
        script("cat; echo \"$LC_ALL $GIVEN $CARGO_MANIFEST_DIR $CARGO_PKG_NAME $*\"");
    let start = Start {
        argv: &["a b", "$HOME"],
        environment: &[("GIVEN", OsStr::new("given"))],
        without: Some("CARGO_PKG_"),
    };
    let mut running = program.start(&start).await.expect("it starts");
    let (lines, _) = all(&mut running).await;
    assert_eq!(
        lines,
        [format!("C given {}  a b $HOME", env!("CARGO_MANIFEST_DIR"))]
    );
}

#[tokio::test]
async fn it_is_asked_to_stop_and_made_to_with_its_children() {
    let polite = "trap 'echo bye; exit 0' TERM; echo up; sleep 600 & wait";
    let deaf = "trap '' TERM; echo up; sleep 600";
    for (text, within) in [(polite, PATIENT), (deaf, Duration::from_millis(200))] {
        let (folder, program) = script(text);
        let mut running = start(&program).await;
        first(&mut running).await;
        let alive = alive(&folder);
        timeout(PATIENT, running.stop(Signal::Terminate, within))
            .await
            .expect("it stops");
        gone(alive).await;
    }
}

#[tokio::test]
async fn one_that_is_dropped_ends_with_its_children() {
    let (folder, program) = script("echo up; sleep 600 & sleep 600");
    let mut running = start(&program).await;
    first(&mut running).await;
    let alive = alive(&folder);
    drop(running);
    gone(alive).await;
}

#[tokio::test]
async fn a_child_that_outlives_it_holds_nothing_up_and_is_ended() {
    let (folder, program) = script("sleep 600 & echo up");
    let mut running = start(&program).await;
    let (lines, exit) = all(&mut running).await;
    assert_eq!((lines.len(), exit.code), (1, Some(0)));
    let alive = alive(&folder);
    timeout(PATIENT, running.stop(Signal::Terminate, PATIENT))
        .await
        .expect("it stops");
    gone(alive).await;
}

/// This process cannot be killed to see it; what it would lose is the pipe.
#[tokio::test]
async fn the_end_of_this_process_ends_it() {
    let (folder, program) = script("echo up; sleep 600");
    let mut running = start(&program).await;
    first(&mut running).await;
    let alive = alive(&folder);
    drop(running.group.hold());
    gone(alive).await;
    let (_, exit) = all(&mut running).await;
    assert_eq!(exit.code, None);
}

#[tokio::test]
async fn a_flood_is_read_line_by_line_and_ends_with_it() {
    let (folder, program) = script("yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    let mut running = start(&program).await;
    for _ in 0..10_000 {
        assert!(matches!(running.next().await, Said::Line(_)));
    }
    let alive = alive(&folder);
    timeout(PATIENT, running.stop(Signal::Terminate, PATIENT))
        .await
        .expect("it stops");
    gone(alive).await;
}
