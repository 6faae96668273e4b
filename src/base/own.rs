//! Connections of this process to local services, which come round to it again through a relay where
//! a target turns out to be a way into the tunnel.
//!
//! The register is the process's: what comes in has no owner in common with what went out.

use parking_lot::Mutex;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::LazyLock;
use tokio::net::TcpStream;

static DIALLED: LazyLock<Mutex<HashSet<SocketAddr>>> = LazyLock::new(Mutex::default);

/// A connection to a local service, while it is open.
#[derive(Debug)]
pub struct Dialled(Option<SocketAddr>);

/// Notes where a connection to a local service comes from.
#[must_use]
pub fn dialled(socket: &TcpStream) -> Dialled {
    let from = socket.local_addr().ok().map(canonical);
    if let Some(from) = from {
        DIALLED.lock().insert(from);
    }
    Dialled(from)
}

impl Drop for Dialled {
    fn drop(&mut self) {
        if let Some(from) = self.0 {
            DIALLED.lock().remove(&from);
        }
    }
}

/// Whether a visitor is a connection of ours to a local service: it went in a circle.
#[must_use]
pub fn is_dialled(visitor: SocketAddr) -> bool {
    DIALLED.lock().contains(&canonical(visitor))
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_is_known_while_it_is_open() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let there = listener.local_addr().expect("it has one");
        let socket = TcpStream::connect(there).await.expect("it listens");
        let (_accepted, visitor) = listener.accept().await.expect("it came");
        let dialled = dialled(&socket);
        let SocketAddr::V4(plain) = visitor else {
            panic!("it is IPv4");
        };
        let mapped = SocketAddr::from((plain.ip().to_ipv6_mapped(), plain.port()));
        assert!(is_dialled(visitor) && is_dialled(mapped) && !is_dialled(there));
        drop(dialled);
        assert!(!is_dialled(visitor));
    }
}
