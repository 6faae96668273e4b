//! Tests of both places, with a keychain that can refuse and hang.

use super::*;
use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A keychain in memory that does as it is told.
#[derive(Clone, Default)]
struct Fake {
    kept: Arc<Mutex<BTreeMap<String, String>>>,
    refuses: Arc<Mutex<bool>>,
}

impl Fake {
    fn check(&self) -> Result<(), SecretsError> {
        if *self.refuses.lock().expect("not poisoned") {
            return Err(SecretsError::Keychain("locked".to_owned()));
        }
        Ok(())
    }

    fn refuse(&self, on: bool) {
        *self.refuses.lock().expect("not poisoned") = on;
    }
}

impl Keychain for Fake {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretsError> {
        self.check()?;
        let kept = self.kept.lock().expect("not poisoned");
        Ok(kept.get(name).map(|text| Secret::new(text)))
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretsError> {
        self.check()?;
        let mut kept = self.kept.lock().expect("not poisoned");
        kept.insert(name.to_owned(), secret.expose().to_owned());
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), SecretsError> {
        self.check()?;
        self.kept.lock().expect("not poisoned").remove(name);
        Ok(())
    }
}

/// Waits for as long as the test lives.
struct Hangs(std::sync::mpsc::Receiver<()>);

impl Keychain for Hangs {
    fn get(&self, _: &str) -> Result<Option<Secret>, SecretsError> {
        let _ = self.0.recv();
        Ok(None)
    }
    fn set(&self, _: &str, _: &Secret) -> Result<(), SecretsError> {
        let _ = self.0.recv();
        Ok(())
    }
    fn delete(&self, _: &str) -> Result<(), SecretsError> {
        let _ = self.0.recv();
        Ok(())
    }
}

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(20);

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn with_fake(dir: &Path) -> (Secrets, Fake) {
    let fake = Fake::default();
    let ours = fake.clone();
    let worker = Asked::start_within(LONG, LONG, || Ok(Box::new(ours)));
    (Secrets::with(dir, worker), fake)
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn kept(secrets: &Secrets, name: &str) -> Option<String> {
    let found = secrets.get(name).expect("an answer");
    found.map(|secret| secret.expose().to_owned())
}

/// What every place must do.
fn keeps_changes_and_forgets(secrets: &Secrets) {
    assert_eq!(kept(secrets, "relay"), None);
    let set = |text| secrets.set("relay", &secret(text)).expect("kept");
    assert_eq!(set("  one \n"), secrets.kind());
    assert_eq!(kept(secrets, "relay").as_deref(), Some("one"));
    set("two");
    secrets.set("other", &secret("é\"\n x")).expect("kept");
    assert_eq!(kept(secrets, "relay").as_deref(), Some("two"));
    secrets.delete("relay").expect("gone");
    secrets.delete("relay").expect("gone already");
    assert_eq!(kept(secrets, "relay"), None);
    assert_eq!(kept(secrets, "other").as_deref(), Some("é\"\n x"));
}

#[test]
fn a_private_home_keeps_them_in_its_file() {
    let dir = folder();
    let secrets = Secrets::open(dir.path(), true);
    assert_eq!(secrets.kind(), Kind::File);
    keeps_changes_and_forgets(&secrets);
    keeps_changes_and_forgets(&Secrets::open(&dir.path().join("."), true));
}

#[test]
fn the_keychain_keeps_them_and_no_file_is_made() {
    let dir = folder();
    let (secrets, _) = with_fake(dir.path());
    assert_eq!(secrets.kind(), Kind::Keychain);
    keeps_changes_and_forgets(&secrets);
    assert_eq!(fs::read_dir(dir.path()).expect("there").count(), 0);
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_and_becomes_so_again() {
    use std::os::unix::fs::PermissionsExt;
    let dir = folder();
    let secrets = Secrets::open(dir.path(), true);
    secrets.set("relay", &secret("one")).expect("kept");
    let path = dir.path().join("secrets.json");
    let mode = || fs::metadata(&path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("set");
    assert_eq!(kept(&secrets, "relay").as_deref(), Some("one"));
    assert_eq!(mode(), 0o600);
}

#[test]
fn a_garbled_file_is_kept_aside_and_no_error_quotes_it() {
    let dir = folder();
    let path = dir.path().join("secrets.json");
    for garbage in [
        &b"{\"version\":1,\"data\":{\"relay\":\"s3cret\""[..],
        b"\xff",
        b"",
    ] {
        fs::write(&path, garbage).expect("written");
        let secrets = Secrets::open(dir.path(), true);
        assert_eq!(kept(&secrets, "relay"), None);
        let aside: Vec<_> = fs::read_dir(dir.path())
            .expect("there")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.to_string_lossy().contains("secrets.json.corrupt-"))
            .collect();
        assert_eq!(fs::read(&aside[0]).expect("there"), garbage);
        fs::remove_file(&aside[0]).expect("removed");
    }
}

#[test]
fn a_file_of_a_newer_version_is_left_as_it_is() {
    let dir = folder();
    let path = dir.path().join("secrets.json");
    let newer = br#"{"version":2,"data":{"relay":"s3cret"}}"#;
    fs::write(&path, newer).expect("written");
    let secrets = Secrets::open(dir.path(), true);
    for error in [
        secrets.get("relay").expect_err("it is not known"),
        secrets.set("other", &secret("one")).expect_err("not kept"),
    ] {
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    assert_eq!(fs::read(&path).expect("there"), newer);
}

#[test]
fn what_the_keychain_refuses_goes_to_the_file_and_comes_back_from_there() {
    let dir = folder();
    let (secrets, fake) = with_fake(dir.path());
    fake.refuse(true);
    let place = secrets.set("relay", &secret("one")).expect("kept");
    assert_eq!(place, Kind::File);
    assert_eq!(kept(&secrets, "relay").as_deref(), Some("one"));
    assert!(secrets.get("never").is_err(), "it may be in the keychain");
    fake.refuse(false);
    assert_eq!(kept(&secrets, "relay").as_deref(), Some("one"));
    let place = secrets.set("relay", &secret("two")).expect("kept");
    assert_eq!(place, Kind::Keychain);
    let text = fs::read_to_string(dir.path().join("secrets.json")).expect("there");
    assert!(!text.contains("one") && !text.contains("two"), "{text}");
}

#[test]
fn no_keychain_and_one_that_hangs_give_the_file() {
    let none = Asked::start_within(LONG, LONG, || Err(SecretsError::KeychainSilent));
    assert!(none.is_none());
    let (hold, release) = std::sync::mpsc::channel::<()>();
    let start = Instant::now();
    let hangs = Asked::start_within(SHORT, SHORT, move || {
        let _ = release.recv();
        Err(SecretsError::KeychainSilent)
    });
    assert!(hangs.is_none() && start.elapsed() < LONG);
    drop(hold);
}

#[test]
fn a_keychain_that_hangs_later_is_given_up_each_time() {
    let dir = folder();
    let (hold, release) = std::sync::mpsc::channel();
    let worker = Asked::start_within(LONG, SHORT, move || Ok(Box::new(Hangs(release))));
    let secrets = Secrets::with(dir.path(), worker);
    let error = secrets.get("relay").expect_err("it hangs");
    assert!(matches!(error, SecretsError::KeychainSilent));
    assert_eq!(
        secrets.set("relay", &secret("one")).expect("kept"),
        Kind::File
    );
    assert_eq!(kept(&secrets, "relay").as_deref(), Some("one"));
    drop(hold);
}

#[test]
fn two_programs_lose_none_of_each_others() {
    let dir = folder();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let dir = dir.path();
            scope.spawn(move || {
                let secrets = Secrets::open(dir, true);
                let name = format!("relay-{n}");
                secrets.set(&name, &secret("one")).expect("kept");
            });
        }
    });
    let secrets = Secrets::open(dir.path(), true);
    assert!((0..8).all(|n| kept(&secrets, &format!("relay-{n}")).is_some()));
}

#[test]
fn what_a_crash_left_of_a_write_goes() {
    let dir = folder();
    let left = dir.path().join(".secrets.json.tmp-x");
    fs::write(&left, "s3cret").expect("written");
    let secrets = Secrets::open(dir.path(), true);
    secrets.set("relay", &secret("one")).expect("kept");
    assert!(!left.exists());
}

#[test]
fn nothing_shows_a_secret() {
    let dir = folder();
    let secrets = Secrets::open(dir.path(), true);
    secrets.set("relay", &secret("s3cret")).expect("kept");
    assert!(!format!("{secrets:?} {:?}", secrets.get("relay")).contains("s3cret"));
    #[cfg(feature = "window")]
    nor_does_an_error_of_the_keychain();
}

#[cfg(feature = "window")]
fn nor_does_an_error_of_the_keychain() {
    let bad = keyring::v1::Error::BadEncoding(b"s3cret".to_vec());
    let shown = format!("{0} {0:?}", system::map_error(&bad));
    assert!(
        !shown.contains("s3cret") && !shown.contains("115"),
        "{shown}"
    );
}
