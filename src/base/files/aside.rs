//! Keeping aside what cannot be read. It knows names, not contents, and never overwrites.

use jiff::Timestamp;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

/// What stands between a file's name and the time.
const MARK: &str = ".corrupt-";

/// Whether a file of this name was kept aside.
pub fn is_kept_aside(name: &str) -> bool {
    let time = name.split_once(MARK).map(|(_, time)| time);
    time.is_some_and(|time| time.starts_with(|c: char| c.is_ascii_digit()))
}

/// Renames `dir/name` to `name.corrupt-TIME` and gives the new name.
pub(super) fn keep_aside(dir: &Path, name: &str) -> io::Result<String> {
    let source = dir.join(name);
    let is_dir = fs::symlink_metadata(&source)?.is_dir();
    let keep = |place: &Path| {
        reserve(place, is_dir)?;
        fs::rename(&source, place).inspect_err(|_| release(place, is_dir))
    };
    under_new_name(dir, name, keep)
}

/// Copies `dir/name` to a name of the same kind and gives it.
pub(super) fn keep_copy(dir: &Path, name: &str) -> io::Result<String> {
    let source = dir.join(name);
    under_new_name(dir, name, |place| {
        reserve(place, false)?;
        let copied = fs::copy(&source, place).inspect_err(|_| release(place, false));
        copied.map(drop)
    })
}

/// Tries one name after the other until `keep` finds one that nobody has.
fn under_new_name(
    dir: &Path,
    name: &str,
    keep: impl Fn(&Path) -> io::Result<()>,
) -> io::Result<String> {
    let time = Timestamp::now().strftime("%Y%m%dT%H%M%SZ");
    let stem = format!("{name}{MARK}{time}");
    let (mut kept_as, mut count) = (stem.clone(), 1);
    loop {
        match keep(&dir.join(&kept_as)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                count += 1;
                kept_as = format!("{stem}-{count}");
            }
            kept => return kept.map(|()| kept_as),
        }
    }
}

/// Makes an empty file (or folder) of that name, to be replaced or filled: two programs can never take
/// the same name.
fn reserve(place: &Path, is_dir: bool) -> io::Result<()> {
    if is_dir {
        return fs::create_dir(place);
    }
    let options = OpenOptions::new().write(true).create_new(true).open(place);
    options.map(drop)
}

/// Removes what [`reserve`] made. Nothing is lost when that fails.
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
            let kept = keep_aside(dir.path(), "x.json").expect("kept");
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
        keep_aside(dir.path(), ".").expect_err("it cannot be renamed");
        let left = fs::read_dir(dir.path()).expect("the folder is there");
        assert_eq!(left.count(), 0);
    }

    #[test]
    fn a_folder_in_the_files_place_is_kept_too() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(dir.path().join("x.json/inside")).expect("made");
        let kept = keep_aside(dir.path(), "x.json").expect("kept");
        assert!(kept.contains(".corrupt-"));
        assert!(dir.path().join(kept).join("inside").is_dir());
    }
}
