//! The relay's few small files: which one is there, and how one is replaced on a full disk.

use crate::base::files::{no_follow, read, replace};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::SystemTime;

/// The longest file that is read, in bytes: some ten thousand accounts.
pub(super) const MAX_SIZE: u64 = 4 * 1024 * 1024;

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

/// The file's text; `None` when there is no file.
pub(super) fn read_text(path: &Path) -> io::Result<Option<String>> {
    let bytes = match read(path, MAX_SIZE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes?,
    };
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(io::Error::other)
}

/// As [`replace`], and on a full disk with what was kept for that: see [`keep_reserve`].
pub(super) fn replace_on_full_disk(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_or_use_reserve(path, bytes, replace)
}

fn write_or_use_reserve(
    path: &Path,
    bytes: &[u8],
    write: impl FnOnce(&Path, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let written = match write(path, bytes) {
        Err(error) if is_full(&error) => use_reserve(path, bytes).map_err(|_| error),
        written => written,
    };
    if let Some(dir) = path.parent() {
        keep_reserve(dir, bytes.len());
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
fn use_reserve(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let reserve = path.with_file_name(RESERVE_FILE);
    let mut file = no_follow(OpenOptions::new().write(true)).open(&reserve)?;
    if file.metadata()?.len() < bytes.len() as u64 {
        return Err(io::Error::other("the reserve is too small"));
    }
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()?;
    fs::rename(&reserve, path)
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_full_disk_the_reserve_becomes_the_file_and_is_kept_anew() {
        let dir = tempfile::tempdir().expect("there is room");
        let path = dir.path().join("accounts.json");
        let full = |_: &Path, _: &[u8]| Err(io::ErrorKind::StorageFull.into());
        write_or_use_reserve(&path, b"lost", full).expect_err("nothing was kept");
        keep_reserve(dir.path(), 4 * RESERVE);
        let reserve = dir.path().join(RESERVE_FILE);
        let len = || fs::metadata(&reserve).expect("it is there").len();
        assert_eq!(len(), 8 * RESERVE as u64);
        for text in ["first", "second, longer"] {
            write_or_use_reserve(&path, text.as_bytes(), full).expect("it is written");
            assert_eq!(
                read_text(&path).expect("it is there").as_deref(),
                Some(text)
            );
            assert_eq!(len(), RESERVE as u64);
        }
        let long = "x".repeat(RESERVE + 1);
        write_or_use_reserve(&path, long.as_bytes(), full).expect_err("it is too long");
        let kept = read_text(&path).expect("it is there");
        assert_eq!(kept.as_deref(), Some("second, longer"));
        let denied = |_: &Path, _: &[u8]| Err(io::ErrorKind::PermissionDenied.into());
        let refused = write_or_use_reserve(&path, b"x", denied);
        refused.expect_err("the disk is not full");
    }
}
