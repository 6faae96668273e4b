//! Which process of a home hosts a tunnel: two that did would take it from each other for ever. It
//! knows a name and a process, not what hosting is.

use super::Home;
use crate::base::files::{no_follow, try_lock};
use crate::model::Holder;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

/// The folder of the claims, in the home.
const FOLDER: &str = "hosting";

/// The claims that this process holds. A system's lock is each opened file's own: without this, an
/// engine could not start while its predecessor says goodbye.
static HELD: Mutex<BTreeMap<PathBuf, Weak<Held>>> = Mutex::new(BTreeMap::new());

/// The right to host one tunnel, as long as this lives or until it is released. The system takes it back
/// from a process that dies.
#[derive(Debug)]
pub struct HostingClaim {
    path: PathBuf,
    by: Holder,
    held: Mutex<Option<Arc<Held>>>,
}

/// Another process has the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldBy {
    /// Its id, if it could be read.
    pub process: Option<u32>,
    /// What it is, if it has said so.
    pub by: Option<Holder>,
}

impl HeldBy {
    /// Reads what the process has written of itself: its id, and what it is.
    fn read(told: &str) -> Self {
        let mut words = told.split_whitespace();
        Self {
            process: words.next().and_then(|word| word.parse().ok()),
            by: words.next().and_then(Holder::from_word),
        }
    }
}

#[derive(Debug)]
struct Held {
    path: PathBuf,
    _lock: File,
}

impl Drop for Held {
    fn drop(&mut self) {
        // Still locked: nobody else has written it.
        let _ = fs::remove_file(holder(&self.path));
    }
}

impl HostingClaim {
    /// A claim of such a process that is not made yet. `name` is a provider's word and a tunnel's id, as in
    /// `relay-web`: letters, digits, dots and hyphens.
    pub fn new(home: &Home, name: &str, by: Holder) -> Self {
        let path = home.path().join(FOLDER).join(format!("{name}.lock"));
        Self {
            path,
            by,
            held: Mutex::default(),
        }
    }

    /// Makes the claim; one that is made already stays. Where files cannot be locked nobody is kept
    /// from anything.
    ///
    /// # Errors
    /// Another process of this home has it.
    pub fn acquire(&self) -> Result<(), HeldBy> {
        let mut held = self.held.lock();
        if held.is_some() {
            return Ok(());
        }
        match acquire(&self.path, self.by) {
            Ok(Ok(lock)) => *held = Some(lock),
            Ok(Err(by)) => return Err(by),
            Err(error) => tracing::warn!(%error, "it cannot be said who hosts a tunnel here"),
        }
        Ok(())
    }

    /// Gives it back: another process may host the tunnel.
    pub fn release(&self) {
        let mut held = self.held.lock();
        // While it is let go of nobody may look: its file would still be locked, and no claim of ours.
        let _nobody_looks = HELD.lock();
        *held = None;
    }
}

impl Drop for HostingClaim {
    fn drop(&mut self) {
        self.release();
    }
}

fn acquire(path: &Path, by: Holder) -> io::Result<Result<Arc<Held>, HeldBy>> {
    let mut all = HELD.lock();
    all.retain(|_, held| held.strong_count() > 0);
    if let Some(held) = all.get(path).and_then(Weak::upgrade) {
        return Ok(Ok(held));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let Some(lock) = try_lock(path)? else {
        let told = fs::read_to_string(holder(path)).unwrap_or_default();
        return Ok(Err(HeldBy::read(&told)));
    };
    // In a file of its own: some systems let nobody read one that is locked.
    let mut options = OpenOptions::new();
    let options = no_follow(options.write(true).create(true).truncate(true));
    let told = format!("{} {}", std::process::id(), by.as_str());
    options.open(holder(path))?.write_all(told.as_bytes())?;
    let held = Arc::new(Held {
        path: path.to_owned(),
        _lock: lock,
    });
    all.insert(path.to_owned(), Arc::downgrade(&held));
    Ok(Ok(held))
}

/// The file that names the process.
fn holder(path: &Path) -> PathBuf {
    path.with_extension("pid")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::TryLockError;

    fn home() -> (tempfile::TempDir, Home) {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        (dir, home)
    }

    /// Another process is one that has the lock on another opened file.
    fn other(home: &Home, name: &str) -> File {
        let folder = home.dir(FOLDER).expect("made");
        let lock = File::create(folder.join(format!("{name}.lock"))).expect("made");
        lock.try_lock().expect("nobody has it");
        fs::write(folder.join(format!("{name}.pid")), "4711 desktop").expect("written");
        lock
    }

    #[test]
    fn another_process_is_named_until_it_is_gone() {
        let (_dir, home) = home();
        let theirs = other(&home, "devtunnel-web.usw2");
        let ours = HostingClaim::new(&home, "devtunnel-web.usw2", Holder::Host);
        let by = HeldBy {
            process: Some(4711),
            by: Some(Holder::Desktop),
        };
        assert_eq!(ours.acquire(), Err(by));
        let beside = HostingClaim::new(&home, "relay-web", Holder::Host);
        assert_eq!(beside.acquire(), Ok(()), "that is another tunnel");
        drop(theirs);
        assert_eq!(ours.acquire(), Ok(()));
        let own = fs::read_to_string(home.path().join("hosting/devtunnel-web.usw2.pid"));
        let own = HeldBy::read(&own.expect("written"));
        assert_eq!(own.by, Some(Holder::Host));
        assert_eq!(own.process, Some(std::process::id()));
    }

    #[test]
    fn a_process_that_has_written_otherwise_is_named_as_far_as_it_goes() {
        let of = |told| HeldBy::read(told);
        let (process, by) = (Some(7), None);
        assert_eq!(of("7"), HeldBy { process, by });
        assert_eq!(of("7 robot"), HeldBy { process, by });
        assert_eq!(of("\0x"), HeldBy { process: None, by });
    }

    #[test]
    fn one_process_may_claim_it_twice_and_has_it_until_the_last_lets_go() {
        let (_dir, home) = home();
        let (first, second) = (
            HostingClaim::new(&home, "relay-web", Holder::Host),
            HostingClaim::new(&home, "relay-web", Holder::Host),
        );
        assert_eq!((first.acquire(), second.acquire()), (Ok(()), Ok(())));
        let lock = File::open(home.path().join("hosting/relay-web.lock")).expect("there");
        let is_held = || matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock));
        first.release();
        assert!(is_held());
        drop(second);
        assert!(!is_held());
        assert!(!home.path().join("hosting/relay-web.pid").exists());
    }

    #[test]
    fn a_claim_that_is_just_given_back_keeps_nobody_of_this_process_out() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        let take = || {
            for _ in 0..2_000 {
                let claim = HostingClaim::new(&home, "relay-web", Holder::Host);
                claim.acquire().expect("nobody else is there");
            }
        };
        std::thread::scope(|threads| {
            threads.spawn(take);
            take();
        });
    }
}
