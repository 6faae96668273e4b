//! The chain goes on from file to file, and a crash at any step loses nothing.

use super::*;
use proptest::prelude::*;
use proptest::sample::Index;

#[test]
fn the_chain_goes_on_from_file_to_file_and_says_what_was_removed() {
    let rig = Rig::new(SMALL);
    for count in 1..=60 {
        rig.append();
        let summary = rig.holds();
        assert_eq!(summary.records + summary.removed, count);
        let full = |bytes: &&Vec<u8>| bytes.len() as u64 > SMALL.file_bytes + 600;
        assert_eq!(rig.contents().values().filter(full).count(), 0);
        // One more may have been made for the next record.
        assert!(rig.contents().len() <= SMALL.files + 1);
    }
    let summary = rig.holds();
    assert!(summary.removed > 30 && summary.records > 9, "{summary:?}");
    let records: Vec<_> = read(rig.log.path()).expect("open").flatten().collect();
    assert_eq!(records.len() as u64, summary.records);
    assert_eq!(records[0].seq, summary.removed + 1);
    assert!(!rig.file("audit.jsonl").exists(), "the oldest goes first");
}

#[cfg(unix)]
#[test]
fn each_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let rig = Rig::new(SMALL);
    (0..12).for_each(|_| rig.append());
    assert!(rig.contents().len() > 2);
    for name in rig.contents().keys() {
        let mode = fs::metadata(rig.file(name)).expect("there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_log_of_one_file_goes_on_as_it_is() {
    let rig = Rig::new(Limits::USUAL);
    (0..20).for_each(|_| rig.append());
    let before = rig.contents();
    let small = AuditLog::with_limits(rig.log.path(), SMALL);
    (0..3).for_each(|_| small.append(&entry()).expect("appended"));
    let (after, summary) = (rig.contents(), rig.holds());
    assert_eq!((summary.records, summary.files), (23, 2));
    assert!(after["audit.jsonl"].starts_with(&before["audit.jsonl"]));
}

#[test]
fn a_file_that_cannot_be_made_loses_no_record() {
    let rig = Rig::new(SMALL);
    rig.append();
    // A folder has the next file's name.
    fs::create_dir(rig.file("audit.2.jsonl")).expect("made");
    let kept = rig.log.append(&entry());
    assert!(kept.is_err(), "a folder is no log, and it is said");
    fs::remove_dir(rig.file("audit.2.jsonl")).expect("removed");
    rig.append();
    assert_eq!(rig.holds().records, 2);
}

#[cfg(unix)]
#[test]
fn a_folder_that_takes_no_new_file_lets_the_last_one_grow() {
    use std::os::unix::fs::PermissionsExt as _;
    let rig = Rig::new(SMALL);
    rig.append();
    let rights = |mode| fs::set_permissions(rig.dir.path(), fs::Permissions::from_mode(mode));
    rights(0o500).expect("it is ours");
    // Whoever may do anything makes the file all the same.
    (0..9).for_each(|_| rig.append());
    rights(0o700).expect("it is ours");
    (0..9).for_each(|_| rig.append());
    assert_eq!(rig.holds().records + rig.holds().removed, 19);
}

#[test]
fn several_writers_make_one_chain_over_many_files() {
    const WRITERS: u64 = 4;
    const EACH: u64 = 25;
    let rig = Rig::new(Limits {
        files: 1_000,
        ..SMALL
    });
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| (0..EACH).for_each(|_| rig.append()));
        }
        scope.spawn(|| {
            for _ in 0..EACH {
                let summary = verify(rig.log.path()).expect("whole at any time");
                assert!(!summary.torn_end);
            }
        });
    });
    let summary = rig.holds();
    assert_eq!((summary.records, summary.healed), (WRITERS * EACH, 0));
    assert!(summary.files > 20, "{summary:?}");
}

#[test]
fn a_reader_beside_a_writer_who_removes_files_finds_a_chain_that_holds() {
    let rig = Rig::new(SMALL);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (0..150).for_each(|_| rig.append()));
        while !writer.is_finished() {
            match rig.verify() {
                // Each try lost a race; this test rotates as often as it can.
                Ok(_) | Err(VerifyError::Io(_)) => {}
                Err(error) => panic!("{error}"),
            }
            let read = read(rig.log.path()).map(|records| records.flatten().count());
            read.expect("open");
        }
    });
    assert_eq!(rig.holds().records + rig.holds().removed, 150);
}

#[test]
fn the_line_that_names_the_next_file_may_be_cut_anywhere() {
    let rig = Rig::new(SMALL);
    let before = loop {
        let before = rig.contents();
        rig.append();
        if rig.file("audit.2.jsonl").exists() {
            break before;
        }
    };
    let after = rig.contents();
    let start = before["audit.jsonl"].len();
    for len in start..=after["audit.jsonl"].len() {
        let mut cut = after.clone();
        cut.get_mut("audit.jsonl").expect("there").truncate(len);
        rig.put(&cut);
        let whole = len == start || len == after["audit.jsonl"].len();
        assert_eq!(rig.holds().torn_end, !whole, "cut at {len}");
        rig.append();
        assert!(!rig.holds().torn_end, "cut at {len}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_crash_at_any_step_is_no_change_and_loses_nothing(
        crashes in prop::collection::vec((0..9usize, any::<Index>(), any::<Index>()), 1..14),
    ) {
        let rig = Rig::new(SMALL);
        let mut acknowledged = Vec::new();
        for (appends, step, cut) in crashes {
            for _ in 0..appends {
                let run = new_run_id();
                rig.log.append(&entry_of(run.clone())).expect("appended");
                acknowledged.push(run.0);
            }
            let before = rig.contents();
            rig.append();
            let steps = steps(&before, &rig.contents(), cut);
            rig.put(&steps[step.index(steps.len())]);
            rig.holds();
        }
        rig.append();
        let (summary, kept) = (rig.holds(), rig.runs());
        prop_assert!(!summary.torn_end);
        prop_assert_eq!(kept.len() as u64, summary.records);
        let first = acknowledged.iter().position(|run| kept.contains(run));
        if let Some(first) = first {
            prop_assert!(acknowledged[first..].iter().all(|run| kept.contains(run)));
            prop_assert!(first as u64 <= summary.removed);
        }
    }
}

/// What a crash may leave of one append, step by step: the next file is made, the line is written (cut
/// somewhere), files that are too old are removed.
fn steps(before: &Contents, after: &Contents, cut: Index) -> Vec<Contents> {
    let mut state = before.clone();
    let mut steps = vec![state.clone()];
    for (name, bytes) in after {
        if bytes.is_empty() && !before.contains_key(name) {
            state.insert(name.clone(), Vec::new());
            steps.push(state.clone());
        }
    }
    let grown = |(name, bytes): &(&String, &Vec<u8>)| {
        !bytes.is_empty() && before.get(*name).is_none_or(|old| old != *bytes)
    };
    let (name, bytes) = after.iter().find(grown).expect("a line was written");
    let old = before.get(name).map_or(0, Vec::len);
    for len in [old + 1 + cut.index(bytes.len() - old - 1), bytes.len()] {
        state.insert(name.clone(), bytes[..len].to_vec());
        steps.push(state.clone());
    }
    let mut gone: Vec<_> = before
        .keys()
        .filter(|name| !after.contains_key(*name))
        .collect();
    // `audit.jsonl` is older than all that have a number.
    gone.sort_by_key(|name| (name.len(), (*name).clone()));
    gone.sort_by_key(|name| *name != "audit.jsonl");
    for name in gone {
        state.remove(name);
        steps.push(state.clone());
    }
    steps
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn random_files_never_panic_and_are_gone_on_from(
        files in prop::collection::btree_map(1..6u64, prop::collection::vec(any::<u8>(), 0..120), 0..5),
    ) {
        let named = |(number, bytes): (u64, Vec<u8>)| match number {
            1 => ("audit.jsonl".to_owned(), bytes),
            _ => (format!("audit.{number}.jsonl"), bytes),
        };
        let contents: Contents = files.into_iter().map(named).collect();
        let rig = Rig::of(&contents);
        let _ = rig.verify();
        rig.append();
        let after = rig.contents();
        for (name, bytes) in &contents {
            prop_assert!(after[name].starts_with(bytes), "nothing is taken away");
        }
        prop_assert_eq!(rig.runs().len(), 1);
    }
}
