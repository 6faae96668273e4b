//! What is written down and read again, whole and in pieces.

use super::*;
use crate::relay::Limits;
use crate::relay::table::{HostClaim, RegistrationId, Table};
use proptest::prelude::*;
use tokio::time::Instant;

fn key(number: u16) -> PublicKey {
    PublicKey {
        account: "anna".into(),
        tunnel: "web".to_owned(),
        number: NonZeroU16::new(number).expect("not 0"),
    }
}

fn label(label: &str, left: Option<u64>) -> Remembered {
    Remembered {
        label: label.to_owned(),
        account: "anna".into(),
        left: left.map(Duration::from_secs),
    }
}

fn port(number: u16, public: u16, left: Option<u64>) -> RememberedPort {
    RememberedPort {
        key: key(number),
        public,
        left: left.map(Duration::from_secs),
    }
}

fn loaded(dir: &Path) -> Names {
    NameStore::of(dir)
        .load()
        .expect("it is no larger than it may be")
}

#[test]
fn it_is_read_as_it_was_written_and_time_goes_on_meanwhile() {
    let dir = tempfile::tempdir().expect("there is room");
    let document: Document<Names> = Document::new(dir.path(), FILE, &[]);
    let labels = vec![label("gone", Some(100)), label("here", None)];
    let then = UnixMillis(1_000_000);
    let ports = [port(22, 7501, Some(100)), port(23, 7502, None)];
    let names = Names::new(labels, ports.into_iter(), then);
    document.save(&names).expect("it is written");
    let read = loaded(dir.path());
    assert_eq!(read, names);
    let at = |seconds| {
        let now = then.after(Duration::from_secs(seconds));
        let labels: Vec<_> = read.labels(now).collect();
        (labels, read.ports(now).collect::<Vec<_>>())
    };
    let (here, served) = (label("here", None), port(23, 7502, None));
    for (after, left) in [(30, 70), (300, 0)] {
        let labels = vec![label("gone", Some(left)), here.clone()];
        let ports = vec![port(22, 7501, Some(left)), served.clone()];
        assert_eq!(at(after), (labels, ports));
    }
}

#[test]
fn a_file_of_version_1_is_read() {
    let dir = tempfile::tempdir().expect("there is room");
    let text = include_str!("../../tests/fixtures/v1/relay-names.json");
    fs::write(dir.path().join(FILE), text).expect("it is written");
    let names = loaded(dir.path());
    let labels: Vec<_> = names.labels(UnixMillis(0)).collect();
    assert_eq!(labels.len(), 2);
    assert_eq!(labels[0].left, Some(Duration::from_hours(1)));
    assert_eq!((&*labels[1].label, labels[1].left), ("shop", None));
    let ports: Vec<_> = names.ports(UnixMillis(0)).collect();
    assert_eq!(ports, [port(5432, 7510, None)]);
}

#[test]
fn the_journal_says_what_came_later_and_a_torn_end_is_left_out() {
    let dir = tempfile::tempdir().expect("there is room");
    let then = UnixMillis(5);
    let names = Names::new(
        vec![label("a", None), label("b", None)],
        std::iter::empty(),
        then,
    );
    let document: Document<Names> = Document::new(dir.path(), FILE, &[]);
    document.save(&names).expect("it is written");
    let changes = Changes {
        labels: (
            vec![label("a", Some(9)), label("c", None)],
            vec!["b".to_owned()],
        ),
        ports: (vec![port(22, 7501, None)], vec![key(23)]),
    };
    let lines = changes.into_entries(then);
    let lines: Vec<_> = lines
        .map(|line| serde_json::to_string(&line).expect("JSON"))
        .collect();
    let text = lines.join("\n") + "\n{\"label\":{\"lab";
    fs::write(dir.path().join(JOURNAL), &text).expect("it is written");
    let wanted = Names::new(
        vec![label("a", Some(9)), label("c", None)],
        [port(22, 7501, None)].into_iter(),
        then,
    );
    assert_eq!(loaded(dir.path()), wanted);
    // A relay that died between the new file and the end of the journal reads it twice.
    document.save(&wanted).expect("it is written");
    assert_eq!(loaded(dir.path()), wanted);
}

/// Whatever else is in the journal.
#[test]
fn what_changes_behind_a_torn_line_is_not_lost() {
    for journal in [
        "{\"label\":{\"lab",
        "{\"no-label\":\"x\"}\n{\"lab",
        "\n",
        "\0",
    ] {
        let dir = tempfile::tempdir().expect("there is room");
        let then = UnixMillis(5);
        let before = Names::new(vec![label("a", None)], std::iter::empty(), then);
        let document: Document<Names> = Document::new(dir.path(), FILE, &[]);
        document.save(&before).expect("it is written");
        fs::write(dir.path().join(JOURNAL), journal).expect("it is written");
        let memory = NameStore::of(dir.path());
        assert_eq!(memory.load().expect("it is read"), before);
        assert!(memory.writing.lock().stale, "{journal}: it begins anew");
    }
}

#[test]
fn a_newer_programs_names_are_neither_passed_over_nor_replaced() {
    let dir = tempfile::tempdir().expect("there is room");
    let (path, text) = (
        dir.path().join(FILE),
        "{\"version\":2,\"data\":{\"labels\":7}}",
    );
    fs::write(&path, text).expect("it is written");
    let refused = NameStore::of(dir.path()).load().expect_err("it is newer");
    assert!(
        matches!(refused, RelayError::NamesTooNew { .. }),
        "{refused}"
    );
    assert_eq!(fs::read_to_string(&path).expect("it is there"), text);
}

#[test]
fn a_file_that_is_too_large_is_neither_read_nor_put_away() {
    for name in [FILE, JOURNAL] {
        let dir = tempfile::tempdir().expect("there is room");
        let path = dir.path().join(name);
        let file = File::create(&path).expect("it is made");
        // It has no blocks.
        file.set_len(MAX_SIZE + 1).expect("it is made longer");
        let refused = NameStore::of(dir.path())
            .load()
            .expect_err("it is too large");
        assert!(
            matches!(refused, RelayError::NamesTooLarge { .. }),
            "{refused}"
        );
        assert!(path.exists());
    }
}

#[test]
fn what_a_relay_may_know_is_never_too_large_to_be_read() {
    let limits = Limits::default();
    let longest = Name {
        label: "l".repeat(63),
        account: "a".repeat(64).into(),
        reserved_until: Some(UnixMillis(i64::MAX.unsigned_abs())),
    };
    let text = serde_json::to_string_pretty(&longest).expect("JSON");
    // A line of the file has more in front of it.
    let label = 2 * text.len() as u64;
    let ports = 65_535 * (label + 64);
    assert!(limits.known_labels as u64 * label + ports < MAX_SIZE);
}

/// Some session hosts or leaves, in any order, and what is written down is looked at in between.
fn play(steps: &[(u8, u8, bool)]) -> (Names, Names) {
    let limits = Limits {
        names_per_account: 4,
        ..Limits::default()
    };
    let (mut table, now, at) = (Table::<()>::new(&limits), Instant::now(), UnixMillis(0));
    let mut written = Names::default();
    for (n, (tunnel, label, leaves)) in (1..).zip(steps) {
        let claim = HostClaim {
            account: format!("a{}", tunnel % 3).into(),
            tunnel: format!("t{}", tunnel % 5),
            install: "i".to_owned(),
            take_over: false,
        };
        let label = format!("l{label}");
        if table.check(&claim, &[&label], now).is_ok() {
            table.settle(RegistrationId(n), &claim, vec![(label, ())], now);
        }
        if *leaves {
            table.leave(RegistrationId(n), now);
        }
        if n % 3 == 0 {
            let changes = Changes {
                labels: table.take_changes(now),
                ..Changes::default()
            };
            written = written.changed_by(changes.into_entries(at));
        }
    }
    let changes = Changes {
        labels: table.take_changes(now),
        ..Changes::default()
    };
    written = written.changed_by(changes.into_entries(at));
    let known = Names::new(table.remembered(now), std::iter::empty(), at);
    (written, known)
}

fn sorted(mut names: Names) -> Names {
    names.labels.sort_by(|a, b| a.label.cmp(&b.label));
    names
}

proptest! {
    #[test]
    fn all_changes_together_are_what_is_known(
        steps in prop::collection::vec((any::<u8>(), 0u8..12, any::<bool>()), 0..60),
    ) {
        let (written, known) = play(&steps);
        prop_assert_eq!(sorted(written), sorted(known));
    }

    #[test]
    fn whatever_is_in_the_file_only_labels_come_out_of_it(
        label in "\\PC{0,80}",
        until in prop::option::of(any::<u64>()),
        now in any::<u64>(),
    ) {
        let until = until.map_or(serde_json::Value::Null, Into::into);
        let names = serde_json::json!({
            "labels": [{"label": label, "account": "a", "reserved_until": until}],
        });
        let names: Names = serde_json::from_value(names).expect("it has that form");
        for remembered in names.labels(UnixMillis(now)) {
            prop_assert!(TunnelId::label(remembered.label).is_ok());
        }
    }

    #[test]
    fn whatever_is_in_the_journal_it_is_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let dir = tempfile::tempdir().expect("there is room");
        fs::write(dir.path().join(JOURNAL), bytes).expect("it is written");
        loaded(dir.path());
    }
}
