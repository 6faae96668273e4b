//! Tests of the chain: whatever is done to the file is found.

use super::*;
use crate::audit::chain::MAX_LINE;
use crate::audit::{AuditLog, Cause, Entry, Kind, new_run_id, read};
use crate::model::{ProviderId, SessionNumber, TunnelId, UnixMillis};
use proptest::prelude::*;
use std::fs;
use std::sync::LazyLock;

const RECORDS: usize = 6;

/// A log of some records, one of which healed a crash.
static LOG: LazyLock<Vec<u8>> = LazyLock::new(make_log);

fn make_log() -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("audit.jsonl");
    let log = AuditLog::open(&path);
    for n in 0..RECORDS as u64 {
        if n == 3 {
            let mut torn = fs::read(&path).expect("there");
            torn.extend(b"{\"seq\":4,\"at\":\"20");
            fs::write(&path, torn).expect("written");
        }
        log.append(&entry(n)).expect("appended");
    }
    fs::read(&path).expect("there")
}

fn entry(n: u64) -> Entry {
    Entry {
        at: UnixMillis(1_790_000_000_000 + n),
        kind: Kind::ALL[usize::try_from(n).expect("small") % Kind::ALL.len()],
        tunnel: TunnelId::new("web").expect("an id"),
        provider: ProviderId::RELAY,
        cause: Some(Cause::Reconnected),
        urls: Vec::new(),
        error: None,
        run: new_run_id(),
        session: Some(SessionNumber(n)),
    }
}

fn verify_bytes(bytes: &[u8]) -> Result<Summary, VerifyError> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), bytes).expect("written");
    verify(file.path())
}

fn lines() -> Vec<&'static [u8]> {
    LOG.split_inclusive(|byte| *byte == b'\n').collect()
}

/// Either the chain is broken, or all that is left of it is an honest start: what a crash or a cut
/// at the end leaves.
fn is_found(bytes: &[u8]) -> bool {
    match verify_bytes(bytes) {
        Err(VerifyError::Broken(_) | VerifyError::Missing(_)) => true,
        Err(VerifyError::Io(error)) => panic!("{error}"),
        Ok(summary) => summary.torn_end && summary.records < RECORDS as u64,
    }
}

#[test]
fn the_log_as_written_holds() {
    let summary = verify_bytes(&LOG).expect("it holds");
    assert_eq!(
        (summary.records, summary.healed),
        (RECORDS as u64, 1),
        "{summary:?}"
    );
    let absent = verify(Path::new("target/no-such-log")).expect("an empty one");
    assert_eq!(absent, Summary::default());
}

#[test]
fn each_edited_byte_is_found() {
    for at in 0..LOG.len() {
        let mut edited = LOG.clone();
        edited[at] ^= 1;
        assert!(is_found(&edited), "byte {at}");
    }
}

#[test]
fn each_line_taken_out_is_found_but_the_last() {
    let lines = lines();
    assert_eq!(lines.len(), RECORDS + 1);
    for gone in 0..lines.len() - 1 {
        let rest: Vec<u8> = [&lines[..gone], &lines[gone + 1..]].concat().concat();
        assert!(is_found(&rest), "line {gone}");
    }
    let head = lines[..lines.len() - 1].concat();
    let summary = verify_bytes(&head).expect("a chain does not know its end");
    let full = verify_bytes(&LOG).expect("it holds");
    assert_ne!(summary.last, full.last, "but who kept the last hash does");
}

#[test]
fn a_line_of_another_log_is_found_though_its_own_hash_and_number_are_right() {
    let other = make_log();
    let foreign: Vec<&[u8]> = other.split_inclusive(|byte| *byte == b'\n').collect();
    for at in 1..foreign.len() {
        let mut lines = lines();
        if lines[at] != foreign[at] {
            lines[at] = foreign[at];
            assert!(is_found(&lines.concat()), "line {at}");
        }
    }
}

#[test]
fn the_place_is_named() {
    let mut edited = LOG.clone();
    let at = edited.iter().position(|byte| *byte == b'\n').expect("one");
    edited[at + 20] ^= 1;
    let Err(VerifyError::Broken(broken)) = verify_bytes(&edited) else {
        panic!("it was changed");
    };
    assert_eq!(broken.line, 2);
}

#[test]
fn a_line_without_end_takes_no_memory() {
    let mut bytes = LOG.clone();
    bytes.extend(vec![b'x'; 5 * MAX_LINE]);
    assert!(
        verify_bytes(&bytes)
            .expect("a crash, for all we know")
            .torn_end
    );
    bytes.push(b'\n');
    assert!(is_found(&bytes));
    bytes.extend(lines()[0]);
    assert!(is_found(&bytes));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn swapped_lines_are_found(a in 0..=RECORDS, b in 0..=RECORDS) {
        prop_assume!(a != b);
        let mut lines = lines();
        lines.swap(a, b);
        prop_assert!(is_found(&lines.concat()));
    }

    #[test]
    fn a_repeated_line_is_found(from in 0..=RECORDS, to in 0..=RECORDS) {
        let mut lines = lines();
        lines.insert(to, lines[from]);
        prop_assert!(is_found(&lines.concat()));
    }

    #[test]
    fn bytes_cut_out_of_the_middle_are_found(start in 0..LOG.len() - 1, len in 1usize..2_000) {
        let end = (start + len).min(LOG.len() - 1);
        let cut = [&LOG[..start], &LOG[end..]].concat();
        // What is left is the log's start: a cut at the end, the one that leaves no trace.
        prop_assume!(!LOG.starts_with(&cut));
        prop_assert!(is_found(&cut));
    }

    #[test]
    fn bytes_put_in_are_found(at in 0..LOG.len(), bytes in prop::collection::vec(any::<u8>(), 1..40)) {
        let put = [&LOG[..at], &bytes, &LOG[at..]].concat();
        prop_assert!(put == *LOG || is_found(&put));
    }

    #[test]
    fn changed_bytes_are_found(at in 0..LOG.len() - 1, bytes in prop::collection::vec(any::<u8>(), 1..200)) {
        let mut changed = LOG.clone();
        let end = (at + bytes.len()).min(changed.len());
        changed[at..end].copy_from_slice(&bytes[..end - at]);
        prop_assert!(changed == *LOG || is_found(&changed));
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = verify_bytes(&bytes);
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), &bytes).expect("written");
        prop_assert!(read(file.path()).expect("open").all(|record| record.is_err()));
    }
}
