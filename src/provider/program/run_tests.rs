//! Runs small scripts in the program's place: what they print, how they end, and how they are ended.

use super::*;
use crate::provider::program::Names;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use tempfile::TempDir;
use tokio::io::AsyncBufReadExt as _;

/// Long enough for a shell on a busy machine.
const PATIENT: Duration = Duration::from_secs(20);

static NAMES: Names = Names {
    program: "sample",
    variable: "SAMPLE_BIN",
    folders: &[],
};

/// A program that is this shell script.
fn script(text: &str) -> (TempDir, Program) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sample");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
    (folder, Program::at(&NAMES, path).within(PATIENT))
}

#[tokio::test]
async fn what_it_prints_and_how_it_ends_comes_back() {
    let (_folder, program) = script("printf '%s|' \"$@\"; echo no >&2; exit 3");
    let argv = ["a b", "", "$HOME", "*", "\"'`;"];
    let answer = program.run(&argv).await.expect("an answer");
    assert_eq!(answer.stdout, "a b||$HOME|*|\"'`;|");
    assert_eq!(answer.stderr, "no\n");
    assert_eq!(answer.code, Some(3));
}

#[tokio::test]
async fn it_has_nothing_to_read_and_the_environment_as_it_is() {
    let (_folder, program) = script("cat; echo \"$CARGO_MANIFEST_DIR\"");
    let answer = program.run(&[]).await.expect("an answer");
    assert_eq!(answer.stdout.trim(), env!("CARGO_MANIFEST_DIR"));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told_apart_from_one_that_does_not_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = Program::at(&NAMES, folder.path().join("sample"));
    assert!(matches!(program.run(&[]).await, Err(Fault::NotThere)));
    let program = Program::at(&NAMES, folder.path());
    assert!(matches!(program.run(&[]).await, Err(Fault::NotStarted(_))));
}

/// The script tells its child's number through a pipe with a name, whose other end closes when the
/// child is gone: nobody has to guess how long that takes.
#[tokio::test]
async fn a_program_that_says_nothing_is_ended_with_its_children() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo").success());
    let (_script, program) = script(&format!(
        "exec 3>'{}'; echo up >&3; sleep 60 & sleep 60",
        fifo.display()
    ));
    let program = program.within(Duration::from_millis(800));
    let alive = async {
        let file = tokio::fs::File::open(&fifo).await.expect("the other end");
        let mut lines = tokio::io::BufReader::new(file).lines();
        let mut said = Vec::new();
        while let Some(line) = lines.next_line().await.expect("a line") {
            said.push(line);
        }
        said
    };
    let alive = tokio::time::timeout(PATIENT, alive);
    let (fault, said) = tokio::join!(program.run(&["show"]), alive);
    let said = said.expect("its children are ended too");
    assert!(matches!(fault, Err(Fault::TimedOut(_))), "{fault:?}");
    assert_eq!(said, ["up"]);
}

#[tokio::test]
async fn a_run_that_nobody_waits_for_any_more_is_ended() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo").success());
    let (_script, program) = script(&format!(
        "exec 3>'{}'; echo up >&3; sleep 60 & sleep 60",
        fifo.display()
    ));
    let run = tokio::spawn(async move { program.run(&["show"]).await.map(drop) });
    let file = tokio::fs::File::open(&fifo).await.expect("the other end");
    let mut lines = tokio::io::BufReader::new(file).lines();
    assert_eq!(
        lines.next_line().await.expect("a line").as_deref(),
        Some("up")
    );
    run.abort();
    let end = tokio::time::timeout(PATIENT, lines.next_line()).await;
    let end = end.expect("its children are ended too");
    assert_eq!(end.expect("the end"), None);
}

#[tokio::test]
async fn a_program_that_prints_without_end_is_ended() {
    for to in ["", ">&2"] {
        let (_folder, program) = script(&format!(
            "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxx {to}; done"
        ));
        let fault = program.run(&[]).await;
        assert!(matches!(fault, Err(Fault::TooMuch)), "{fault:?}");
    }
}

#[tokio::test]
async fn as_much_as_may_be_printed_is_read() {
    let (_folder, program) = script(&format!("head -c {MOST} /dev/zero"));
    let answer = program.run(&[]).await.expect("an answer");
    assert_eq!(answer.stdout.len(), MOST);
}

/// Like the browser of a sign-in, which lives on with the program's output open.
#[tokio::test]
async fn a_child_that_lives_on_holds_nothing_up() {
    let (_folder, program) = script("sleep 60 & echo $!");
    let answer = program.run(&[]).await.expect("an answer");
    let child: i32 = answer.stdout.trim().parse().expect("a number");
    let child = rustix::process::Pid::from_raw(child).expect("a process");
    rustix::process::kill_process(child, rustix::process::Signal::KILL).expect("it lives");
}

#[tokio::test]
async fn lines_are_told_as_they_are_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo").success());
    // It goes on only when somebody answers the first line.
    let (_script, program) = script(&format!(
        "printf 'one\\nha'; cat '{}'; printf 'lf\\nlast'; echo err >&2",
        fifo.display()
    ));
    let mut told = Vec::new();
    let mut on_line = |line: &str| {
        if line == "one" {
            let fifo = fifo.clone();
            std::thread::spawn(move || fs::write(fifo, "-"));
        }
        told.push(line.to_owned());
    };
    let watch = Watch {
        within: PATIENT,
        with_children: true,
        on_line: &mut on_line,
    };
    program.watch(&[], watch).await.expect("an answer");
    told.sort_unstable();
    assert_eq!(told, ["err", "ha-lf", "last", "one"]);
}
