//! Files where they usually are, and what is made of them beside what is there.

use super::*;
use crate::model::{
    AccountId, FileError, Folders, Found, Outcome, PortNumber, Protocol, ProviderId, Secret,
    Target, Tunnel, UnixMillis, Why,
};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn folders(home: &Path) -> Folders {
    Folders {
        home: home.to_owned(),
        config: home.join(".config"),
        local: home.join(".local/share"),
    }
}

fn catalog() -> Catalog {
    crate::model::Catalog::default()
}

fn found(name: &str, port: u16) -> Found {
    let target = Target::local(PortNumber::new(port).expect("not 0"));
    Found::new(1, name, ProviderId::RELAY, target)
}

/// The ids that come of these, or what stands in the way.
fn planned(there: &[Tunnel], all: impl IntoIterator<Item = Found>) -> Vec<String> {
    let (catalog, tokens) = (catalog(), BTreeSet::new());
    let mut plan = Plan::beside(there, &catalog, &tokens, UnixMillis(1));
    let outcome = |found| match plan.add(found).outcome {
        Outcome::New { tunnel, .. } => tunnel.id.to_string(),
        Outcome::There { id, .. } => format!("={id}"),
        Outcome::Refused(why) => format!("!{}", why.code),
    };
    all.into_iter().map(outcome).collect()
}

fn made(found: Found) -> Tunnel {
    let (catalog, tokens) = (catalog(), BTreeSet::new());
    let mut plan = Plan::beside(&[], &catalog, &tokens, UnixMillis(1));
    match plan.add(found).outcome {
        Outcome::New { tunnel, .. } => *tunnel,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_that_is_there_is_made_twice_or_loses_its_name() {
    let there = [made(found("web", 80)), made(found("Other", 81))];
    assert_eq!(
        planned(
            &there,
            [
                found("web", 80),
                found("web", 82),
                found("web", 83),
                found("another name", 81),
                found("web", 83),
                found("Büro 7", 84),
            ]
        ),
        ["=web", "web-2", "web-3", "=other", "=web-3", "buro-7"]
    );
}

#[test]
fn what_no_provider_takes_is_refused_by_the_rules_for_what_is_typed() {
    let mut absent = found("a", 1);
    absent.provider = ProviderId::literal("of-later");
    let mut option = found("b", 2);
    option.set("domain", "x.example");
    let long = found(&"x".repeat(500), 3);
    let none = found("…\n", 4);
    let mut planned = planned(&[], [absent, option, long, none]);
    assert!(planned[2].len() <= 63 && planned[2].starts_with("xxx"));
    planned.remove(2);
    assert_eq!(
        planned,
        ["!import-no-provider", "!import-unknown", "!import-invalid"]
    );
}

#[test]
fn an_account_that_is_there_carries_it() {
    let account = AccountId {
        name: "work".to_owned(),
        ..AccountId::only(ProviderId::RELAY)
    };
    let (catalog, tokens) = (catalog(), BTreeSet::from([account]));
    let mut plan = Plan::beside(&[], &catalog, &tokens, UnixMillis(1));
    let Outcome::New { tunnel, .. } = plan.add(found("a", 1)).outcome else {
        panic!("it is new");
    };
    assert_eq!(tunnel.chosen.account, "work");
    assert_eq!(tunnel.ports[0].protocol, Protocol::Auto);
}

#[test]
fn the_usual_places_are_looked_at_and_a_file_is_known_by_what_is_in_it() {
    let dir = tempfile::tempdir().expect("a folder");
    let folders = folders(dir.path());
    let text = "serverAddr = \"x\"\n[[proxies]]\nname = \"a\"\ntype = \"tcp\"\nlocalPort = 1\n";
    fs::create_dir_all(folders.config.join("frp")).expect("a folder");
    fs::write(folders.config.join("frp/frpc.toml"), text).expect("written");
    let looked = look(&catalog(), &folders);
    assert_eq!(looked.len(), 1);
    assert_eq!(
        (looked[0].format, looked[0].import.found.len()),
        ("frpc.toml", 1)
    );
    let elsewhere = dir.path().join("mine.conf");
    fs::write(&elsewhere, format!("\u{feff}{text}")).expect("written");
    let read_it = read(&catalog(), &elsewhere, &folders).expect("it is known");
    assert_eq!(read_it.import.found.len(), 1);
}

#[test]
fn what_is_no_such_file_says_so_and_nothing_hangs() {
    let dir = tempfile::tempdir().expect("a folder");
    let folders = folders(dir.path());
    let read = |path: &Path| {
        let error = read(&catalog(), path, &folders).expect_err("it cannot be read");
        match error {
            FileError::Unread { why, .. } => why.code.to_owned(),
            FileError::OfNoKind { kinds, .. } => kinds,
            other => panic!("{other:?}"),
        }
    };
    let path = dir.path().join("f");
    assert_eq!(read(&path), "file-absent");
    fs::write(&path, "hello").expect("written");
    assert!(read(&path).contains("frpc.toml"));
    fs::write(&path, b"serverAddr\xff").expect("written");
    assert_eq!(read(&path), "file-no-text");
    fs::write(&path, vec![b'a'; 1024 * 1024 + 1]).expect("written");
    assert_eq!(read(&path), "file-too-long");
    assert_eq!(read(dir.path()), "file-no-file");
    #[cfg(unix)]
    {
        let pipe = dir.path().join("pipe");
        let made = rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        );
        made.expect("a pipe");
        assert_eq!(read(&pipe), "file-no-file");
        assert_eq!(read(Path::new("/dev/zero")), "file-no-file");
    }
}

#[test]
fn so_many_are_taken_of_one_file() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("frpc.toml");
    let proxy = |n: u32| format!("[[proxies]]\nname='p{n}'\nlocalPort={}\n", n + 1);
    let text: String = (0..600).map(proxy).collect();
    fs::write(&path, text).expect("written");
    let read = read(&catalog(), &path, &folders(dir.path())).expect("it is known");
    assert_eq!(read.import.found.len(), 500);
    let last = read.import.skipped.last().expect("it is told");
    assert_eq!(last.why.code, Why::TOO_MUCH);
}

#[test]
fn a_secret_is_named_after_its_tunnel() {
    use crate::model::{Offers, OptionKind, OptionSpec, TextSpec};
    static ACME: Offers = Offers {
        id: ProviderId::literal("acme"),
        options: &[OptionSpec::new(
            "auth",
            "",
            OptionKind::Secret(TextSpec {
                example: "x",
                takes: |text| text.len() > 3,
            }),
        )
        .of_tunnel()],
        ..Offers::RELAY
    };
    let (catalog, tokens) = (Catalog::new([&ACME]), BTreeSet::new());
    let mut plan = Plan::beside(&[], &catalog, &tokens, UnixMillis(1));
    let with = |text: &str| {
        let mut found = found("web", 1);
        found.provider = ACME.id;
        found.secrets.insert("auth".to_owned(), Secret::new(text));
        found
    };
    let Outcome::New { tunnel, secrets } = plan.add(with("hunter22")).outcome else {
        panic!("it is new");
    };
    assert_eq!(
        secrets,
        [("option/web/auth".to_owned(), Secret::new("hunter22"))]
    );
    assert!(tunnel.chosen.secrets.contains("auth") && tunnel.chosen.options.is_empty());
    let short = plan.add(with("x")).outcome;
    assert!(matches!(short, Outcome::Refused(why) if why.code == Why::INVALID));
    let mut open = found("b", 2);
    open.provider = ACME.id;
    open.set("auth", "hunter22");
    assert!(
        matches!(plan.add(open).outcome, Outcome::Refused(_)),
        "it would be in a file"
    );
}
