//! The listeners that tunnels have of their own: bound here, served by the ingress.
//!
//! A listener is kept while its tunnel goes from one session to the next, so that no visitor finds
//! the port closed in between.

use super::numbers::{Numbers, PublicKey, RememberedPort};
use super::table::RegistrationId;
use super::upstream::PortUpstream;
use super::{Ingress, IngressGuard, Limits, Shelf, Upstream};
use crate::link::control::Refusal;
use socket2::SockRef;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Shutdown, TcpListener as StdListener};
use std::num::NonZeroU16;
use std::ops::RangeInclusive;
use std::sync::Arc;
use tokio::time::Instant;

/// How often the system is asked for another port when it gives one that is kept for somebody.
const TRIES: usize = 16;

/// What is served on a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tcp,
    Web,
}

/// A listener that is ready for its session.
#[derive(Debug)]
pub(super) struct Reserved {
    key: PublicKey,
    kind: Kind,
    listener: StdListener,
    pub(super) number: u16,
}

#[derive(Debug)]
struct Open {
    session: RegistrationId,
    kind: Kind,
    upstream: u64,
    number: u16,
    listener: StdListener,
    guard: IngressGuard,
}

pub(super) struct PublicPorts {
    ip: IpAddr,
    ingress: Arc<dyn Ingress>,
    /// Maximum ports of an account that are served at once.
    per_account: u32,
    numbers: Numbers,
    open: HashMap<PublicKey, Open>,
    /// What each session has open.
    sessions: HashMap<RegistrationId, Vec<PublicKey>>,
    /// Sockets of the process before this one, by port, that nobody has claimed yet.
    kept: HashMap<u16, StdListener>,
    /// Where sockets outlive this process.
    shelf: Option<Arc<dyn Shelf>>,
}

impl PublicPorts {
    pub(super) fn new(
        ip: IpAddr,
        range: Option<RangeInclusive<u16>>,
        limits: &Limits,
        ingress: Arc<dyn Ingress>,
    ) -> Self {
        Self {
            ip,
            ingress,
            per_account: limits.public_ports_per_account,
            numbers: Numbers::new(range, limits),
            open: HashMap::new(),
            sessions: HashMap::new(),
            kept: HashMap::new(),
            shelf: None,
        }
    }

    /// Goes on with the sockets of the process before this one, and puts its own on the shelf.
    pub(super) fn shelved(
        mut self,
        kept: impl IntoIterator<Item = (u16, StdListener)>,
        keeper: Option<Arc<dyn Shelf>>,
    ) -> Self {
        self.kept.extend(kept);
        self.shelf = keeper;
        self
    }

    pub(super) fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// Knows a port again that was served by the last relay, or is kept for its account.
    pub(super) fn remember(&mut self, remembered: &RememberedPort, now: Instant) {
        self.numbers.remember(remembered, now);
    }

    pub(super) fn forget_account(&mut self, account: &str) {
        self.numbers.forget_account(account);
    }

    /// What is to be written down: what is known, and what is not any more.
    pub(super) fn take_changes(&mut self, now: Instant) -> (Vec<RememberedPort>, Vec<PublicKey>) {
        self.numbers.take_changes(now)
    }

    /// Whether the account may have `wanted` ports in place of those of the session `old`.
    pub(super) fn check(
        &self,
        account: &str,
        old: Option<RegistrationId>,
        wanted: usize,
    ) -> Result<(), Refusal> {
        let replaced = old.and_then(|old| self.sessions.get(&old));
        let others = self.numbers.served(account);
        let others = others.saturating_sub(replaced.map_or(0, Vec::len));
        let limit = self.per_account;
        if wanted > 0 && others + wanted > limit as usize {
            return Err(Refusal::TooManyPublicPorts { limit });
        }
        Ok(())
    }

    /// Closes the sockets of the process before this one that nobody has claimed.
    pub(super) fn drop_unclaimed(&mut self) {
        for (number, listener) in std::mem::take(&mut self.kept) {
            self.unshelve(number);
            stop_listening(&listener);
        }
    }

    /// Lets go of everything, for the next process to go on with what is on the shelf: the guards of
    /// what is served.
    pub(super) fn hand_over(&mut self) -> Vec<IngressGuard> {
        self.kept.clear();
        self.sessions.clear();
        self.open.drain().map(|(_, open)| open.guard).collect()
    }

    /// Gets a listener for `key`: the one it has, or a new one. Nothing is served yet, and dropping
    /// what comes back changes nothing.
    pub(super) fn reserve(
        &self,
        key: PublicKey,
        kind: Kind,
        requested: Option<NonZeroU16>,
    ) -> Result<Reserved, Refusal> {
        let kept = self.open.get(&key);
        let kept = kept.filter(|open| requested.is_none_or(|port| port.get() == open.number));
        let bound = match kept.map(|open| open.listener.try_clone()) {
            Some(Ok(listener)) => Some(listener),
            Some(Err(_)) | None => self.bind(&key, requested)?,
        };
        let refusal = || match requested {
            Some(port) => Refusal::PublicPortTaken { port },
            None => Refusal::NoPublicPorts,
        };
        let listener = bound.ok_or_else(refusal)?;
        let number = listener.local_addr().map_err(|_| refusal())?.port();
        Ok(Reserved {
            key,
            kind,
            listener,
            number,
        })
    }

    /// The first candidate that the system lets us have.
    fn bind(
        &self,
        key: &PublicKey,
        requested: Option<NonZeroU16>,
    ) -> Result<Option<StdListener>, Refusal> {
        let now = Instant::now();
        let kept_for_another = |number| self.is_kept_for_another(key, number);
        let mut candidates = self
            .numbers
            .candidates(key, requested, kept_for_another, now)?;
        Ok(candidates.find_map(|number| match self.kept.get(&number) {
            Some(kept) => kept.try_clone().ok(),
            None if number == 0 => self.bind_any(key, now),
            None => listen((self.ip, number)),
        }))
    }

    /// Whatever the system gives that is kept for nobody else.
    fn bind_any(&self, key: &PublicKey, now: Instant) -> Option<StdListener> {
        // Those that are not to be had are held meanwhile, or the system would give them again.
        let mut others = Vec::new();
        for _ in 0..TRIES {
            let listener = listen((self.ip, 0))?;
            let number = listener.local_addr().ok()?.port();
            if !self.numbers.is_others(key, number, false, now) {
                return Some(listener);
            }
            others.push(listener);
        }
        None
    }

    fn is_kept_for_another(&self, key: &PublicKey, number: u16) -> bool {
        let owner = || self.numbers.owner(number);
        self.kept.contains_key(&number) && owner().is_some_and(|owner| owner != key)
    }

    fn unshelve(&self, number: u16) {
        if let Some(shelf) = &self.shelf {
            shelf.remove(number);
        }
    }

    /// Serves what was reserved, in place of whatever served it before.
    pub(super) fn serve(
        &mut self,
        session: RegistrationId,
        reserved: Reserved,
        upstream: &Arc<PortUpstream>,
    ) -> io::Result<()> {
        let Reserved {
            key,
            kind,
            listener,
            number,
        } = reserved;
        let same = |open: &&mut Open| {
            (open.kind, open.upstream, open.number) == (kind, upstream.key(), number)
        };
        if let Some(open) = self.open.get_mut(&key).filter(same) {
            let before = std::mem::replace(&mut open.session, session);
            self.hand(&key, Some(before), session);
            return Ok(());
        }
        let before = self.open.get(&key).map(|open| open.session);
        if let Some(old) = self.open.remove(&key).filter(|old| old.number != number) {
            self.unshelve(old.number);
        }
        let serving = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
        let upstream_key = upstream.key();
        let upstream: Arc<dyn Upstream> = Arc::<PortUpstream>::clone(upstream);
        let guard = match kind {
            Kind::Tcp => self.ingress.open_tcp(serving, upstream),
            Kind::Web => self.ingress.open_web(serving, upstream),
        };
        self.numbers.serve(&key, number);
        self.hand(&key, before, session);
        self.kept.remove(&number);
        if let Some(shelf) = &self.shelf {
            shelf.put(number, &listener);
        }
        let open = Open {
            session,
            kind,
            upstream: upstream_key,
            number,
            listener,
            guard,
        };
        self.open.insert(key, open);
        Ok(())
    }

    /// The session has it now, and the one before has not.
    fn hand(&mut self, key: &PublicKey, before: Option<RegistrationId>, session: RegistrationId) {
        if before == Some(session) {
            return;
        }
        if let Some(keys) = before.and_then(|before| self.sessions.get_mut(&before)) {
            keys.retain(|other| other != key);
        }
        self.sessions.entry(session).or_default().push(key.clone());
    }

    /// Closes the listeners of a session, but for those that `keep` names.
    pub(super) fn close(&mut self, session: RegistrationId, keep: &[PublicKey]) {
        let keys = self.sessions.remove(&session).unwrap_or_default();
        let (kept, gone): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| keep.contains(key));
        if !kept.is_empty() {
            self.sessions.insert(session, kept);
        }
        for key in gone {
            self.numbers.leave(&key, Instant::now());
            let Some(open) = self.open.remove(&key) else {
                continue;
            };
            drop(open.guard);
            self.unshelve(open.number);
            stop_listening(&open.listener);
        }
    }
}

fn listen(address: (IpAddr, u16)) -> Option<StdListener> {
    let listener = StdListener::bind(address).ok()?;
    listener.set_nonblocking(true).ok()?;
    Some(listener)
}

/// At once, where the system can: the task that serves it is let go of a moment later, and by then
/// the same tunnel may be back for its number.
fn stop_listening(listener: &StdListener) {
    // Elsewhere than on Linux this is refused, and the listener closes with its task.
    let _ = SockRef::from(listener).shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::mux::{self, Role};
    use crate::link::resume::Status;
    use crate::relay::upstream::{AskedAs, HostRoute};
    use crate::relay::{VisitorLimits, Visitors};
    use std::net::{Ipv4Addr, TcpStream};
    use std::sync::Mutex;
    use std::time::Duration;
    use tokio::sync::watch;

    fn key(tunnel: &str) -> PublicKey {
        PublicKey {
            account: "anna".into(),
            tunnel: tunnel.to_owned(),
            number: NonZeroU16::MIN,
        }
    }

    fn ports() -> PublicPorts {
        let ingress = Arc::new(Visitors::new("localhost"));
        PublicPorts::new(
            Ipv4Addr::LOCALHOST.into(),
            None,
            &Limits::default(),
            ingress,
        )
    }

    fn upstream() -> Arc<PortUpstream> {
        let (near, _far) = tokio::io::duplex(1024);
        let (mux, ..) = mux::over(near, Role::Relay);
        let (_, link) = watch::channel(Status::Parked);
        let route = HostRoute {
            mux,
            link,
            probes: crate::relay::upstream::ProbeKey::default(),
            streams: crate::relay::link_streams::LinkStreams::new(1),
        };
        Arc::new(PortUpstream::new(
            NonZeroU16::MIN,
            AskedAs::default(),
            route,
            Duration::from_secs(1),
            VisitorLimits::default().stream_share(),
        ))
    }

    fn take(ports: &mut PublicPorts, session: u64, tunnel: &str) -> u16 {
        let reserved = ports.reserve(key(tunnel), Kind::Tcp, None);
        let reserved = reserved.expect("there are free ports");
        let number = reserved.number;
        let served = ports.serve(RegistrationId(session), reserved, &upstream());
        served.expect("it can be served");
        number
    }

    fn accepts(number: u16) -> bool {
        TcpStream::connect((Ipv4Addr::LOCALHOST, number)).is_ok()
    }

    /// Keeps what a service manager would.
    #[derive(Default)]
    struct Kept(Mutex<HashMap<u16, StdListener>>);

    impl Shelf for Kept {
        fn put(&self, number: u16, listener: &StdListener) {
            let listener = listener.try_clone().expect("there are descriptors");
            self.0.lock().expect("fine").insert(number, listener);
        }

        fn remove(&self, number: u16) {
            self.0.lock().expect("fine").remove(&number);
        }
    }

    #[tokio::test]
    async fn the_next_relay_goes_on_with_what_is_on_the_shelf() {
        let shelf = Arc::new(Kept::default());
        let on_shelf = || {
            let kept = shelf.0.lock().expect("fine");
            let sockets = kept.iter();
            let sockets = sockets.map(|(n, s)| (*n, s.try_clone().expect("there are descriptors")));
            sockets.collect::<Vec<_>>()
        };
        let mut ports = ports().shelved(None, Some(Arc::clone(&shelf) as _));
        let [a, b, c] = [(1, "a"), (2, "b"), (3, "c")].map(|(n, key)| take(&mut ports, n, key));
        ports.close(RegistrationId(3), &[]);
        let now = Instant::now();
        let remembered: Vec<_> = ports.numbers().remembered(now).collect();
        drop(ports.hand_over());
        ports.close(RegistrationId(1), &[]);
        assert!(accepts(a) && accepts(b), "visitors wait for the next one");
        assert!(!accepts(c) && on_shelf().len() == 2);

        let mut ports = self::ports().shelved(on_shelf(), Some(Arc::clone(&shelf) as _));
        for port in &remembered {
            ports.remember(port, now);
        }
        let asked = ports.reserve(key("d"), Kind::Tcp, NonZeroU16::new(a));
        assert!(asked.is_err(), "its own tunnel comes back for it");
        assert_eq!(take(&mut ports, 1, "a"), a);
        assert!(accepts(b));
        ports.drop_unclaimed();
        assert!(accepts(a) && on_shelf().len() == 1);
        #[cfg(target_os = "linux")]
        assert!(!accepts(b));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_closed_port_is_free_at_once() {
        let mut ports = ports();
        let mut numbers = Vec::new();
        // Nothing waits in here, so that no task ends in between.
        for session in [1, 2, 3] {
            numbers.push(take(&mut ports, session, "raw"));
            assert!(accepts(numbers[0]));
            ports.close(RegistrationId(session), &[]);
            assert!(!accepts(numbers[0]));
        }
        assert_eq!(numbers, [numbers[0]; 3]);
    }
}
