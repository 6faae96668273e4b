//! Why a relay's accounts cannot be read or changed: what failed, and what to do about it.

use super::{MAX_NAME, OWNER, VERSION};
use crate::base::files::NotYours;
use std::io;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// A file cannot be read or written.
    #[error("the relay's accounts can't be stored in {}: {error}. Make it readable and writable", path.display())]
    Io {
        /// `accounts.json` or `owner-token`.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A newer program wrote the file.
    #[error("{} is of version {found}, this program knows {VERSION}: use a newer one", path.display())]
    NewerVersion {
        /// `accounts.json` or `owner-token`.
        path: PathBuf,
        /// The version that it says it has.
        found: u64,
    },
    /// The file holds no accounts. It is never replaced: it may be all that is left of them.
    #[error(
        "{} cannot be understood, so nothing was changed: restore it, or move it away to start again with only the account {OWNER:?}", path.display()
    )]
    Corrupt {
        /// `accounts.json` or `owner-token`.
        path: PathBuf,
    },
    #[error("{} holds no token: restore it, or delete it to get a new one", path.display())]
    OwnerToken {
        /// `accounts.json` or `owner-token`.
        path: PathBuf,
    },
    /// No relay keeps its data there, so there is nobody to add an account to.
    #[error(
        "no relay has run with its data in {}: start `underpass relay` first, or name its folder with --data", dir.display()
    )]
    NoRelay { dir: PathBuf },
    /// The folder is another user's, who could not read what is written here.
    #[error(transparent)]
    NotYours(#[from] NotYours),
    /// Another process changes the accounts, and does not come to an end.
    #[error("another program is changing the accounts in {} and doesn't finish: stop it, then try again", dir.display())]
    Busy { dir: PathBuf },
    #[error("there is an account {0:?} already: `relay account rotate {0}` gives it a new token")]
    Exists(String),
    #[error("no account named {0:?}")]
    Missing(String),
    /// Every relay has an owner.
    #[error(
        "{OWNER:?} can't be removed: every relay has an owner. `relay account rotate {OWNER}` invalidates its old join link"
    )]
    Owner,
    #[error("{0:?} can't be an account name: use 1 to {MAX_NAME} letters, digits, '-', '_' or '.'")]
    Name(String),
}

impl AccountsError {
    /// The characters that a name may have.
    pub const MAX_NAME: usize = MAX_NAME;
}
