//! Keeping aside what cannot be read. It knows names, not contents, and never overwrites.

use jiff::Timestamp;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

/// Why a file is kept aside: part of its new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Corrupt,
}

impl Why {
    const fn word(self) -> &'static str {
        match self {
            Self::Corrupt => "corrupt",
        }
    }
}

/// Renames `dir/name` to `name.corrupt-TIME` and gives the new name.
pub(super) fn keep_aside(dir: &Path, name: &str, why: Why) -> io::Result<String> {
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let stem = format!("{name}.{}-{time}", why.word());
    let source = dir.join(name);
    let is_dir = fs::symlink_metadata(&source)?.is_dir();
    for count in 1.. {
        let kept_as = match count {
            1 => stem.clone(),
            _ => format!("{stem}-{count}"),
        };
        let place = dir.join(&kept_as);
        match reserve(&place, is_dir) {
            Ok(()) => {
                let renamed = fs::rename(&source, &place);
                if renamed.is_err() {
                    release(&place, is_dir);
                }
                return renamed.map(|()| kept_as);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    unreachable!("the count has no end")
}

/// Copies `dir/name` to a name of the same kind and gives it.
pub(super) fn keep_copy(dir: &Path, name: &str) -> io::Result<String> {
    let copy = tempfile::Builder::new()
        .prefix(&format!(".{name}.copy-"))
        .tempfile_in(dir)?;
    fs::copy(dir.join(name), copy.path())?;
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let stem = format!("{name}.{}-{time}", Why::Corrupt.word());
    let mut copy = copy.into_temp_path();
    for count in 1_u64.. {
        let kept_as = if count == 1 {
            stem.clone()
        } else {
            format!("{stem}-{count}")
        };
        match copy.persist_noclobber(dir.join(&kept_as)) {
            Ok(()) => return Ok(kept_as),
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
                copy = failed.path;
            }
            Err(failed) => return Err(failed.error),
        }
    }
    unreachable!("the count has no end")
}

/// Makes an empty file (or folder) of that name, which the rename then replaces: two programs can
/// never take the same name.
fn reserve(place: &Path, is_dir: bool) -> io::Result<()> {
    if is_dir {
        return fs::create_dir(place);
    }
    let options = OpenOptions::new().write(true).create_new(true).open(place);
    options.map(drop)
}

/// Removes what [`reserve`] made. It is empty, so nothing is lost when that fails.
fn release(place: &Path, is_dir: bool) {
    let removed = if is_dir {
        fs::remove_dir(place)
    } else {
        fs::remove_file(place)
    };
    if let Err(error) = removed {
        tracing::debug!(place = %place.display(), %error, "an unused name is not given back");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_ever_overwritten() {
        let dir = tempfile::tempdir().expect("a folder");
        let mut names = Vec::new();
        for text in ["one", "two", "three"] {
            fs::write(dir.path().join("x.json"), text).expect("written");
            let kept = keep_aside(dir.path(), "x.json", Why::Corrupt).expect("kept");
            assert!(kept.starts_with("x.json.corrupt-"), "{kept}");
            names.push((kept, text));
        }
        for (name, text) in names {
            let kept = fs::read_to_string(dir.path().join(name)).expect("there");
            assert_eq!(kept, text);
        }
        assert!(!dir.path().join("x.json").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_rename_that_fails_leaves_no_trace() {
        let dir = tempfile::tempdir().expect("a folder");
        // No system renames a folder's own entry in itself.
        keep_aside(dir.path(), ".", Why::Corrupt).expect_err("it cannot be renamed");
        let left = fs::read_dir(dir.path()).expect("the folder is there");
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn a_folder_in_the_files_place_is_kept_too() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(dir.path().join("x.json/inside")).expect("made");
        let kept = keep_aside(dir.path(), "x.json", Why::Corrupt).expect("kept");
        assert!(kept.contains(".corrupt-"));
        assert!(dir.path().join(kept).join("inside").is_dir());
    }
}
