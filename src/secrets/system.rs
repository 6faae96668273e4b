//! The keychain of the system that we run on. It knows its crate's errors and no thread.

use super::SecretsError;
use super::keychain::Keychain;
use crate::model::Secret;

/// Under what the keychain lists our secrets.
const SERVICE: &str = "underpass";

/// The real one.
pub struct SystemKeychain;

impl SystemKeychain {
    /// Reaches the keychain: an error at once where there is none.
    pub fn connect() -> Result<Self, SecretsError> {
        match keyring::v1::Entry::store_status() {
            Ok(()) => Ok(Self),
            Err(error) => Err(map_error(error)),
        }
    }
}

impl Keychain for SystemKeychain {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretsError> {
        match entry(name)?.get_password() {
            Ok(text) => Ok(Some(Secret::new(&text))),
            Err(keyring::v1::Error::NoEntry) => Ok(None),
            Err(error) => Err(map_error(&error)),
        }
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretsError> {
        let kept = entry(name)?.set_password(secret.expose());
        kept.map_err(|error| map_error(&error))
    }

    fn delete(&self, name: &str) -> Result<(), SecretsError> {
        match entry(name)?.delete_credential() {
            Ok(()) | Err(keyring::v1::Error::NoEntry) => Ok(()),
            Err(error) => Err(map_error(&error)),
        }
    }
}

fn entry(name: &str) -> Result<keyring::v1::Entry, SecretsError> {
    keyring::v1::Entry::new(SERVICE, name).map_err(|error| map_error(&error))
}

/// Only what `{}` says: `{:?}` of these errors may show the secret's bytes.
pub fn map_error(error: &keyring::v1::Error) -> SecretsError {
    SecretsError::Keychain(error.to_string())
}
