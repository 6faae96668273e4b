//! A bound that strangers share fairly: so many places in all, so many for one network, and when they
//! are used up, whoever has most gives one back. Nobody new is kept waiting or turned away.
//!
//! It knows addresses and places, and not what they are places for.

use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// Between two lines of the log that say that the same bound was reached.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// Of the networks that have equally many, so many are looked at for the idlest place: more would
/// make each arrival of a wide flood slow.
const LOOK_AT: usize = 32;

/// How many places there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// In all.
    pub total: usize,
    /// For one IPv4 address, or one IPv6 network of 64 bits.
    pub per_network: usize,
}

/// Who shares a bound: an IPv4 address, or a /64 of IPv6, which is what one customer gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Network {
    /// One address.
    V4(Ipv4Addr),
    /// The first half of an address.
    V6(u64),
    /// A proxy of the operator's, behind which is everybody: only the total bounds it.
    Proxy(IpAddr),
}

impl Network {
    /// The network of an address; an IPv4 address written as IPv6 is the IPv4 one.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            // The upper half, whole.
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// What is bounded, and how often the bound was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Places in use.
    pub used: usize,
    /// Networks that have some.
    pub networks: usize,
    /// Places that were taken back, since the start.
    pub evicted: u64,
}

/// See the module. One per bound, shared by all who ask for its places.
pub struct Limiter {
    /// What the places are for, in the log.
    name: &'static str,
    share: Share,
    origin: Instant,
    /// Never held across a wait.
    places: Mutex<Places>,
    told: Mutex<Told>,
}

/// A place; dropping it gives it back.
pub struct Permit {
    limiter: Arc<Limiter>,
    network: Network,
    id: u64,
    holder: Arc<Holder>,
}

/// When a place was last of use, noted by whoever uses it.
#[derive(Clone)]
pub struct Activity {
    origin: Instant,
    holder: Arc<Holder>,
}

struct Holder {
    /// Milliseconds after the limiter's origin.
    used: AtomicU64,
    /// How far it has come: those that have come furthest go last.
    stage: AtomicU8,
    evicted: CancellationToken,
}

impl Limiter {
    /// A bound that nobody uses yet. `name` is what the log calls its places.
    #[must_use]
    pub fn new(name: &'static str, share: Share) -> Arc<Self> {
        Arc::new(Self {
            name,
            share,
            origin: Instant::now(),
            places: Mutex::default(),
            told: Mutex::default(),
        })
    }

    /// Gives `network` a place, which may cost it its idlest one, or whoever has most theirs.
    pub fn admit(self: &Arc<Self>, network: Network) -> Permit {
        let holder = Arc::new(Holder {
            used: AtomicU64::new(self.now()),
            stage: AtomicU8::new(0),
            evicted: CancellationToken::new(),
        });
        let (id, evicted) = self.places.lock().admit(network, &holder, self.share);
        if let Some((from, evicted)) = evicted {
            evicted.evicted.cancel();
            self.tell(from);
        }
        Permit {
            limiter: Arc::clone(self),
            network,
            id,
            holder,
        }
    }

    /// Takes the idlest place of whoever has most, for somebody at another bound that this one is a
    /// part of. Whether there was one.
    pub fn evict(&self) -> bool {
        let evicted = self.places.lock().evict();
        let Some((from, evicted)) = evicted else {
            return false;
        };
        evicted.evicted.cancel();
        self.tell(from);
        true
    }

    /// How much of it is used.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let places = self.places.lock();
        Usage {
            used: places.used,
            networks: places.networks.len(),
            evicted: places.evicted,
        }
    }

    fn now(&self) -> u64 {
        millis(self.origin)
    }

    /// Says that the bound was reached: at once, then once in a while with a count.
    fn tell(&self, from: Network) {
        let mut told = self.told.lock();
        told.since += 1;
        if told.last.is_some_and(|last| last.elapsed() < TELL_EVERY) {
            return;
        }
        let (times, share) = (told.since, self.share);
        *told = Told {
            last: Some(Instant::now()),
            since: 0,
        };
        drop(told);
        tracing::warn!(
            bound = self.name,
            limit = share.total,
            per_network = share.per_network,
            from = %from,
            times,
            "a bound is reached: whoever has most gives the idlest back"
        );
    }
}

#[derive(Default)]
struct Told {
    last: Option<Instant>,
    since: u64,
}

impl Permit {
    /// Ends when the place is wanted by somebody else: whoever holds it is to let go at once.
    pub async fn evicted(&self) {
        self.holder.evicted.cancelled().await;
    }

    /// The same, for whoever keeps it.
    pub(super) fn when_evicted(&self) -> WaitForCancellationFutureOwned {
        self.holder.evicted.clone().cancelled_owned()
    }

    /// Whether it has been taken back.
    #[must_use]
    pub fn is_evicted(&self) -> bool {
        self.holder.evicted.is_cancelled()
    }

    /// Whose place it is.
    #[must_use]
    pub fn network(&self) -> Network {
        self.network
    }

    /// What notes that the place is of use.
    #[must_use]
    pub fn activity(&self) -> Activity {
        Activity {
            origin: self.limiter.origin,
            holder: Arc::clone(&self.holder),
        }
    }

    /// Notes that it has come so far: whoever has come less far goes first.
    pub fn reach(&self, stage: u8) {
        self.holder.stage.fetch_max(stage, Ordering::Relaxed);
    }
}

impl Activity {
    /// It is of use now.
    pub fn touch(&self) {
        // Several may; the latest counts, give or take.
        self.holder
            .used
            .store(millis(self.origin), Ordering::Relaxed);
    }

    /// Whether the place has been taken back.
    #[must_use]
    pub fn is_evicted(&self) -> bool {
        self.holder.evicted.is_cancelled()
    }

    /// Ends when the place has been taken back.
    pub async fn evicted(&self) {
        self.holder.evicted.cancelled().await;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.limiter.places.lock().remove(self.network, self.id);
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Who has which places.
#[derive(Default)]
struct Places {
    networks: HashMap<Network, Held>,
    /// By how many they have; of equals, the one that has changed least lately is last.
    order: BTreeSet<(usize, std::cmp::Reverse<u64>, Network)>,
    used: usize,
    next: u64,
    evicted: u64,
}

#[derive(Default)]
struct Held {
    changed: u64,
    holders: HashMap<u64, Arc<Holder>>,
}

type Evicted = Option<(Network, Arc<Holder>)>;

impl Places {
    fn admit(&mut self, network: Network, holder: &Arc<Holder>, share: Share) -> (u64, Evicted) {
        let victim = self.victim(network, share);
        let evicted = self.take_back(victim);
        let id = self.next;
        self.next += 1;
        self.change(network, id, |held| {
            held.holders.insert(id, Arc::clone(holder));
        });
        self.used += 1;
        (id, evicted)
    }

    fn evict(&mut self) -> Evicted {
        let victim = self.idlest_of_most();
        self.take_back(victim)
    }

    fn take_back(&mut self, victim: Option<(Network, u64)>) -> Evicted {
        let (network, id) = victim?;
        self.evicted += 1;
        Some((network, self.remove(network, id)?))
    }

    /// Whose place one more of `network` costs, if any.
    fn victim(&self, network: Network, share: Share) -> Option<(Network, u64)> {
        let own = self.networks.get(&network);
        let count = own.map_or(0, |held| held.holders.len());
        let full = count >= share.per_network && !matches!(network, Network::Proxy(_));
        if full && let Some(id) = own.and_then(Held::idlest) {
            return Some((network, id));
        }
        if self.used < share.total {
            return None;
        }
        let &(most, ..) = self.order.last()?;
        if count >= most {
            return own.and_then(Held::idlest).map(|id| (network, id));
        }
        self.idlest_of_most()
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

    fn remove(&mut self, network: Network, id: u64) -> Option<Arc<Holder>> {
        let changed = self.networks.get(&network)?.changed;
        let mut removed = None;
        self.change(network, changed, |held| removed = held.holders.remove(&id));
        self.used -= usize::from(removed.is_some());
        removed
    }

    fn change(&mut self, network: Network, changed: u64, change: impl FnOnce(&mut Held)) {
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

impl Held {
    fn key(&self, network: Network) -> (usize, std::cmp::Reverse<u64>, Network) {
        let changed = std::cmp::Reverse(self.changed);
        (self.holders.len(), changed, network)
    }

    fn idlest(&self) -> Option<u64> {
        let ranked = self.holders.iter().map(|(id, holder)| (holder.rank(), *id));
        ranked.min().map(|(_, id)| id)
    }
}

impl Holder {
    fn rank(&self) -> (u8, u64) {
        (
            self.stage.load(Ordering::Relaxed),
            self.used.load(Ordering::Relaxed),
        )
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(half) => {
                let network = std::net::Ipv6Addr::from_bits(u128::from(*half) << 64);
                write!(f, "{network}/64")
            }
            Self::Proxy(address) => write!(f, "{address} (a proxy)"),
        }
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter")
            .field("name", &self.name)
            .field("share", &self.share)
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("network", &self.network)
            .field("evicted", &self.is_evicted())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Activity").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
