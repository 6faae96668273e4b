//! The listeners that tunnels have of their own: bound here, served by the ingress.
//!
//! A listener is kept while its tunnel goes from one session to the next, so that no visitor finds
//! the port closed in between.

use super::numbers::{Numbers, PublicKey};
use super::table::SessionId;
use super::upstream::PortUpstream;
use super::{Ingress, IngressGuard, Upstream};
use crate::link::wire::Refusal;
use socket2::SockRef;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Shutdown, TcpListener as StdListener};
use std::num::NonZeroU16;
use std::ops::RangeInclusive;
use std::sync::Arc;

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
    session: SessionId,
    kind: Kind,
    upstream: u64,
    number: u16,
    listener: StdListener,
    guard: IngressGuard,
}

pub(super) struct PublicPorts {
    ip: IpAddr,
    ingress: Arc<dyn Ingress>,
    numbers: Numbers,
    open: HashMap<PublicKey, Open>,
}

impl PublicPorts {
    pub(super) fn new(
        ip: IpAddr,
        range: Option<RangeInclusive<u16>>,
        ingress: Arc<dyn Ingress>,
    ) -> Self {
        Self {
            ip,
            ingress,
            numbers: Numbers::new(range),
            open: HashMap::new(),
        }
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
        let in_use = |number| {
            let mut open = self.open.iter();
            open.any(|(other, open)| open.number == number && other != key)
        };
        let candidates = self.numbers.candidates(key, requested, in_use)?;
        let bound = candidates.into_iter().find_map(|number| {
            let listener = StdListener::bind((self.ip, number)).ok()?;
            listener.set_nonblocking(true).ok()?;
            Some(listener)
        });
        Ok(bound)
    }

    /// Serves what was reserved, in place of whatever served it before.
    pub(super) fn serve(
        &mut self,
        session: SessionId,
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
            open.session = session;
            return Ok(());
        }
        self.open.remove(&key);
        let serving = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
        let upstream_key = upstream.key();
        let upstream: Arc<dyn Upstream> = Arc::<PortUpstream>::clone(upstream);
        let guard = match kind {
            Kind::Tcp => self.ingress.open_tcp(serving, upstream),
            Kind::Web => self.ingress.open_web(serving, upstream),
        };
        self.numbers.remember(&key, number);
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

    /// Closes the listeners of a session, but for those that `keep` names.
    pub(super) fn close(&mut self, session: SessionId, keep: &[PublicKey]) {
        let goes =
            |key: &PublicKey, open: &mut Open| open.session == session && !keep.contains(key);
        for (_, open) in self.open.extract_if(goes) {
            let Open {
                guard, listener, ..
            } = open;
            drop(guard);
            stop_listening(&listener);
        }
    }
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
    use crate::relay::Visitors;
    use crate::relay::upstream::Way;
    use std::net::{Ipv4Addr, TcpStream};
    use std::time::Duration;
    use tokio::sync::watch;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_closed_port_is_free_at_once() {
        let (near, _far) = tokio::io::duplex(1024);
        let (mux, ..) = mux::start(near, Role::Relay);
        let (_, link) = watch::channel(Status::Parked);
        let way = Way { mux, link };
        let ingress = Arc::new(Visitors::new("localhost"));
        let mut ports = PublicPorts::new(Ipv4Addr::LOCALHOST.into(), None, ingress);
        let number = NonZeroU16::MIN;
        let key = PublicKey {
            account: "anna".into(),
            tunnel: "raw".to_owned(),
            number,
        };
        let upstream = Arc::new(PortUpstream::new(number, way, Duration::from_secs(1)));
        let mut numbers = Vec::new();
        // Nothing waits in here, so that no task ends in between.
        for session in [1, 2, 3].map(SessionId) {
            let reserved = ports.reserve(key.clone(), Kind::Tcp, None);
            let reserved = reserved.expect("there are free ports");
            numbers.push(reserved.number);
            ports
                .serve(session, reserved, &upstream)
                .expect("it can be served");
            let public = (Ipv4Addr::LOCALHOST, numbers[0]);
            assert!(TcpStream::connect(public).is_ok());
            ports.close(session, &[]);
            assert!(TcpStream::connect(public).is_err());
        }
        assert_eq!(numbers, [numbers[0]; 3]);
    }
}
