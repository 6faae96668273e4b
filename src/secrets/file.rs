//! The file of secrets, for where there is no keychain. It knows names and secrets, no keychain.

use crate::base::files::{Document, Unusable, lock_within, remove_leftovers};
use crate::model::Secret;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long another program may have the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// The largest file that is read.
const MAX_SIZE: u64 = 1024 * 1024;

/// Secrets by their names.
type Contents = BTreeMap<String, Secret>;

/// A file that only this user can read: `{"version":1,"data":{NAME:SECRET}}`.
#[derive(Debug)]
pub(super) struct SecretFile {
    document: Document<Contents>,
    lock: PathBuf,
}

impl SecretFile {
    pub fn new(dir: &Path) -> Self {
        Self {
            document: Document::new(dir, "secrets.json", &[]).at_most(MAX_SIZE),
            lock: dir.join("secrets.lock"),
        }
    }

    pub fn get(&self, name: &str) -> io::Result<Option<Secret>> {
        let secret = self.read()?.remove(name);
        // What a person put there by hand may have white space around it.
        Ok(secret.map(|secret| Secret::new(secret.expose())))
    }

    pub fn set(&self, name: &str, secret: &Secret) -> io::Result<()> {
        let _held = self.lock()?;
        let mut data = self.read()?;
        data.insert(name.to_owned(), secret.clone());
        self.write(&data)
    }

    pub fn delete(&self, name: &str) -> io::Result<()> {
        if !self.document.path().try_exists()? {
            return Ok(());
        }
        let _held = self.lock()?;
        let mut data = self.read()?;
        match data.remove(name) {
            Some(_) => self.write(&data),
            None => Ok(()),
        }
    }

    /// Two programs that each keep a secret must not lose the other's.
    fn lock(&self) -> io::Result<File> {
        let held = lock_within(&self.lock, PATIENCE)?;
        held.ok_or_else(|| io::Error::other("another program keeps it locked"))
    }

    /// A file that cannot be understood is neither overwritten nor in the way. What was wrong with it
    /// is not logged: that might quote it.
    fn read(&self) -> io::Result<Contents> {
        keep_to_owner(&self.document.path())?;
        match self.document.read() {
            Ok(data) => Ok(data),
            Err(Unusable::Absent) => Ok(Contents::new()),
            Err(Unusable::Unreadable(error)) => Err(error),
            Err(Unusable::TooNew(_)) => Err(io::Error::other(
                "a newer version has written it; it is left as it is",
            )),
            Err(Unusable::Corrupt(_)) => {
                let kept_as = self.document.keep_aside()?;
                tracing::warn!(kept_as, "the file of secrets cannot be read");
                Ok(Contents::new())
            }
        }
    }

    /// Only with the lock held: nobody else writes, so what is left of a write is a dead program's.
    fn write(&self, data: &Contents) -> io::Result<()> {
        remove_leftovers(&self.document.path(), Duration::ZERO);
        self.document.save(data)
    }
}

/// A file that others can read is made ours alone again.
fn keep_to_owner(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = match fs::metadata(path) {
            Ok(facts) => facts.permissions().mode(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if mode & 0o077 != 0 {
            tracing::warn!("others could read the file of secrets; that is over");
            fs::set_permissions(path, PermissionsExt::from_mode(0o600))?;
        }
    }
    let _ = path;
    Ok(())
}
