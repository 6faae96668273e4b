//! From a target to a TCP connection, or to what stood in the way.

use crate::base::{descriptors, proxy_protocol};
use crate::model::{ProxyVersion, ServiceFault, Target};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A name that has no address by then has none.
const RESOLVE_WITHIN: Duration = Duration::from_secs(4);

/// A local service that has not accepted by then does not.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// Connects to a service, whatever it speaks.
pub async fn reach(target: &Target) -> Result<TcpStream, ServiceFault> {
    let addresses = match timeout(RESOLVE_WITHIN, resolve(target)).await {
        Ok(addresses) => addresses?,
        Err(_) => return Err(ServiceFault::UnknownName),
    };
    match timeout(CONNECT_WITHIN, connect(target, addresses)).await {
        Ok(connected) => connected,
        Err(_) => Err(ServiceFault::TimedOut),
    }
}

/// The same, and says by the PROXY protocol who the connection is for, if the service asks for that:
/// a visitor, or nobody but this computer.
pub async fn reach_for(
    visitor: Option<SocketAddr>,
    target: &Target,
    version: Option<ProxyVersion>,
) -> Result<TcpStream, ServiceFault> {
    let mut socket = reach(target).await?;
    if let Some(version) = version {
        let said = async {
            let header = proxy_protocol::encode(version, visitor, socket.peer_addr()?);
            socket.write_all(&header).await
        };
        // It fits the buffers of any new connection.
        said.await.map_err(|error| classify(&error))?;
    }
    Ok(socket)
}

/// The addresses of a target, in the order they are tried: at least one.
pub(super) async fn resolve(target: &Target) -> Result<Vec<SocketAddr>, ServiceFault> {
    let port = target.port.get();
    if target.is_localhost() {
        let (v4, v6) = (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
        let both = [IpAddr::V4(v4), IpAddr::V6(v6)];
        return Ok(both.map(|ip| SocketAddr::new(ip, port)).to_vec());
    }
    let addresses: Vec<SocketAddr> =
        match tokio::net::lookup_host((target.host.as_str(), port)).await {
            Ok(addresses) => addresses.collect(),
            Err(error) => {
                tracing::debug!(%target, %error, "the local service's name does not resolve");
                let full = descriptors::ran_out(&error) || descriptors::are_used_up();
                return Err(if full {
                    ServiceFault::HostFull
                } else {
                    ServiceFault::UnknownName
                });
            }
        };
    if addresses.is_empty() {
        return Err(ServiceFault::UnknownName);
    }
    Ok(addresses)
}

async fn connect(target: &Target, addresses: Vec<SocketAddr>) -> Result<TcpStream, ServiceFault> {
    let mut faults = vec![];
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(socket) if descriptors::is_reserved(&socket) => return Err(ServiceFault::HostFull),
            Ok(socket) => {
                let ready = socket.set_nodelay(true);
                return ready.map(|()| socket).map_err(|error| classify(&error));
            }
            Err(error) => {
                tracing::debug!(%target, %address, %error, "the local service is not there");
                faults.push(classify(&error));
            }
        }
    }
    let telling = faults.into_iter().max_by_key(|fault| weight(*fault));
    Err(telling.unwrap_or(ServiceFault::UnknownName))
}

/// How much a failure says: a computer without IPv6 has no way to `::1`, and that its 127.0.0.1
/// refuses is what the person must know.
const fn weight(fault: ServiceFault) -> u8 {
    match fault {
        ServiceFault::HostFull => 4,
        ServiceFault::Refused => 3,
        ServiceFault::NotPermitted => 2,
        ServiceFault::TimedOut => 1,
        _ => 0,
    }
}

/// What a failed connect means.
pub(super) fn classify(error: &io::Error) -> ServiceFault {
    if descriptors::ran_out(error) {
        return ServiceFault::HostFull;
    }
    match error.kind() {
        // One that resets what it has not accepted does not take connections either.
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => ServiceFault::Refused,
        io::ErrorKind::TimedOut => ServiceFault::TimedOut,
        io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => ServiceFault::Unreachable,
        io::ErrorKind::PermissionDenied => ServiceFault::NotPermitted,
        _ => ServiceFault::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_keeps_its_own_reason() {
        use io::ErrorKind as Kind;
        for (kind, fault) in [
            (Kind::ConnectionRefused, ServiceFault::Refused),
            (Kind::TimedOut, ServiceFault::TimedOut),
            (Kind::NetworkUnreachable, ServiceFault::Unreachable),
            (Kind::HostUnreachable, ServiceFault::Unreachable),
            (Kind::NetworkDown, ServiceFault::Unreachable),
            (Kind::AddrNotAvailable, ServiceFault::Unreachable),
            (Kind::PermissionDenied, ServiceFault::NotPermitted),
            (Kind::InvalidInput, ServiceFault::Other),
        ] {
            assert_eq!(classify(&kind.into()), fault, "{kind:?}");
        }
        #[cfg(unix)]
        {
            let full = rustix::io::Errno::MFILE.raw_os_error();
            let full = io::Error::from_raw_os_error(full);
            assert_eq!(classify(&full), ServiceFault::HostFull);
        }
    }

    #[test]
    fn of_several_addresses_the_one_counts_that_says_most() {
        use ServiceFault::{Refused, TimedOut, Unreachable};
        assert!(weight(Refused) > weight(Unreachable));
        assert!(weight(TimedOut) > weight(Unreachable));
        assert!(weight(Refused) > weight(TimedOut));
    }
}
