//! A disk that is full, and a program that is killed while it writes.

use super::children::{child, child_under, finish, folder_of_child};
use super::programs::append_to;
use crate::support::not_tested::not_tested;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use underpass::audit::verify;
use underpass::model::{NoticeKind, ProviderId, Secret, Tunnel, TunnelId, UnixMillis};
use underpass::secrets::Secrets;
use underpass::store::Home;

/// Tunnels that take some 200 bytes each in their file.
fn tunnels(count: u64) -> Vec<Tunnel> {
    let tunnel = |n| Tunnel {
        id: TunnelId::new(format!("tunnel-{n}")).expect("an id"),
        name: format!("tunnel {n}"),
        provider: ProviderId::RELAY,
        ports: Vec::new(),
        chosen: underpass::model::Chosen::default(),
        created_at: UnixMillis(n),
        expires_at: None,
        remote: None,
    };
    (0..count).map(tunnel).collect()
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("there");
    let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    entries
        .map(|entry| name(entry.expect("an entry")))
        .collect()
}

/// With room for a small file and not for a large one: every write that fails must leave the old
/// file as it was, and nothing beside it.
fn nothing_is_lost_without_room(home: &Home) {
    let small = tunnels(2);
    assert_eq!(
        home.tunnels().load().value,
        small,
        "saved while there was room"
    );
    let notice = home.tunnels().save_or_notice(&tunnels(4_000));
    let Some(NoticeKind::FileNotSaved { file, detail }) = notice else {
        panic!("there was room after all");
    };
    assert!(file == "tunnels.json" && !detail.is_empty());
    assert_eq!(home.tunnels().load().value, small);
    let secrets = Secrets::open(home.path(), true);
    let large = Secret::new(&"x".repeat(500_000));
    assert!(secrets.set("large", &large).is_err());
    let kept = secrets.get("relay").expect("readable").expect("there");
    assert_eq!(kept.expose(), "token");
    let left: Vec<_> = names(home.path())
        .into_iter()
        .filter(|name| name.contains("tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

fn save_while_there_is_room(home: &Home) {
    home.tunnels().save(&tunnels(2)).expect("there is room");
    let secrets = Secrets::open(home.path(), true);
    let token = Secret::new("token");
    secrets.set("relay", &token).expect("there is room");
}

/// A file system of its own, taken away when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=256k,mode=700", "underpass-test"])
            .arg(dir.path())
            .stderr(Stdio::null())
            .status();
        done.is_ok_and(|status| status.success())
            .then_some(Self(dir))
    }

    fn fill(&self) {
        let mut file = File::create(self.0.path().join("filler")).expect("made");
        while file.write_all(&[b'x'; 512]).is_ok() {}
    }

    fn free(&self) {
        fs::remove_file(self.0.path().join("filler")).expect("removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let Some(disk) = SmallDisk::mount() else {
        not_tested("on a real full disk: no right to mount; see the test beside this one");
        return;
    };
    let home = Home::at(disk.0.path()).expect("a home");
    save_while_there_is_room(&home);
    append_to(&home, 3);
    disk.fill();
    nothing_is_lost_without_room(&home);
    let log = underpass::audit::AuditLog::open(home.audit_log());
    let refused = (0..40).find_map(|_| log.append(&super::programs::entry()).err());
    refused.expect("the log's last block is full at some time");
    let summary = verify(&home.audit_log()).expect("what is there holds");
    disk.free();
    append_to(&home, 1);
    let healed = verify(&home.audit_log()).expect("it holds");
    assert_eq!(healed.records, summary.records + 1);
    home.tunnels()
        .save(&tunnels(3))
        .expect("there is room again");
}

/// The same without a mount: the system refuses to let any file grow beyond some kilobytes.
#[cfg(unix)]
#[test]
fn a_write_that_fails_half_way_loses_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let limited = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
    let wrapper = ["sh", "-c", limited, "sh"];
    finish(&mut child_under(
        &wrapper,
        "disk::child_without_room",
        dir.path(),
    ));
    let summary = verify(&dir.path().join("audit.jsonl")).expect("what is there holds");
    assert!(summary.torn_end && summary.records > 3, "{summary:?}");
    let home = Home::at(dir.path()).expect("a home");
    append_to(&home, 1);
    let healed = verify(&home.audit_log()).expect("it holds");
    assert_eq!((healed.records, healed.healed), (summary.records + 1, 1));
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_without_room() {
    let Some(dir) = folder_of_child() else { return };
    let home = Home::at(dir).expect("a home");
    save_while_there_is_room(&home);
    nothing_is_lost_without_room(&home);
    let log = underpass::audit::AuditLog::open(home.audit_log());
    let refused = (0..200).find_map(|_| log.append(&super::programs::entry()).err());
    refused.expect("the log reaches its limit");
}

#[test]
fn a_kill_while_saving_leaves_one_of_both_files() {
    for round in 1..=5 {
        let dir = tempfile::tempdir().expect("a folder");
        let mut writer = child("disk::child_saves", dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(writer.stdout.take().expect("piped")).lines();
        let saves = lines.filter(|line| line.as_ref().is_ok_and(|line| line == "saved"));
        assert_eq!(saves.take(round * 7).count(), round * 7);
        writer.kill().expect("it lives");
        writer.wait().expect("it is dead");
        let home = Home::at(dir.path()).expect("a home");
        let loaded = home.tunnels().load();
        assert_eq!(loaded.notice, None);
        assert!([1, 300].contains(&loaded.value.len()));
    }
}

#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_saves() {
    let Some(dir) = folder_of_child() else { return };
    let home = Home::at(dir).expect("a home");
    for count in [1, 300].into_iter().cycle() {
        home.tunnels().save(&tunnels(count)).expect("saved");
        println!("saved");
    }
}

/// Makes nothing writable in a folder, whoever asks; false where that cannot be done.
fn make_read_only(folder: &Path, mounted: bool) -> bool {
    if mounted {
        let again = Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(folder)
            .status();
        return again.is_ok_and(|status| status.success());
    }
    let mut rights = fs::metadata(folder).expect("there").permissions();
    rights.set_readonly(true);
    fs::set_permissions(folder, rights).expect("it is ours");
    File::create(folder.join("probe")).is_err()
}

#[cfg(target_os = "linux")]
#[test]
fn a_home_that_cannot_be_written_is_copied_for_the_session() {
    let (dir, disk) = (tempfile::tempdir().expect("a folder"), SmallDisk::mount());
    let (home, session) = (dir.path().join("home"), dir.path().join("session"));
    let home = disk.as_ref().map_or(home, |disk| disk.0.path().to_owned());
    for folder in [&home.join("relay"), &home.join("logs"), &session] {
        fs::create_dir_all(folder).expect("made");
    }
    for (name, text) in [
        ("settings.json", "{}"),
        ("relay/key.pem", "key"),
        ("relay/owner-token", "token"),
        ("instance.json", "{}"),
        ("logs/log.json", "{}"),
        ("running", ""),
    ] {
        fs::write(home.join(name), text).expect("written");
    }
    let usual = Home::at(&home).expect("a home");
    let (same, why) = usual.writable().expect("it is");
    assert!(same == usual && why.is_none());
    if make_read_only(&home, disk.is_some()) {
        let mut command = child("disk::child_copies_its_home", &home);
        finish(command.env("XDG_RUNTIME_DIR", &session));
    } else {
        not_tested("nothing is read-only for this user");
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "run by another test, in a process of its own"]
fn child_copies_its_home() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(dir) = folder_of_child() else { return };
    let session = std::env::var_os("XDG_RUNTIME_DIR").expect("set");
    let home = Home::at(&dir).expect("it is there");
    let (copy, why) = home.writable().expect("there is a place");
    why.expect("it cannot be written");
    assert!(copy.path().starts_with(&session), "{copy:?}");
    assert_eq!(copy.is_private(), home.is_private());
    let mut copied = names(copy.path());
    copied.sort();
    assert_eq!(copied, ["relay", "settings.json"]);
    let mut relay = names(&copy.file("relay"));
    relay.sort();
    assert_eq!(relay, ["key.pem", "owner-token"]);
    let rights = fs::metadata(copy.file("relay/owner-token")).expect("there");
    assert_eq!(rights.permissions().mode() & 0o777, 0o600);
    fs::write(copy.file("settings.json"), "changed").expect("it can be written");
    let (again, _) = home.writable().expect("there is a place");
    assert_eq!(again, copy, "each start of a session has the same");
    let text = fs::read_to_string(copy.file("settings.json"));
    assert_eq!(text.expect("there"), "{}", "as it is in the home");
}
