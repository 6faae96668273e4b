//! Where a host gets in that comes where visitors come: as a WebSocket, through whatever stands
//! before the relay's HTTP.
//!
//! The ingress agrees to the WebSocket and knows nothing more of it; the connection then waits here
//! until the loop that accepts hosts takes it in, by the same rules as any other.

use super::Network;
use bytes::Bytes;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// So many may wait to be taken in, which is a matter of a moment.
const WAITING: usize = 64;

/// The ingress's end.
#[derive(Clone, Debug)]
pub struct HostDoor(mpsc::Sender<Knock>);

/// A connection that has become a WebSocket just now.
#[derive(Debug)]
pub struct Knock {
    /// It.
    pub socket: TcpStream,
    /// What was read of the WebSocket already.
    pub first: Bytes,
    /// Where it comes from: of a proxy before the relay, that one's address.
    pub peer: SocketAddr,
    /// Whose share it counted to as a visitor's.
    pub network: Network,
}

impl HostDoor {
    /// A door, and who comes through it.
    #[must_use]
    pub fn new() -> (Self, mpsc::Receiver<Knock>) {
        let (door, knocks) = mpsc::channel(WAITING);
        (Self(door), knocks)
    }

    /// Hands a connection over. It is dropped where the relay goes down or is flooded.
    pub fn knock(&self, knock: Knock) {
        let peer = knock.peer;
        if self.0.try_send(knock).is_err() {
            tracing::debug!(%peer, "a host at the visitors' door was not taken in");
        }
    }
}
