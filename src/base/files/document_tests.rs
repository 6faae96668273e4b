//! Tests of one versioned file: what it keeps, what it refuses, what it never loses.

use super::*;
use serde::{Deserialize, Serialize};
use std::fs::File;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Note {
    text: String,
    count: u32,
}

fn note(text: &str) -> Note {
    Note {
        text: text.to_owned(),
        count: 7,
    }
}

fn document(dir: &Path) -> Document<Note> {
    Document::new(dir, "note.json", &[])
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Every file of the folder: name and bytes.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(dir).expect("the folder is there");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry"))
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("readable"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn what_was_saved_is_loaded() {
    let dir = folder();
    let document = document(dir.path());
    assert_eq!(document.load().value, Note::default());
    assert_eq!(document.load().notice, None);
    document.save(&note("a")).expect("saved");
    document.save(&note("é")).expect("saved again");
    let expected = Loaded {
        value: note("é"),
        notice: None,
    };
    assert_eq!(document.load(), expected);
    assert_eq!(files(dir.path()).len(), 1, "nothing is left beside it");
    let raw: Value = serde_json::from_slice(&files(dir.path())[0].1).expect("it is JSON");
    assert_eq!(raw["version"], 1);
    assert_eq!(raw["data"]["count"], 7);
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    document(dir.path()).save(&note("a")).expect("saved");
    let data = fs::metadata(dir.path().join("note.json")).expect("there");
    assert_eq!(data.permissions().mode() & 0o777, 0o600);
}

#[test]
fn unknown_fields_are_ignored_and_absent_ones_have_defaults() {
    let dir = folder();
    let text = r#"{"version":1,"data":{"text":"x","later":{}},"also":[1]}"#;
    fs::write(dir.path().join("note.json"), text).expect("written");
    let loaded = document(dir.path()).load();
    assert_eq!((loaded.value.text.as_str(), loaded.value.count), ("x", 0));
    assert_eq!(loaded.notice, None);
}

#[test]
fn what_cannot_be_read_is_kept_aside_and_reported() {
    let deep = "[".repeat(100_000);
    let huge = format!(
        r#"{{"version":1,"data":{{"text":"{}"}}}}"#,
        "x".repeat(8 << 20)
    );
    let cases: [&[u8]; 10] = [
        b"",
        b"garbage",
        br#"{"version":1,"data":{"text":"a""#,
        br#"{"version":1}"#,
        br#"{"version":0,"data":{}}"#,
        br#"{"version":-1,"data":{}}"#,
        br#"{"version":1,"data":{"count":"many"}}"#,
        b"\xff\xfe{\"version\":1}",
        deep.as_bytes(),
        huge.as_bytes(),
    ];
    for bytes in cases {
        let dir = folder();
        let document = document(dir.path());
        fs::write(document.path(), bytes).expect("written");
        let loaded = document.load();
        assert_eq!(loaded.value, Note::default());
        let Some(NoticeKind::FileCorrupt { file, kept_as }) = loaded.notice else {
            panic!("{:?} for {} bytes", loaded.notice, bytes.len());
        };
        assert_eq!(file, "note.json");
        assert_eq!(files(dir.path()), [(kept_as, bytes.to_vec())]);
        assert_eq!(document.load().notice, None, "it is reported once");
    }
}

#[test]
fn a_file_of_a_later_version_is_left_as_it_is_and_said_each_time() {
    let dir = folder();
    let document = document(dir.path());
    let text = br#"{"version":2,"data":["quite","different"]}"#;
    fs::write(document.path(), text).expect("written");
    for _ in 0..2 {
        let notice = document.load().notice;
        assert!(
            matches!(notice, Some(NoticeKind::FileTooNew { .. })),
            "{notice:?}"
        );
        document
            .save(&note("old"))
            .expect_err("it is not ours to replace");
        assert_eq!(document.save_or_notice(&note("old")), None, "it was said");
        assert_eq!(files(dir.path()), [("note.json".to_owned(), text.to_vec())]);
    }
    // The person may have put it away.
    fs::remove_file(document.path()).expect("removed");
    document.save(&note("new")).expect("nothing is in the way");
}

#[test]
fn an_entry_that_cannot_be_read_costs_only_itself_and_nothing_is_lost() {
    let dir = folder();
    let list: Document<Vec<u8>> = Document::new(dir.path(), "list.json", &[]).of_entries::<u8>();
    let text = br#"{"version":1,"data":[1,"two",3,400,5]}"#;
    fs::write(list.path(), text).expect("written");
    let looked = list.peek();
    assert_eq!(looked.value, [1, 3, 5]);
    let notice = NoticeKind::EntriesUnread {
        file: "list.json".to_owned(),
        count: 2,
    };
    assert_eq!(looked.notice, Some(notice), "who looks is told, too");
    assert_eq!(files(dir.path()).len(), 1, "a look changes nothing");
    let loaded = list.load();
    assert_eq!(loaded.value, [1, 3, 5]);
    let Some(NoticeKind::EntriesDropped {
        count: 2, kept_as, ..
    }) = loaded.notice
    else {
        panic!("{:?}", loaded.notice);
    };
    assert_eq!(fs::read(dir.path().join(kept_as)).expect("there"), text);
    let again = list.load();
    assert_eq!(
        (again.value, again.notice),
        (vec![1, 3, 5], None),
        "it is said once"
    );
}

#[test]
fn a_look_renames_nothing() {
    let dir = folder();
    let document = document(dir.path());
    assert_eq!(document.peek().notice, None, "an absent file is none");
    for text in ["garbage", r#"{"version":9,"data":{}}"#] {
        fs::write(document.path(), text).expect("written");
        let looked = document.peek();
        assert_eq!(looked.value, Note::default());
        assert!(looked.notice.is_some());
        assert_eq!(files(dir.path()), [("note.json".to_owned(), text.into())]);
    }
}

#[test]
fn a_folder_in_its_place_is_kept_aside() {
    let dir = folder();
    let document = document(dir.path());
    fs::create_dir(document.path()).expect("made");
    assert!(matches!(
        document.load().notice,
        Some(NoticeKind::FileCorrupt { .. })
    ));
    document.save(&note("a")).expect("saved");
}

#[test]
fn old_versions_are_migrated_step_by_step() {
    const STEPS: &[Migration] = &[
        |data| serde_json::json!({ "word": data["text"] }),
        |data| serde_json::json!({ "text": data["word"], "count": 3 }),
    ];
    let dir = folder();
    let document: Document<Note> = Document::new(dir.path(), "note.json", STEPS);
    let load = |text: &str| {
        fs::write(document.path(), text).expect("written");
        document.load()
    };
    for old in [
        r#"{"version":1,"data":{"text":"a"}}"#,
        r#"{"version":2,"data":{"word":"a"}}"#,
        r#"{"version":3,"data":{"text":"a","count":3}}"#,
    ] {
        let value = load(old).value;
        assert_eq!((value.text.as_str(), value.count), ("a", 3), "{old}");
    }
    let newer = load(r#"{"version":4,"data":{}}"#).notice;
    assert!(matches!(newer, Some(NoticeKind::FileTooNew { .. })));
    fs::remove_file(document.path()).expect("removed");
    document.save(&note("b")).expect("saved");
    assert!(String::from_utf8_lossy(&files(dir.path())[0].1).contains("\"version\": 3"));
}

#[expect(
    clippy::disallowed_methods,
    reason = "the ages of files are told by this clock"
)]
#[test]
fn old_leftovers_go_and_fresh_ones_and_strangers_stay() {
    let dir = folder();
    let old = std::time::SystemTime::now() - 2 * LEFTOVER_AGE;
    for (name, at) in [
        (".note.json.tmp-old", Some(old)),
        (".note.json.tmp-new", None),
        (".else.json.tmp-old", Some(old)),
    ] {
        let file = File::create(dir.path().join(name)).expect("made");
        if let Some(at) = at {
            file.set_modified(at).expect("set");
        }
    }
    let _ = document(dir.path()).load();
    let names: Vec<_> = files(dir.path())
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, [".else.json.tmp-old", ".note.json.tmp-new"]);
}

#[test]
fn a_save_that_fails_is_reported_and_leaves_no_trace() {
    let dir = folder();
    let document: Document<Note> = Document::new(&dir.path().join("gone"), "note.json", &[]);
    let notice = document.save_or_notice(&note("a"));
    let Some(NoticeKind::FileNotSaved { file, detail }) = notice else {
        panic!("{notice:?}");
    };
    assert!(file == "note.json" && !detail.is_empty());
}

/// So long a name that none fits that says why it is kept aside.
fn stuck(dir: &Path) -> Document<Note> {
    Document::new(dir, "n".repeat(238).leak(), &[])
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_is_never_replaced() {
    let dir = folder();
    let [readable, stuck] = [document(dir.path()), stuck(dir.path())];
    for document in [&readable, &stuck] {
        // A link to itself: whoever opens it fails, and it is no absent file either.
        std::os::unix::fs::symlink(document.path(), document.path()).expect("linked");
    }
    let kept = readable.load().notice;
    let Some(NoticeKind::FileCorrupt { kept_as, .. }) = kept else {
        panic!("{kept:?}");
    };
    assert!(fs::symlink_metadata(dir.path().join(kept_as)).is_ok());
    readable.save(&note("a")).expect("its place is free");

    assert_eq!(stuck.load().notice, None, "it was kept nowhere");
    stuck.save(&note("a")).expect_err("it is in the way");
    let found = fs::symlink_metadata(stuck.path()).expect("it is there");
    assert!(found.is_symlink(), "it was not replaced");
    fs::remove_file(stuck.path()).expect("removed");
    stuck.save(&note("a")).expect("nothing is in the way");
}

#[test]
fn a_corrupt_file_that_cannot_be_kept_aside_is_never_replaced() {
    let dir = folder();
    let document = stuck(dir.path());
    fs::write(document.path(), "garbage").expect("written");
    let loaded = document.load();
    assert_eq!((loaded.value, loaded.notice), (Note::default(), None));
    let refused = stuck(dir.path()).save_or_notice(&note("a"));
    assert!(matches!(refused, Some(NoticeKind::FileNotSaved { .. })));
    let kept = fs::read_to_string(document.path()).expect("it is there");
    assert_eq!(kept, "garbage");
    fs::write(document.path(), r#"{"version":1,"data":{}}"#).expect("written");
    assert_eq!(document.load().notice, None);
    document.save(&note("a")).expect("it was read this time");
}
