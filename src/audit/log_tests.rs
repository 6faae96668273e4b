//! Tests of appending: the chain, crashes, several writers.

use super::*;
use crate::audit::{Cause, Kind, new_run_id, read, verify};
use crate::model::{ProviderId, SessionNumber, TunnelId, UnixMillis};
use proptest::prelude::*;
use std::fs;

fn entry(n: u64) -> Entry {
    Entry {
        at: UnixMillis(1_790_000_000_000 + n),
        kind: Kind::Up,
        tunnel: TunnelId::new("web").expect("an id"),
        provider: ProviderId::RELAY,
        cause: Some(Cause::Started),
        urls: vec!["http://web.localhost:7480/".to_owned()],
        error: None,
        run: new_run_id(),
        session: Some(SessionNumber(n)),
    }
}

fn log() -> (tempfile::TempDir, AuditLog) {
    let dir = tempfile::tempdir().expect("a folder");
    let log = AuditLog::open(dir.path().join("audit.jsonl"));
    (dir, log)
}

fn append(log: &AuditLog, count: u64) {
    (0..count).for_each(|n| log.append(&entry(n)).expect("appended"));
}

#[test]
fn records_follow_each_other_over_several_openings() {
    let (_dir, log) = log();
    append(&log, 3);
    append(&AuditLog::open(log.path()), 2);
    let summary = verify(log.path()).expect("whole");
    assert_eq!(
        (summary.records, summary.healed, summary.torn_end),
        (5, 0, false)
    );
    let records: Vec<_> = read(log.path())
        .expect("open")
        .map(|r| r.expect("a record"))
        .collect();
    assert_eq!(
        records.iter().map(|r| r.seq).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
    assert!(records.windows(2).all(|pair| pair[1].prev == pair[0].hash));
    assert_eq!(summary.last.as_ref(), records.last().map(|r| &r.hash));
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, log) = log();
    append(&log, 1);
    let mode = fs::metadata(log.path())
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_link_in_its_place_is_not_followed() {
    let (dir, log) = log();
    let other = dir.path().join("other");
    fs::write(&other, "somebody else's\n").expect("written");
    std::os::unix::fs::symlink(&other, log.path()).expect("linked");
    log.append(&entry(0)).expect_err("it leads elsewhere");
    let text = fs::read_to_string(&other).expect("there");
    assert_eq!(text, "somebody else's\n");
    // Nor one that leads to nothing yet.
    fs::remove_file(&other).expect("removed");
    log.append(&entry(0)).expect_err("it leads elsewhere");
    assert!(!other.exists());
}

#[test]
fn a_line_that_a_crash_cut_short_is_healed_by_the_next() {
    let (_dir, log) = log();
    append(&log, 2);
    let whole = fs::read(log.path()).expect("there");
    let second = whole.iter().position(|b| *b == b'\n').expect("a line") + 1;
    for cut in second + 1..whole.len() - 1 {
        fs::write(log.path(), &whole[..cut]).expect("cut");
        let torn = verify(log.path()).expect("a crash is no change");
        assert!(torn.torn_end && torn.records == 1, "{cut}: {torn:?}");
        append(&log, 2);
        let healed = verify(log.path()).expect("whole");
        assert_eq!(
            (healed.records, healed.healed, healed.torn_end),
            (3, 1, false)
        );
    }
}

#[test]
fn a_line_that_lacks_only_its_end_counts() {
    let (_dir, log) = log();
    append(&log, 2);
    let whole = fs::read(log.path()).expect("there");
    fs::write(log.path(), &whole[..whole.len() - 1]).expect("cut");
    append(&log, 1);
    let summary = verify(log.path()).expect("whole");
    assert_eq!((summary.records, summary.healed), (3, 0));
}

#[test]
fn a_crash_while_healing_is_healed_too_and_so_is_one_in_the_first_line() {
    let (_dir, log) = log();
    fs::write(log.path(), "{\"seq\":1,\"a").expect("written");
    append(&log, 1);
    let end = fs::metadata(log.path()).expect("there").len();
    fs::OpenOptions::new()
        .write(true)
        .open(log.path())
        .and_then(|file| file.set_len(end - 7))
        .expect("cut");
    append(&log, 1);
    let summary = verify(log.path()).expect("whole");
    assert_eq!((summary.records, summary.healed), (1, 1));
}

#[test]
fn a_changed_last_line_is_not_taken_for_a_crash() {
    let (_dir, log) = log();
    append(&log, 3);
    let text = fs::read_to_string(log.path()).expect("there");
    let at = text.rfind("tunnel.up").expect("in the last line");
    let mut bytes = text.into_bytes();
    bytes[at] = b'X';
    fs::write(log.path(), bytes).expect("changed");
    append(&log, 1);
    let broken = verify(log.path()).expect_err("it was changed").to_string();
    assert!(broken.contains("line 3"), "{broken}");
}

#[test]
fn several_writers_make_one_chain() {
    const WRITERS: u64 = 4;
    const EACH: u64 = 25;
    let (_dir, log) = log();
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| append(&log, EACH));
        }
        // A reader beside them never sees half a line.
        scope.spawn(|| {
            for _ in 0..EACH {
                let summary = verify(log.path()).expect("whole at any time");
                assert!(!summary.torn_end);
            }
        });
    });
    assert_eq!(verify(log.path()).expect("whole").records, WRITERS * EACH);
}

#[test]
fn a_log_that_cannot_be_written_is_an_error_and_no_wait() {
    let (dir, _) = log();
    let log = AuditLog::open(dir.path());
    assert!(log.append(&entry(1)).is_err());
    assert!(verify(dir.path()).is_err());
}

#[test]
fn a_stuck_program_does_not_stop_us_for_ever() {
    let (_dir, log) = log();
    append(&log, 1);
    let other = File::open(log.path()).expect("open");
    other.lock().expect("locked");
    let error = log.append(&entry(2)).expect_err("it is locked");
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}

#[test]
fn what_was_said_of_a_failure_is_cleaned() {
    let (_dir, log) = log();
    let failed = Entry {
        kind: Kind::StartFailed,
        cause: Some(Cause::Failed(crate::model::Reason::TokenRefused)),
        error: Some("underpass://s3cret@relay:1#ab said\nno".to_owned()),
        ..entry(1)
    };
    log.append(&failed).expect("appended");
    let text = fs::read_to_string(log.path()).expect("there");
    assert!(!text.contains("s3cret"));
    let record = read(log.path()).expect("open").next().expect("one");
    let record = record.expect("a record");
    assert_eq!(record.reason.as_deref(), Some("sign_in"));
    assert_eq!(
        record.error.as_deref(),
        Some("token-refused: underpass://***@relay:1#ab said no")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_bytes_can_be_there_already(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let (_dir, log) = log();
        fs::write(log.path(), &bytes).expect("written");
        append(&log, 2);
        let after = fs::read(log.path()).expect("there");
        prop_assert!(after.starts_with(&bytes), "nothing is taken away");
        let records = read(log.path()).expect("open").flatten().count();
        prop_assert_eq!(records, 2);
        if bytes.last().is_some_and(|last| *last != b'\n') {
            prop_assert_eq!(verify(log.path()).expect("healed").healed, 1);
        }
    }
}
