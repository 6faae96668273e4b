//! A desktop that lacks things or hangs, and one that has them. Each in a program of its own, whose
//! environment is ours to choose.

use super::children::{child, child_under, finish, folder_of_child, installed};
use std::fs;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::{Duration, Instant};
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
    assert!(start.elapsed() < Duration::from_secs(3));
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
    Notifier::start().expect("a thread").show("title", "body");
    let secrets = Secrets::open(&dir, false);
    assert_eq!(secrets.kind(), Kind::File);
}

#[test]
fn on_a_bus_without_services_there_is_no_tray_host_and_no_keychain_until_there_is() {
    if !installed("dbus-run-session") {
        return;
    }
    let dir = folder();
    let mut command = child_under(&["dbus-run-session", "--"], "desktop::child_on_a_bus", dir.path());
    // No keychain of this machine may be started by the bus.
    command.env("XDG_DATA_DIRS", dir.path()).env("XDG_DATA_HOME", dir.path());
    finish(&mut command);
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
    assert!(!tray_host_present(), "a watcher that nobody shows icons for");
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
    command.env("HOME", dir.path()).env_remove("XDG_CONFIG_HOME");
    finish(command.env("APPIMAGE", "/opt/my tools/100%/underpass"));
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
    let entry = dir.join(".config/autostart/underpass.desktop");
    let text = fs::read_to_string(entry).expect("there");
    let exec = r#"Exec="/opt/my tools/100%%/underpass" --minimised"#;
    assert!(text.lines().any(|line| line == exec), "{text}");
    autostart.set(false).expect("off");
    assert!(!autostart.is_on().expect("readable"));
}
