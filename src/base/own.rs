//! Connections of this process to local services, which come round to it again through a relay where
//! a target turns out to be a way into the tunnel.
//!
//! The register is the process's: what comes in has no owner in common with what went out.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::LazyLock;
use tokio::net::TcpStream;

/// Where they lead, by where they come from: a system gives one port to several connections, where
/// they lead to different places.
static DIALLED: LazyLock<Mutex<HashMap<SocketAddr, Vec<SocketAddr>>>> =
    LazyLock::new(Mutex::default);

/// A connection to a local service, while it is open.
#[derive(Debug)]
pub struct Dialled(Option<(SocketAddr, SocketAddr)>);

/// Notes a connection to a local service.
pub fn dialled(socket: &TcpStream) -> Dialled {
    let ends = socket.local_addr().ok().zip(socket.peer_addr().ok());
    Dialled::note(ends.map(|(from, to)| (canonical(from), canonical(to))))
}

impl Dialled {
    fn note(ends: Option<(SocketAddr, SocketAddr)>) -> Self {
        if let Some((from, to)) = ends {
            DIALLED.lock().entry(from).or_default().push(to);
        }
        Self(ends)
    }
}

impl Drop for Dialled {
    fn drop(&mut self) {
        let Some((from, to)) = self.0 else { return };
        let mut dialled = DIALLED.lock();
        let Some(there) = dialled.get_mut(&from) else {
            return;
        };
        // Another one with the same ends may have begun already.
        if let Some(at) = there.iter().position(|known| *known == to) {
            there.swap_remove(at);
        }
        if there.is_empty() {
            dialled.remove(&from);
        }
    }
}

/// Whether a visitor who has `reached` a relay there is a connection of ours to a local service: it
/// went in a circle. Where the relay does not say what was reached, whoever comes from the same place
/// is taken for one.
pub fn is_dialled(visitor: SocketAddr, reached: Option<SocketAddr>) -> bool {
    let visitor = canonical(visitor);
    let dialled = DIALLED.lock();
    let Some(there) = dialled.get(&visitor) else {
        return false;
    };
    reached.is_none_or(|reached| {
        let reached = canonical(reached);
        there.iter().any(|to| is_the_same(*to, reached))
    })
}

/// Whether what was dialled is what was reached. Between two machines an address may have been
/// translated, as that of a container is, and a port rarely is.
fn is_the_same(dialled: SocketAddr, reached: SocketAddr) -> bool {
    let is_translated = !dialled.ip().is_loopback() && !reached.ip().is_loopback();
    dialled == reached || is_translated && dialled.port() == reached.port()
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
        for reached in [None, Some(there)] {
            assert!(is_dialled(visitor, reached) && is_dialled(mapped, reached));
            assert!(!is_dialled(there, reached));
        }
        drop(dialled);
        assert!(!is_dialled(visitor, None) && !is_dialled(visitor, Some(there)));
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn note(from: &str, to: &str) -> Dialled {
        Dialled::note(Some((address(from), address(to))))
    }

    #[test]
    fn a_visitor_from_where_a_connection_of_ours_comes_from_is_another() {
        let known = |reached| is_dialled(address("127.0.0.1:9"), Some(address(reached)));
        let first = note("127.0.0.1:9", "127.0.0.1:3000");
        assert!(known("127.0.0.1:3000"));
        for other in ["127.0.0.1:7480", "127.0.0.2:3000", "192.0.2.1:3000"] {
            assert!(!known(other), "{other}");
        }
        let second = note("127.0.0.1:9", "127.0.0.1:8000");
        let again = note("127.0.0.1:9", "127.0.0.1:3000");
        drop(first);
        assert!(known("127.0.0.1:3000") && known("127.0.0.1:8000"));
        drop(again);
        assert!(!known("127.0.0.1:3000") && known("127.0.0.1:8000"));
        drop(second);
        assert!(!is_dialled(address("127.0.0.1:9"), None));
    }

    #[test]
    fn a_circle_through_a_translated_address_is_seen() {
        let _dialled = note("192.0.2.7:9", "203.0.113.1:443");
        let known = |reached| is_dialled(address("192.0.2.7:9"), Some(address(reached)));
        assert!(known("172.17.0.2:443") && !known("172.17.0.2:8443"));
    }
}
