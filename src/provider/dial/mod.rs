//! From a name and a port to a connection, through the proxy that the environment names if one does.
//!
//! It knows no provider, and says only what stood in the way: what that means is each one's own.

mod proxy;
mod race;

pub(super) use crate::base::local::is_here;
pub(super) use proxy::NotThrough;
pub use proxy::Proxies;
pub(super) use race::NotReached;

use crate::link::Transport;

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum NotConnected {
    /// The host itself was not reached.
    Host(NotReached),
    /// The proxy before it stands in the way.
    Proxy {
        /// Its `HOST:PORT`.
        address: String,
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
