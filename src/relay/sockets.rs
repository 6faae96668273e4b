//! The sockets a relay listens on: its own, or those that somebody holds open for it while no relay is
//! there. It does not know who that is.

use super::RelayError;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Sockets that listen already. Who connects to one of them while no relay is there waits.
#[derive(Default)]
pub struct Sockets {
    /// For hosts, in place of the link address.
    pub link: Option<StdListener>,
    /// For visitors, in place of the HTTP address.
    pub http: Option<StdListener>,
    /// What the last relay put on the shelf.
    pub shelved: Vec<StdListener>,
    /// Where sockets are kept for the next relay.
    pub shelf: Option<Arc<dyn Shelf>>,
}

/// Keeps the sockets of public ports open for the next relay. It must not wait for anything.
pub trait Shelf: Send + Sync + 'static {
    /// Keeps a socket that listens on this port, if it does not have it already.
    fn put(&self, number: u16, listener: &StdListener);

    /// The socket of this port is wanted no longer.
    fn remove(&self, number: u16);
}

/// Whom a listener is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Hosts.
    Link,
    /// Visitors.
    Http,
}

impl Purpose {
    /// The option of `underpass relay` that says where it is.
    pub const fn option(self) -> &'static str {
        match self {
            Self::Link => "--listen",
            Self::Http => "--http",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => "the link to hosts",
            Self::Http => "HTTP",
        })
    }
}

/// Listens on the socket there is, or on `address`.
pub(super) async fn listen(
    purpose: Purpose,
    socket: Option<StdListener>,
    address: SocketAddr,
) -> Result<(TcpListener, SocketAddr), RelayError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AddrInUse => RelayError::AddressInUse { purpose, address },
        _ => RelayError::Listen {
            purpose,
            address,
            error,
        },
    };
    let listener = match socket {
        Some(socket) => socket
            .set_nonblocking(true)
            .and_then(|()| TcpListener::from_std(socket)),
        None => TcpListener::bind(address).await,
    };
    let listener = listener.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}
