//! A bound that strangers share fairly: so many places in all, so many for one network, and when they
//! are used up, whoever has most gives one back. Nobody new is kept waiting or rejected.
//!
//! It knows addresses and places, and not what they are places for.

mod places;

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;
use places::{Evicted, Places};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Between two lines of the log that say that the same bound was reached.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// How many places there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Maximum places in all.
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
    /// How many of them are at rest.
    resting: AtomicUsize,
    last_logged: Mutex<LastLogged>,
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
    /// Kept for whoever may come, and of use to nobody just now.
    rests: AtomicBool,
    evicted: CancellationToken,
    /// The same, for those who ask often.
    is_evicted: AtomicBool,
    waker: AtomicWaker,
}

impl Limiter {
    /// A bound that nobody uses yet. `name` is what the log calls its places.
    pub fn new(name: &'static str, share: Share) -> Arc<Self> {
        Arc::new(Self {
            name,
            share,
            origin: Instant::now(),
            places: Mutex::default(),
            resting: AtomicUsize::new(0),
            last_logged: Mutex::default(),
        })
    }

    /// Gives `network` a place, which may cost it its idlest one, or whoever has most theirs.
    pub fn admit(self: &Arc<Self>, network: Network) -> Permit {
        let holder = Arc::new(Holder {
            used: AtomicU64::new(self.now()),
            stage: AtomicU8::new(0),
            rests: AtomicBool::new(false),
            evicted: CancellationToken::new(),
            is_evicted: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        });
        let id = self.place(network, &holder);
        Permit {
            limiter: Arc::clone(self),
            network,
            id,
            holder,
        }
    }

    /// The same without costing anybody theirs; `None` when there are none left.
    pub fn try_admit(self: &Arc<Self>, network: Network) -> Option<Permit> {
        let is_free = self.places.lock().victim(network, self.share, 0).is_none();
        is_free.then(|| self.admit(network))
    }

    /// The number of `network`'s place, for `holder`.
    fn place(&self, network: Network, holder: &Arc<Holder>) -> u64 {
        let resting = self.resting();
        let (id, evicted) = self
            .places
            .lock()
            .admit(network, holder, self.share, resting);
        self.let_go(evicted);
        id
    }

    /// Takes the idlest place of whoever has most, for somebody at another bound that this one is a
    /// part of: one at rest, if there is one. Whether there was any.
    pub fn evict(&self) -> bool {
        let resting = self.resting();
        let evicted = self.places.lock().evict(resting);
        self.let_go(evicted)
    }

    fn let_go(&self, evicted: Evicted) -> bool {
        let Some((from, holder)) = evicted else {
            return false;
        };
        // Nobody loses anything by one at rest.
        let is_loss = !holder.rests.load(Ordering::Relaxed);
        holder.evict();
        if is_loss {
            self.tell(from);
        }
        true
    }

    /// How many places are of use to nobody just now.
    pub(super) fn resting(&self) -> usize {
        self.resting.load(Ordering::Relaxed)
    }

    /// How much of it is used.
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
        let mut last_logged = self.last_logged.lock();
        last_logged.since += 1;
        if last_logged
            .last
            .is_some_and(|last| last.elapsed() < TELL_EVERY)
        {
            return;
        }
        let (times, share) = (last_logged.since, self.share);
        *last_logged = LastLogged {
            last: Some(Instant::now()),
            since: 0,
        };
        drop(last_logged);
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
struct LastLogged {
    last: Option<Instant>,
    since: u64,
}

impl Permit {
    /// Ends when the place is wanted by somebody else: whoever holds it is to let go at once.
    pub async fn evicted(&self) {
        self.holder.evicted.cancelled().await;
    }

    /// The same, for the one task that holds it.
    pub fn poll_evicted(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.holder.poll_evicted(cx)
    }

    /// Whether it has been taken back.
    pub fn is_evicted(&self) -> bool {
        self.holder.is_evicted()
    }

    /// It is of use now.
    pub(super) fn touch(&self) {
        self.holder.touch(self.limiter.origin);
    }

    /// It is of use to nobody until [`Permit::resume`], and goes before all others.
    pub(super) fn rest(&self) {
        if !self.holder.rests.swap(true, Ordering::Relaxed) {
            self.limiter.resting.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// It is of use to `network` from now on, which may cost somebody theirs as a new one does.
    pub(super) fn resume(&mut self, network: Network) {
        self.touch();
        self.wake_up();
        if self.network == network {
            return;
        }
        let held = self.limiter.places.lock().remove(self.network, self.id);
        self.network = network;
        // What was taken back meanwhile stays so.
        if held.is_some() {
            self.id = self.limiter.place(network, &self.holder);
        }
    }

    fn wake_up(&self) {
        if self.holder.rests.swap(false, Ordering::Relaxed) {
            self.limiter.resting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub fn network(&self) -> Network {
        self.network
    }

    /// What notes that the place is of use.
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
        self.holder.touch(self.origin);
    }

    /// Whether the place has been taken back.
    pub fn is_evicted(&self) -> bool {
        self.holder.is_evicted()
    }

    /// Ready when the place has been taken back. For the one task that holds it.
    pub fn poll_evicted(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.holder.poll_evicted(cx)
    }

    /// Ends when the place has been taken back.
    pub async fn evicted(&self) {
        self.holder.evicted.cancelled().await;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.wake_up();
        self.limiter.places.lock().remove(self.network, self.id);
    }
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

impl Holder {
    /// The least goes first.
    fn rank(&self) -> (u8, bool, u64) {
        (
            self.stage.load(Ordering::Relaxed),
            !self.rests.load(Ordering::Relaxed),
            self.used.load(Ordering::Relaxed),
        )
    }

    fn touch(&self, origin: Instant) {
        // Several may; the latest counts, give or take.
        self.used.store(millis(origin), Ordering::Relaxed);
    }

    fn evict(&self) {
        self.is_evicted.store(true, Ordering::Release);
        self.evicted.cancel();
        self.waker.wake();
    }

    fn is_evicted(&self) -> bool {
        self.is_evicted.load(Ordering::Acquire)
    }

    fn poll_evicted(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.waker.register(cx.waker());
        if self.is_evicted() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
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

#[cfg(test)]
mod tests;
