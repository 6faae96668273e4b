//! Who may host here: names, and the SHA-256 of their tokens.
//!
//! A token itself is shown once and not kept, but for the owner's, which has a private file of its own.
//! Whoever changes the accounts holds a lock on them from reading to writing; a file that cannot be
//! understood is never replaced.

mod error;
mod roster;
#[cfg(test)]
mod tests;
mod watch;

pub use error::AccountsError;
pub(super) use roster::{Credential, Roster};
pub(super) use watch::AccountsWatch;

use super::{certificate, files};
use crate::base::digest::hex;
use crate::base::files::{Document, Migration, Unusable, check_owner, lock_within, replace};
use crate::model::Secret;
use roster::Account;
use serde_json::Value;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The account that every relay has.
pub const OWNER: &str = "owner";

pub(super) const FILE: &str = "accounts.json";
const OWNER_FILE: &str = "owner-token";
const LOCK: &str = "accounts.lock";

/// Version 1 had no ids.
const MIGRATIONS: &[Migration] = &[know_by_name];

/// The version of the accounts file that is written.
const VERSION: usize = 1 + MIGRATIONS.len();

/// 192 bits from the system's generator.
const TOKEN_BYTES: usize = 24;

/// Bytes of an account's id: nobody chooses it, so two never meet.
const ID_BYTES: usize = 16;

/// Whoever changes the accounts is through in a moment.
const LOCK_PATIENCE: Duration = Duration::from_secs(20);

/// An account's name is no longer than this.
const MAX_NAME: usize = 64;

/// One account, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What everything of it is kept under. It never comes back.
    pub id: Arc<str>,
    /// What people call it.
    pub name: Arc<str>,
}

/// The accounts of one relay.
#[derive(Debug)]
pub struct Accounts {
    dir: PathBuf,
    owner_token: Secret,
    is_new: bool,
    roster: Arc<Roster>,
    stamps: [files::Stamp; 2],
    corrupt: bool,
}

impl Accounts {
    /// Reads the accounts in `dir`; makes the owner's token when there is none. Of a file that cannot be
    /// understood nothing is read, and only the owner can host: see [`Accounts::corrupt`].
    ///
    /// # Errors
    /// When a file cannot be read or written, or is of a newer program.
    pub fn open(dir: &Path) -> Result<Self, AccountsError> {
        let token_path = dir.join(OWNER_FILE);
        let (owner_token, is_new) = match read_owner_token(&token_path)? {
            Some(token) => (token, false),
            None => make_owner_token(dir)?,
        };
        let mut accounts = Self {
            dir: dir.to_owned(),
            roster: Arc::new(roster(&owner_token, Vec::new())),
            owner_token,
            is_new,
            stamps: stamps(dir),
            corrupt: false,
        };
        match read(dir) {
            Ok(listed) => accounts.roster = Arc::new(roster(&accounts.owner_token, listed)),
            Err(AccountsError::Corrupt { .. }) => accounts.corrupt = true,
            Err(error) => return Err(error),
        }
        Ok(accounts)
    }

    /// Reads the accounts of a relay of another process, to change them.
    ///
    /// # Errors
    /// As [`Accounts::open`]; also when no relay has run there, and when it runs as another user, who
    /// could not read what is written here.
    pub fn of_relay(dir: &Path) -> Result<Self, AccountsError> {
        check_owner(dir)?;
        if !certificate::is_in(dir) {
            let dir = dir.to_owned();
            return Err(AccountsError::NoRelay { dir });
        }
        Self::open(dir)
    }

    /// The accounts file, if it cannot be understood.
    pub fn corrupt(&self) -> Option<PathBuf> {
        self.corrupt.then(|| self.path())
    }

    pub fn owner_token(&self) -> &Secret {
        &self.owner_token
    }

    /// The owner's token was made just now.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// All of them, the owner first.
    ///
    /// # Errors
    /// When the file cannot be understood.
    pub fn list(&self) -> Result<Vec<Listed>, AccountsError> {
        if self.corrupt {
            return Err(AccountsError::Corrupt { path: self.path() });
        }
        let listed = |account: &Account| Listed {
            id: Arc::clone(&account.id),
            name: Arc::clone(&account.name),
        };
        Ok(self.roster.0.iter().map(listed).collect())
    }

    /// Adds an account: its token, which is not kept.
    ///
    /// # Errors
    /// When the name is taken or unusable, or the file cannot be understood or written.
    pub fn add(&mut self, name: &str) -> Result<Secret, AccountsError> {
        let usable = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(usable) {
            return Err(AccountsError::Name(name.to_owned()));
        }
        let token = new_token();
        self.change(|roster| {
            if roster.named(name).is_some() {
                return Err(AccountsError::Exists(name.to_owned()));
            }
            let id = hex(&rand::random::<[u8; ID_BYTES]>());
            let account = Account::new(id.into(), name.into(), token.expose());
            roster.0.push(account);
            Ok(())
        })?;
        Ok(token)
    }

    /// Removes an account. A relay that runs ends what it hosts within about a second.
    ///
    /// # Errors
    /// When there is none of that name, or it is the owner's, or the file cannot be understood or
    /// written.
    pub fn remove(&mut self, name: &str) -> Result<(), AccountsError> {
        if name == OWNER {
            return Err(AccountsError::Owner);
        }
        self.change(|roster| {
            let before = roster.0.len();
            roster.0.retain(|account| *account.name != *name);
            let is_gone = roster.0.len() < before;
            is_gone
                .then_some(())
                .ok_or_else(|| AccountsError::Missing(name.to_owned()))
        })
    }

    /// Gives an account another token, which is not kept, but for the owner's. A relay that runs ends
    /// what is hosted with the old one within about a second; names and ports stay the account's.
    ///
    /// # Errors
    /// When there is none of that name, or a file cannot be understood or written.
    pub fn rotate(&mut self, name: &str) -> Result<Secret, AccountsError> {
        let token = new_token();
        if name == OWNER {
            let _held = lock(&self.dir)?;
            write(&self.dir.join(OWNER_FILE), token.expose().as_bytes())?;
            self.owner_token = Secret::new(token.expose());
            let others = self.roster.0.iter().skip(1).cloned().collect();
            self.roster = Arc::new(roster(&token, others));
            return Ok(token);
        }
        self.change(|roster| {
            let mut accounts = roster.0.iter_mut();
            let account = accounts.find(|account| *account.name == *name);
            let account = account.ok_or_else(|| AccountsError::Missing(name.to_owned()))?;
            account.set_token(token.expose());
            Ok(())
        })?;
        Ok(token)
    }

    /// Who may host, as it was read last.
    pub(super) fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.roster)
    }

    /// Reads again what another process has changed: whether anything was. While a file cannot be
    /// read or understood, what was read before holds.
    pub(super) fn reload(&mut self) -> bool {
        let stamps = stamps(&self.dir);
        if stamps == self.stamps {
            return false;
        }
        match self.read_again() {
            Ok(()) => self.corrupt = false,
            Err(error @ AccountsError::Corrupt { .. }) => {
                tracing::warn!(%error, "the accounts stay as they were");
                self.corrupt = true;
            }
            // It may be for a moment only, so the file is read again the next time.
            Err(error) => {
                tracing::warn!(%error, "the accounts cannot be read");
                return false;
            }
        }
        self.stamps = stamps;
        true
    }

    fn read_again(&mut self) -> Result<(), AccountsError> {
        let token = read_owner_token(&self.dir.join(OWNER_FILE))?;
        let listed = read(&self.dir)?;
        if let Some(token) = token {
            self.owner_token = token;
        }
        self.roster = Arc::new(roster(&self.owner_token, listed));
        Ok(())
    }

    /// Changes what is in the file now, which is not what was read when this was opened.
    fn change(
        &mut self,
        change: impl FnOnce(&mut Roster) -> Result<(), AccountsError>,
    ) -> Result<(), AccountsError> {
        let _held = lock(&self.dir)?;
        self.read_again()?;
        let mut roster = Roster::clone(&self.roster);
        change(&mut roster)?;
        let accounts = roster.0.iter().skip(1).cloned().collect();
        let bytes = document(&self.dir).encode(&accounts);
        let bytes = bytes.map_err(|error| io_error(&self.path(), error))?;
        write(&self.path(), &bytes)?;
        self.roster = Arc::new(roster);
        self.corrupt = false;
        Ok(())
    }

    fn path(&self) -> PathBuf {
        self.dir.join(FILE)
    }
}

/// The owner first.
fn roster(owner_token: &Secret, listed: Vec<Account>) -> Roster {
    let owner = Account::new(OWNER.into(), OWNER.into(), owner_token.expose());
    Roster(std::iter::once(owner).chain(listed).collect())
}

/// All accounts but the owner's.
fn document(dir: &Path) -> Document<Vec<Account>> {
    let document = Document::new(dir, FILE, MIGRATIONS).under("accounts");
    document.at_most(files::MAX_SIZE)
}

/// Names and ports of an account without an id were kept under its name.
fn know_by_name(mut accounts: Value) -> Value {
    for account in accounts.as_array_mut().into_iter().flatten() {
        if let Some(name) = account.get("name").cloned() {
            account["id"] = name;
        }
    }
    accounts
}

/// The accounts in the file, none when there is no file.
fn read(dir: &Path) -> Result<Vec<Account>, AccountsError> {
    let document = document(dir);
    let path = document.path();
    document.read().or_else(|unusable| match unusable {
        Unusable::Absent => Ok(Vec::new()),
        Unusable::Unreadable(error) => Err(io_error(&path, error)),
        Unusable::Corrupt(_) => Err(AccountsError::Corrupt { path }),
        Unusable::TooNew(found) => Err(AccountsError::NewerVersion { path, found }),
    })
}

/// The token in the file; `None` when there is no file.
fn read_owner_token(path: &Path) -> Result<Option<Secret>, AccountsError> {
    let Some(text) = files::read_text(path).map_err(|error| io_error(path, error))? else {
        return Ok(None);
    };
    let token = Secret::new(&text);
    let usable = token.expose().len() >= TOKEN_BYTES
        && token.expose().bytes().all(|b| b.is_ascii_alphanumeric());
    let path = path.to_owned();
    usable
        .then_some(Some(token))
        .ok_or(AccountsError::OwnerToken { path })
}

/// Two that start at once must not make two: the token, and whether it is new.
fn make_owner_token(dir: &Path) -> Result<(Secret, bool), AccountsError> {
    let _held = lock(dir)?;
    let path = dir.join(OWNER_FILE);
    if let Some(token) = read_owner_token(&path)? {
        return Ok((token, false));
    }
    let token = new_token();
    replace(&path, token.expose().as_bytes()).map_err(|error| io_error(&path, error))?;
    Ok((token, true))
}

/// Taking a right away must work on a full disk.
fn write(path: &Path, bytes: &[u8]) -> Result<(), AccountsError> {
    files::replace_on_full_disk(path, bytes).map_err(|error| io_error(path, error))
}

/// Held while the accounts are changed; the system lets go of it when a program dies.
fn lock(dir: &Path) -> Result<File, AccountsError> {
    let path = dir.join(LOCK);
    let locked = lock_within(&path, LOCK_PATIENCE);
    locked
        .map_err(|error| io_error(&path, error))?
        .ok_or_else(|| AccountsError::Busy {
            dir: dir.to_owned(),
        })
}

fn stamps(dir: &Path) -> [files::Stamp; 2] {
    [FILE, OWNER_FILE].map(|name| files::stamp(&dir.join(name)))
}

fn io_error(path: &Path, error: io::Error) -> AccountsError {
    AccountsError::Io {
        path: path.to_owned(),
        error,
    }
}

fn new_token() -> Secret {
    Secret::new(&hex(&rand::random::<[u8; TOKEN_BYTES]>()))
}
