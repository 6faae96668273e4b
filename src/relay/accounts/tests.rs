//! Tokens, names, files, and what several programs do to them at once.

use super::*;
use std::fs;
use std::time::SystemTime;

fn opened(dir: &Path) -> Accounts {
    Accounts::open(dir).expect("it opens")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room")
}

fn names(accounts: &Accounts) -> Vec<String> {
    let listed = accounts.list().expect("they are understood");
    listed.iter().map(|a| a.name.to_string()).collect()
}

fn whose(accounts: &mut Accounts, token: &str) -> Option<String> {
    accounts.reload();
    let shown = accounts.roster().authenticate(token)?;
    Some(shown.name().to_owned())
}

#[test]
fn tokens_open_their_accounts_and_are_kept_as_digests() {
    let dir = folder();
    let mut accounts = opened(dir.path());
    assert!(accounts.is_new());
    let token = accounts.add("anna").expect("it is added");
    let owner = accounts.owner_token().clone();
    let mut accounts = opened(dir.path());
    assert!(!accounts.is_new());
    assert_eq!(names(&accounts), ["owner", "anna"]);
    let mut asked = |token: &str| whose(&mut accounts, token);
    assert_eq!(asked(token.expose()).as_deref(), Some("anna"));
    assert_eq!(asked(owner.expose()).as_deref(), Some("owner"));
    assert_eq!(asked("wrong"), None);
    assert_eq!(asked(""), None);
    let kept = fs::read_to_string(dir.path().join(FILE)).expect("it is there");
    assert!(!kept.contains(token.expose()));
}

#[test]
fn what_another_process_changes_counts_when_it_is_looked_at() {
    let dir = folder();
    let (mut relay, mut other) = (opened(dir.path()), opened(dir.path()));
    let token = other.add("anna").expect("it is added");
    assert_eq!(whose(&mut relay, token.expose()).as_deref(), Some("anna"));
    let again = other.rotate("anna").expect("it is there");
    assert_eq!(whose(&mut relay, token.expose()), None);
    assert_eq!(whose(&mut relay, again.expose()).as_deref(), Some("anna"));
    other.remove("anna").expect("it is removed");
    assert_eq!(whose(&mut relay, again.expose()), None);
    let old = relay.owner_token().clone();
    let new = other.rotate(OWNER).expect("there is always one");
    assert_eq!(whose(&mut relay, old.expose()), None);
    assert_eq!(whose(&mut relay, new.expose()).as_deref(), Some(OWNER));
}

#[test]
fn an_account_made_anew_is_another_one() {
    let dir = folder();
    let mut accounts = opened(dir.path());
    let shown = |accounts: &Accounts, token: &Secret| {
        let shown = accounts.roster().authenticate(token.expose());
        shown.expect("it is its token")
    };
    let token = accounts.add("anna").expect("it is added");
    let first = shown(&accounts, &token);
    assert!(accounts.roster().accepts(&first));
    let token = accounts.rotate("anna").expect("it is there");
    let second = shown(&accounts, &token);
    assert_eq!(first.id(), second.id(), "a new token, the same account");
    assert!(!accounts.roster().accepts(&first));
    accounts.remove("anna").expect("it is there");
    assert!(!accounts.roster().accepts(&second));
    let token = accounts.add("anna").expect("it is added");
    let third = shown(&accounts, &token);
    assert_ne!(second.id(), third.id());
    assert!(!accounts.roster().accepts(&second));
}

#[test]
fn a_file_of_version_1_is_read_and_its_accounts_are_known_by_their_names() {
    let dir = folder();
    let mut accounts = opened(dir.path());
    let token = accounts.add("anna").expect("it is added");
    let path = dir.path().join(FILE);
    let text = fs::read_to_string(&path).expect("it is there");
    let mut contents: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    contents["version"] = 1.into();
    let anna = contents["accounts"][0].as_object_mut().expect("an object");
    anna.remove("id").expect("it has one");
    fs::write(&path, contents.to_string()).expect("it is written");
    let mut accounts = opened(dir.path());
    let shown = accounts.roster().authenticate(token.expose());
    assert_eq!(&**shown.expect("it is hers").id(), "anna");
    accounts.add("bob").expect("it is added");
    let read = opened(dir.path()).list().expect("they are understood");
    assert_eq!(&*read[1].id, "anna", "it keeps the id");
    assert_ne!(&*read[2].id, "bob");
}

#[test]
fn a_file_that_could_not_be_read_is_read_again() {
    let dir = folder();
    let mut accounts = opened(dir.path());
    let token = accounts.add("anna").expect("it is added");
    let write = |text: &str| {
        let path = dir.path().join(FILE);
        fs::write(&path, text).expect("it is written");
        let file = fs::File::options().write(true).open(&path);
        file.and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH))
            .expect("it is set");
    };
    write(r#"{"version":3,"accounts":[]}"#);
    assert!(whose(&mut accounts, token.expose()).is_some());
    // The same time and length.
    write(r#"{"version":2,"accounts":[]}"#);
    assert_eq!(whose(&mut accounts, token.expose()), None);
}

#[test]
fn names_are_checked() {
    let dir = folder();
    let mut accounts = opened(dir.path());
    accounts.add("anna").expect("it is added");
    let exists = |tried| matches!(tried, Err(AccountsError::Exists(_)));
    assert!(exists(accounts.add("anna")) && exists(accounts.add(OWNER)));
    assert!(matches!(accounts.add("a b"), Err(AccountsError::Name(_))));
    let removed = accounts.remove("bob");
    assert!(matches!(removed, Err(AccountsError::Missing(_))));
    let rotated = accounts.rotate("bob");
    assert!(matches!(rotated, Err(AccountsError::Missing(_))));
    let removed = accounts.remove(OWNER).expect_err("it is listed, and stays");
    assert!(removed.to_string().contains("rotate owner"), "{removed}");
}

#[test]
fn all_that_are_added_at_once_are_there() {
    let dir = folder();
    let accounts = || opened(dir.path());
    std::thread::scope(|scope| {
        for n in 0..20 {
            let add = move || accounts().add(&format!("a{n}")).expect("it is added");
            scope.spawn(add);
        }
    });
    assert_eq!(names(&opened(dir.path())).len(), 21);
}

#[test]
fn a_corrupt_file_is_said_and_never_replaced() {
    for garbage in [
        b"{\"version\":1,".as_slice(),
        b"\xff\xfe",
        b"{\"version\":2}",
    ] {
        let dir = folder();
        let path = dir.path().join(FILE);
        fs::write(&path, garbage).expect("it is written");
        let mut accounts = opened(dir.path());
        assert_eq!(accounts.corrupt().as_ref(), Some(&path));
        let corrupt = |tried: AccountsError| matches!(tried, AccountsError::Corrupt { .. });
        assert!(corrupt(accounts.list().expect_err("nobody knows")));
        assert!(corrupt(accounts.add("anna").expect_err("it is no place")));
        assert!(corrupt(accounts.remove("anna").expect_err("nobody knows")));
        assert_eq!(fs::read(&path).expect("it is there"), garbage);
        // The owner can host, and it is mended as soon as the file is.
        let owner = accounts.owner_token().clone();
        assert!(whose(&mut accounts, owner.expose()).is_some());
        fs::remove_file(&path).expect("it is there");
        accounts.add("anna").expect("it is added");
        assert_eq!(accounts.corrupt(), None);
    }
}

#[test]
fn a_running_relay_keeps_its_accounts_while_the_file_is_corrupt() {
    let dir = folder();
    let mut accounts = opened(dir.path());
    let token = accounts.add("anna").expect("it is added");
    fs::write(dir.path().join(FILE), "garbage").expect("it is written");
    assert_eq!(
        whose(&mut accounts, token.expose()).as_deref(),
        Some("anna")
    );
}

#[test]
fn a_file_from_the_future_is_left_alone() {
    let dir = folder();
    let text = r#"{"version":3,"people":[]}"#;
    fs::write(dir.path().join(FILE), text).expect("it is written");
    let error = Accounts::open(dir.path()).expect_err("it is newer");
    assert!(matches!(
        error,
        AccountsError::NewerVersion { found: 3, .. }
    ));
    let kept = fs::read_to_string(dir.path().join(FILE)).expect("it is there");
    assert_eq!(kept, text);
}

#[test]
fn an_empty_owner_token_is_not_taken_for_one() {
    let dir = folder();
    fs::write(dir.path().join(OWNER_FILE), "\n").expect("it is written");
    assert!(matches!(
        Accounts::open(dir.path()),
        Err(AccountsError::OwnerToken { .. })
    ));
}

#[test]
fn where_no_relay_has_run_there_are_no_accounts() {
    let dir = folder();
    let refused = Accounts::of_relay(dir.path()).expect_err("there is no key");
    assert!(matches!(refused, AccountsError::NoRelay { .. }));
    let left = fs::read_dir(dir.path()).expect("it is there").count();
    assert_eq!(left, 0, "nothing is made");
    certificate::load(dir.path()).expect("a relay makes its key");
    assert!(Accounts::of_relay(dir.path()).is_ok());
}

#[tokio::test]
async fn a_relay_that_runs_hears_of_every_change() {
    let dir = folder();
    let watch = Arc::new(AccountsWatch::new(opened(dir.path())));
    let mut other = opened(dir.path());
    let token = other.add("anna").expect("it is added");
    // Before any look of its own: whoever comes with a new token is not sent away.
    let shown = watch.authenticate(token.expose()).await;
    let shown = shown.expect("it is looked for");
    assert!(watch.accepts(&shown));
    other.remove("anna").expect("it is there");
    let (said, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let follow = watch.follow(|_, now| {
        let _ = said.send(now.accepts(&shown));
    });
    tokio::select! {
        () = follow => unreachable!("it goes on for ever"),
        accepted = heard.recv() => assert_eq!(accepted, Some(false)),
    }
    assert!(!watch.accepts(&shown));
}
