//! Where the visitors of a program come in: a port on the loopback of this computer, from which each is
//! led to the service as the visitors of every other provider are.
//!
//! So what a port speaks, what stands in the way to it and what goes through it is known here, which
//! the program would tell nobody.

use crate::base::local::Memories;
use crate::model::{LivePort, Port, PortNumber, Protocol, Reason};
use crate::provider::visitors::Visitors;
use crate::provider::{ConnectError, TrafficBoard};
use parking_lot::Mutex;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

/// So many connections are served at once. A quick tunnel of Cloudflare's lets 200 requests in.
const MOST_VISITORS: usize = 512;

/// What cannot be accepted now may be in a moment.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Dropping it ends all its connections.
pub(in crate::provider) struct Front {
    pub address: SocketAddr,
    carrier: &'static str,
    memories: Arc<Memories>,
    to: Arc<Mutex<To>>,
    _task: AbortOnDropHandle<()>,
}

/// Where its visitors are led.
struct To {
    port: Port,
    traffic: Arc<TrafficBoard>,
    visitors: Arc<Visitors>,
}

impl Front {
    /// Opens one that leads to this port's service, for visitors whom `carrier` brings.
    pub async fn open(
        carrier: &'static str,
        port: &Port,
        memories: Arc<Memories>,
    ) -> Result<Self, ConnectError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = listener.map_err(|error| {
            let detail = format!("no port of this computer could be opened: {error}");
            ConnectError::new(Reason::Other { detail })
        })?;
        let traffic = Arc::<TrafficBoard>::default();
        let to = To {
            port: port.clone(),
            visitors: visitors(carrier, port, &memories, &traffic, ""),
            traffic,
        };
        let to = Arc::new(Mutex::new(to));
        let task = AbortOnDropHandle::new(tokio::spawn(accept(listener, Arc::clone(&to))));
        Ok(Self {
            address,
            carrier,
            memories,
            to,
            _task: task,
        })
    }

    /// Leads to the service of this port, counts there and is reached at this URL from now on. Who is
    /// connected stays so.
    pub fn serve(&self, port: &Port, traffic: &Arc<TrafficBoard>, url: &str) {
        let mut to = self.to.lock();
        // Its places are counted anew only where something is another's.
        if to.port != *port || !Arc::ptr_eq(&to.traffic, traffic) {
            to.visitors = visitors(self.carrier, port, &self.memories, traffic, url);
            to.port = port.clone();
            to.traffic = Arc::clone(traffic);
        }
    }
}

fn visitors(
    carrier: &'static str,
    port: &Port,
    memories: &Arc<Memories>,
    traffic: &Arc<TrafficBoard>,
    url: &str,
) -> Arc<Visitors> {
    let visitors = Visitors::new(
        carrier,
        MOST_VISITORS,
        Arc::clone(memories),
        Arc::clone(traffic),
    );
    visitors.set(std::slice::from_ref(port), |port| {
        port.protocol != Protocol::Tcp
    });
    visitors.serve_at(&[live(port.number, url)]);
    Arc::new(visitors)
}

/// A port as it is reached.
pub(super) fn live(number: PortNumber, url: &str) -> LivePort {
    LivePort {
        number,
        url: url.to_owned(),
        lan_url: None,
        relays_own: false,
    }
}

async fn accept(listener: TcpListener, to: Arc<Mutex<To>>) {
    let mut serving = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, from)) => {
                    let (number, visitors) = {
                        let to = to.lock();
                        (to.port.number, Arc::clone(&to.visitors))
                    };
                    serving.spawn(async move {
                        let mut visitor = Visitor::new(socket);
                        visitors.serve(number, &mut visitor, from).await;
                    });
                }
                Err(_) => sleep(ACCEPT_AGAIN).await,
            },
            Some(_) = serving.join_next() => {}
        }
    }
}

/// A visitor's connection, which is reset unless its end was said: a part must not pass for the whole.
struct Visitor {
    socket: TcpStream,
    is_whole: bool,
}

impl Visitor {
    fn new(socket: TcpStream) -> Self {
        // A connection that cannot be hurried is only slower.
        let _ = socket.set_nodelay(true);
        Self {
            socket,
            is_whole: false,
        }
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        if !self.is_whole {
            // One that is gone needs no reset.
            let _ = self.socket.set_zero_linger();
        }
    }
}

impl AsyncRead for Visitor {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Visitor {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.socket).poll_shutdown(cx))?;
        self.is_whole = true;
        Poll::Ready(Ok(()))
    }
}
