//! Tests of a log of several files: whatever is done to them is found, and a crash at any step loses
//! nothing.

use super::*;
use crate::model::{ProviderId, RunId, SessionNumber, TunnelId, UnixMillis};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

/// Three or four records a file.
const SMALL: Limits = Limits {
    file_bytes: 1_300,
    files: 4,
};

/// All files of a log, by name.
type Contents = BTreeMap<String, Vec<u8>>;

struct Rig {
    dir: tempfile::TempDir,
    log: AuditLog,
}

impl Rig {
    fn new(limits: Limits) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let log = AuditLog::with_limits(dir.path().join("audit.jsonl"), limits);
        Self { dir, log }
    }

    fn of(contents: &Contents) -> Self {
        let rig = Self::new(SMALL);
        rig.put(contents);
        rig
    }

    /// A log in which rotations have removed files already.
    fn grown() -> Self {
        static GROWN: LazyLock<Contents> = LazyLock::new(|| {
            let rig = Rig::new(SMALL);
            while rig.contents().len() < 4 || rig.file("audit.2.jsonl").exists() {
                rig.append();
            }
            rig.append();
            rig.contents()
        });
        Self::of(&GROWN)
    }

    fn append(&self) {
        self.log.append(&entry()).expect("appended");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn contents(&self) -> Contents {
        let entries = fs::read_dir(self.dir.path()).expect("there");
        let read = |entry: fs::DirEntry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("read"))
        };
        entries
            .map(|entry| read(entry.expect("an entry")))
            .collect()
    }

    /// Makes these the files of the log.
    fn put(&self, contents: &Contents) {
        for name in self.contents().keys() {
            fs::remove_file(self.file(name)).expect("removed");
        }
        for (name, bytes) in contents {
            fs::write(self.file(name), bytes).expect("written");
        }
    }

    fn verify(&self) -> Result<Summary, VerifyError> {
        verify(self.log.path())
    }

    fn holds(&self) -> Summary {
        self.verify().unwrap_or_else(|error| {
            panic!("{error}: {:?}", self.contents().keys().collect::<Vec<_>>())
        })
    }

    fn is_broken(&self) -> bool {
        !matches!(self.verify(), Ok(_) | Err(VerifyError::Io(_)))
    }

    fn runs(&self) -> Vec<String> {
        let records = read(self.log.path()).expect("open").flatten();
        records.map(|record| record.run).collect()
    }
}

fn entry() -> Entry {
    entry_of(new_run_id())
}

fn entry_of(run: RunId) -> Entry {
    Entry {
        at: UnixMillis(1_790_000_000_000),
        kind: Kind::Up,
        tunnel: TunnelId::new("web").expect("an id"),
        provider: ProviderId::RELAY,
        cause: Some(Cause::Started),
        urls: Vec::new(),
        error: None,
        run,
        session: Some(SessionNumber(1)),
    }
}

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
fn each_file_that_is_missing_is_found_the_newest_too() {
    let rig = Rig::grown();
    let whole = rig.contents();
    assert!(whole.len() >= 4 && rig.holds().removed > 0);
    for name in whole.keys() {
        let mut less = whole.clone();
        less.remove(name);
        let rig = Rig::of(&less);
        assert!(rig.is_broken(), "{name}");
        // And it stays found when the program goes on.
        rig.append();
        assert!(rig.is_broken(), "{name}");
    }
}

#[test]
fn a_file_that_is_renamed_is_found() {
    let whole = Rig::grown().contents();
    let names: Vec<&String> = whole.keys().collect();
    for from in &names {
        for to in [
            "audit.jsonl",
            "audit.2.jsonl",
            "audit.99.jsonl",
            "other.jsonl",
        ] {
            let mut renamed = whole.clone();
            let bytes = renamed.remove(*from).expect("there");
            renamed.insert(to.to_owned(), bytes);
            if renamed != whole {
                assert!(Rig::of(&renamed).is_broken(), "{from} as {to}");
            }
        }
        for with in names.iter().filter(|with| with != &from) {
            let mut swapped = whole.clone();
            swapped.insert((*from).clone(), whole[*with].clone());
            swapped.insert((*with).clone(), whole[*from].clone());
            assert!(Rig::of(&swapped).is_broken(), "{from} and {with}");
        }
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_found_but_at_the_very_end() {
    let rig = Rig::grown();
    let whole = rig.contents();
    let (newest, last) = (newest_of(&whole), rig.holds().last);
    for (name, bytes) in &whole {
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let at_lines = ends.flat_map(|(at, _)| [at, at + 1]);
        for len in at_lines.chain((0..bytes.len()).step_by(7)) {
            fs::write(rig.file(name), &bytes[..len]).expect("cut");
            if *name == newest {
                // Without its first record nothing says what was removed.
                let end = len + 1 >= bytes.len();
                let seen = rig.verify().map_or(true, |left| left.last != last);
                assert!(seen || end, "who kept the last hash sees it");
            } else if len < bytes.len() {
                assert!(rig.is_broken(), "{name} cut at {len}");
            }
        }
        fs::write(rig.file(name), bytes).expect("whole again");
    }
    rig.holds();
}

fn newest_of(contents: &Contents) -> String {
    let number = |name: &str| name.split('.').nth(1).and_then(|part| part.parse().ok());
    let newest = contents
        .keys()
        .max_by_key(|name| number(name).unwrap_or(1u64));
    newest.expect("there is one").clone()
}

#[test]
fn the_place_is_named() {
    let rig = Rig::grown();
    let mut contents = rig.contents();
    let name = contents.keys().nth(1).expect("several").clone();
    let bytes = contents.get_mut(&name).expect("there");
    let at = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("a line");
    bytes[at + 20] ^= 1;
    rig.put(&contents);
    let Err(VerifyError::Broken(broken)) = rig.verify() else {
        panic!("it was changed");
    };
    assert_eq!((broken.file, broken.line), (name, 2));
}

/// Every line of every file, with the file's name.
fn lines(contents: &Contents) -> Vec<(String, Vec<u8>)> {
    let of = |(name, bytes): (&String, &Vec<u8>)| {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let name = name.clone();
        lines
            .map(move |line| (name.clone(), line.to_vec()))
            .collect::<Vec<_>>()
    };
    contents.iter().flat_map(of).collect()
}

fn of_lines(lines: &[(String, Vec<u8>)]) -> Contents {
    let mut contents = Contents::new();
    for (name, line) in lines {
        contents.entry(name.clone()).or_default().extend(line);
    }
    contents
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_changed_byte_and_any_swapped_doubled_or_missing_line_is_found(
        (a, b, byte, bit) in (any::<Index>(), any::<Index>(), any::<Index>(), 0..8u8),
    ) {
        let whole = Rig::grown().contents();
        let newest = newest_of(&whole);
        let all = lines(&whole);
        let (a, b) = (a.index(all.len()), b.index(all.len()));
        let mut changed = all.clone();
        let at = byte.index(changed[a].1.len());
        changed[a].1[at] ^= 1 << bit;
        let (line, text) = (a, changed[a].1.clone());
        let rig = Rig::of(&of_lines(&changed));
        // The end of the very last line may be what a crash left.
        let at_end = all[line].0 == newest && line + 1 == all.iter().filter(|l| l.0 <= newest).count();
        if !(at_end && at + 1 == text.len()) {
            prop_assert!(rig.is_broken(), "byte {} of line {}", at, line);
        }
        if a != b {
            let mut swapped = all.clone();
            let line = swapped[a].1.clone();
            swapped[a].1 = std::mem::replace(&mut swapped[b].1, line);
            prop_assert!(Rig::of(&of_lines(&swapped)).is_broken(), "{a} and {b}");
        }
        let mut doubled = all.clone();
        doubled.insert(b, (all[b].0.clone(), all[a].1.clone()));
        prop_assert!(Rig::of(&of_lines(&doubled)).is_broken(), "{a} before {b}");
        let is_last = !all[a + 1..].iter().any(|line| line.0 == all[a].0) && all[a].0 == newest;
        let mut less = all.clone();
        less.remove(a);
        if !is_last {
            prop_assert!(Rig::of(&of_lines(&less)).is_broken(), "{a}");
        }
    }

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
