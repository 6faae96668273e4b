//! A desktop that lacks things or hangs, and one that has them. Each in a program of its own, whose
//! environment is ours to choose.

use super::children::{child, child_under, finish, folder_of_child, installed};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use underpass::base::note::Note;
use underpass::model::{Action, AlertId};
use underpass::platform::{Autostart, Clipboard, Notifier, display_available, tray_host_present};
use underpass::secrets::{Kind, Secrets};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn without_display(command: &mut Command) -> &mut Command {
    let variables = ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"];
    variables
        .iter()
        .fold(command, |command, name| command.env_remove(name))
}

#[test]
fn without_a_desktop_everything_says_so_at_once() {
    let dir = folder();
    let bus = format!("unix:path={}", dir.path().join("no-bus").display());
    let mut command = child("desktop::child_has_nothing", dir.path());
    command.env("DBUS_SESSION_BUS_ADDRESS", bus);
    let start = Instant::now();
    finish(without_display(&mut command));
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_bus_that_hangs_is_given_up() {
    let dir = folder();
    let path = dir.path().join("bus");
    let _never_accepts = UnixListener::bind(&path).expect("bound");
    let mut command = child("desktop::child_has_nothing", dir.path());
    command.env(
        "DBUS_SESSION_BUS_ADDRESS",
        format!("unix:path={}", path.display()),
    );
    let start = Instant::now();
    finish(without_display(&mut command));
    assert!(start.elapsed() < Duration::from_secs(15));
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_has_nothing() {
    let Some(dir) = folder_of_child() else { return };
    assert!(!display_available());
    assert!(!tray_host_present());
    let clipboard = Clipboard::start().expect("a thread");
    assert!(!clipboard.copy("x").expect_err("no display").0.is_empty());
    let notifier = Notifier::start(|_| {}).expect("a thread");
    notifier.follow(vec![Note {
        id: AlertId::Told(1),
        title: "title".to_owned(),
        body: "body".to_owned(),
        buttons: vec![],
        open: ("Show".to_owned(), Action::OpenWindow),
    }]);
    let secrets = Secrets::open(&dir, false);
    assert_eq!(secrets.kind(), Kind::File);
}

#[test]
fn on_a_bus_without_services_there_is_no_tray_host_and_no_keychain_until_there_is() {
    if !installed("dbus-run-session") {
        return;
    }
    let dir = folder();
    let mut command = child_under(
        &["dbus-run-session", "--"],
        "desktop::child_on_a_bus",
        dir.path(),
    );
    // No keychain of this machine may be started by the bus.
    command
        .env("XDG_DATA_DIRS", dir.path())
        .env("XDG_DATA_HOME", dir.path());
    finish(&mut command);
}

/// A display of its own, gone when dropped.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn open() -> Self {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut number = String::new();
        let mut told = BufReader::new(server.stdout.as_mut().expect("piped"));
        told.read_line(&mut number).expect("its number");
        let name = format!(":{}", number.trim());
        Self { server, name }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // Asked, not killed: it then takes its lock file with it.
        let id = self.server.id().to_string();
        let _ = Command::new("kill").arg(id).status();
        let _ = self.server.wait();
    }
}

#[test]
fn a_start_that_fails_says_so_on_the_screen_where_there_is_no_terminal() {
    if !installed("Xvfb") || !installed("xdotool") {
        return;
    }
    let display = Display::open();
    let dir = folder();
    let mut command = Command::new(env!("CARGO_BIN_EXE_underpass"));
    let bus = format!("unix:path={}", dir.path().join("no-bus").display());
    without_display(&mut command)
        .env("DISPLAY", &display.name)
        .env("DBUS_SESSION_BUS_ADDRESS", bus)
        .env("UNDERPASS_HOME", dir.path().join("home"))
        .env("LC_ALL", "C")
        // Without any there is no probe, and no app without those.
        .env("SSL_CERT_FILE", "/dev/null")
        .env("SSL_CERT_DIR", dir.path())
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    let mut program = command.spawn().expect("it starts");
    let found = Command::new("timeout")
        .args([
            "60",
            "xdotool",
            "search",
            "--sync",
            "--onlyvisible",
            "--name",
        ])
        .arg("^Underpass couldn't start$")
        .env("DISPLAY", &display.name)
        .output()
        .expect("it starts");
    // It would wait to be put away.
    let _ = program.kill();
    let ended = program.wait_with_output().expect("it ended");
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(found.status.success(), "{said}");
    assert!(said.contains("TLS"), "{said}");
}

#[test]
fn another_program_reads_what_was_copied() {
    if !installed("Xvfb") {
        return;
    }
    let display = Display::open();
    let dir = folder();
    let on_display = |name| {
        let mut command = child(name, dir.path());
        without_display(&mut command).env("DISPLAY", &display.name);
        command
    };
    let mut owner = on_display("desktop::child_copies");
    let mut owner = owner
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let lines = BufReader::new(owner.stdout.as_mut().expect("piped")).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "copied"));
    finish(&mut on_display("desktop::child_pastes"));
    // The end of its input ends it.
    drop(owner.stdin.take());
    owner.wait().expect("it ends");
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_copies() {
    if folder_of_child().is_none() {
        return;
    }
    assert!(display_available());
    let clipboard = Clipboard::start().expect("a thread");
    clipboard.copy("http://old/").expect("copied");
    clipboard
        .copy("http://büro.localhost:7480/")
        .expect("copied");
    println!("copied");
    let _ = std::io::stdin().read_line(&mut String::new());
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_pastes() {
    if folder_of_child().is_none() {
        return;
    }
    let mut clipboard = arboard::Clipboard::new().expect("a display");
    let text = clipboard.get_text().expect("there is a text");
    assert_eq!(text, "http://büro.localhost:7480/");
}

/// A program that shows tray icons, as far as we ask it.
struct Watcher {
    hosts: bool,
}

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        self.hosts
    }
}

fn watcher(hosts: bool) -> zbus::blocking::Connection {
    zbus::blocking::connection::Builder::session()
        .expect("a bus")
        .serve_at("/StatusNotifierWatcher", Watcher { hosts })
        .expect("an object")
        .name("org.kde.StatusNotifierWatcher")
        .expect("a name")
        .build()
        .expect("on the bus")
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_on_a_bus() {
    let Some(dir) = folder_of_child() else { return };
    assert!(!tray_host_present(), "nobody watches");
    let empty = watcher(false);
    assert!(
        !tray_host_present(),
        "a watcher that nobody shows icons for"
    );
    drop(empty);
    let panel = watcher(true);
    assert!(tray_host_present());
    drop(panel);
    let start = Instant::now();
    assert_eq!(Secrets::open(&dir, false).kind(), Kind::File);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn autostart_is_switched_on_and_off() {
    let dir = folder();
    let mut command = child("desktop::child_autostarts", dir.path());
    command
        .env("HOME", dir.path())
        .env_remove("XDG_CONFIG_HOME");
    finish(command.env("APPIMAGE", "/opt/my tools/100%/underpass"));
    assert!(!dir.path().join("elsewhere").exists());
}

#[test]
fn autostart_is_where_the_session_looks_for_it() {
    let dir = folder();
    let mut command = child("desktop::child_autostarts", dir.path());
    command
        .env("HOME", dir.path())
        .env("XDG_CONFIG_HOME", dir.path().join("elsewhere"));
    finish(command.env("APPIMAGE", "/opt/my tools/100%/underpass"));
    assert!(!dir.path().join(".config").exists());
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_autostarts() {
    let Some(dir) = folder_of_child() else { return };
    let autostart = Autostart::for_this_program().expect("known");
    assert!(!autostart.is_on().expect("readable"));
    autostart.set(false).expect("off is off");
    autostart.set(true).expect("on");
    autostart.set(true).expect("still on");
    assert!(autostart.is_on().expect("readable"));
    let config = std::env::var_os("XDG_CONFIG_HOME");
    let config = config.map_or_else(|| dir.join(".config"), Into::into);
    let entry = config.join("autostart/underpass.desktop");
    let text = fs::read_to_string(entry).expect("there");
    let exec = r#"Exec="/opt/my tools/100%%/underpass" --minimised"#;
    assert!(text.lines().any(|line| line == exec), "{text}");
    autostart.set(false).expect("off");
    assert!(!autostart.is_on().expect("readable"));
}
