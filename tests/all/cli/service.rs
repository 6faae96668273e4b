//! `underpass service` in a folder that stands for `/`, with a `systemctl` that writes down what it is
//! asked; and what it writes as `systemd-analyze` reads it.

use super::kit::{Ended, Home, Service, finish};
use crate::support::not_tested::not_tested;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A system of its own, with systemd in it.
struct System {
    home: Home,
    root: tempfile::TempDir,
}

impl System {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        for folder in ["run/systemd/system", "etc/systemd/system", "bin"] {
            fs::create_dir_all(root.path().join(folder)).expect("made");
        }
        let system = Self {
            home: Home::new(),
            root,
        };
        system.program("id", "exit 0");
        system.is("inactive");
        system
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn program(&self, name: &str, does: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{does}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    }

    /// What `systemctl` says of every unit from now on.
    fn is(&self, active: &str) {
        let calls = self.path("calls");
        let does = format!(
            "echo \"$*\" >>'{}'\ncase \"$*\" in\n *is-active*) echo {active} ;;\n \
             *is-enabled*) echo enabled ;;\nesac",
            calls.display()
        );
        self.program("systemctl", &does);
    }

    /// What `systemctl` was asked since the last time, but for its words.
    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        let _ = fs::remove_file(self.path("calls"));
        let calls = calls.lines().filter(|call| !call.contains(" is-"));
        let calls = calls.filter(|call| !call.starts_with("is-"));
        calls.map(str::to_owned).collect()
    }

    fn run(&self, words: &[&str]) -> Ended {
        let mut command = self.home.command(&["service"]);
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", self.path("bin").display());
        command.args(words).arg("--root").arg(self.root.path());
        finish(command.env("PATH", path))
    }

    fn save(&self, name: &str) {
        let service = Service::start("hello");
        let saved = ["tunnels", "create", name, &service.target()];
        self.home.run(&saved).expect(0);
    }
}

const HOST: &str = "config/systemd/user/underpass-host.service";

#[test]
fn saved_tunnels_are_hosted_by_a_unit_of_the_user_until_it_is_removed() {
    let system = System::new();
    system.save("My shop");
    let words = ["install", "My shop", "--program", "/opt/underpass"];
    let installed = system.run(&words).expect(0);
    let path = system.path(HOST);
    assert!(
        installed.out.contains(&path.display().to_string()),
        "{installed:?}"
    );
    assert!(
        installed.err.contains("loginctl enable-linger"),
        "{installed:?}"
    );
    let unit = fs::read_to_string(&path).expect("written");
    assert!(
        unit.contains("\nExecStart=/opt/underpass host my-shop\n"),
        "{unit}"
    );
    let home = format!(
        "\nEnvironment=UNDERPASS_HOME={}\n",
        system.home.path().display()
    );
    assert!(unit.contains(&home), "{unit}");
    let enable = "--user enable --now underpass-host.service";
    assert_eq!(system.calls(), ["--user daemon-reload", enable]);
    // The same again changes nothing, and something else takes effect.
    system.is("active");
    let again = system.run(&[&words[..], &["--json"]].concat()).expect(0);
    assert_eq!(again.json()[0]["did"], json!("unchanged"));
    assert_eq!(system.calls(), ["--user daemon-reload", enable]);
    system.run(&["install", "my-shop"]).expect(0);
    let stop = "--user stop underpass-host.service";
    assert_eq!(system.calls(), ["--user daemon-reload", stop, enable]);

    let status = system.run(&["status", "host", "--json"]).expect(0).json();
    let [line] = status.try_into().expect("one unit");
    assert_eq!(line["installed"], json!(true), "{line}");
    assert_eq!(
        (&line["enabled"], &line["active"]),
        (&json!("enabled"), &json!("active"))
    );
    let text = system.run(&["status"]).expect(0).out;
    for part in [
        "enabled, active",
        "journalctl --user -u underpass-host",
        "relay.service: not",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    system.calls();
    system.run(&["uninstall"]).expect(0);
    assert!(!path.exists());
    let disable = "--user disable --now underpass-host.service";
    assert_eq!(system.calls(), [disable, "--user daemon-reload"]);
    system.run(&["uninstall"]).expect(0);
    assert!(system.calls().is_empty(), "there was nothing to do");
}

#[test]
fn what_is_printed_is_what_would_be_written_and_nothing_is() {
    let system = System::new();
    system
        .home
        .write("underpass.toml", "[[tunnel]]\nport = 3000\n");
    let file = system.home.path().join("underpass.toml");
    let file = file.display().to_string();
    let words = ["install", "--file", &file, "--print"];
    let printed = system.run(&words).expect(0).out;
    assert!(
        printed.contains(&format!(" host --file {file}\n")),
        "{printed}"
    );
    assert!(system.calls().is_empty() && !system.path("config").exists());
    system.run(&words[..3]).expect(0);
    let written = fs::read_to_string(system.path(HOST)).expect("written");
    assert!(printed.contains(&written), "{printed}");
}

#[test]
fn a_unit_of_somebody_else_is_left_alone() {
    let system = System::new();
    system.save("shop");
    let path = system.path(HOST);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(&path, "[Service]\n").expect("written");
    let refused = system.run(&["install", "shop"]).expect(1);
    assert!(refused.err.contains("--force"), "{refused:?}");
    system.run(&["uninstall"]).expect(1);
    assert_eq!(fs::read_to_string(&path).expect("there"), "[Service]\n");
    assert!(system.calls().is_empty());
    let status = system.run(&["status", "host", "--json"]).expect(0).json();
    assert_eq!(status[0]["foreign"], json!(true));
    system.run(&["install", "shop", "--force"]).expect(0);
    system.run(&["uninstall"]).expect(0);
    assert!(!path.exists(), "it was ours by then");
}

#[test]
fn what_cannot_be_installed_is_told_before_anything_is_written() {
    let system = System::new();
    system.run(&["install"]).expect(2);
    system.run(&["install", "nobody"]).expect(3);
    system
        .run(&["install", "--file", "/nowhere.toml"])
        .expect(3);
    system.save("shop");
    let mixed = system
        .run(&["install", "--file", "a.toml", "relay"])
        .expect(2);
    assert!(mixed.err.contains("a relay hosts no tunnels"), "{mixed:?}");
    system.program("systemctl", "echo 'Failed to connect to bus' >&2; exit 1");
    let failed = system.run(&["install", "shop"]).expect(1);
    for part in ["systemctl --user daemon-reload", "Failed to connect to bus"] {
        assert!(failed.err.contains(part), "{failed:?}");
    }
    fs::remove_file(system.path(HOST)).expect("it was written");
    fs::remove_dir(system.path("run/systemd/system")).expect("empty");
    let without = system.run(&["install", "shop", "--json"]).expect(1);
    let line = &without.json()[0];
    let said = line["message"].as_str().expect("text");
    assert!(said.contains("underpass host shop"), "{line}");
    assert!(!system.path(HOST).exists());
}

const RELAY: [&str; 3] = [
    "underpass-relay.service",
    "underpass-relay-link.socket",
    "underpass-relay-http.socket",
];

#[test]
fn a_relay_is_a_service_of_the_system_with_its_sockets() {
    let system = System::new();
    let unit = |name: &str| system.path("etc/systemd/system").join(name);
    let words = [
        "install",
        "relay",
        "--advertise",
        "relay.example.org",
        "--public-url",
        "https://tunnels.example.org",
        "--http",
        "127.0.0.1:7480",
    ];
    let with = |program: &str| system.run(&[&words[..], &["--program", program]].concat());
    let hidden = with("/home/ada/underpass").expect(1);
    assert!(hidden.err.contains("/usr/local/bin"), "{hidden:?}");
    system.program("id", "exit 1");
    let nobody = with("/usr/local/bin/underpass").expect(1);
    assert!(nobody.err.contains("useradd --system"), "{nobody:?}");
    assert!(RELAY.iter().all(|name| !unit(name).exists()));
    system.program("id", "exit 0");
    with("/usr/local/bin/underpass").expect(0);
    let text = |name: &str| fs::read_to_string(unit(name)).expect("written");
    let exec = "\nExecStart=/usr/local/bin/underpass relay --advertise relay.example.org \
                --public-url https://tunnels.example.org/\n";
    assert!(text(RELAY[0]).contains(exec), "{}", text(RELAY[0]));
    assert!(text(RELAY[1]).contains("\nListenStream=0.0.0.0:7443\n"));
    assert!(text(RELAY[2]).contains("\nListenStream=127.0.0.1:7480\n"));
    let sockets = format!("{} {} {}", RELAY[2], RELAY[1], RELAY[0]);
    let enable = format!("enable --now {sockets}");
    assert_eq!(system.calls(), ["daemon-reload", &*enable]);
    system.run(&["uninstall", "relay"]).expect(0);
    assert!(RELAY.iter().all(|name| !unit(name).exists()));
    let disable = format!("disable --now {}", RELAY.join(" "));
    assert_eq!(system.calls(), [&*disable, "daemon-reload"]);
}

/// What `systemd-analyze` has against these files; nothing, where it finds them right.
fn verify(files: &[PathBuf]) -> Option<String> {
    let mut verify = Command::new("systemd-analyze");
    let verify = verify.args(["verify", "--man=no"]).args(files);
    let verified = verify.stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    // What it says of units that the machine has is not about ours.
    let ours = said.lines().filter(|line| line.contains("underpass"));
    let ours = ours.collect::<Vec<_>>().join("\n");
    (!verified.status.success() || !ours.is_empty()).then_some(format!("{said}|{ours}"))
}

#[test]
fn systemd_finds_the_units_right() {
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        return not_tested("no systemd-analyze");
    }
    let system = System::new();
    system.save("shop");
    let quoted = system.path("bin/it's");
    let quoted = quoted.to_str().expect("text");
    let refused = system
        .run(&["install", "shop", "--program", quoted])
        .expect(1);
    assert!(refused.err.contains("quote"), "{refused:?}");
    let odd = system.path("odd %d $HOME ;é");
    fs::create_dir(&odd).expect("made");
    let program = odd.join("true");
    fs::copy("/bin/true", &program).expect("copied");
    let program = program.to_str().expect("text");
    system
        .run(&["install", "shop", "--program", program])
        .expect(0);
    assert_eq!(verify(&[system.path(HOST)]), None);
    // An argument may be anything.
    let file = odd.join("\"it's\" \\x.toml");
    fs::write(&file, "[[tunnel]]\nport = 3000\n").expect("written");
    let file = file.to_str().expect("text");
    system
        .run(&["install", "--file", file, "--program", "/bin/true"])
        .expect(0);
    assert_eq!(verify(&[system.path(HOST)]), None);
    let words = ["install", "relay", "--domain", "tunnels.example.org"];
    let words = [&words[..], &["--program", "/bin/true"]].concat();
    system.run(&words).expect(0);
    let units = RELAY.map(|name| system.path("etc/systemd/system").join(name));
    assert_eq!(verify(&units), None);
    // It does find what is wrong.
    let wrong = fs::read_to_string(&units[0])
        .expect("there")
        .replace("Type=notify", "Type=no");
    fs::write(&units[0], wrong).expect("written");
    assert!(verify(&units).is_some(), "{}", Path::new(program).display());
}
