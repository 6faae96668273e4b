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

/// So many visitors of one port are told at once that they cannot be served; more of them see an end. Each
/// port has places of its own, so that none takes another's.
const MOST_TOLD: usize = 64;

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
    telling: Arc<Semaphore>,
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
            let served = Served {
                local,
                is_web,
                telling: Arc::new(Semaphore::new(MOST_TOLD)),
            };
            (number, served)
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
        if served.is_web
            && let Ok(_telling) = served.telling.try_acquire()
        {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::tests::{SOON, closed, port};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    use tokio::task::JoinSet;
    use tokio::time::timeout;

    /// What a visitor reads who asks at once, or only later.
    async fn visit(visitors: Arc<Visitors>, number: PortNumber, asks: bool) -> String {
        let (mut near, mut far) = duplex(64 * 1024);
        let serving = async move { visitors.serve(number, &mut near, NOBODY).await };
        let asking = async {
            if asks {
                let request = b"GET / HTTP/1.1\r\n\r\n";
                far.write_all(request).await.expect("there is room");
            }
            let mut page = String::new();
            far.read_to_string(&mut page).await.expect("text");
            far.shutdown().await.expect("an end");
            page
        };
        tokio::join!(serving, asking).1
    }

    #[tokio::test]
    async fn those_who_are_told_are_bounded_and_no_port_takes_another_s_places() {
        let ports = [closed().await, closed().await].map(|it| port(it, Protocol::Http));
        let traffic = Arc::<TrafficBoard>::default();
        let visitors = Visitors::new("acme", 8, Arc::default(), traffic);
        visitors.set(&ports, |_| true);
        let (visitors, [one, other]) = (Arc::new(visitors), ports.map(|port| port.number));
        let mut silent = JoinSet::new();
        for _ in 0..MOST_TOLD {
            silent.spawn(visit(Arc::clone(&visitors), one, false));
        }
        let (served, _) = visitors.find(one).expect("it is served");
        let told = async {
            while served.telling.available_permits() > 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(SOON, told).await.expect("each has a place");
        assert_eq!(visit(Arc::clone(&visitors), one, true).await, "", "an end");
        let page = visit(Arc::clone(&visitors), other, true).await;
        assert!(page.contains("nothing is listening"), "{page}");
        silent.shutdown().await;
        let page = visit(visitors, one, true).await;
        assert!(page.contains("nothing is listening"), "{page}");
    }
}
