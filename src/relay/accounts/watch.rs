//! The accounts of a relay that runs: looked at again and again, so that a change by another process
//! counts within a second for whoever is here, and at once for whoever comes.
//!
//! The files are looked at by one at a time, and not by each: a look answers all who came before it
//! began, however many they are. No lock that sessions or visitors need is held meanwhile.

use super::{Accounts, Credential, Roster};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// An account that is removed is cut off within this time and what the cut itself takes.
const LOOK_EVERY: Duration = Duration::from_millis(750);

pub(in crate::relay) struct AccountsWatch {
    roster: watch::Sender<Arc<Roster>>,
    accounts: Arc<Mutex<Accounts>>,
    /// When the last look began.
    looking: tokio::sync::Mutex<Option<Instant>>,
}

impl AccountsWatch {
    pub(in crate::relay) fn new(accounts: Accounts) -> Self {
        Self {
            roster: watch::Sender::new(accounts.roster()),
            accounts: Arc::new(Mutex::new(accounts)),
            looking: tokio::sync::Mutex::default(),
        }
    }

    /// Whose token this is: the account may have been made or removed a moment ago.
    pub(in crate::relay) async fn authenticate(&self, token: &str) -> Option<Credential> {
        self.look().await;
        self.roster.borrow().authenticate(token)
    }

    /// Whether the account is still there, with the token that was shown.
    pub(in crate::relay) fn accepts(&self, shown: &Credential) -> bool {
        self.roster.borrow().accepts(shown)
    }

    /// Calls `changed` with who may host, each time that has changed; for as long as it is polled.
    pub(in crate::relay) async fn follow(&self, mut changed: impl FnMut(&Roster, &Roster)) {
        let mut roster = self.roster.subscribe();
        let mut before = Arc::clone(&roster.borrow_and_update());
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => self.look().await,
                Ok(()) = roster.changed() => {
                    let now = Arc::clone(&roster.borrow_and_update());
                    changed(&before, &now);
                    before = now;
                }
            }
        }
    }

    async fn look(&self) {
        let came = Instant::now();
        let mut last = self.looking.lock().await;
        if last.is_some_and(|began| began > came) {
            return;
        }
        *last = Some(Instant::now());
        let accounts = Arc::clone(&self.accounts);
        let looked = spawn_blocking(move || {
            let mut accounts = accounts.lock();
            accounts.reload().then(|| accounts.roster())
        });
        if let Ok(Some(roster)) = looked.await {
            self.roster.send_if_modified(|known| {
                let is_new = *known != roster;
                *known = roster;
                is_new
            });
        }
    }
}
