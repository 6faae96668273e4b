//! A person's file, read by OpenSSH's own client where it is there, and by us.

use super::*;
use crate::model::Skipped;
use proptest::prelude::*;

fn folders(home: &Path) -> Folders {
    Folders {
        home: home.to_owned(),
        ..Folders::default()
    }
}

fn file(text: String) -> ConfigFile {
    ConfigFile {
        path: "/home/anna/.ssh/config".into(),
        text,
    }
}

/// By our own reading alone.
fn read_alone(text: &str, home: &Path) -> Import {
    let folders = folders(home);
    let files = Files::read(&file(text.to_owned()), &folders);
    Reading::new(&files, None, &folders, Import::default()).hosts()
}

fn found(import: &Import) -> Vec<String> {
    let shown = |it: &Found| {
        let options = it
            .options
            .iter()
            .map(|(key, value)| format!(" {key}={value}"));
        let options: String = options.collect();
        format!(
            "{}: {} {} {}{options}",
            it.line, it.name, it.protocol, it.target
        )
    };
    import.found.iter().map(shown).collect()
}

fn skipped(import: &Import) -> Vec<String> {
    let shown = |it: &Skipped| format!("{}: {} {}", it.line, it.what, it.why.code);
    import.skipped.iter().map(shown).collect()
}

const JUMP: &str = "jump=ssh://gatekeeper@gate.example.org:22,ssh://bob@gate2:2200";

fn expected() -> Vec<String> {
    let web = format!("identity=/home/anna/.ssh/work {JUMP}");
    let end = "server=ssh://anna@web.example.org:2222";
    let mut all = vec![];
    for name in ["web", "w2"] {
        all.extend([
            format!(
                "6: {name}-8080 tcp localhost:3000 {web} name=localhost remote-port=8080 {end}"
            ),
            format!("7: {name}-9090 tcp 127.0.0.1:5432 {web} remote-port=9090 {end}"),
            format!("8: {name}-9091 tcp [::1]:5433 {web} name=::1 remote-port=9091 {end}"),
            format!("9: {name}-3001 tcp localhost:3001 {web} {end} socket=/run/web.sock"),
        ]);
    }
    all.push("22: run auto localhost:4000 server=ssh://nokey@localhost.run:22".to_owned());
    all.push("32: plain tcp localhost:7001 remote-port=7000 server=ssh://anna@plain:22".to_owned());
    all
}

fn expected_skipped() -> Vec<String> {
    let mut all = vec![];
    for name in ["web", "w2"] {
        all.push(format!("10: {name}: 1080 ssh-import-dynamic"));
        all.push(format!("11: {name}: 8081 /run/x.sock import-no-port"));
    }
    all.push("24: behind ssh-import-proxy-command".to_owned());
    all
}

#[test]
fn each_forward_is_a_tunnel_that_asks_for_no_more_than_it_did() {
    let text = include_str!("config.txt");
    let import = read_alone(text, Path::new("/home/anna"));
    assert_eq!(found(&import), expected());
    let told: Vec<String> = skipped(&import)
        .into_iter()
        .map(|it| it.replace(" [socks]:0", ""))
        .collect();
    assert_eq!(told, expected_skipped());
}

/// Debian has the client in its base; where there is none there is nothing to compare.
#[cfg(unix)]
#[test]
fn the_client_says_the_same_and_runs_no_command() {
    let dir = tempfile::tempdir().expect("a folder");
    let ran = dir.path().join("ran");
    let text = include_str!("config.txt").replace("@RAN@", &ran.display().to_string());
    let file = file(text);
    let home = folders(Path::new("/home/anna"));
    if Client::new(&Files::read(&file, &home)).is_none() {
        return;
    }
    let import = read(&file, &home);
    assert_eq!(found(&import), expected());
    let mut told: Vec<String> = skipped(&import)
        .into_iter()
        .map(|it| it.replace(" [socks]:0", ""))
        .collect();
    assert_eq!(told.remove(0), "34: Match ssh-import-match-exec");
    assert_eq!(told, expected_skipped());
    assert!(!ran.exists(), "nobody has asked for that");
}

#[cfg(unix)]
#[test]
fn what_is_included_counts_and_nothing_of_it_runs_either() {
    let dir = tempfile::tempdir().expect("a folder");
    let own = dir.path().join(".ssh");
    std::fs::create_dir_all(own.join("conf.d")).expect("a folder");
    let ran = dir.path().join("ran");
    let bad = format!(
        "\"Match\" exec \"touch {0}\"\n User eve\nmAtCh EXEC='touch {0}'\n Port 9\n",
        ran.display()
    );
    std::fs::write(own.join("conf.d/a"), format!("Host a\n Port 2200\n{bad}")).expect("written");
    let text = "Include conf.d/*\nHost a\n HostName a.example\n User anna\n RemoteForward 80 localhost:1\n";
    let import = read(&file(text.to_owned()), &folders(dir.path()));
    assert_eq!(
        found(&import),
        ["5: a tcp localhost:1 name=localhost remote-port=80 server=ssh://anna@a.example:2200"]
    );
    let at = own.join("conf.d/a").display().to_string();
    assert_eq!(
        skipped(&import),
        [3, 5].map(|line| format!("0: {at}:{line}: Match ssh-import-match-exec"))
    );
    assert!(!ran.exists());
}

/// However it is spelled: some clients take quotes out of the middle of a word, and some do not.
#[cfg(unix)]
#[test]
fn no_spelling_of_a_command_runs() {
    let dir = tempfile::tempdir().expect("a folder");
    for (at, spelled) in [
        "Match e\"xec\" \"touch @\"",
        "Match ex\"ec\" \"touch @\"",
        "Match 'e'xec \"touch @\"",
        "Host b\n   Match E\"XEC\" \"touch @\"",
        "Match host a exec \"touch @\"",
        "Match host=a exec=\"touch @\"",
        "M\"atch\" host a e\"xec\" \"touch @\"",
        "Match host \"a\" !e\"xec\" \"touch @\"",
        "ProxyCommand touch @",
        "KnownHostsCommand /bin/touch @",
        "LocalCommand touch @\nPermitLocalCommand yes",
    ]
    .iter()
    .enumerate()
    {
        let ran = dir.path().join(at.to_string());
        let spelled = spelled.replace('@', &ran.display().to_string());
        let text = format!("{spelled}\nHost a\n RemoteForward 80 localhost:1\n{spelled}\n");
        read(&file(text), &folders(dir.path()));
        assert!(!ran.exists(), "{spelled}");
    }
}

#[test]
fn what_an_included_file_has_only_for_patterns_is_told_with_its_name() {
    let dir = tempfile::tempdir().expect("a folder");
    let own = dir.path().join(".ssh");
    std::fs::create_dir_all(&own).expect("a folder");
    let inner = " RemoteForward 80 localhost:1\nHost *.b\n RemoteForward 81 localhost:1\n";
    std::fs::write(own.join("inner"), inner).expect("written");
    let import = read_alone("Host *.a\n Include inner\nHost c\n User d\n", dir.path());
    let at = own.join("inner").display().to_string();
    assert_eq!(
        skipped(&import),
        [
            format!("0: {at}:1: *.a ssh-import-pattern"),
            format!("0: {at}:3: *.b ssh-import-pattern")
        ]
    );
}

#[test]
fn files_that_cannot_take_the_usual_ones_place_are_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let known = dir.path().join("known");
    std::fs::write(&known, "").expect("written");
    let known = known.display().to_string();
    let usual = format!("{}/.ssh/known_hosts", dir.path().display());
    for (lines, options, told) in [
        ("UserKnownHostsFile none".to_owned(), String::new(), &[][..]),
        (format!("UserKnownHostsFile {usual}"), String::new(), &[]),
        (
            format!("UserKnownHostsFile {known}"),
            format!("known-hosts={known} "),
            &[],
        ),
        (
            format!("UserKnownHostsFile {known}-later"),
            String::new(),
            &["1: a: UserKnownHostsFile import-left-out"],
        ),
        (
            format!("UserKnownHostsFile {usual} {known}"),
            String::new(),
            &["1: a: UserKnownHostsFile import-left-out"],
        ),
        ("IdentityFile none".to_owned(), String::new(), &[]),
        (
            "IdentityFile /k1\n IdentityFile /k2".to_owned(),
            "identity=/k1 ".to_owned(),
            &["1: a: IdentityFile /k2 import-left-out"],
        ),
    ] {
        let text = format!("Host a\n {lines}\n RemoteForward *:80 localhost:1\n");
        let at = text.lines().count();
        let whole = read(&file(text.clone()), &folders(dir.path()));
        for import in [read_alone(&text, dir.path()), whole] {
            let [found] = &found(&import)[..] else {
                panic!("{text}: {import:?}");
            };
            let mut is = found.clone();
            // The client knows who runs it.
            if let Some(place) = is.find("server=") {
                is.truncate(place);
            }
            let expected = format!("{at}: a tcp localhost:1 {options}remote-port=80 ");
            assert_eq!(is, expected, "{text}");
            assert_eq!(skipped(&import), told, "{text}");
        }
    }
}

#[test]
fn what_is_no_address_says_what_is_one_and_no_more() {
    let text = "Host a\n HostName a/b\n RemoteForward 80 localhost:1\n";
    let import = read_alone(text, Path::new("/h"));
    assert_eq!(
        import.skipped[0].why,
        Why::with(Why::INVALID, Address::TAKES)
    );
}

#[test]
fn a_pattern_alone_is_no_server_and_a_file_without_forwards_asks_nobody() {
    let import = read_alone(
        "Host *.lan\n RemoteForward 80 localhost:1\n",
        Path::new("/h"),
    );
    assert_eq!(skipped(&import), ["2: *.lan ssh-import-pattern"]);
    assert!(import.found.is_empty());
    let none = read(
        &file("Host a\n User b\n".to_owned()),
        &folders(Path::new("/h")),
    );
    assert_eq!(none, Import::default());
}

#[test]
fn a_forward_that_holds_for_no_name_is_told_with_its_line() {
    let text = "Host a
 HostName a.example
Host b
 RemoteForward 80 localhost:80
Match originalhost a
 RemoteForward 81 localhost:81
Match originalhost c
 RemoteForward 80 localhost:80
 RemoteForward 82 localhost:82
Match host *.lan user anna
 RemoteForward 83 localhost:83
";
    let none = |line, what: &str| format!("{line}: Match {what} ssh-import-no-host");
    let told = [
        none(8, "originalhost c"),
        none(9, "originalhost c"),
        none(11, "host *.lan user anna"),
    ];
    for import in [
        read_alone(text, Path::new("/h")),
        read(&file(text.to_owned()), &folders(Path::new("/h"))),
    ] {
        assert_eq!(import.found.len(), 2, "{import:?}");
        assert_eq!(skipped(&import), told);
    }
    // Where nothing has a name, too.
    let import = read_alone(
        "Match all\n RemoteForward 80 localhost:80\n",
        Path::new("/h"),
    );
    assert_eq!(skipped(&import), [none(2, "all")]);
}

/// Which of them holds is the client's matter, and it has a row, however a port is spelled.
#[cfg(unix)]
#[test]
fn a_forward_under_a_condition_that_the_client_knows_is_not_told_to_be_lost() {
    let text = "Host a\n HostName a.example\n User anna\nMatch user anna\n RemoteForward 81 localhost:81\nMatch user bob\n RemoteForward 82 localhost:82\n";
    let whole = file(text.to_owned());
    let home = folders(Path::new("/h"));
    if Client::new(&Files::read(&whole, &home)).is_none() {
        return;
    }
    let import = read(&whole, &home);
    assert_eq!(import.found.len(), 1, "{import:?}");
    assert_eq!(skipped(&import), ["7: Match user bob ssh-import-no-host"]);
}

#[test]
fn a_block_in_a_file_that_is_included_for_others_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    let own = dir.path().join(".ssh");
    std::fs::create_dir_all(&own).expect("a folder");
    let inner = "Host c\n RemoteForward 80 localhost:1\n";
    std::fs::write(own.join("inner"), inner).expect("written");
    let import = read_alone("Host *.a\n Include inner\n", dir.path());
    let at = own.join("inner").display().to_string();
    assert_eq!(
        skipped(&import),
        [format!("0: {at}:2: c ssh-import-no-host")]
    );
    assert!(import.found.is_empty());
}

#[test]
fn a_pattern_of_folders_that_is_not_followed_is_told() {
    let dir = tempfile::tempdir().expect("a folder");
    for (pattern, told) in [("conf.*/x*", 1), ("gone/*", 0), ("gone", 1)] {
        let text = format!("Include {pattern}\n");
        let import = read(&file(text), &folders(dir.path()));
        assert_eq!(import.skipped.len(), told, "{pattern}");
    }
}

#[test]
fn many_hosts_and_endless_jumps_are_bounded() {
    let hosts: Vec<String> = (0..200).map(|n| format!("Host h{n}\n")).collect();
    let hosts = hosts.concat();
    let text = format!("{hosts}Host *\n RemoteForward 80 localhost:1\n");
    let import = read_alone(&text, Path::new("/h"));
    assert_eq!(import.found.len(), Limits::HOSTS);
    assert!(skipped(&import).contains(&"0: Host import-too-much".to_owned()));
    let circle = "Host a\n ProxyJump b\n RemoteForward 80 localhost:1\nHost b\n ProxyJump a\n";
    let import = read_alone(circle, Path::new("/h"));
    assert_eq!(skipped(&import), ["1: a import-too-much"]);
}

proptest! {
    #[test]
    fn any_text_is_read(
        keyword in "(Host|Match|HostName|User|Port|RemoteForward|ProxyJump|IdentityFile|UserKnownHostsFile)",
        value in "[a-z0-9:/.@*!\\[\\]%, \"'=-]{0,40}",
        any in "\\PC{0,80}",
    ) {
        read_alone(&any, Path::new("/h"));
        read_alone(&format!("Host a\n{keyword} {value}\nRemoteForward 80 localhost:1\n"), Path::new("/h"));
        read_alone(&format!("Host a\nRemoteForward {value}\n"), Path::new("/h"));
        Resolved::told(&any);
    }
}
