//! The relay's few small files: private, and replaced as a whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// So many corrupt copies of one file are kept aside; the last is then overwritten.
const MAX_ASIDE: u32 = 99;

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
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
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

/// Renames a file that cannot be read, so that nothing overwrites it: where it is now.
pub(super) fn keep_aside(path: &Path) -> io::Result<PathBuf> {
    let name = |n: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".corrupt-{n}"));
        PathBuf::from(name)
    };
    let free = (1..MAX_ASIDE).map(name).find(|path| !path.exists());
    let aside = free.unwrap_or_else(|| name(MAX_ASIDE));
    fs::rename(path, &aside)?;
    Ok(aside)
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
    fn what_is_kept_aside_stays() {
        let dir = tempfile::tempdir().expect("there is room");
        let path = dir.path().join("file.json");
        for text in ["one", "two"] {
            write_private(&path, text).expect("it is written");
            let aside = keep_aside(&path).expect("it is renamed");
            assert_eq!(read(&aside).expect("it is there").as_deref(), Some(text));
        }
        assert_eq!(read(&path).expect("it is gone"), None);
    }
}
