//! A port of loopback that stays ours while nothing listens on it.
//!
//! A service that is killed and comes back must find its port free, though other tests take ports
//! all the time. A socket that is bound and does not listen keeps them off and refuses visitors.

use socket2::{Domain, Protocol, Socket, Type};
use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpListener;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A reserved port.
#[derive(Debug)]
pub struct Spot {
    address: SocketAddr,
    _holder: Socket,
}

impl Spot {
    pub fn new() -> Self {
        let holder = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let address = holder.local_addr().expect("it is bound");
        Self {
            address: address.as_socket().expect("it is an IP address"),
            _holder: holder,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens on it until the listener is dropped.
    pub fn listen(&self) -> TcpListener {
        let socket = bound(self.address);
        socket.listen(BACKLOG).expect("nobody else listens on it");
        socket.set_nonblocking(true).expect("it is a socket");
        TcpListener::from_std(socket.into()).expect("a runtime runs")
    }
}

fn bound(address: SocketAddr) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).expect("a socket");
    socket.set_reuse_address(true).expect("it is new");
    socket
        .bind(&address.into())
        .expect("loopback has free ports");
    socket
}
