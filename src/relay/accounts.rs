//! Who may host here: names, and the SHA-256 of their tokens.
//!
//! A token itself is shown once and not kept, but for the owner's, which is printed in the join
//! link at each start and has a private file of its own.

use super::files;
use crate::model::Secret;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The account that every relay has.
pub const OWNER: &str = "owner";

const FILE: &str = "accounts.json";
const OWNER_FILE: &str = "owner-token";

/// The version of the accounts file that is written.
const VERSION: u32 = 1;

/// 192 bits from the system's generator.
const TOKEN_BYTES: usize = 24;

/// An account's name is no longer than this.
const MAX_NAME: usize = 64;

/// Why the accounts cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// A file cannot be read or written.
    #[error("the relay's accounts cannot be kept in {}: {error}. Make it readable and writable", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A newer program wrote the file.
    #[error("{} is of version {found}, this program knows {VERSION}: use a newer one", path.display())]
    FromTheFuture {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The owner's token cannot be used.
    #[error("{} holds no token: restore it, or delete it to get a new one", path.display())]
    OwnerToken {
        /// The file.
        path: PathBuf,
    },
    /// There is an account of that name.
    #[error("there is an account {0:?} already: remove it first to give it a new token")]
    Exists(String),
    /// There is no account of that name.
    #[error("there is no account {0:?}")]
    Missing(String),
    /// No name for an account.
    #[error("{0:?} is no name for an account: 1 to {MAX_NAME} letters, digits, '-', '_' or '.'")]
    Name(String),
}

#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    version: u32,
    accounts: Vec<Listed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    name: Arc<str>,
    token_sha256: String,
}

/// When and how long the file was when it was read.
type Stamp = Option<(SystemTime, u64)>;

/// The accounts of one relay.
#[derive(Debug)]
pub struct Accounts {
    path: PathBuf,
    owner_token: Secret,
    owner: Listed,
    listed: Vec<Listed>,
    stamp: Stamp,
    aside: Option<PathBuf>,
}

impl Accounts {
    /// Reads the accounts in `dir`; makes the owner's token when there is none.
    ///
    /// # Errors
    /// When a file cannot be read or written, or is of a newer program. A corrupt file is kept
    /// aside: see [`Accounts::kept_aside`].
    pub fn open(dir: &Path) -> Result<Self, AccountsError> {
        let owner_token = owner_token(&dir.join(OWNER_FILE))?;
        let mut accounts = Self {
            path: dir.join(FILE),
            owner: Listed {
                name: OWNER.into(),
                token_sha256: digest(owner_token.expose()),
            },
            owner_token,
            listed: Vec::new(),
            stamp: None,
            aside: None,
        };
        accounts.stamp = stamp(&accounts.path);
        match read(&accounts.path)? {
            Some(listed) => accounts.listed = listed,
            None => accounts.aside = Some(keep_aside(&accounts.path)?),
        }
        Ok(accounts)
    }

    /// Where the accounts file went, if it could not be read: only the owner can host then.
    #[must_use]
    pub fn kept_aside(&self) -> Option<&Path> {
        self.aside.as_deref()
    }

    /// The owner's token.
    #[must_use]
    pub fn owner_token(&self) -> &Secret {
        &self.owner_token
    }

    /// All names, the owner first.
    #[must_use]
    pub fn list(&self) -> Vec<&str> {
        let all = std::iter::once(&self.owner).chain(&self.listed);
        all.map(|account| account.name.as_ref()).collect()
    }

    /// Adds an account: its token, which is not kept.
    ///
    /// # Errors
    /// When the name is taken or unusable, or the file cannot be written.
    pub fn add(&mut self, name: &str) -> Result<Secret, AccountsError> {
        let usable = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(usable) {
            return Err(AccountsError::Name(name.to_owned()));
        }
        self.refresh();
        if self.list().contains(&name) {
            return Err(AccountsError::Exists(name.to_owned()));
        }
        let token = new_token();
        let mut listed = self.listed.clone();
        listed.push(Listed {
            name: name.into(),
            token_sha256: digest(token.expose()),
        });
        self.replace(listed)?;
        Ok(token)
    }

    /// Removes an account. What it hosts goes on until it connects again.
    ///
    /// # Errors
    /// When there is none of that name, or the file cannot be written.
    pub fn remove(&mut self, name: &str) -> Result<(), AccountsError> {
        self.refresh();
        let mut listed = self.listed.clone();
        listed.retain(|account| &*account.name != name);
        if listed.len() == self.listed.len() {
            return Err(AccountsError::Missing(name.to_owned()));
        }
        self.replace(listed)
    }

    /// Whose token this is. Digests are compared, and all of them, so that the time it takes tells
    /// nothing of the tokens.
    pub fn authenticate(&mut self, token: &str) -> Option<Arc<str>> {
        self.refresh();
        let digest = digest(token);
        let all = std::iter::once(&self.owner).chain(&self.listed);
        let mut found = None;
        for account in all {
            if same(&account.token_sha256, &digest) {
                found = Some(Arc::clone(&account.name));
            }
        }
        found
    }

    /// Another process may have added or removed accounts. While the file cannot be read, what was
    /// read before holds.
    fn refresh(&mut self) {
        let stamp = stamp(&self.path);
        if stamp == self.stamp {
            return;
        }
        match read(&self.path) {
            Ok(Some(listed)) => self.listed = listed,
            Ok(None) => tracing::warn!(path = %self.path.display(), "the accounts file is corrupt"),
            // It may be for a moment only, so the file is read again the next time.
            Err(error) => return tracing::warn!(%error, "the accounts file cannot be read"),
        }
        self.stamp = stamp;
    }

    fn replace(&mut self, listed: Vec<Listed>) -> Result<(), AccountsError> {
        let contents = Contents {
            version: VERSION,
            accounts: listed,
        };
        let written = serde_json::to_string_pretty(&contents)
            .map_err(io::Error::other)
            .and_then(|text| files::write_private(&self.path, &text));
        written.map_err(|error| io_error(&self.path, error))?;
        self.listed = contents.accounts;
        self.stamp = stamp(&self.path);
        Ok(())
    }
}

/// The accounts in the file, none when there is no file, `None` when it is corrupt.
fn read(path: &Path) -> Result<Option<Vec<Listed>>, AccountsError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let text = match files::read(path) {
        Ok(Some(text)) => text,
        Ok(None) => return Ok(Some(Vec::new())),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(None),
        Err(error) => return Err(io_error(path, error)),
    };
    match serde_json::from_str::<Version>(&text) {
        Ok(Version { version }) if version > VERSION => Err(AccountsError::FromTheFuture {
            path: path.to_owned(),
            found: version,
        }),
        _ => Ok(serde_json::from_str::<Contents>(&text)
            .ok()
            .map(|contents| contents.accounts)),
    }
}

fn keep_aside(path: &Path) -> Result<PathBuf, AccountsError> {
    files::keep_aside(path).map_err(|error| io_error(path, error))
}

fn owner_token(path: &Path) -> Result<Secret, AccountsError> {
    if let Some(text) = files::read(path).map_err(|error| io_error(path, error))? {
        let token = Secret::new(&text);
        let usable = token.expose().len() >= TOKEN_BYTES
            && token.expose().bytes().all(|b| b.is_ascii_alphanumeric());
        return usable
            .then_some(token)
            .ok_or_else(|| AccountsError::OwnerToken {
                path: path.to_owned(),
            });
    }
    let token = new_token();
    files::write_private(path, token.expose()).map_err(|error| io_error(path, error))?;
    Ok(token)
}

fn io_error(path: &Path, error: io::Error) -> AccountsError {
    AccountsError::Io {
        path: path.to_owned(),
        error,
    }
}

fn stamp(path: &Path) -> Stamp {
    let facts = fs::metadata(path).ok()?;
    Some((facts.modified().ok()?, facts.len()))
}

fn new_token() -> Secret {
    Secret::new(&hex(&rand::random::<[u8; TOKEN_BYTES]>()))
}

fn digest(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // A String takes everything.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Takes as long whatever differs.
fn same(a: &str, b: &str) -> bool {
    let differing = a
        .bytes()
        .zip(b.bytes())
        .fold(0, |seen, (a, b)| seen | (a ^ b));
    a.len() == b.len() && differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(dir: &Path) -> Accounts {
        Accounts::open(dir).expect("it opens")
    }

    #[test]
    fn tokens_open_their_accounts_and_are_kept_as_digests() {
        let dir = tempfile::tempdir().expect("there is room");
        let mut accounts = opened(dir.path());
        let token = accounts.add("anna").expect("it is added");
        let owner = accounts.owner_token().clone();
        let mut accounts = opened(dir.path());
        assert_eq!(accounts.list(), ["owner", "anna"]);
        assert_eq!(
            accounts.authenticate(token.expose()).as_deref(),
            Some("anna")
        );
        assert_eq!(
            accounts.authenticate(owner.expose()).as_deref(),
            Some("owner")
        );
        assert_eq!(accounts.authenticate("wrong"), None);
        assert_eq!(accounts.authenticate(""), None);
        let kept = fs::read_to_string(dir.path().join(FILE)).expect("it is there");
        assert!(!kept.contains(token.expose()));
    }

    #[test]
    fn what_another_process_changes_counts_at_once() {
        let dir = tempfile::tempdir().expect("there is room");
        let (mut relay, mut other) = (opened(dir.path()), opened(dir.path()));
        let token = other.add("anna").expect("it is added");
        assert_eq!(relay.authenticate(token.expose()).as_deref(), Some("anna"));
        other.remove("anna").expect("it is removed");
        assert_eq!(relay.authenticate(token.expose()), None);
    }

    #[test]
    fn a_file_that_could_not_be_read_is_read_again() {
        let dir = tempfile::tempdir().expect("there is room");
        let mut accounts = opened(dir.path());
        let token = accounts.add("anna").expect("it is added");
        let write = |text: &str| {
            let path = dir.path().join(FILE);
            fs::write(&path, text).expect("it is written");
            let file = fs::File::options().write(true).open(&path);
            file.and_then(|file| file.set_modified(SystemTime::UNIX_EPOCH))
                .expect("it is set");
        };
        write(r#"{"version":2,"accounts":[]}"#);
        assert!(accounts.authenticate(token.expose()).is_some());
        // The same time and length.
        write(r#"{"version":1,"accounts":[]}"#);
        assert_eq!(accounts.authenticate(token.expose()), None);
    }

    #[test]
    fn names_are_checked() {
        let dir = tempfile::tempdir().expect("there is room");
        let mut accounts = opened(dir.path());
        accounts.add("anna").expect("it is added");
        assert!(matches!(
            accounts.add("anna"),
            Err(AccountsError::Exists(_))
        ));
        assert!(matches!(accounts.add(OWNER), Err(AccountsError::Exists(_))));
        assert!(matches!(accounts.add("a b"), Err(AccountsError::Name(_))));
        assert!(matches!(
            accounts.remove("bob"),
            Err(AccountsError::Missing(_))
        ));
        assert!(matches!(
            accounts.remove(OWNER),
            Err(AccountsError::Missing(_))
        ));
    }

    #[test]
    fn a_corrupt_file_is_kept_aside_and_said() {
        let dir = tempfile::tempdir().expect("there is room");
        for garbage in [b"{\"version\":1,".as_slice(), b"\xff\xfe"] {
            fs::write(dir.path().join(FILE), garbage).expect("it is written");
            let accounts = opened(dir.path());
            let aside = accounts.kept_aside().expect("it is said");
            assert_eq!(fs::read(aside).expect("it is there"), garbage);
            assert_eq!(accounts.list(), [OWNER]);
        }
    }

    #[test]
    fn a_file_from_the_future_is_left_alone() {
        let dir = tempfile::tempdir().expect("there is room");
        let text = r#"{"version":2,"people":[]}"#;
        fs::write(dir.path().join(FILE), text).expect("it is written");
        let error = Accounts::open(dir.path()).expect_err("it is newer");
        assert!(matches!(
            error,
            AccountsError::FromTheFuture { found: 2, .. }
        ));
        let kept = fs::read_to_string(dir.path().join(FILE)).expect("it is there");
        assert_eq!(kept, text);
    }

    #[test]
    fn an_empty_owner_token_is_not_taken_for_one() {
        let dir = tempfile::tempdir().expect("there is room");
        fs::write(dir.path().join(OWNER_FILE), "\n").expect("it is written");
        assert!(matches!(
            Accounts::open(dir.path()),
            Err(AccountsError::OwnerToken { .. })
        ));
    }
}
