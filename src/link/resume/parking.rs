//! Which sessions are parked, for how long, and who has to go when there are too many. Pure.
//!
//! What one session does costs what its account has parked at most, and not what all have: they all
//! park at once when a network fails.
//!
//! It only ever names parked sessions: one that has a link is never in its way. It knows ids,
//! accounts and sizes, and the time as it is passed in.

use super::auth::SessionId;
use super::end::ResumeRefusal;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::time::Duration;

/// What parked sessions may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// How long a session is kept that has no link.
    pub retention: Duration,
    /// How long it is remembered why one was given up.
    pub tombstones: Duration,
    /// Sessions of one account, parked or not.
    pub sessions_per_account: usize,
    /// Bytes of one account's parked sessions.
    pub bytes_per_account: usize,
    /// Bytes of all parked sessions.
    pub bytes: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            retention: Duration::from_mins(10),
            tombstones: Duration::from_mins(2),
            sessions_per_account: 64,
            bytes_per_account: 64 * 1024 * 1024,
            bytes: 512 * 1024 * 1024,
        }
    }
}

/// Maximum tombstones: what is remembered of sessions that were given up.
const MAX_TOMBSTONES: usize = 4096;

/// All sessions of a relay: which are parked, and in which order they would have to go.
#[derive(Debug)]
pub struct Parking<A> {
    caps: Caps,
    sessions: HashMap<SessionId, Entry<A>>,
    accounts: HashMap<A, AccountShare>,
    /// Those that hold too much.
    over: HashSet<A>,
    /// The parked ones, the oldest first.
    parked: BTreeMap<u64, SessionId>,
    parked_bytes: usize,
    next_order: u64,
    tombstones: VecDeque<Tombstone<A>>,
}

#[derive(Debug)]
struct Entry<A> {
    account: A,
    /// Its place among the parked ones, and what it holds.
    parked: Option<(u64, usize)>,
}

#[derive(Debug, Default)]
struct AccountShare {
    sessions: usize,
    /// The parked ones, the oldest first.
    parked: BTreeMap<u64, SessionId>,
    parked_bytes: usize,
}

#[derive(Debug)]
struct Tombstone<A> {
    id: SessionId,
    account: A,
    reason: ResumeRefusal,
    until: Duration,
}

impl<A: Clone + Eq + Hash> Parking<A> {
    pub fn new(caps: Caps) -> Self {
        Self {
            caps,
            sessions: HashMap::new(),
            accounts: HashMap::new(),
            over: HashSet::new(),
            parked: BTreeMap::new(),
            parked_bytes: 0,
            next_order: 0,
            tombstones: VecDeque::new(),
        }
    }

    pub const fn caps(&self) -> Caps {
        self.caps
    }

    /// A new session, which has a link: whether there is room for it. When the account has as many
    /// as it may, its oldest parked one must go first: see [`Parking::oldest_of`].
    pub fn insert(&mut self, id: SessionId, account: A) -> bool {
        let sum = self.accounts.entry(account.clone()).or_default();
        if sum.sessions >= self.caps.sessions_per_account || self.sessions.contains_key(&id) {
            return false;
        }
        sum.sessions += 1;
        let parked = None;
        self.sessions.insert(id, Entry { account, parked });
        true
    }

    /// It has lost its link, and its rings hold `bytes`. Then ask [`Parking::over`].
    pub fn park(&mut self, id: SessionId, bytes: usize) {
        self.unpark(id);
        let Some(entry) = self.sessions.get_mut(&id) else {
            return;
        };
        entry.parked = Some((self.next_order, bytes));
        self.parked.insert(self.next_order, id);
        self.parked_bytes += bytes;
        if let Some(sum) = self.accounts.get_mut(&entry.account) {
            sum.parked.insert(self.next_order, id);
            sum.parked_bytes += bytes;
            if sum.parked_bytes > self.caps.bytes_per_account {
                self.over.insert(entry.account.clone());
            }
        }
        self.next_order += 1;
    }

    /// It has a link again.
    pub fn unpark(&mut self, id: SessionId) {
        let Some(entry) = self.sessions.get_mut(&id) else {
            return;
        };
        let Some((order, bytes)) = entry.parked.take() else {
            return;
        };
        self.parked.remove(&order);
        self.parked_bytes -= bytes;
        if let Some(sum) = self.accounts.get_mut(&entry.account) {
            sum.parked.remove(&order);
            sum.parked_bytes -= bytes;
            if sum.parked_bytes <= self.caps.bytes_per_account {
                self.over.remove(&entry.account);
            }
        }
    }

    /// The parked session that has to go now: the oldest of an account that holds too much, or the
    /// oldest of all when all hold too much.
    pub fn over(&self) -> Option<SessionId> {
        if self.parked_bytes > self.caps.bytes {
            return self.parked.values().next().copied();
        }
        let sum = self.accounts.get(self.over.iter().next()?)?;
        sum.parked.values().next().copied()
    }

    /// The oldest parked session of an account that has as many as it may.
    pub fn oldest_of(&self, account: &A) -> Option<SessionId> {
        let sum = self.accounts.get(account)?;
        if sum.sessions < self.caps.sessions_per_account {
            return None;
        }
        sum.parked.values().next().copied()
    }

    /// It is over, and nobody will ask for it.
    pub fn remove(&mut self, id: SessionId) {
        self.take(id);
    }

    /// It was given up; whoever asks for it soon is told why.
    pub fn evict(&mut self, id: SessionId, reason: ResumeRefusal, now: Duration) {
        self.forget(now);
        let Some(account) = self.take(id) else { return };
        if self.tombstones.len() == MAX_TOMBSTONES {
            self.tombstones.pop_front();
        }
        self.tombstones.push_back(Tombstone {
            id,
            account,
            reason,
            until: now + self.caps.tombstones,
        });
    }

    /// Whether the account may resume this session.
    ///
    /// # Errors
    /// Why not. A session of somebody else is unknown.
    pub fn find(&mut self, id: SessionId, account: &A, now: Duration) -> Result<(), ResumeRefusal> {
        self.forget(now);
        if let Some(entry) = self.sessions.get(&id) {
            let is_its = entry.account == *account;
            return is_its.then_some(()).ok_or(ResumeRefusal::Unknown);
        }
        let is_it = |stone: &&Tombstone<A>| stone.id == id && stone.account == *account;
        let stone = self.tombstones.iter().find(is_it);
        Err(stone.map_or(ResumeRefusal::Unknown, |stone| stone.reason))
    }

    /// What all parked sessions hold.
    pub const fn parked_bytes(&self) -> usize {
        self.parked_bytes
    }

    /// How many sessions there are, and how many of them are parked.
    pub fn len(&self) -> (usize, usize) {
        (self.sessions.len(), self.parked.len())
    }

    fn take(&mut self, id: SessionId) -> Option<A> {
        self.unpark(id);
        let Entry { account, .. } = self.sessions.remove(&id)?;
        if let Some(sum) = self.accounts.get_mut(&account) {
            sum.sessions -= 1;
            if sum.sessions == 0 {
                self.accounts.remove(&account);
            }
        }
        Some(account)
    }

    fn forget(&mut self, now: Duration) {
        while self
            .tombstones
            .front()
            .is_some_and(|stone| stone.until <= now)
        {
            self.tombstones.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
