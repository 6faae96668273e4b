//! The contract between the engine and a provider.

use crate::model::{
    AccountId, Class, Fingerprint, Lacking, LivePort, Phase, Port, PortNumber, ProviderOptions,
    Reason, Secret, ServiceFault, Traffic, TunnelId,
};
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

/// How long a goodbye may take before the link is cut.
const GOODBYE: Duration = Duration::from_secs(2);

/// A future that stays on the engine's thread.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Makes the hosting sessions of one tunnel with one provider, for one engine.
///
/// It owns what outlives a session: how the provider is reached, what an attempt has registered there.
/// It lives on the engine's thread, and everything it spawns runs there too.
///
/// # Order of calls
///
/// 1. [`mint`](Self::mint), unless tokens of before are good: the engine keeps them for their lifetime.
/// 2. [`connect`](Self::connect) with them. A tunnel has one attempt at a time, and mostly one session:
///    a second one is made beside it when tokens grow old or the relay goes down.
/// 3. [`clean_up`](Self::clean_up) after each attempt, however that ended.
///
/// # What never happens
///
/// - It never tries again: an error goes to the engine, with its [`Reason`], and the keep-alive machine
///   decides by its class.
/// - It never waits for ever: each attempt bounds itself, and says in which [`Phase`] it is.
/// - Dropping a future leaves nothing behind that `clean_up` does not give back, and spawns nothing.
/// - A token gets into no reason, detail or log.
///
/// An example is in the [room's documentation](crate::provider).
pub trait Connector: Send {
    /// Gets fresh tokens for the tunnel.
    fn mint<'a>(&'a self, order: &'a HostOrder) -> BoxFuture<'a, Result<Tokens, ConnectError>>;

    /// Makes one session. Dropping the future abandons the attempt; what it leaves at the provider,
    /// [`Self::clean_up`] gives back.
    fn connect<'a>(
        &'a self,
        order: &'a HostOrder,
        tokens: &'a Tokens,
        progress: Progress<'a>,
    ) -> BoxFuture<'a, Result<Session, ConnectError>>;

    /// Gives back what attempts have left at the provider that failed or were given up: whoever drops an
    /// attempt cannot wait for that. The engine asks after each, and waits for it before its thread
    /// ends; the future bounds itself. `None` when there is nothing.
    fn clean_up(&self) -> Option<BoxFuture<'static, ()>> {
        None
    }
}

/// Told each phase that an attempt enters.
pub type Progress<'a> = &'a (dyn Fn(Phase) + 'a);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostOrder {
    /// Who carries it, for whom there.
    pub account: AccountId,
    pub tunnel: TunnelId,
    pub ports: Vec<Port>,
    /// This installation's id: the relay tells a machine that comes back from another machine.
    pub install: String,
    /// Take the tunnel from another machine of the same account. Only ever set by the person.
    pub take_over: bool,
    /// Exactly these ports are hosted: what the provider's inventory has beside them is left alone.
    pub fixed_ports: bool,
    /// What is set for the provider, and was chosen for the tunnel.
    pub options: ProviderOptions,
    /// The keys of the options that are secret: nothing is hosted without them.
    pub secrets: BTreeSet<String>,
    /// Sessions that earlier engines of this tunnel have had: theirs are counted on.
    pub sessions: u64,
}

/// The tokens of one tunnel, by scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub by_scope: BTreeMap<&'static str, Secret>,
    /// How long they are good for; `None` for ever.
    pub lifetime: Option<Duration>,
}

/// An attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectError {
    /// Why, as the person is told.
    pub reason: Reason,
    /// What a library or the system said: for the log.
    pub detail: String,
}

impl ConnectError {
    /// An error with nothing more to log.
    pub fn new(reason: Reason) -> Self {
        Self {
            reason,
            detail: String::new(),
        }
    }

    /// An error and what was said of it.
    pub fn with(reason: Reason, detail: impl fmt::Display) -> Self {
        Self {
            reason,
            detail: detail.to_string(),
        }
    }

    /// What it asks of the engine.
    pub fn class(&self) -> Class {
        self.reason.class()
    }
}

/// How a session ended: the same facts as of a failed attempt.
pub type Ended = ConnectError;

/// One hosting session, up.
///
/// It owns its link, its visitors' connections and every task that serves them. Dropping it closes the
/// link at once and tells nobody; [`Session::close`] says goodbye first.
///
/// `events` must be read for as long as it lives: the session says there when its link has proven itself
/// ([`Established`](SessionEvent::Established)), and how it goes on. The last event is one of
/// [`Ended`](SessionEvent::Ended), [`Lapsed`](SessionEvent::Lapsed) and
/// [`Superseded`](SessionEvent::Superseded); a channel that closes without one is a session whose task is
/// gone. It never connects anew by itself: at most it resumes, if its provider can, and says
/// [`Parked`](SessionEvent::Parked) and [`Resumed`](SessionEvent::Resumed).
pub struct Session {
    /// The ports as served from the start.
    pub ports: Vec<LivePort>,
    pub events: mpsc::Receiver<SessionEvent>,
    pub traffic: Arc<TrafficBoard>,
    /// The provider's own end of it.
    pub part: Box<dyn SessionPart>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("ports", &self.ports)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Says goodbye to the relay and closes the link. Takes no longer than the provider may; false
    /// when it was cut short.
    pub async fn close(self) -> bool {
        let within = self.part.goodbye_within();
        timeout(within, self.part.close()).await.is_ok()
    }
}

/// A provider's own end of a session. Dropping it ends every task of the session.
pub trait SessionPart {
    /// Serves these ports from now on. The answer comes as [`SessionEvent::Ports`], and
    /// before it as [`SessionEvent::Lacking`] where one cannot be had.
    fn set_ports(&self, ports: Vec<Port>);

    /// Asks the other end for a sign of life now; a dead link then ends within 5 s.
    fn check_link(&self);

    /// Breaks the link as if the network had dropped it.
    fn drop_link(&self);

    /// How long that may take: 2 s, but for a provider that has more than the relay to tell.
    fn goodbye_within(&self) -> Duration {
        GOODBYE
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, ()>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// The link has proven itself: an answered ping.
    Established,
    Ports(Vec<LivePort>),
    /// Of the ports that were ordered while it is up these cannot be had, and no others. What may be had
    /// later is asked for again by the session.
    Lacking(Lacking),
    /// The other end goes down on purpose, and is to be back in a moment: the session serves what is
    /// open, gets nothing new, and ends. [`SessionEvent::Ended`] follows.
    GoingDown,
    /// The link is down and the session waits for another one: its connections are held, for so long
    /// at most. [`SessionEvent::Resumed`] or [`SessionEvent::Ended`] follows.
    Parked {
        /// What is left of the retention.
        left: Duration,
    },
    /// A parked session goes on over a new link, with every byte of its connections.
    Resumed,
    /// A newer session of this very host has taken its place, as a planned replacement does before it is
    /// up itself. It is over; nothing comes after this.
    Superseded,
    /// It is over; nothing comes after this.
    Ended(Ended),
    /// It is over because the other end, which is there and answers, knows it no more; nothing comes
    /// after this.
    Lapsed(Ended),
}

/// For how long the other end of a session's link has said nothing.
type Silence = Box<dyn Fn() -> Duration + Send + Sync>;

/// Counts what goes through each port, and knows when the session last showed a sign of life. Shared
/// by the pumps, read by the engine. Probes are in none of its counts.
#[derive(Default)]
pub struct TrafficBoard {
    ports: Mutex<BTreeMap<PortNumber, Arc<PortCounters>>>,
    signs: Arc<Signs>,
    link: OnceLock<Silence>,
    /// Told when a visitor was served otherwise than the one before.
    news: Arc<Notify>,
}

impl fmt::Debug for TrafficBoard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrafficBoard")
            .field("ports", &self.ports)
            .finish_non_exhaustive()
    }
}

/// When a session last showed a sign of life.
#[derive(Debug)]
struct Signs {
    began: Instant,
    /// Milliseconds after `began`, plus one; 0 while there was none.
    last: AtomicU64,
}

impl Default for Signs {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            last: AtomicU64::new(0),
        }
    }
}

impl Signs {
    fn note(&self) {
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(millis.saturating_add(1), Ordering::Relaxed);
    }

    fn silence(&self) -> Option<Duration> {
        let last = self.last.load(Ordering::Relaxed).checked_sub(1)?;
        Some(
            self.began
                .elapsed()
                .saturating_sub(Duration::from_millis(last)),
        )
    }
}

/// What is known of the service from the last visitors.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    fault: Option<ServiceFault>,
    certificate: Option<Fingerprint>,
}

#[derive(Debug, Default)]
pub struct PortCounters {
    signs: Arc<Signs>,
    news: Arc<Notify>,
    open: AtomicU64,
    total: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    failed: AtomicU64,
    last: Mutex<Last>,
}

impl TrafficBoard {
    /// One whose link knows by itself for how long the other end has said nothing: bytes that were
    /// only written prove nothing then.
    pub fn over(silence: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let board = Self::default();
        // A new cell takes what it is given.
        let _ = board.link.set(Box::new(silence));
        board
    }

    /// The other end answered.
    pub fn note_sign(&self) {
        self.signs.note();
    }

    /// For how long the other end has shown no sign of life; `None` when there never was one.
    pub fn silence(&self) -> Option<Duration> {
        match self.link.get() {
            Some(silence) => Some(silence()),
            None => self.signs.silence(),
        }
    }

    /// The counters of `port`.
    pub fn port(&self, port: PortNumber) -> Arc<PortCounters> {
        let mut ports = self.ports.lock();
        let counters = || {
            Arc::new(PortCounters {
                signs: Arc::clone(&self.signs),
                news: Arc::clone(&self.news),
                ..PortCounters::default()
            })
        };
        Arc::clone(ports.entry(port).or_insert_with(counters))
    }

    /// Waits until a visitor did not reach the service, or reaches it again, or a certificate was
    /// accepted. What came before the call is not lost; one waits at a time.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    /// The connections of `port` that are open now.
    pub fn open(&self, port: PortNumber) -> u64 {
        let ports = self.ports.lock();
        let counters = ports.get(&port);
        counters.map_or(0, |counters| counters.open.load(Ordering::Relaxed))
    }

    /// All counters as they stand.
    pub fn read(&self) -> BTreeMap<PortNumber, Traffic> {
        let ports = self.ports.lock();
        ports
            .iter()
            .map(|(port, counters)| (*port, counters.read()))
            .collect()
    }
}

impl PortCounters {
    /// Counts a connection until the guard is dropped.
    #[must_use]
    pub fn connection(self: &Arc<Self>) -> ConnectionGuard {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(1, Ordering::Relaxed);
        ConnectionGuard(Arc::clone(self))
    }

    /// Counts bytes from a visitor to the service.
    pub fn add_in(&self, bytes: u64) {
        self.signs.note();
        self.bytes_in.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts bytes from the service to a visitor.
    pub fn add_out(&self, bytes: u64) {
        self.signs.note();
        self.bytes_out.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Notes how the last visitor's way to the service ended: at this fault, or at the service.
    pub fn note(&self, fault: Option<ServiceFault>) {
        if fault.is_some() {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        let before = std::mem::replace(&mut self.last().fault, fault);
        if fault.is_some() || before.is_some() {
            self.news.notify_one();
        }
    }

    /// Notes the certificate that was accepted because it came first.
    pub fn note_certificate(&self, certificate: Option<Fingerprint>) {
        let before = std::mem::replace(&mut self.last().certificate, certificate);
        if certificate != before {
            self.news.notify_one();
        }
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock()
    }

    fn read(&self) -> Traffic {
        let last = *self.last();
        Traffic {
            failed: self.failed.load(Ordering::Relaxed),
            fault: last.fault,
            certificate: last.certificate,
            open: self.open.load(Ordering::Relaxed),
            total: self.total.load(Ordering::Relaxed),
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
        }
    }
}

/// Counts one open connection while it lives.
#[derive(Debug)]
pub struct ConnectionGuard(Arc<PortCounters>);

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether the session that an engine has at the moment is alive, for whoever probes it from another
/// thread. Clones tell of the same engine.
#[derive(Clone, Debug, Default)]
pub struct Liveness(Arc<Mutex<Option<Arc<TrafficBoard>>>>);

impl Liveness {
    /// A link is alive that showed a sign of life within this time: its pings go every 5 s, and an
    /// answer may take 2 s.
    pub const SIGN_WITHIN: Duration = Duration::from_secs(7);

    /// Tells of this session from now on, or of none.
    pub fn follow(&self, session: Option<&Session>) {
        let board = session.map(|session| Arc::clone(&session.traffic));
        *self.0.lock() = board;
    }

    /// Whether the session's other end showed a sign of life just now: its visitors' bytes move, or
    /// it answers pings. Whatever does not get through in time is then only slow.
    pub fn is_alive(&self) -> bool {
        let board = self.0.lock();
        let silence = board.as_ref().and_then(|board| board.silence());
        silence.is_some_and(|silence| silence <= Self::SIGN_WITHIN)
    }

    /// The connections to `port` that the session has open now.
    pub fn open(&self, port: PortNumber) -> u64 {
        let board = self.0.lock();
        board.as_ref().map_or(0, |board| board.open(port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_alive_while_its_other_end_is_heard_of() {
        let silence = Arc::new(Mutex::new(Duration::ZERO));
        let heard = Arc::clone(&silence);
        let board = TrafficBoard::over(move || *heard.lock());
        let liveness = Liveness(Arc::new(Mutex::new(Some(Arc::new(board)))));
        assert!(liveness.is_alive());
        *silence.lock() = Liveness::SIGN_WITHIN * 2;
        assert!(!liveness.is_alive());
        liveness.follow(None);
        assert!(!liveness.is_alive(), "there is no session");
    }

    #[test]
    fn bytes_and_answers_are_signs_of_life_where_the_link_tells_nothing() {
        let port = PortNumber::new(3000).expect("not zero");
        let board = TrafficBoard::default();
        let counters = board.port(port);
        let _open = counters.connection();
        assert_eq!(board.silence(), None, "nothing moved yet");
        let (came, went) = (|| counters.add_in(1), || counters.add_out(1));
        let answered = || board.note_sign();
        for sign in [&came as &dyn Fn(), &went, &answered] {
            board.signs.last.store(0, Ordering::Relaxed);
            sign();
            assert!(board.silence().is_some());
        }
    }
}
