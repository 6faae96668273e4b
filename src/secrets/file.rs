//! The file of secrets, for where there is no keychain. It knows names and secrets, no keychain.

use crate::model::Secret;
use crate::store::open_lock;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The largest file that is read.
const MAX_SIZE: u64 = 1024 * 1024;

/// The version that is written.
const VERSION: u32 = 1;

/// The file's name, also the start of what it is called when it is kept aside.
const NAME: &str = "secrets.json";

/// How the name of a file that is being written begins.
const TEMP_PREFIX: &str = ".secrets.json.tmp-";

/// A file that only this user can read: `{"version":1,"data":{NAME:SECRET}}`.
#[derive(Debug)]
pub(super) struct SecretFile {
    dir: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    data: BTreeMap<String, Secret>,
}

impl SecretFile {
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
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
        self.write(data)
    }

    pub fn delete(&self, name: &str) -> io::Result<()> {
        if !self.path().try_exists()? {
            return Ok(());
        }
        let _held = self.lock()?;
        let mut data = self.read()?;
        match data.remove(name) {
            Some(_) => self.write(data),
            None => Ok(()),
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.join(NAME)
    }

    /// Two programs that each keep a secret must not lose the other's.
    fn lock(&self) -> io::Result<File> {
        let file = open_lock(&self.dir.join("secrets.lock"))?;
        file.lock()?;
        Ok(file)
    }

    fn read(&self) -> io::Result<BTreeMap<String, Secret>> {
        let mut file = match File::open(self.path()) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(error),
        };
        keep_to_owner(&file)?;
        let mut bytes = Vec::new();
        (&mut file).take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
        let contents: Option<Contents> = serde_json::from_slice(&bytes).ok();
        match contents.filter(|c| c.version == VERSION && bytes.len() as u64 <= MAX_SIZE) {
            Some(contents) => Ok(contents.data),
            None => self.put_aside().map(|()| BTreeMap::new()),
        }
    }

    /// Only with the lock held.
    fn write(&self, data: BTreeMap<String, Secret>) -> io::Result<()> {
        self.remove_leftovers();
        let contents = Contents {
            version: VERSION,
            data,
        };
        // Made with mode 0600, and removed again when anything below fails.
        let mut temp = tempfile::Builder::new()
            .prefix(TEMP_PREFIX)
            .tempfile_in(&self.dir)?;
        serde_json::to_writer_pretty(&mut temp, &contents)?;
        temp.write_all(b"\n")?;
        temp.as_file().sync_all()?;
        temp.persist(self.path()).map_err(|failed| failed.error)?;
        Ok(())
    }

    /// What a program left that died while it wrote: nobody else writes while the lock is held.
    fn remove_leftovers(&self) {
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if name.to_string_lossy().starts_with(TEMP_PREFIX) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Neither overwritten nor in the way. The error of what was wrong with it is not logged: it
    /// might quote it.
    fn put_aside(&self) -> io::Result<()> {
        let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
        let place = tempfile::Builder::new()
            .prefix(&format!("{NAME}.corrupt-{time}-"))
            .tempfile_in(&self.dir)?;
        fs::rename(self.path(), place.path())?;
        let (_, kept_as) = place.keep().map_err(|failed| failed.error)?;
        tracing::warn!(kept_as = %kept_as.display(), "the file of secrets cannot be read");
        Ok(())
    }
}

/// A file that others can read is made ours alone again.
fn keep_to_owner(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata()?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!("others could read the file of secrets; that is over");
            file.set_permissions(PermissionsExt::from_mode(0o600))?;
        }
    }
    let _ = file;
    Ok(())
}
