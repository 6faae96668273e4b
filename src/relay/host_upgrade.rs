//! Hosts whose connection was upgraded: they come where visitors come, as a WebSocket through whatever
//! stands before the relay's HTTP.
//!
//! The ingress agrees to the WebSocket and knows nothing more of it; the connection then waits in a queue
//! until the loop that accepts hosts takes it in, by the same rules as any other.

use super::Network;
use bytes::Bytes;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// Maximum upgraded connections that wait to be taken in, which is a matter of a moment.
const WAITING: usize = 64;

/// The ingress's end of the queue.
#[derive(Clone, Debug)]
pub struct HostUpgrades(mpsc::Sender<UpgradedHost>);

/// A connection that has become a WebSocket just now.
#[derive(Debug)]
pub struct UpgradedHost {
    /// The connection, from which `first` was read.
    pub socket: TcpStream,
    /// What was read of the WebSocket already.
    pub first: Bytes,
    /// Where it comes from: of a proxy before the relay, that one's address.
    pub peer: SocketAddr,
    /// Whose share it counted to as a visitor's.
    pub network: Network,
}

impl HostUpgrades {
    /// Both ends of an empty queue.
    pub fn new() -> (Self, mpsc::Receiver<UpgradedHost>) {
        let (upgrades, waiting) = mpsc::channel(WAITING);
        (Self(upgrades), waiting)
    }

    /// Hands a connection over. It is dropped where the relay goes down or is flooded.
    pub fn hand_over(&self, host: UpgradedHost) {
        let peer = host.peer;
        if self.0.try_send(host).is_err() {
            tracing::debug!(%peer, "an upgraded host was not taken in");
        }
    }
}
