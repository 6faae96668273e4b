//! The system's keychain, on a thread of its own: it may ask the person, or hang. It knows no file.

use super::SecretsError;
use crate::base::worker::Worker;
use crate::model::Secret;
use std::time::Duration;

/// How long finding out whether there is a keychain may take.
const PROBE_LIMIT: Duration = Duration::from_secs(3);

/// How long an answer may take: the person may be typing the keychain's password.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// What a keychain does.
pub(super) trait Keychain {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretsError>;
    fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretsError>;
    fn delete(&self, name: &str) -> Result<(), SecretsError>;
}

/// A keychain on its thread, or why there is none.
type Found = Result<Box<dyn Keychain>, SecretsError>;

/// A keychain that is asked in bounded time.
#[derive(Debug)]
pub(super) struct Asked {
    thread: Worker<Found>,
    limit: Duration,
}

impl Asked {
    /// Starts the thread; `None` when there is no keychain, or none that answers in time.
    pub fn start(connect: impl FnOnce() -> Found + Send + 'static) -> Option<Self> {
        Self::start_within(PROBE_LIMIT, ANSWER_LIMIT, connect)
    }

    pub(super) fn start_within(
        probe: Duration,
        limit: Duration,
        connect: impl FnOnce() -> Found + Send + 'static,
    ) -> Option<Self> {
        let thread = Worker::start("keychain", connect).ok()?;
        let trouble = |found: &mut Found| found.as_ref().err().map(ToString::to_string);
        match thread.ask(probe, trouble) {
            Some(None) => return Some(Self { thread, limit }),
            Some(Some(error)) => tracing::info!(error, "no keychain"),
            None => tracing::warn!("the keychain does not answer"),
        }
        None
    }

    pub fn get(&self, name: &str) -> Result<Option<Secret>, SecretsError> {
        let name = name.to_owned();
        self.ask(move |keychain| keychain.get(&name))
    }

    pub fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretsError> {
        let (name, secret) = (name.to_owned(), secret.clone());
        self.ask(move |keychain| keychain.set(&name, &secret))
    }

    pub fn delete(&self, name: &str) -> Result<(), SecretsError> {
        let name = name.to_owned();
        self.ask(move |keychain| keychain.delete(&name))
    }

    fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Keychain) -> Result<T, SecretsError> + Send + 'static,
    ) -> Result<T, SecretsError> {
        let ask = move |found: &mut Found| match found {
            Ok(keychain) => question(&**keychain),
            Err(_) => Err(SecretsError::KeychainSilent),
        };
        let answer = self.thread.ask(self.limit, ask);
        answer.unwrap_or(Err(SecretsError::KeychainSilent))
    }
}
