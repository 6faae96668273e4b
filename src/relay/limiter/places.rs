//! Who has how many places, and whose goes next.
//!
//! A table: it wakes nobody and reads no clock.

use super::{Holder, Network, Share};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Maximum networks, of those that have equally many, that are looked at for the idlest place: more would
/// make each arrival of a wide flood slow.
const LOOK_AT: usize = 32;

/// Who has which places.
#[derive(Default)]
pub(super) struct Places {
    pub(super) networks: HashMap<Network, Holding>,
    /// By how many they have; of equals, the one that has changed least lately is last.
    order: BTreeSet<(usize, std::cmp::Reverse<u64>, Network)>,
    pub(super) used: usize,
    next: u64,
    pub(super) evicted: u64,
}

#[derive(Default)]
pub(super) struct Holding {
    changed: u64,
    holders: HashMap<u64, Arc<Holder>>,
}

/// Whose place was taken back, and who had it.
pub(super) type Evicted = Option<(Network, Arc<Holder>)>;

impl Places {
    pub(super) fn admit(
        &mut self,
        network: Network,
        holder: &Arc<Holder>,
        share: Share,
        resting: usize,
    ) -> (u64, Evicted) {
        let victim = self.victim(network, share, resting);
        let evicted = self.take_back(victim);
        let id = self.next;
        self.next += 1;
        self.change(network, id, |held| {
            held.holders.insert(id, Arc::clone(holder));
        });
        self.used += 1;
        (id, evicted)
    }

    pub(super) fn evict(&mut self, resting: usize) -> Evicted {
        let victim = self.idlest_at_rest(resting);
        let victim = victim.or_else(|| self.idlest_of_most());
        self.take_back(victim)
    }

    fn take_back(&mut self, victim: Option<(Network, u64)>) -> Evicted {
        let (network, id) = victim?;
        self.evicted += 1;
        Some((network, self.remove(network, id)?))
    }

    /// Whose place one more of `network` costs, if any. `resting` says whether it is worth it to look
    /// for one that costs nobody anything.
    pub(super) fn victim(
        &self,
        network: Network,
        share: Share,
        resting: usize,
    ) -> Option<(Network, u64)> {
        let own = self.networks.get(&network);
        let count = own.map_or(0, |held| held.holders.len());
        let full = count >= share.per_network && !matches!(network, Network::Proxy(_));
        if full && let Some(id) = own.and_then(Holding::idlest) {
            return Some((network, id));
        }
        if self.used < share.total {
            return None;
        }
        let at_rest = self.idlest_at_rest(resting);
        if at_rest.is_some() {
            return at_rest;
        }
        let &(most, ..) = self.order.last()?;
        if count >= most {
            return own.and_then(Holding::idlest).map(|id| (network, id));
        }
        self.idlest_of_most()
    }

    /// Looks at all of them: only where the bound is reached and some are at rest.
    fn idlest_at_rest(&self, resting: usize) -> Option<(Network, u64)> {
        if resting == 0 {
            return None;
        }
        let all = self.networks.iter().flat_map(|(network, held)| {
            let holders = held.holders.iter();
            holders.map(move |(id, holder)| (holder, (*network, *id)))
        });
        let at_rest = all.filter(|(holder, _)| holder.rests.load(Ordering::Relaxed));
        let idlest = at_rest.min_by_key(|(holder, _)| holder.rank());
        idlest.map(|(_, place)| place)
    }

    fn idlest_of_most(&self) -> Option<(Network, u64)> {
        let &(most, ..) = self.order.last()?;
        let tied = self
            .order
            .iter()
            .rev()
            .take_while(|(count, ..)| *count == most);
        let idlest = tied.take(LOOK_AT).filter_map(|(_, _, network)| {
            let held = self.networks.get(network)?;
            let id = held.idlest()?;
            Some((held.holders.get(&id)?.rank(), *network, id))
        });
        let (_, network, id) = idlest.min_by_key(|(rank, ..)| *rank)?;
        Some((network, id))
    }

    pub(super) fn remove(&mut self, network: Network, id: u64) -> Option<Arc<Holder>> {
        let changed = self.networks.get(&network)?.changed;
        let mut removed = None;
        self.change(network, changed, |held| removed = held.holders.remove(&id));
        self.used -= usize::from(removed.is_some());
        removed
    }

    fn change(&mut self, network: Network, changed: u64, change: impl FnOnce(&mut Holding)) {
        let mut held = self.networks.remove(&network).unwrap_or_default();
        self.order.remove(&held.key(network));
        change(&mut held);
        held.changed = changed;
        if !held.holders.is_empty() {
            self.order.insert(held.key(network));
            self.networks.insert(network, held);
        }
    }
}

impl Holding {
    fn key(&self, network: Network) -> (usize, std::cmp::Reverse<u64>, Network) {
        let changed = std::cmp::Reverse(self.changed);
        (self.holders.len(), changed, network)
    }

    fn idlest(&self) -> Option<u64> {
        let ranked = self.holders.iter().map(|(id, holder)| (holder.rank(), *id));
        ranked.min().map(|(_, id)| id)
    }
}
