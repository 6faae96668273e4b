//! Visitors that the edge brings: from each to its service, and the bytes between the two.
//!
//! The crate tells nobody of a visitor's reset: its reader sees an end, or waits on. What ended is
//! found out here, so that a part never passes for the whole. The other way it can say no more than an
//! end: a service's reset reaches the edge as one.

use super::link::Link;
use super::options::Endpoint;
use super::page;
use crate::base::local::{self, LocalPort, LocalStream, Memories, leads_to};
use crate::link::pump::pump;
use crate::model::{LivePort, Port, PortNumber, Protocol, RelayVerdict, ServiceFault};
use crate::provider::{LogLimit, TrafficBoard};
use parking_lot::{Mutex, MutexGuard};
use std::collections::{HashMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Semaphore;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// So many visitors are served at once. With 512 streams the crate's session ends, and a few of them
/// are not visitors'.
const MOST_VISITORS: usize = 480;

/// A visitor that says nothing is looked after so often: its reset is told to nobody.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Visitors break connections off as often as they like.
static BROKEN: LogLimit = LogLimit::new();

/// The ports that visitors come to.
pub(super) struct Visitors {
    ports: Mutex<Ports>,
    memories: Arc<Memories>,
    traffic: Arc<TrafficBoard>,
    room: Semaphore,
}

#[derive(Default)]
struct Ports {
    local: HashMap<PortNumber, (Arc<LocalPort>, Endpoint)>,
    /// Those whose target is their own public address.
    loops: HashSet<PortNumber>,
}

impl Visitors {
    pub(super) fn new(memories: Arc<Memories>, traffic: Arc<TrafficBoard>) -> Self {
        Self {
            ports: Mutex::default(),
            memories,
            traffic,
            room: Semaphore::new(MOST_VISITORS),
        }
    }

    /// Serves these ports and no others. Who is connected stays so.
    pub(super) fn set(&self, ports: &[Port], endpoint: impl Fn(&Port) -> Endpoint) {
        self.memories.retain(ports);
        let local = |port: &Port| {
            let (number, endpoint) = (port.number, endpoint(port));
            let mut port = port.clone();
            if endpoint != Endpoint::Http {
                // What the visitors send is the service's alone, TLS and all.
                port.protocol = Protocol::Tcp;
            }
            let local = LocalPort::new(port, &self.memories);
            (number, (Arc::new(local), endpoint))
        };
        self.lock().local = ports.iter().map(local).collect();
    }

    /// Notes which ports would lead back to themselves at these addresses.
    pub(super) fn serve_at(&self, live: &[LivePort]) {
        let mut ports = self.lock();
        let leads_back = |live: &&LivePort| {
            let local = ports.local.get(&live.number);
            local.is_some_and(|(local, _)| leads_to(&local.port.target, &live.url))
        };
        let loops = live.iter().filter(leads_back).map(|live| live.number);
        ports.loops = loops.collect();
    }

    fn lock(&self) -> MutexGuard<'_, Ports> {
        self.ports.lock()
    }

    /// Serves one visitor to its end.
    pub(super) async fn serve<C>(&self, number: PortNumber, conn: C, from: SocketAddr, link: Link)
    where
        C: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let mut visitor = Visitor::new(conn, link);
        let Some((local, endpoint, loops)) = self.find(number) else {
            return;
        };
        let verdict = match self.room.try_acquire() {
            Ok(_room) => match self.reach(&mut visitor, &local, from, loops).await {
                Ok(()) => return,
                Err(fault) => RelayVerdict::Service(fault),
            },
            Err(_) => RelayVerdict::Full,
        };
        // Bytes have no words for it: their visitors see an end.
        if endpoint == Endpoint::Http {
            page::answer(&mut visitor, verdict).await;
        }
    }

    fn find(&self, number: PortNumber) -> Option<(Arc<LocalPort>, Endpoint, bool)> {
        let ports = self.lock();
        let (local, endpoint) = ports.local.get(&number)?;
        Some((Arc::clone(local), *endpoint, ports.loops.contains(&number)))
    }

    /// Connects a visitor to its service and carries what they say, or says what stands in the way.
    async fn reach<C>(
        &self,
        visitor: &mut Visitor<C>,
        local: &LocalPort,
        from: SocketAddr,
        loops: bool,
    ) -> Result<(), ServiceFault>
    where
        C: AsyncRead + AsyncWrite + Unpin,
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

/// A visitor whose end is one only if it said so itself.
struct Visitor<C> {
    conn: C,
    link: Link,
    look: Interval,
}

impl<C: AsyncWrite + Unpin> Visitor<C> {
    fn new(conn: C, link: Link) -> Self {
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { conn, link, look }
    }

    /// The crate says to a writer alone that the visitor is gone, and nothing of a connection that is.
    fn is_broken(&mut self, cx: &mut Context<'_>) -> bool {
        let flushed = Pin::new(&mut self.conn).poll_flush(cx);
        matches!(flushed, Poll::Ready(Err(_))) || self.link.is_over()
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> AsyncRead for Visitor<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let reset = || Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        let before = buf.filled().len();
        loop {
            let read = Pin::new(&mut self.conn).poll_read(cx, buf);
            match read {
                Poll::Ready(Ok(())) if buf.filled().len() == before && buf.remaining() > 0 => {
                    return if self.is_broken(cx) { reset() } else { read };
                }
                Poll::Ready(_) => return read,
                Poll::Pending => {
                    ready!(self.look.poll_tick(cx));
                    if self.is_broken(cx) {
                        return reset();
                    }
                }
            }
        }
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Visitor<C> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.conn).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.conn).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.conn).poll_shutdown(cx)
    }
}
