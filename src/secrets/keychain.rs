//! The system's keychain, on a thread of its own: it may ask the person, or hang. It knows no file.

use super::SecretsError;
use crate::model::Secret;
use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError, Sender, SyncSender};
use std::thread;
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

type Job = Box<dyn FnOnce(&dyn Keychain) + Send>;

/// A keychain on its thread. A call that hangs keeps the thread; the calls after it give up too.
pub(super) struct Worker {
    jobs: Sender<Job>,
    limit: Duration,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Worker")
    }
}

impl Worker {
    /// Starts the thread; `None` when there is no keychain, or none that answers in time.
    pub fn start<F>(connect: F) -> Option<Self>
    where
        F: FnOnce() -> Result<Box<dyn Keychain>, SecretsError> + Send + 'static,
    {
        Self::start_within(PROBE_LIMIT, ANSWER_LIMIT, connect)
    }

    pub(super) fn start_within<F>(probe: Duration, limit: Duration, connect: F) -> Option<Self>
    where
        F: FnOnce() -> Result<Box<dyn Keychain>, SecretsError> + Send + 'static,
    {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let (ready, found) = mpsc::sync_channel(1);
        let run = move || {
            if let Some(keychain) = report(connect(), &ready) {
                for job in inbox {
                    job(&*keychain);
                }
            }
        };
        thread::Builder::new()
            .name("keychain".into())
            .spawn(run)
            .ok()?;
        match found.recv_timeout(probe) {
            Ok(Ok(())) => Some(Self { jobs, limit }),
            Ok(Err(error)) => {
                tracing::info!(%error, "no keychain");
                None
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                tracing::warn!("the keychain does not answer");
                None
            }
        }
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
        let (reply, answer) = mpsc::sync_channel(1);
        let job: Job = Box::new(move |keychain| {
            // Who asked may have given up.
            let _ = reply.send(question(keychain));
        });
        let sent = self.jobs.send(job);
        sent.map_err(|_| SecretsError::KeychainSilent)?;
        answer
            .recv_timeout(self.limit)
            .map_err(|_| SecretsError::KeychainSilent)?
    }
}

/// Says whether there is a keychain, and gives it on.
fn report(
    found: Result<Box<dyn Keychain>, SecretsError>,
    ready: &SyncSender<Result<(), SecretsError>>,
) -> Option<Box<dyn Keychain>> {
    let (keychain, said) = match found {
        Ok(keychain) => (Some(keychain), Ok(())),
        Err(error) => (None, Err(error)),
    };
    // Nobody listens any more when it took too long.
    ready.send(said).ok()?;
    keychain
}
