//! The relay's key and certificate: made once, kept for ever, because every host pins them.

use super::{RelayError, files};
use crate::link::tls::Identity;
use std::fs;
use std::io;
use std::path::Path;

const CERTIFICATE: &str = "relay-cert.pem";
const KEY: &str = "relay-key.pem";

/// Reads key and certificate; makes them unless both are there. Only the pair can have been used: a
/// part of it is what a program left that died while it made them.
pub(super) fn load(dir: &Path) -> Result<Identity, RelayError> {
    let data = |name: &str| {
        let path = dir.join(name);
        move |error| RelayError::Data { path, error }
    };
    let read = |name: &str| files::read(&dir.join(name)).map_err(data(name));
    let identity = |error| RelayError::Identity {
        path: dir.to_owned(),
        error,
    };
    let (certificate, key) = match (read(CERTIFICATE)?, read(KEY)?) {
        (Some(certificate), Some(key)) => (certificate, key),
        (found_certificate, found_key) => {
            if found_certificate.is_some() || found_key.is_some() {
                tracing::warn!(dir = %dir.display(), "half of the relay's identity: it gets a new one");
            }
            let (certificate, key) = Identity::generate().map_err(identity)?;
            // A certificate of another key would make a pair that is none.
            remove(&dir.join(CERTIFICATE)).map_err(data(CERTIFICATE))?;
            files::write_private(&dir.join(KEY), &key).map_err(data(KEY))?;
            files::write_private(&dir.join(CERTIFICATE), &certificate)
                .map_err(data(CERTIFICATE))?;
            (certificate, key)
        }
    };
    Identity::from_pem(&certificate, &key).map_err(identity)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_and_never_replaced() {
        let dir = tempfile::tempdir().expect("there is room");
        let first = load(dir.path()).expect("it is made").fingerprint();
        let again = load(dir.path()).expect("it is read").fingerprint();
        assert_eq!(first, again);
    }

    #[test]
    fn half_of_it_is_none() {
        for half in [KEY, CERTIFICATE] {
            let dir = tempfile::tempdir().expect("there is room");
            load(dir.path()).expect("it is made");
            fs::remove_file(dir.path().join(half)).expect("it is there");
            let made = load(dir.path()).expect("it is made anew").fingerprint();
            let again = load(dir.path()).expect("it is read").fingerprint();
            assert_eq!(made, again, "{half}");
        }
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
