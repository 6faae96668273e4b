//! The relay's key and certificate: made once, kept for ever, because every host pins them.

use super::{RelayError, files};
use crate::link::tls::Identity;
use std::path::Path;

const CERTIFICATE: &str = "relay-cert.pem";
const KEY: &str = "relay-key.pem";

/// Reads key and certificate; makes them when neither is there.
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
        (None, None) => {
            let (certificate, key) = Identity::generate().map_err(identity)?;
            files::write_private(&dir.join(KEY), &key).map_err(data(KEY))?;
            files::write_private(&dir.join(CERTIFICATE), &certificate)
                .map_err(data(CERTIFICATE))?;
            (certificate, key)
        }
        // One without the other reads as empty, and is refused below rather than replaced.
        (certificate, key) => (certificate.unwrap_or_default(), key.unwrap_or_default()),
    };
    Identity::from_pem(&certificate, &key).map_err(identity)
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
        std::fs::remove_file(dir.path().join(KEY)).expect("it is there");
        let error = load(dir.path()).expect_err("the key is gone").to_string();
        assert!(error.contains("every host must then join again"), "{error}");
        assert!(dir.path().join(CERTIFICATE).exists());
    }
}
