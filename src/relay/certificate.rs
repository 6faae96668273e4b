//! The relay's key and certificate: made once, kept for ever, because every host pins them.

use super::{RelayError, accounts, files, names, whereabouts};
use crate::base::files::replace;
use crate::link::tls::Identity;
use std::path::Path;

const CERTIFICATE: &str = "relay-cert.pem";
const KEY: &str = "relay-key.pem";

/// Whether a relay has made its key there.
pub(super) fn is_in(dir: &Path) -> bool {
    dir.join(CERTIFICATE).exists()
}

/// What a relay writes once it has its key: where one of these is, it has run.
const LATER: [&str; 3] = [whereabouts::FILE, names::FILE, accounts::FILE];

/// Reads key and certificate; makes them while there is no certificate. It is written last, so a key
/// alone is what a program left that died while it made them, and no host can have pinned it, unless a
/// relay has run there. One of the two alone is then a lost one: that is for the operator to mend.
pub(super) fn load(dir: &Path) -> Result<Identity, RelayError> {
    let data = |name: &str| {
        let path = dir.join(name);
        move |error| RelayError::Data { path, error }
    };
    let read = |name: &str| files::read_text(&dir.join(name)).map_err(data(name));
    let identity = |error| RelayError::Identity {
        path: dir.to_owned(),
        error,
    };
    if let Some(certificate) = read(CERTIFICATE)? {
        let key = read(KEY)?.unwrap_or_default();
        return Identity::from_pem(&certificate, &key).map_err(identity);
    }
    if let Some(key) = read(KEY)?
        && LATER.iter().any(|name| dir.join(name).exists())
    {
        return Identity::from_pem("", &key).map_err(identity);
    }
    let (certificate, key) = Identity::generate().map_err(identity)?;
    let write = |name: &str, text: &str| replace(&dir.join(name), text.as_bytes());
    write(KEY, &key).map_err(data(KEY))?;
    write(CERTIFICATE, &certificate).map_err(data(CERTIFICATE))?;
    Identity::from_pem(&certificate, &key).map_err(identity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn it_is_made_once_and_never_replaced() {
        let dir = tempfile::tempdir().expect("there is room");
        let first = load(dir.path()).expect("it is made").fingerprint();
        let again = load(dir.path()).expect("it is read").fingerprint();
        assert_eq!(first, again);
    }

    #[test]
    fn a_key_alone_is_none_yet() {
        let dir = tempfile::tempdir().expect("there is room");
        load(dir.path()).expect("it is made");
        fs::remove_file(dir.path().join(CERTIFICATE)).expect("it is there");
        let made = load(dir.path()).expect("it is made anew").fingerprint();
        let again = load(dir.path()).expect("it is read").fingerprint();
        assert_eq!(made, again);
    }

    #[test]
    fn a_lost_certificate_is_refused_where_a_relay_has_run() {
        for later in LATER {
            let dir = tempfile::tempdir().expect("there is room");
            let first = load(dir.path()).expect("it is made").fingerprint();
            fs::write(dir.path().join(later), "{}").expect("it is written");
            let certificate = dir.path().join(CERTIFICATE);
            let kept = fs::read(&certificate).expect("it is there");
            fs::remove_file(&certificate).expect("it is there");
            let error = load(dir.path()).expect_err("hosts have pinned it");
            let error = error.to_string();
            assert!(error.contains("every host must then join again"), "{error}");
            assert!(!certificate.exists());
            fs::write(&certificate, kept).expect("it is restored");
            let again = load(dir.path()).expect("its key is still there");
            assert_eq!(again.fingerprint(), first);
            for file in [CERTIFICATE, KEY] {
                fs::remove_file(dir.path().join(file)).expect("it is there");
            }
            load(dir.path()).expect("both are made anew");
        }
    }

    #[test]
    fn a_lost_key_is_refused_and_the_certificate_kept() {
        let dir = tempfile::tempdir().expect("there is room");
        load(dir.path()).expect("it is made");
        fs::remove_file(dir.path().join(KEY)).expect("it is there");
        let error = load(dir.path()).expect_err("its key is gone").to_string();
        assert!(error.contains("every host must then join again"), "{error}");
        assert!(dir.path().join(CERTIFICATE).exists());
    }

    #[test]
    fn a_pair_that_is_none_is_refused_and_kept() {
        let dir = tempfile::tempdir().expect("there is room");
        load(dir.path()).expect("it is made");
        fs::write(dir.path().join(CERTIFICATE), "garbage").expect("it is written");
        let error = load(dir.path()).expect_err("it is garbage").to_string();
        assert!(error.contains("every host must then join again"), "{error}");
        assert!(dir.path().join(KEY).exists());
    }
}
