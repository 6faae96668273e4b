//! Leases: what accounts have left and may come back for, labels and public ports. Pure.
//!
//! Each account has its own queue: one that keeps too much loses its own oldest, and nobody else's.
//! When all together keep too much, whoever has most loses.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;
use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Leases<K> {
    /// Maximum leases of all accounts together.
    limit: usize,
    kept: HashMap<K, Lease>,
    /// What each account has left, the oldest first; no queue is empty.
    queues: HashMap<Arc<str>, BTreeMap<u64, K>>,
    next: u64,
}

#[derive(Debug)]
struct Lease {
    order: u64,
    account: Arc<str>,
    until: Instant,
}

impl<K: Clone + Eq + Hash> Leases<K> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: HashMap::new(),
            queues: HashMap::new(),
            next: 0,
        }
    }

    /// Whose it is, and until when nobody else may have it.
    pub(super) fn owner<Q>(&self, key: &Q) -> Option<(&Arc<str>, Instant)>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let kept = self.kept.get(key)?;
        Some((&kept.account, kept.until))
    }

    /// Keeps it for the account, which may keep `room`: what is forgotten for that.
    pub(super) fn keep(
        &mut self,
        key: K,
        account: &Arc<str>,
        until: Instant,
        room: usize,
    ) -> Vec<K> {
        self.forget(&key);
        self.next += 1;
        let queue = self.queues.entry(Arc::clone(account)).or_default();
        queue.insert(self.next, key.clone());
        let mut over = queue.len().saturating_sub(room);
        let kept = Lease {
            order: self.next,
            account: Arc::clone(account),
            until,
        };
        self.kept.insert(key, kept);
        let mut forgotten = Vec::new();
        while over > 0 {
            over -= 1;
            forgotten.extend(self.forget_oldest(account));
        }
        if self.kept.len() > self.limit {
            let most = self.queues.iter().max_by_key(|(_, queue)| queue.len());
            if let Some(account) = most.map(|(account, _)| Arc::clone(account)) {
                forgotten.extend(self.forget_oldest(&account));
            }
        }
        forgotten
    }

    fn forget_oldest(&mut self, account: &Arc<str>) -> Option<K> {
        let queue = self.queues.get(account)?;
        let oldest = queue.values().next()?.clone();
        self.forget(&oldest);
        Some(oldest)
    }

    /// It is somebody's again, or nobody's.
    pub(super) fn forget<Q>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let Some(Lease { order, account, .. }) = self.kept.remove(key) else {
            return;
        };
        if let Some(queue) = self.queues.get_mut(&account) {
            queue.remove(&order);
            if queue.is_empty() {
                self.queues.remove(&account);
            }
        }
    }

    /// All that the account has left.
    pub(super) fn forget_account(&mut self, account: &str) -> Vec<K> {
        let queue = self.queues.remove(account).unwrap_or_default();
        let keys: Vec<K> = queue.into_values().collect();
        for key in &keys {
            self.kept.remove(key);
        }
        keys
    }

    /// All, of each account the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &Arc<str>, Instant)> {
        self.queues
            .values()
            .flat_map(BTreeMap::values)
            .filter_map(|key| {
                let kept = self.kept.get(key)?;
                Some((key, &kept.account, kept.until))
            })
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        assert_eq!(
            self.kept.len(),
            self.queues.values().map(BTreeMap::len).sum::<usize>()
        );
        self.kept.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_loses_its_own_oldest_and_in_all_whoever_has_most() {
        let (mut leases, now) = (Leases::new(5), Instant::now());
        let [anna, bob]: [Arc<str>; 2] = ["anna".into(), "bob".into()];
        let none: [u32; 0] = [];
        assert_eq!(leases.keep(1, &anna, now, 1), none);
        for n in 10..13 {
            assert_eq!(leases.keep(n, &bob, now, 3), none);
        }
        assert_eq!(leases.keep(13, &bob, now, 3), [10]);
        assert_eq!(leases.keep(14, &bob, now, 4), none);
        assert_eq!(leases.owner(&1).map(|(owner, _)| &**owner), Some("anna"));
        assert_eq!(leases.keep(2, &anna, now, 2), [11], "bob has most");
        assert_eq!(leases.keep(3, &anna, now, 0), [1, 2, 3], "there is no room");
        assert_eq!(leases.forget_account("bob"), [12, 13, 14]);
        assert_eq!((leases.len(), leases.iter().count()), (0, 0));
    }
}
