//! Whose a folder is. Files written into another user's folder could not be read by that user, and what
//! is read from it may have been put there to mislead.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that is another user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotYours {
    pub path: PathBuf,
    /// Its owner's number.
    pub owner: u32,
    /// The number of the user that this runs as.
    pub user: u32,
}

impl fmt::Display for NotYours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, owner, user } = self;
        write!(
            f,
            "{} belongs to user {owner}, and this runs as user {user}: run it as that user (sudo -u '#{owner}' …) or name another folder",
            path.display()
        )
    }
}

impl std::error::Error for NotYours {}

impl From<NotYours> for io::Error {
    fn from(error: NotYours) -> Self {
        Self::new(io::ErrorKind::PermissionDenied, error)
    }
}

/// Whether the folder is this user's, or not there yet. Systems without owners let everything pass.
///
/// # Errors
/// It is another user's; root is no exception, for what root writes there its owner cannot read.
pub fn check_owner(path: &Path) -> Result<(), NotYours> {
    #[cfg(unix)]
    if let Ok(facts) = std::fs::metadata(path) {
        let owner = std::os::unix::fs::MetadataExt::uid(&facts);
        return compare(path, owner, rustix::process::geteuid().as_raw());
    }
    let _ = path;
    Ok(())
}

#[cfg(unix)]
fn compare(path: &Path, owner: u32, user: u32) -> Result<(), NotYours> {
    let path = path.to_owned();
    let is_ours = owner == user;
    is_ours.then_some(()).ok_or(NotYours { path, owner, user })
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_its_owners_and_nobody_elses() {
        let dir = tempfile::tempdir().expect("a folder");
        assert_eq!(check_owner(dir.path()), Ok(()));
        assert_eq!(check_owner(&dir.path().join("not-there")), Ok(()));
        let refused = compare(dir.path(), 1000, 0).expect_err("it is another's");
        assert!(refused.to_string().contains("sudo -u '#1000'"), "{refused}");
        assert_eq!(
            io::Error::from(refused).kind(),
            io::ErrorKind::PermissionDenied
        );
    }
}
