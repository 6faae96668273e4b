//! Whatever is done to the files is found.

use super::*;
use proptest::prelude::*;
use proptest::sample::Index;

/// A log of several files from which nothing was removed yet.
fn young() -> Contents {
    let rig = Rig::new(SMALL);
    while rig.contents().len() < 3 {
        rig.append();
    }
    (0..2).for_each(|_| rig.append());
    assert_eq!((rig.holds().removed, rig.holds().files), (0, 3));
    rig.contents()
}

#[test]
fn each_file_that_is_missing_is_found_the_newest_too() {
    for whole in [young(), Rig::grown().contents()] {
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
}

#[test]
fn records_that_are_moved_to_another_file_are_found() {
    let whole = young();
    let all = lines(&whole);
    for (at, (name, _)) in all.iter().enumerate() {
        for to in whole.keys().filter(|to| *to != name) {
            let mut moved = all.clone();
            let line = moved.remove(at).1;
            let first = moved.iter().position(|line| line.0 == *to);
            moved.insert(first.unwrap_or(moved.len()), (to.clone(), line));
            assert!(Rig::of(&of_lines(&moved)).is_broken(), "{at} to {to}");
        }
        // All from here on in a file of their own, and all in one.
        let newest = newest_of(&whole);
        if *name == newest && all[at - 1].0 == newest {
            let mut split = all.clone();
            for line in split[at..].iter_mut().filter(|line| line.0 == newest) {
                "audit.4.jsonl".clone_into(&mut line.0);
            }
            assert!(Rig::of(&of_lines(&split)).is_broken(), "split at {at}");
        }
    }
    let mut joined = all;
    // `audit.2.jsonl` is listed before `audit.jsonl`.
    joined.sort_by_key(|(name, _)| name != "audit.jsonl");
    for line in &mut joined {
        "audit.jsonl".clone_into(&mut line.0);
    }
    assert!(Rig::of(&of_lines(&joined)).is_broken(), "all in one");
}

#[test]
fn the_only_file_under_another_name_is_found() {
    let rig = Rig::new(Limits::USUAL);
    rig.append();
    fs::rename(rig.file("audit.jsonl"), rig.file("audit.2.jsonl")).expect("renamed");
    assert!(rig.is_broken());
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
}
