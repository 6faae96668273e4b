//! One versioned file: read leniently, replaced in one step. It knows no file in particular.

use super::aside::{keep_aside, keep_copy};
use super::lock::lock_within;
use super::whole;
use crate::model::NoticeKind;
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Turns the data of one version into that of the next.
pub type Migration = fn(Value) -> Value;

/// The largest file that is read, in bytes, unless a document says otherwise; a larger one is taken for
/// corrupt.
const MAX_SIZE: u64 = 8 * 1024 * 1024;

/// A temporary file older than this belongs to a program that died while it saved.
const LEFTOVER_AGE: Duration = Duration::from_mins(1);

/// How long a change waits for another program's: each takes as long as a small file's write.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// Files that are not to be replaced, and why. Documents come and go while a file stays, so it is the
/// process that remembers.
static IN_THE_WAY: Mutex<BTreeMap<PathBuf, Kept>> = Mutex::new(BTreeMap::new());

/// Why a file is not to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// Its data could neither be used nor kept aside.
    Stuck,
    /// A newer version wrote it, and will want it back.
    TooNew,
}

/// A file `{"version":N,"data":…}`: [`load`](Self::load) for what the program can do without, which is then
/// kept aside and reported; [`read`](Self::read) for what its owner decides of.
#[derive(Clone, Debug)]
pub struct Document<T> {
    dir: PathBuf,
    name: &'static str,
    /// What the data is called in the file.
    key: &'static str,
    migrations: &'static [Migration],
    sift: Option<Sift>,
    tidy: fn(&mut T),
    max_size: u64,
    holds: PhantomData<fn() -> T>,
}

/// Takes what cannot be read out of a list of entries, and says how much that was.
type Sift = fn(&mut Value) -> usize;

/// What a file held.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded<T> {
    /// Its data, or the default.
    pub value: T,
    /// What the person should know of it.
    pub notice: Option<NoticeKind>,
}

/// Why the data of a file cannot be used.
#[derive(Debug)]
pub enum Unusable {
    Absent,
    /// The system does not let us read it: that may pass, and the data may be good.
    Unreadable(io::Error),
    /// It is not what this program or an older one writes. The text may quote it.
    Corrupt(String),
    /// It is of this version, which only a newer program knows.
    TooNew(u64),
}

struct Envelope<'a, T> {
    version: u64,
    key: &'static str,
    data: &'a T,
}

impl<T: Serialize> Serialize for Envelope<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("version", &self.version)?;
        map.serialize_entry(self.key, self.data)?;
        map.end()
    }
}

impl<T: Serialize + DeserializeOwned + Default> Document<T> {
    /// The file `name` in `dir`. The first migration leads from version 1 to 2, and so on: their
    /// number makes the current version.
    pub fn new(dir: &Path, name: &'static str, migrations: &'static [Migration]) -> Self {
        Self {
            dir: dir.to_owned(),
            name,
            key: "data",
            migrations,
            sift: None,
            tidy: |_| {},
            max_size: MAX_SIZE,
            holds: PhantomData,
        }
    }

    /// Runs over what was read, before anybody sees it.
    #[must_use]
    pub fn tidied_by(self, tidy: fn(&mut T)) -> Self {
        Self { tidy, ..self }
    }

    /// The file calls its data so: it is older than this form.
    #[must_use]
    pub fn under(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// Reads a file of so many bytes, where that is more than others have.
    #[must_use]
    pub fn at_most(self, max_size: u64) -> Self {
        Self { max_size, ..self }
    }

    /// The data is a list of `E`: one that cannot be read costs only itself.
    #[must_use]
    pub fn of_entries<E: DeserializeOwned>(self) -> Self {
        let sift = Some(sift::<E> as Sift);
        Self { sift, ..self }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn path(&self) -> PathBuf {
        self.dir.join(self.name)
    }

    /// The version that is written.
    pub fn version(&self) -> u64 {
        1 + self.migrations.len() as u64
    }

    /// Reads the file. What cannot be used is kept aside and reported, and the default is given.
    /// What cannot even be kept aside stays, as does the file of a newer version, and
    /// [`Document::save`] refuses to replace it.
    pub fn load(&self) -> Loaded<T> {
        whole::remove_leftovers(&self.path(), LEFTOVER_AGE);
        let (value, notice) = self.take();
        Loaded {
            value: value.unwrap_or_default(),
            notice,
        }
    }

    /// What can be used of the file; what cannot is put out of the way.
    fn take(&self) -> (Option<T>, Option<NoticeKind>) {
        match self.read_entries() {
            Ok((value, dropped)) => {
                IN_THE_WAY.lock().remove(&self.path());
                let notice = (dropped > 0).then(|| self.note_dropped(&value, dropped));
                (Some(value), notice.flatten())
            }
            Err(unusable) => (None, self.make_way(&unusable)),
        }
    }

    /// Changes what the file holds at this moment, whoever wrote it; nobody else who changes it so does
    /// that meanwhile. `held` is what it held last, as far as the program knows: it stands in for a file
    /// that is gone or cannot be used, and is what the file holds afterwards. The file of a newer version
    /// stays as it is, and `held` alone is changed, for this run.
    ///
    /// # Errors
    /// It could not be written, another program keeps it locked, or `change` refused: then the file and
    /// `held` are as they were.
    pub fn edit<R>(
        &self,
        held: &mut T,
        change: impl FnOnce(&mut T) -> io::Result<R>,
    ) -> io::Result<R>
    where
        T: Clone,
    {
        let lock = lock_within(&self.path().with_extension("lock"), LOCK_PATIENCE);
        let _alone = match lock {
            Ok(None) => return Err(io::Error::other("another program keeps it locked")),
            // Where files cannot be locked nobody is kept from anything.
            lock => lock.ok(),
        };
        let mut now = self.take().0.unwrap_or_else(|| held.clone());
        let done = change(&mut now)?;
        if !self.is_newer() {
            self.save(&now)?;
        }
        *held = now;
        Ok(done)
    }

    /// Reads the file for somebody who only wants to know: nothing is renamed, whatever is in it.
    pub fn peek(&self) -> Loaded<T> {
        let file = || self.name.to_owned();
        let (value, notice) = match self.read_entries() {
            Ok((value, 0)) => (value, None),
            Ok((value, count)) => {
                let notice = NoticeKind::EntriesUnread {
                    file: file(),
                    count,
                };
                (value, Some(notice))
            }
            Err(Unusable::Absent) => (T::default(), None),
            Err(Unusable::TooNew(_)) => {
                let notice = NoticeKind::FileTooNew { file: file() };
                (T::default(), Some(notice))
            }
            Err(Unusable::Unreadable(_) | Unusable::Corrupt(_)) => {
                let notice = NoticeKind::FileUnreadable { file: file() };
                (T::default(), Some(notice))
            }
        };
        Loaded { value, notice }
    }

    /// Keeps the file as it was, then takes what could not be read out of it, so that this is said once.
    fn note_dropped(&self, value: &T, count: usize) -> Option<NoticeKind> {
        tracing::warn!(file = self.name, count, "entries cannot be read");
        match keep_copy(&self.dir, self.name) {
            Ok(kept_as) => {
                if let Err(error) = self.save(value) {
                    tracing::warn!(file = self.name, %error, "file not saved");
                }
                let file = self.name.to_owned();
                Some(NoticeKind::EntriesDropped {
                    file,
                    count,
                    kept_as,
                })
            }
            Err(error) => {
                tracing::error!(file = self.name, %error, "file not kept aside");
                IN_THE_WAY.lock().insert(self.path(), Kept::Stuck);
                None
            }
        }
    }

    /// Replaces the file in one step: whoever reads it sees the old data or the new, whole. When it
    /// fails the old file is as it was.
    ///
    /// # Errors
    /// The file could not be written, or holds data that could be neither read nor kept aside.
    pub fn save(&self, value: &T) -> io::Result<()> {
        self.check_way()?;
        whole::replace(&self.path(), &self.encode(value)?)
    }

    /// What [`save`](Self::save) writes.
    pub fn encode(&self, value: &T) -> io::Result<Vec<u8>> {
        let (version, key) = (self.version(), self.key);
        let mut text = serde_json::to_vec_pretty(&Envelope {
            version,
            key,
            data: value,
        })?;
        text.push(b'\n');
        Ok(text)
    }

    /// The data, for whoever decides what becomes of a file that cannot be used: nothing is changed.
    pub fn read(&self) -> Result<T, Unusable> {
        self.read_entries().map(|(value, _)| value)
    }

    /// The data as it is in the file, for whoever looks at what no type keeps; `None` where it is not of this
    /// version, or no data.
    pub fn raw(&self) -> Option<Value> {
        let bytes = whole::read(&self.path(), self.max_size).ok()?;
        let mut raw: Map<String, Value> = serde_json::from_slice(&bytes).ok()?;
        let version = raw.get("version").and_then(Value::as_u64);
        raw.remove(self.key)
            .filter(|_| version == Some(self.version()))
    }

    /// Renames the file to `NAME.corrupt-TIME` and gives the new name.
    pub fn keep_aside(&self) -> io::Result<String> {
        keep_aside(&self.dir, self.name)
    }

    /// Saves, and turns a failure into what the person is told.
    pub fn save_or_notice(&self, value: &T) -> Option<NoticeKind> {
        if self.is_newer() {
            return None;
        }
        let error = self.save(value).err()?;
        tracing::warn!(file = self.name, %error, "file not saved");
        Some(NoticeKind::FileNotSaved {
            file: self.name.to_owned(),
            detail: error.to_string(),
        })
    }

    /// It is a newer version's, which was said when it was read.
    pub fn is_newer(&self) -> bool {
        IN_THE_WAY.lock().get(&self.path()) == Some(&Kept::TooNew) && self.path().exists()
    }

    /// The data, and how many of its entries were left out.
    fn read_entries(&self) -> Result<(T, usize), Unusable> {
        let corrupt = |error: &dyn std::fmt::Display| Unusable::Corrupt(error.to_string());
        let bytes =
            whole::read(&self.path(), self.max_size).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => Unusable::Absent,
                io::ErrorKind::InvalidData => corrupt(&error),
                _ => Unusable::Unreadable(error),
            })?;
        let raw: Result<Map<String, Value>, _> = serde_json::from_slice(&bytes);
        let mut raw = raw.map_err(|error| corrupt(&error))?;
        let version = raw.get("version").and_then(Value::as_u64);
        let version = version.ok_or_else(|| corrupt(&"it has no version"))?;
        if version > self.version() {
            return Err(Unusable::TooNew(version));
        }
        let done = usize::try_from(version).unwrap_or(usize::MAX);
        let steps = done.checked_sub(1).and_then(|n| self.migrations.get(n..));
        let steps = steps.ok_or_else(|| corrupt(&"there is no version 0"))?;
        let data = raw.remove(self.key);
        let data = data.ok_or_else(|| corrupt(&"it has no data"))?;
        let mut data = steps.iter().fold(data, |data, step| step(data));
        let dropped = self.sift.map_or(0, |sift| sift(&mut data));
        let mut value = serde_json::from_value(data).map_err(|error| corrupt(&error))?;
        (self.tidy)(&mut value);
        Ok((value, dropped))
    }

    /// Puts a file that cannot be used out of the way of the next one: what the person should know.
    fn make_way(&self, unusable: &Unusable) -> Option<NoticeKind> {
        match unusable {
            Unusable::Absent => {
                IN_THE_WAY.lock().remove(&self.path());
                return None;
            }
            Unusable::TooNew(version) => {
                tracing::warn!(file = self.name, version, "file of a newer version");
                IN_THE_WAY.lock().insert(self.path(), Kept::TooNew);
                let file = self.name.to_owned();
                return Some(NoticeKind::FileTooNew { file });
            }
            Unusable::Unreadable(_) | Unusable::Corrupt(_) => {}
        }
        tracing::warn!(file = self.name, ?unusable, "file cannot be used");
        let kept_as = match self.keep_aside() {
            Ok(kept_as) => kept_as,
            Err(error) => {
                tracing::error!(file = self.name, %error, "file not kept aside");
                IN_THE_WAY.lock().insert(self.path(), Kept::Stuck);
                return None;
            }
        };
        IN_THE_WAY.lock().remove(&self.path());
        let file = self.name.to_owned();
        Some(NoticeKind::FileCorrupt { file, kept_as })
    }

    /// Whether the file may be replaced. The person may have moved it away since it was read.
    fn check_way(&self) -> io::Result<()> {
        let path = self.path();
        let mut in_the_way = IN_THE_WAY.lock();
        let Some(kept) = in_the_way.get(&path).copied() else {
            return Ok(());
        };
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                in_the_way.remove(&path);
                Ok(())
            }
            _ => Err(io::Error::other(match kept {
                Kept::Stuck => {
                    "the old file could be neither read nor kept aside, so it is not replaced"
                }
                Kept::TooNew => "the file is a newer version's, so it is not replaced",
            })),
        }
    }
}

fn sift<E: DeserializeOwned>(data: &mut Value) -> usize {
    let Value::Array(entries) = data else {
        return 0;
    };
    let before = entries.len();
    entries.retain(|entry| E::deserialize(entry).is_ok());
    before - entries.len()
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
