//! Where tokens are kept: the system's keychain, or a file that only this user can read.
//!
//! This room knows names and secrets, not what they open. A secret is in no error, log or `{:?}`.

mod file;
mod keychain;
#[cfg(feature = "window")]
mod system;

use crate::model::Secret;
use file::SecretFile;
use keychain::{Asked, Keychain};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::Path;

/// Where a secret is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In the system's keychain.
    Keychain,
    /// In a file that only this user can read.
    File,
}

#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    #[error("the keychain would not do it: {0}")]
    Keychain(String),
    /// The keychain does not answer; it may be waiting for its own prompt.
    #[error("the keychain does not answer; it may be asking for its password")]
    KeychainSilent,
    #[error("the list of accounts: {0}")]
    Accounts(std::io::Error),
    #[error("the file of secrets: {0}")]
    File(#[from] std::io::Error),
}

/// The secrets of this installation.
#[derive(Debug)]
pub struct Secrets {
    keychain: Option<Asked>,
    file: SecretFile,
    /// Those that were given for this run alone.
    lent: Mutex<BTreeMap<String, Secret>>,
}

impl Secrets {
    /// The secrets: in the keychain, or in a file in `dir` where there is no keychain. A `private`
    /// home never touches the person's keychain; a build for servers has none. Takes 3 s at most.
    pub fn open(dir: &Path, private: bool) -> Self {
        let keychain = if private { None } else { Asked::start(connect) };
        Self::with(dir, keychain)
    }

    fn with(dir: &Path, keychain: Option<Asked>) -> Self {
        Self {
            keychain,
            file: SecretFile::new(dir),
            lent: Mutex::default(),
        }
    }

    pub fn kind(&self) -> Kind {
        match self.keychain {
            Some(_) => Kind::Keychain,
            None => Kind::File,
        }
    }

    /// The secret of this name, if there is one. May wait for the keychain's own prompt.
    pub fn get(&self, name: &str) -> Result<Option<Secret>, SecretsError> {
        if let Some(lent) = self.lent.lock().get(name) {
            return Ok(Some(lent.clone()));
        }
        let kept = match &self.keychain {
            Some(keychain) => keychain.get(name),
            None => Ok(None),
        };
        match kept {
            Ok(Some(secret)) => Ok(Some(secret)),
            Ok(None) => Ok(self.file.get(name)?),
            // What the keychain refused earlier is in the file.
            Err(error) => match self.file.get(name) {
                Ok(Some(secret)) => Ok(Some(secret)),
                Ok(None) | Err(_) => Err(error),
            },
        }
    }

    /// Has a secret until the program ends, and keeps it nowhere.
    pub fn lend(&self, name: String, secret: Secret) {
        self.lent.lock().insert(name, secret);
    }

    /// Keeps a secret, and says where: in the file when the keychain refuses.
    ///
    /// # Errors
    /// It could be kept nowhere.
    pub fn set(&self, name: &str, secret: &Secret) -> Result<Kind, SecretsError> {
        if let Some(keychain) = &self.keychain {
            match keychain.set(name, secret) {
                Ok(()) => {
                    self.file.delete(name)?;
                    return Ok(Kind::Keychain);
                }
                Err(error) => tracing::warn!(name, %error, "secret goes to the file"),
            }
        }
        self.file.set(name, secret)?;
        // One that the keychain still has would win over the new one.
        if let Some(keychain) = &self.keychain
            && let Err(error) = keychain.delete(name)
        {
            tracing::warn!(name, %error, "the keychain may hold an older secret");
        }
        Ok(Kind::File)
    }

    /// Forgets a secret; it need not be there.
    ///
    /// # Errors
    /// It may still be there.
    pub fn delete(&self, name: &str) -> Result<(), SecretsError> {
        self.lent.lock().remove(name);
        self.file.delete(name)?;
        match &self.keychain {
            Some(keychain) => keychain.delete(name),
            None => Ok(()),
        }
    }
}

#[cfg(feature = "window")]
fn connect() -> Result<Box<dyn Keychain>, SecretsError> {
    system::SystemKeychain::connect().map(|found| Box::new(found) as Box<dyn Keychain>)
}

#[cfg(not(feature = "window"))]
fn connect() -> Result<Box<dyn Keychain>, SecretsError> {
    Err(SecretsError::Keychain("this build has none".to_owned()))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
