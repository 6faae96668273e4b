//! The relay's few small files: private, and replaced as a whole or not at all.

use crate::store::no_follow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::SystemTime;

/// The longest file that is read, in bytes: some ten thousand accounts.
const MAX_SIZE: u64 = 4 * 1024 * 1024;

/// Bytes that are kept on the disk for when nothing else is left of it: enough for the accounts of some
/// thousand people, and twice those there are when they are more.
const RESERVE: usize = 256 * 1024;

/// The file they are kept in.
const RESERVE_FILE: &str = "reserve";

/// When a file was written, how long it is and which file it is: it differs whenever the file was
/// replaced. `None` when there is none.
pub(super) type Stamp = Option<(SystemTime, u64, u64)>;

/// Which file is there now.
pub(super) fn stamp(path: &Path) -> Stamp {
    let facts = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let which = std::os::unix::fs::MetadataExt::ino(&facts);
    #[cfg(not(unix))]
    let which = 0;
    Some((facts.modified().ok()?, facts.len(), which))
}

/// Makes the directory, for the owner alone.
pub(super) fn make_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// The file's text; `None` when there is no file.
pub(super) fn read(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(MAX_SIZE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_SIZE {
        return Err(io::Error::other(format!(
            "it has more than {MAX_SIZE} bytes"
        )));
    }
    Ok(Some(text))
}

/// Writes a file that only its owner can read: to a temporary one first, then renamed.
pub(super) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension(format!("tmp-{}", std::process::id()));
    let written = write_new(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
        return written;
    }
    match path.parent() {
        // A directory cannot be synced everywhere; the file's content already is.
        Some(dir) => File::open(dir).and_then(|dir| dir.sync_all()).or(Ok(())),
        None => Ok(()),
    }
}

/// As [`write_private`], and on a full disk with what was kept for that: see [`keep_reserve`].
pub(super) fn write_private_on_full_disk(path: &Path, text: &str) -> io::Result<()> {
    write_or_use_reserve(path, text, write_private)
}

fn write_or_use_reserve(
    path: &Path,
    text: &str,
    write: impl FnOnce(&Path, &str) -> io::Result<()>,
) -> io::Result<()> {
    let written = match write(path, text) {
        Err(error) if is_full(&error) => use_reserve(path, text).map_err(|_| error),
        written => written,
    };
    if let Some(dir) = path.parent() {
        keep_reserve(dir, text.len());
    }
    written
}

/// Keeps room on the disk for the file that comes in place of one of `len` bytes. Where there is none
/// already, that is said.
pub(super) fn keep_reserve(dir: &Path, len: usize) {
    let path = dir.join(RESERVE_FILE);
    let wanted = RESERVE.max(2 * len);
    let there = fs::symlink_metadata(&path).map_or(0, |facts| facts.len());
    if there >= wanted as u64 {
        return;
    }
    let made = OpenOptions::new();
    let made = no_follow(made.clone().write(true).create(true).truncate(true)).open(&path);
    let made = made.and_then(|mut file| file.write_all(&vec![b' '; wanted]));
    if let Err(error) = made {
        let _ = fs::remove_file(&path);
        tracing::warn!(%error, "no room can be kept for changes of accounts on a full disk");
    }
}

/// The reserve becomes the file: its blocks are there already, so that nothing more is needed.
fn use_reserve(path: &Path, text: &str) -> io::Result<()> {
    let reserve = path.with_file_name(RESERVE_FILE);
    let mut file = no_follow(OpenOptions::new().write(true)).open(&reserve)?;
    if file.metadata()?.len() < text.len() as u64 {
        return Err(io::Error::other("the reserve is too small"));
    }
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)?;
    file.sync_all()?;
    fs::rename(&reserve, path)
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    // Left over from a process of the same number that died: it may have other permissions.
    let _ = fs::remove_file(path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_private() {
        let dir = tempfile::tempdir().expect("there is room");
        let path = dir.path().join("deep").join("file.json");
        make_dir(path.parent().expect("it has one")).expect("it is made");
        assert_eq!(read(&path).expect("it is not there"), None);
        for text in ["a long first text", "short"] {
            write_private(&path, text).expect("it is written");
            assert_eq!(read(&path).expect("it is there").as_deref(), Some(text));
        }
        let left = fs::read_dir(dir.path().join("deep")).expect("it is there");
        assert_eq!(left.count(), 1, "no temporary file stays");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).expect("it is there").permissions();
            assert_eq!(mode.mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn on_a_full_disk_the_reserve_becomes_the_file_and_is_kept_anew() {
        let dir = tempfile::tempdir().expect("there is room");
        let path = dir.path().join("accounts.json");
        let full = |_: &Path, _: &str| Err(io::ErrorKind::StorageFull.into());
        write_or_use_reserve(&path, "lost", full).expect_err("nothing was kept");
        keep_reserve(dir.path(), 4 * RESERVE);
        let reserve = dir.path().join(RESERVE_FILE);
        let len = || fs::metadata(&reserve).expect("it is there").len();
        assert_eq!(len(), 8 * RESERVE as u64);
        for text in ["first", "second, longer"] {
            write_or_use_reserve(&path, text, full).expect("it is written");
            assert_eq!(read(&path).expect("it is there").as_deref(), Some(text));
            assert_eq!(len(), RESERVE as u64);
        }
        let long = "x".repeat(RESERVE + 1);
        write_or_use_reserve(&path, &long, full).expect_err("it is too long");
        let kept = read(&path).expect("it is there");
        assert_eq!(kept.as_deref(), Some("second, longer"));
        let denied = |_: &Path, _: &str| Err(io::ErrorKind::PermissionDenied.into());
        let refused = write_or_use_reserve(&path, "x", denied);
        refused.expect_err("the disk is not full");
    }
}
