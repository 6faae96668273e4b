//! What the ingress needs of the registry: find a tunnel by its label, open a stream to its host.

use super::HostUpgrades;
use super::ingress::LocalName;
use super::limiter::{Activity, Network};
use crate::link::exchange::ExchangeStream;
use crate::model::ServiceFault;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::TcpStream;

/// A duplex byte stream to the host's local service. `shutdown` carries half-close.
///
/// One that holds a place among others breaks when that is wanted by somebody else: reading and
/// writing then fail with [`Evicted`](super::Evicted). Whoever waits for something else meanwhile, a
/// visitor who takes nothing, say, has to watch its [`place`](Self::place) and let go.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// The place that it holds.
    fn place(&self) -> Option<Activity> {
        None
    }

    /// It is kept for whoever may come, and gives its place back before all that are of use.
    fn rest(&mut self) {}

    /// It is of use again, to somebody of `network`, whose share the place counts to from now on.
    fn resume(&mut self, _network: Network) {}
}

impl Stream for TcpStream {}
impl Stream for DuplexStream {}

impl<S: Stream + ?Sized> Stream for Box<S> {
    fn place(&self) -> Option<Activity> {
        (**self).place()
    }

    fn rest(&mut self) {
        (**self).rest();
    }

    fn resume(&mut self, network: Network) {
        (**self).resume(network);
    }
}

impl<S: Stream> Stream for ExchangeStream<S> {
    fn place(&self) -> Option<Activity> {
        self.get_ref().place()
    }

    fn rest(&mut self) {
        self.get_mut().rest();
    }

    fn resume(&mut self, network: Network) {
        self.get_mut().resume(network);
    }
}

/// A stream over which HTTP requests go one after the other.
pub trait HttpStream: Stream {
    /// Appends to `front` what has to stand before the next request, which has this `length` in
    /// bytes; without one it is the last. Reading then fails with an error of which
    /// [`is_stale`](crate::link::exchange::is_stale) is true, when the service's connection turned
    /// out not to be idle, and the request did not get to it.
    fn begin(&mut self, length: Option<u64>, front: &mut Vec<u8>);
}

/// Straight to the service: nothing proves that its connection is idle.
impl HttpStream for Box<dyn Stream> {
    fn begin(&mut self, _length: Option<u64>, _front: &mut Vec<u8>) {}
}

impl<S: Stream> HttpStream for ExchangeStream<S> {
    fn begin(&mut self, length: Option<u64>, front: &mut Vec<u8>) {
        Self::begin(self, length, front);
    }
}

/// A stream on its way.
pub type Opening<'a> =
    Pin<Box<dyn Future<Output = Result<Box<dyn Stream>, OpenError>> + Send + 'a>>;

/// A stream for HTTP on its way.
pub type HttpOpening<'a> =
    Pin<Box<dyn Future<Output = Result<Box<dyn HttpStream>, OpenError>> + Send + 'a>>;

/// A host that is waited for.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = Result<(), OpenError>> + Send + 'a>>;

/// Who is behind a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<U = Arc<dyn Upstream>> {
    /// No tunnel of that name was ever hosted here (or not in a long time).
    Unknown,
    /// The tunnel is known, nobody hosts it just now.
    NoHost,
    /// Somebody hosts it.
    Live(U),
}

/// Finds tunnels by label.
pub trait Backend: Send + Sync + 'static {
    /// Who is behind `label` (lower case) now.
    fn find(&self, label: &str) -> Lookup;

    /// Where hosts get in that come where visitors come; `None` where they may not.
    fn host_upgrades(&self) -> Option<HostUpgrades> {
        None
    }

    /// Waits until the host of `label` is back, when it is to be in a moment.
    fn returning<'a>(&'a self, _label: &'a str) -> Option<Waiting<'a>> {
        None
    }
}

/// One live port at a host.
pub trait Upstream: Send + Sync + 'static {
    /// Names this port of this session: two upstreams with the same key may share pooled
    /// connections, and a new session has a new key.
    fn key(&self) -> u64;

    /// What the service is to be asked for in place of the name that visitors ask for.
    fn local_name(&self) -> Option<&LocalName> {
        None
    }

    /// Whether a connection to the service is one visitor's: it has been told who that is.
    fn is_per_visitor(&self) -> bool {
        false
    }

    /// Waits until what is sent gets to the host; `None` when it does already. A stream that is open
    /// need not ask: its bytes wait by themselves.
    fn wait(&self) -> Option<Waiting<'_>> {
        None
    }

    /// Opens a stream to the local service and waits until the host has connected to it.
    fn open(&self, visitor: Visitor) -> Opening<'_>;

    /// Opens a stream for HTTP, and sends the `first` request's beginning with the opening, so that
    /// nothing is waited for in between. `length` is all of that request's, as for
    /// [`HttpStream::begin`]. A probe is no visitor: places are kept for it.
    fn open_http<'a>(
        &'a self,
        visitor: Visitor,
        probe: bool,
        first: &'a [u8],
        length: Option<u64>,
    ) -> HttpOpening<'a> {
        let _ = (length, probe);
        Box::pin(async move {
            let mut stream = self.open(visitor).await?;
            // A service that leaves at once may have said why.
            if stream.write_all(first).await.is_ok() {
                let _ = stream.flush().await;
            }
            Ok(Box::new(stream) as Box<dyn HttpStream>)
        })
    }

    /// Whether a request that shows this key is the host's own probe.
    fn is_probe(&self, _key: &[u8]) -> bool {
        false
    }

    /// Whether there is no room for another visitor now.
    fn is_full(&self) -> bool {
        false
    }
}

/// Who a stream is opened for.
#[derive(Clone, Copy, Debug)]
pub struct Visitor {
    pub peer: SocketAddr,
    /// What the visitor has connected to, where that is known.
    pub reached: Option<SocketAddr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("the local service is not reached: {}", .0.code())]
    Service(ServiceFault),
    #[error("the tunnel has no room for another visitor")]
    Full,
    /// The session ended.
    #[error("the host is not there")]
    HostGone,
}
