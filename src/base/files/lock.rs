//! Files that are only locked: never truncated, and never somebody else's behind a symbolic link.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How often a lock is tried that another program holds.
const TRY_EVERY: Duration = Duration::from_millis(20);

/// Opens a file to lock, and makes it, for its owner alone, when it is not there.
///
/// # Errors
/// It cannot be opened, or is a symbolic link.
pub fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    no_follow(&mut options).open(path)
}

/// Takes the lock at once; `None` while another program has it. It is held until the file is dropped
/// or the program dies.
///
/// # Errors
/// As [`open_lock`], or the system has no locks there.
pub fn try_lock(path: &Path) -> io::Result<Option<File>> {
    let file = open_lock(path)?;
    Ok(is_had(file.try_lock())?.then_some(file))
}

/// Whether a lock was to be had.
pub fn is_had(tried: Result<(), TryLockError>) -> io::Result<bool> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Waits for the lock; `None` when another program has it for longer than `patience`.
pub fn lock_within(path: &Path, patience: Duration) -> io::Result<Option<File>> {
    within(patience, || try_lock(path))
}

/// Tries until there is something; `None` when that takes longer than `patience`.
#[expect(
    clippy::disallowed_methods,
    reason = "the system tells nobody that a file lock is free"
)]
pub fn within<T>(
    patience: Duration,
    attempt: impl Fn() -> io::Result<Option<T>>,
) -> io::Result<Option<T>> {
    let until = Instant::now() + patience;
    loop {
        match attempt()? {
            None if Instant::now() < until => thread::sleep(TRY_EVERY),
            tried => return Ok(tried),
        }
    }
}

/// A new file is for its owner alone, and a symbolic link in its place is refused: whoever may write to
/// the folder could otherwise have any file of this user opened.
pub fn no_follow(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let no_follow = rustix::fs::OFlags::NOFOLLOW.bits();
        options.mode(0o600).custom_flags(no_follow.cast_signed());
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn one_at_a_time_has_it_and_what_is_in_it_stays() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("x.lock");
        fs::write(&path, "kept").expect("written");
        let held = try_lock(&path).expect("it opens").expect("it is free");
        assert!(try_lock(&path).expect("it opens").is_none());
        let waited = lock_within(&path, Duration::ZERO).expect("it opens");
        assert!(waited.is_none());
        drop(held);
        assert!(try_lock(&path).expect("it opens").is_some());
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "kept");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_its_place_is_refused_and_its_target_left_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let (target, path) = (dir.path().join("target"), dir.path().join("x.lock"));
        fs::write(&target, "precious").expect("written");
        std::os::unix::fs::symlink(&target, &path).expect("linked");
        open_lock(&path).expect_err("it is a link");
        fs::remove_file(&target).expect("removed");
        open_lock(&path).expect_err("it is a link still");
        assert!(!target.exists(), "nothing is made behind a link");
    }
}
