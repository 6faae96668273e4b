//! Programs of their own for a test: this binary again, running one ignored test.

use crate::support::not_tested::not_tested;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where a child finds its folder.
const DIR: &str = "UNDERPASS_TEST_DIR";

/// This binary, to run the ignored test `name` (`desktop::child_x`) on `dir`.
pub(super) fn child(name: &str, dir: &Path) -> Command {
    child_under(&[], name, dir)
}

/// The same, started by another program.
pub(super) fn child_under(wrapper: &[&str], name: &str, dir: &Path) -> Command {
    let binary = std::env::current_exe().expect("this binary");
    let mut words: Vec<std::ffi::OsString> = wrapper.iter().map(Into::into).collect();
    words.push(binary.into());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    let test = format!("state::{name}");
    command.args(["--exact", &test, "--ignored", "--nocapture"]);
    command.env(DIR, dir).stdin(Stdio::null());
    for name in ["RUST_LOG", "UNDERPASS_LOG", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command
}

/// In the child: its folder. `None` when a person ran the ignored tests: then there is nothing to do.
pub(super) fn folder_of_child() -> Option<PathBuf> {
    std::env::var_os(DIR).map(PathBuf::from)
}

/// Runs it to its end, which must be a good one; gives what it wrote to stdout and stderr.
pub(super) fn finish(command: &mut Command) -> (String, String) {
    let output = command.output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert!(out.contains("1 passed"), "no such test: {out}");
    (out, err)
}

/// Whether a program is installed; says so when it is not.
pub(super) fn installed(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok();
    if !found {
        not_tested(&format!("{program} is not installed"));
    }
    found
}
