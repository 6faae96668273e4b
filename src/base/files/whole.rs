//! Files that are read and replaced as a whole. It knows bytes, not what they mean.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

/// Why something is not read that is there.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotRead {
    #[error("it is no file")]
    NoFile,
    #[error("it has more than {most} bytes")]
    TooLong { most: u64 },
}

/// The file's bytes.
///
/// # Errors
/// The system's; [`io::ErrorKind::InvalidData`] for what is longer than `max_size`, or is no file.
pub fn read(path: &Path, max_size: u64) -> io::Result<Vec<u8>> {
    let invalid = |why: NotRead| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    // A pipe in the file's place would wait for its other end for ever.
    if !fs::metadata(path)?.is_file() {
        return invalid(NotRead::NoFile);
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(max_size + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_size {
        return invalid(NotRead::TooLong { most: max_size });
    }
    Ok(bytes)
}

/// Replaces the file in one step, for its owner alone: whoever reads it sees the old bytes or the new,
/// whole. When it fails the old file is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, |file| file.write_all(bytes))
}

/// The same with what `write` writes, piece by piece.
pub fn replace_with<T>(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<T>,
) -> io::Result<T> {
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let dir = dir.unwrap_or(Path::new("."));
    // It is made with mode 0600, and removed again when anything below fails.
    let mut temp = tempfile::Builder::new()
        .prefix(&temp_prefix(path))
        .tempfile_in(dir)?;
    let written = write(temp.as_file_mut())?;
    temp.as_file().sync_all()?;
    temp.persist(path).map_err(|failed| failed.error)?;
    sync_dir(dir)?;
    Ok(written)
}

/// Removes what programs left that died while they replaced the file, longer ago than `age`: a younger
/// one may be another program's that does so now.
pub fn remove_leftovers(path: &Path, age: Duration) {
    let dir = path.parent().unwrap_or(Path::new("."));
    let prefix = temp_prefix(path);
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(&prefix);
        let modified = entry.metadata().and_then(|data| data.modified());
        let is_old = |at: std::time::SystemTime| at.elapsed().is_ok_and(|since| since >= age);
        if ours && modified.is_ok_and(is_old) {
            // Another program may be quicker.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Makes the folder, for its owner alone. One that is there already keeps its rights: it may be
/// somebody's choice, and every file in it has its own.
pub fn make_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn temp_prefix(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    format!(".{}.tmp-", name.to_string_lossy())
}

/// Makes a rename, a new file or one that is gone last through a power cut, where the system does that.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, Unsupported};
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(dir)?.sync_all() {
        Err(error) if matches!(error.kind(), InvalidInput | Unsupported) => Ok(()),
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_private() {
        let dir = tempfile::tempdir().expect("there is room");
        let path = dir.path().join("deep").join("file.json");
        make_private_dir(path.parent().expect("it has one")).expect("it is made");
        let absent = read(&path, 20).expect_err("it is not there");
        assert_eq!(absent.kind(), io::ErrorKind::NotFound);
        for text in [&b"a long first text"[..], b"short"] {
            replace(&path, text).expect("it is written");
            assert_eq!(read(&path, 20).expect("it is there"), text);
        }
        let invalid = read(&path, 4).expect_err("it is too long");
        assert_eq!(invalid.kind(), io::ErrorKind::InvalidData);
        let left = fs::read_dir(dir.path().join("deep")).expect("it is there");
        assert_eq!(left.count(), 1, "no temporary file stays");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).expect("it is there").permissions();
            assert_eq!(mode.mode() & 0o777, 0o600);
        }
    }
}
