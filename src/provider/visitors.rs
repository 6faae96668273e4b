//! Visitors that a provider brings as bytes: from each to its service, and what they say between the two.
//!
//! It knows nothing of how they came: a provider gives it a stream for each, which fails where the
//! visitor was reset.

use super::{LogLimit, TrafficBoard, page};
use crate::base::local::{self, LocalPort, LocalStream, Memories, leads_to};
use crate::link::pump::pump;
use crate::model::{LivePort, Port, PortNumber, Protocol, RelayVerdict, ServiceFault};
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;

/// Visitors break connections off as often as they like.
static BROKEN: LogLimit = LogLimit::new();

/// The address of a visitor of whom the provider does not say who it is.
pub(super) const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// The ports that visitors come to.
pub(super) struct Visitors {
    /// Who brings them, as it is called.
    carrier: &'static str,
    ports: Mutex<Ports>,
    memories: Arc<Memories>,
    traffic: Arc<TrafficBoard>,
    room: Semaphore,
}

#[derive(Default)]
struct Ports {
    local: HashMap<PortNumber, Served>,
    /// Those whose target is their own public address.
    loops: HashSet<PortNumber>,
}

/// A port with its service.
#[derive(Clone)]
struct Served {
    local: Arc<LocalPort>,
    /// Its visitors speak HTTP: they can be told what is wrong.
    is_web: bool,
}

impl Visitors {
    /// For those whom `carrier` brings, so many at once at most.
    pub(super) fn new(
        carrier: &'static str,
        most: usize,
        memories: Arc<Memories>,
        traffic: Arc<TrafficBoard>,
    ) -> Self {
        Self {
            carrier,
            ports: Mutex::default(),
            memories,
            traffic,
            room: Semaphore::new(most),
        }
    }

    /// Serves these ports and no others. Who is connected stays so.
    pub(super) fn set(&self, ports: &[Port], is_web: impl Fn(&Port) -> bool) {
        self.memories.retain(ports);
        let served = |port: &Port| {
            let (number, is_web) = (port.number, is_web(port));
            let mut port = port.clone();
            if !is_web {
                // What the visitors send is the service's alone, TLS and all.
                port.protocol = Protocol::Tcp;
            }
            let local = Arc::new(LocalPort::new(port, &self.memories));
            (number, Served { local, is_web })
        };
        self.lock().local = ports.iter().map(served).collect();
    }

    /// Notes which ports would lead back to themselves at these addresses.
    pub(super) fn serve_at(&self, live: &[LivePort]) {
        let mut ports = self.lock();
        let leads_back = |live: &&LivePort| {
            let local = ports.local.get(&live.number);
            local.is_some_and(|served| leads_to(&served.local.port.target, &live.url))
        };
        let loops = live.iter().filter(leads_back).map(|live| live.number);
        ports.loops = loops.collect();
    }

    fn lock(&self) -> MutexGuard<'_, Ports> {
        self.ports.lock()
    }

    /// Serves one visitor to its end.
    pub(super) async fn serve<V>(&self, number: PortNumber, visitor: &mut V, from: SocketAddr)
    where
        V: AsyncRead + AsyncWrite + Unpin,
    {
        let Some((served, loops)) = self.find(number) else {
            return;
        };
        let verdict = match self.room.try_acquire() {
            Ok(_room) => match self.reach(visitor, &served.local, from, loops).await {
                Ok(()) => return,
                Err(fault) => RelayVerdict::Service(fault),
            },
            Err(_) => RelayVerdict::Full,
        };
        // Bytes have no words for it: their visitors see an end.
        if served.is_web {
            page::answer(visitor, self.carrier, verdict).await;
        }
    }

    fn find(&self, number: PortNumber) -> Option<(Served, bool)> {
        let ports = self.lock();
        let served = ports.local.get(&number)?;
        Some((served.clone(), ports.loops.contains(&number)))
    }

    /// Connects a visitor to its service and carries what they say, or says what stands in the way.
    async fn reach<V>(
        &self,
        visitor: &mut V,
        local: &LocalPort,
        from: SocketAddr,
        loops: bool,
    ) -> Result<(), ServiceFault>
    where
        V: AsyncRead + AsyncWrite + Unpin,
    {
        let counters = self.traffic.port(local.port.number);
        let _open = counters.connection();
        let connected = if loops {
            Err(ServiceFault::Loop)
        } else {
            local.connect(from).await
        };
        counters.note(connected.as_ref().err().copied());
        counters.note_certificate(local.accepted());
        let (service, _from) = connected?;
        let mut service = Service::new(service);
        let (mut asked, mut answered) = (false, false);
        let received = |bytes| {
            asked = true;
            counters.add_in(bytes);
        };
        let sent = |bytes| {
            answered = true;
            counters.add_out(bytes);
        };
        match pump(visitor, &mut service.stream, received, sent).await {
            Ok(()) => service.whole = true,
            Err(error) => {
                if let Some(left_out) = BROKEN.admit("broken") {
                    tracing::debug!(visitor = %from, %error, left_out, "a connection broke");
                }
            }
        }
        if asked && !answered {
            local.doubt();
        }
        Ok(())
    }
}

/// A connection to a service, which is reset unless all was carried: a clean end would pass a part
/// for the whole.
struct Service {
    stream: LocalStream,
    whole: bool,
}

impl Service {
    const fn new(stream: LocalStream) -> Self {
        Self {
            stream,
            whole: false,
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if !self.whole {
            local::reset(&self.stream);
        }
    }
}
