//! The folder everything lives in. It knows names and rights, not contents.

use crate::base::digest::{hex, sha256};
use crate::base::files::{check_owner, make_private_dir};
use directories::ProjectDirs;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// `UNDERPASS_HOME` names a folder that is another one wherever the command is typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is “{}”, which is relative", Home::VARIABLE, .0.display())]
pub struct RelativeHome(pub PathBuf);

impl RelativeHome {
    /// What an error of [`Home::locate`] is, if it is this.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<RelativeHome> for io::Error {
    fn from(relative: RelativeHome) -> Self {
        Self::new(io::ErrorKind::InvalidInput, relative)
    }
}

/// The folder everything lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    path: PathBuf,
    private: bool,
}

impl Home {
    /// The environment variable that moves all of it.
    pub const VARIABLE: &'static str = "UNDERPASS_HOME";

    /// The folder that `UNDERPASS_HOME` names, else the one for this person's data. It is made when
    /// it is not there, for this person alone.
    ///
    /// # Errors
    /// The folder can neither be found nor made, or is another user's; [`RelativeHome`] where it depends on
    /// where the command is typed.
    pub fn locate() -> io::Result<Self> {
        Self::choose(std::env::var_os(Self::VARIABLE))
    }

    /// This folder, as if `UNDERPASS_HOME` named it.
    pub fn at(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::make(std::path::absolute(path)?, true)
    }

    /// The folder that [`Self::locate`] would take, as it is: nothing is made.
    pub fn existing() -> Option<Self> {
        let (path, private) = Self::place(std::env::var_os(Self::VARIABLE)).ok()?;
        let is_ours = path.is_dir() && check_owner(&path).is_ok();
        is_ours.then_some(Self { path, private })
    }

    fn choose(variable: Option<OsString>) -> io::Result<Self> {
        let (path, private) = Self::place(variable)?;
        Self::make(path, private)
    }

    /// Where it is, and whether somebody named it. A relative folder would be another one in each folder
    /// that a command is typed in, with tunnels of its own.
    fn place(variable: Option<OsString>) -> io::Result<(PathBuf, bool)> {
        if let Some(path) = variable.filter(|path| !path.is_empty()) {
            let path = PathBuf::from(path);
            if path.is_relative() {
                return Err(RelativeHome(path).into());
            }
            return Ok((path, true));
        }
        let dirs = ProjectDirs::from("", "", "underpass").ok_or_else(|| {
            let message = format!("no home folder is known; name one in {}", Self::VARIABLE);
            io::Error::new(io::ErrorKind::NotFound, message)
        })?;
        Ok((dirs.data_local_dir().to_owned(), false))
    }

    fn make(path: PathBuf, private: bool) -> io::Result<Self> {
        make_private_dir(&path)?;
        check_owner(&path)?;
        Ok(Self { path, private })
    }

    /// This home if it can be written. If not, a copy of it that can, in a folder that goes with the
    /// person's session: what is changed there is lost, which the error beside it is about. All starts of
    /// one home get the same copy where the system has a folder for the session.
    ///
    /// # Errors
    /// There is no place for a copy either.
    pub fn writable(&self) -> io::Result<(Self, Option<io::Error>)> {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
        match tempfile::tempfile_in(&self.path) {
            Err(error) if matches!(error.kind(), ReadOnlyFilesystem | PermissionDenied) => {
                let copy = Self::make(self.copy_place()?, self.private)?;
                copy_files(&self.path, &copy.path)?;
                Ok((copy, Some(error)))
            }
            // Also a full disk: it may have room again in a moment.
            Ok(_) | Err(_) => Ok((self.clone(), None)),
        }
    }

    fn copy_place(&self) -> io::Result<PathBuf> {
        let name = self.path.to_string_lossy();
        let digest = sha256(name.as_bytes());
        let name = format!("underpass-{}", hex(&digest[..8]));
        let session = std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty());
        if let Some(dir) = session {
            return Ok(PathBuf::from(dir).join(name));
        }
        // In a folder that everybody writes a name that can be guessed may be somebody else's.
        Ok(tempfile::Builder::new()
            .prefix("underpass-")
            .tempdir()?
            .keep())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// It is not the person's usual home but one that was named: such a home shares nothing with
    /// the rest of the computer, the keychain included.
    pub fn is_private(&self) -> bool {
        self.private
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A folder in it, made when it is not there.
    pub fn dir(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        make_private_dir(&path)?;
        Ok(path)
    }

    pub fn audit_log(&self) -> PathBuf {
        self.file("audit.jsonl")
    }
}

/// The largest file that is copied.
const MAX_COPIED: u64 = 8 * 1024 * 1024;

/// What a start needs of the home: its files and the embedded relay's, but neither logs nor locks. A copy
/// that is there from an earlier start is replaced.
fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    let copied = |path: &Path| {
        let kind = path.extension().and_then(std::ffi::OsStr::to_str);
        matches!(kind, Some("json" | "pem")) || path.ends_with("owner-token")
    };
    for (from, to) in [
        (from.to_owned(), to.to_owned()),
        (from.join("relay"), to.join("relay")),
    ] {
        let Ok(entries) = std::fs::read_dir(&from) else {
            // No relay has run there, or it is nobody's business.
            continue;
        };
        make_private_dir(&to)?;
        for entry in entries.flatten() {
            let is_small = entry
                .metadata()
                .is_ok_and(|data| data.is_file() && data.len() <= MAX_COPIED);
            let instance = entry.file_name() == "instance.json";
            if is_small && !instance && copied(&entry.path()) {
                let copy = to.join(entry.file_name());
                std::fs::copy(entry.path(), &copy)?;
                keep_to_owner(&copy)?;
            }
        }
    }
    Ok(())
}

/// A copy is for this person alone, whoever could read what it is of in a folder of theirs.
fn keep_to_owner(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o600))?;
    }
    let _ = path;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_moves_it_and_makes_it_private() {
        let dir = tempfile::tempdir().expect("a folder");
        let wanted = dir.path().join("a/b");
        let home = Home::choose(Some(wanted.clone().into())).expect("it is made");
        assert_eq!((home.path(), home.is_private()), (wanted.as_path(), true));
        assert_eq!(home.file("x.json"), wanted.join("x.json"));
    }

    #[test]
    fn the_variable_names_no_relative_folder() {
        let error = Home::choose(Some("target/tmp".into())).expect_err("it is refused");
        let relative = RelativeHome::of(&error).expect("for that");
        assert_eq!(relative.0, Path::new("target/tmp"));
    }

    #[test]
    fn a_relative_home_stays_where_it_was_when_the_program_moves() {
        let home = Home::at("target/tmp").expect("it is made");
        assert!(home.path().is_absolute());
    }

    #[cfg(unix)]
    #[test]
    fn a_new_folder_is_for_its_owner_and_an_old_one_keeps_its_rights() {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode();
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path().join("new")).expect("it is made");
        assert_eq!(mode(home.path()) & 0o777, 0o700);
        assert_eq!(mode(&home.dir("logs").expect("made")) & 0o777, 0o700);
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).expect("set");
        Home::at(dir.path()).expect("it is there");
        assert_eq!(mode(dir.path()) & 0o777, 0o755);
    }

    #[test]
    fn a_file_in_its_place_is_an_error() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        assert!(Home::at(file.path()).is_err());
    }
}
