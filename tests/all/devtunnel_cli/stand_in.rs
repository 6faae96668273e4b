//! One account, kept by the stand-in in a folder of its own. It knows no test.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;
use underpass::model::{PortNumber, TunnelId};
use underpass::provider::devtunnel::Inventory;

/// Where the stand-in is.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/standin/devtunnel");

/// Longer than the stand-in takes on a loaded machine.
const PATIENT: Duration = Duration::from_mins(1);

pub struct StandIn {
    folder: TempDir,
}

impl StandIn {
    /// An account that nobody is signed in to.
    pub fn signed_out() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let stand_in = Self { folder };
        // The file that keeps the account goes by the environment, which all tests share.
        stand_in.run_first("");
        stand_in
    }

    /// Has the program begin with a few lines of shell, in which `$door` is the stand-in's own door.
    pub fn run_first(&self, lines: &str) {
        let state = self.folder.path().join("state.json");
        let (state, python) = (state.display(), python());
        let script = format!(
            "#!/bin/sh\nexport DEVTUNNEL_STATE='{state}'\ndoor=\"{python} {PROGRAM} --standin\"\n\
             {lines}\nexec '{python}' '{PROGRAM}' \"$@\"\n"
        );
        fs::write(self.program(), script).expect("a script");
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.program(), executable).expect("a program");
    }

    /// An account that somebody is signed in to.
    pub fn signed_in() -> Self {
        let stand_in = Self::signed_out();
        stand_in.set("signedIn", "true");
        stand_in
    }

    pub fn program(&self) -> PathBuf {
        self.folder.path().join("devtunnel")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn inventory(&self) -> Inventory {
        Inventory::impatient(self.program(), PATIENT)
    }

    pub fn set(&self, path: &str, value: &str) {
        self.door(&["set", path, value]);
    }

    /// Has something go wrong: `inject("garbage", &["--only", "list"])`.
    pub fn inject(&self, kind: &str, more: &[&str]) {
        self.door(&[&["inject", kind], more].concat());
    }

    /// What the account holds at this path.
    pub fn get(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.door(&["get", path])).expect("JSON")
    }

    /// Each call so far, without those of `user show` that only ask who is there.
    pub fn calls(&self) -> Vec<String> {
        let calls = self.door(&["calls"]);
        let calls = calls.lines().map(str::to_owned);
        calls.filter(|call| call != "user show --json").collect()
    }

    fn door(&self, argv: &[&str]) -> String {
        let done = Command::new(python())
            .args([PROGRAM, "--standin"])
            .args(argv)
            .env("DEVTUNNEL_STATE", self.folder.path().join("state.json"))
            .output()
            .expect("the stand-in runs");
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{argv:?}: {told}");
        String::from_utf8(done.stdout).expect("text")
    }
}

pub fn port(number: u16) -> PortNumber {
    PortNumber::new(number).expect("a port")
}

pub fn id(text: &str) -> TunnelId {
    TunnelId::new(text).expect("an id")
}

/// Python itself: what is called so on the PATH may be a script that looks for it for half a second.
fn python() -> &'static str {
    static PYTHON: OnceLock<String> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let asked = Command::new("python3")
            .args(["-c", "import sys; print(sys.executable)"])
            .output()
            .expect("Python is there");
        let told = String::from_utf8(asked.stdout).expect("a path");
        told.trim().to_owned()
    })
}
