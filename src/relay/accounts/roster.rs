//! Who may host, at one moment: looked at by every host that arrives, so nothing in here waits for a
//! file or a lock.

use crate::base::digest::{hex, sha256};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// One account. Its id outlives its token and never comes back: an account that is made anew under a
/// removed name has another one, and inherits nothing.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(in crate::relay) struct Account {
    pub(super) id: Arc<str>,
    pub(super) name: Arc<str>,
    token_sha256: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.id)
    }
}

impl Account {
    pub(super) fn new(id: Arc<str>, name: Arc<str>, token: &str) -> Self {
        Self {
            id,
            name,
            token_sha256: digest(token),
        }
    }

    pub(super) fn set_token(&mut self, token: &str) {
        self.token_sha256 = digest(token);
    }
}

/// Which account a host has shown the token of. It is good for as long as the account has that token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::relay) struct Credential(Account);

impl Credential {
    /// What everything of the account is kept under.
    pub(in crate::relay) fn id(&self) -> &Arc<str> {
        &self.0.id
    }

    /// What people call it: for the log.
    pub(in crate::relay) fn name(&self) -> &str {
        &self.0.name
    }
}

/// All accounts, the owner's first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::relay) struct Roster(pub(super) Vec<Account>);

impl Roster {
    /// Whose token this is. All digests are compared, so that the time it takes tells nothing of the
    /// tokens.
    pub(in crate::relay) fn authenticate(&self, token: &str) -> Option<Credential> {
        let digest = digest(token);
        let mut found = None;
        for account in &self.0 {
            if same(&account.token_sha256, &digest) {
                found = Some(account);
            }
        }
        found.cloned().map(Credential)
    }

    /// Whether the account is still there, with the token that was shown.
    pub(in crate::relay) fn accepts(&self, shown: &Credential) -> bool {
        let shown = &shown.0;
        let mut accounts = self.0.iter();
        accounts.any(|a| a.id == shown.id && a.token_sha256 == shown.token_sha256)
    }

    pub(in crate::relay) fn has(&self, id: &str) -> bool {
        self.ids().any(|known| known == id)
    }

    pub(in crate::relay) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|account| &*account.id)
    }

    pub(super) fn named(&self, name: &str) -> Option<&Account> {
        self.0.iter().find(|account| *account.name == *name)
    }
}

fn digest(token: &str) -> String {
    hex(&sha256(token))
}

/// Takes as long whatever differs.
fn same(a: &str, b: &str) -> bool {
    let differing = a
        .bytes()
        .zip(b.bytes())
        .fold(0, |seen, (a, b)| seen | (a ^ b));
    a.len() == b.len() && differing == 0
}
