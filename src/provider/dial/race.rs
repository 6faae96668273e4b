//! From a name and a port to a TCP connection made ready for a link.

use crate::link::ReadAhead;
use crate::link::transport::{self, Socket};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::sleep;

/// An address that has not answered by then is joined by the next one; both go on.
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// An attempt that has no answer by then is joined by another one to the next address.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Why there is no connection.
#[derive(Debug)]
pub(in crate::provider) enum NotReached {
    /// The name has no address; what the system said of it.
    UnknownHost(String),
    /// This computer has no route to anywhere.
    Offline(String),
    /// No address accepts connections.
    Closed(String),
}

/// The kernel asks on a connection that is idle whether it still stands: after so long, then so often.
const ASK_AFTER: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_secs(10);

/// Connects to the first address of `host` that accepts; where it is `idle` mostly, the kernel looks after
/// it.
pub(super) async fn reach(
    host: &str,
    port: u16,
    idle: bool,
) -> Result<ReadAhead<Socket>, NotReached> {
    let addresses = resolve(host, port)
        .await
        .map_err(|error| NotReached::UnknownHost(error.to_string()))?;
    let socket = race(addresses)
        .await
        .map_err(|errors| map_errors(&errors))?;
    if idle {
        let asking = TcpKeepalive::new().with_time(ASK_AFTER);
        let asked = SockRef::from(&socket).set_tcp_keepalive(&asking.with_interval(ASK_EVERY));
        asked.map_err(|error| NotReached::Closed(error.to_string()))?;
    }
    transport::prepare(socket).map_err(|error| NotReached::Closed(error.to_string()))
}

/// The addresses of `host`: at least one.
pub(super) async fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let addresses: Vec<SocketAddr> = lookup_host((host, port)).await?.collect();
    if addresses.is_empty() {
        return Err(io::Error::other("the name has no address"));
    }
    Ok(addresses)
}

/// The first address that accepts wins. An attempt that gets no answer is joined by another one:
/// the system asks again ever more rarely, and would be late when a network comes back.
async fn race(addresses: Vec<SocketAddr>) -> Result<TcpStream, Vec<io::Error>> {
    let mut rest = addresses.clone().into_iter();
    let mut again = addresses.into_iter().cycle();
    let mut attempts = FuturesUnordered::new();
    let mut errors = Vec::new();
    loop {
        let more = rest.next();
        let (last, none) = (more.is_none(), attempts.is_empty());
        match more {
            Some(address) => attempts.push(TcpStream::connect(address)),
            None if none => return Err(errors),
            None => {}
        }
        tokio::select! {
            Some(attempt) = attempts.next() => match attempt {
                Ok(socket) => return Ok(socket),
                Err(error) => errors.push(error),
            },
            () = sleep(NEXT_ADDRESS_AFTER), if !last => {}
            () = sleep(ASK_AGAIN_AFTER), if last => {
                attempts.extend(again.next().map(TcpStream::connect));
            }
        }
    }
}

fn map_errors(errors: &[io::Error]) -> NotReached {
    let no_route = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown
        )
    };
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let said = said.join("; ");
    if errors.iter().all(no_route) {
        NotReached::Offline(said)
    } else {
        NotReached::Closed(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};

    #[test]
    fn only_a_computer_without_any_route_is_offline() {
        let offline = |kinds: &[io::ErrorKind]| {
            let errors: Vec<io::Error> = kinds.iter().map(|kind| (*kind).into()).collect();
            matches!(map_errors(&errors), NotReached::Offline(_))
        };
        assert!(offline(&[NetworkUnreachable]));
        assert!(!offline(&[ConnectionRefused]));
        assert!(!offline(&[NetworkUnreachable, ConnectionRefused]));
        assert!(!offline(&[HostUnreachable]));
    }
}
