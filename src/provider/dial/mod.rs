//! From a name and a port to a connection, through the proxy that the environment names if one does.
//!
//! It knows no provider, and says only what stood in the way: what that means is each one's own.

mod proxy;
mod race;

pub(super) use proxy::NotThrough;
pub use proxy::Proxies;
pub(super) use race::NotReached;

use crate::link::Transport;
use std::net::IpAddr;

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum NotConnected {
    /// The host itself was not reached.
    Host(NotReached),
    /// The proxy before it stands in the way.
    Proxy {
        /// Its `HOST:PORT`.
        address: String,
        /// How.
        fault: NotThrough,
    },
}

/// Connects to `host:port`, on the way that `proxies` names.
pub(super) async fn connect(
    host: &str,
    port: u16,
    proxies: &Proxies,
) -> Result<Box<dyn Transport>, NotConnected> {
    match proxies.find(host, port) {
        Some(proxy) => {
            let through = proxy.reach(host, port).await;
            let address = || proxy.address();
            through.map_err(|fault| NotConnected::Proxy {
                address: address(),
                fault,
            })
        }
        None => match race::reach(host, port).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(fault) => Err(NotConnected::Host(fault)),
        },
    }
}

/// Whether a host's name or address is this computer's own.
pub(super) fn is_here(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    match name.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback() || address.is_unspecified(),
        Err(_) => name == "localhost" || name.ends_with(".localhost"),
    }
}
