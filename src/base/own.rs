//! Connections of this process that may come round to it again through a relay: those to local
//! services, where a target turns out to be a way into the tunnel, and the probes of public ports.
//!
//! The registers are the process's: what comes in has no owner in common with what went out.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A probe's connection has come round by then, or does not.
const PROBE_COMES_WITHIN: Duration = Duration::from_secs(10);

static DIALLED: LazyLock<Mutex<HashSet<SocketAddr>>> = LazyLock::new(Mutex::default);

/// By the port they come from: the address may be another one behind a NAT.
static PROBES: LazyLock<Mutex<HashMap<u16, Instant>>> = LazyLock::new(Mutex::default);

/// A connection to a local service, while it is open.
#[derive(Debug)]
pub struct Dialled(Option<SocketAddr>);

/// Notes where a connection to a local service comes from.
#[must_use]
pub fn dialled(socket: &TcpStream) -> Dialled {
    let from = socket.local_addr().ok().map(canonical);
    if let Some(from) = from {
        lock(&DIALLED).insert(from);
    }
    Dialled(from)
}

impl Drop for Dialled {
    fn drop(&mut self) {
        if let Some(from) = self.0 {
            lock(&DIALLED).remove(&from);
        }
    }
}

/// Whether a visitor is a connection of ours to a local service: it went in a circle.
#[must_use]
pub fn is_dialled(visitor: SocketAddr) -> bool {
    lock(&DIALLED).contains(&canonical(visitor))
}

/// Notes that a probe is about to connect to a public port from this port of ours.
pub fn probe_from(port: u16) {
    let now = Instant::now();
    let mut probes = lock(&PROBES);
    probes.retain(|_, until| *until > now);
    probes.insert(port, now + PROBE_COMES_WITHIN);
}

/// Whether a visitor that comes from this port may be a probe of ours.
#[must_use]
pub fn may_be_probe(port: u16) -> bool {
    let until = lock(&PROBES).get(&port).copied();
    until.is_some_and(|until| until > Instant::now())
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[tokio::test(start_paused = true)]
    async fn a_probe_is_expected_for_a_while() {
        // No system gives this port.
        probe_from(1);
        assert!(may_be_probe(1) && !may_be_probe(2));
        tokio::time::advance(PROBE_COMES_WITHIN).await;
        assert!(!may_be_probe(1));
    }
}
