//! From a name and a port to a connection, through the proxy that the environment names if one does.
//!
//! It knows no provider, and says what stood in the way; what that means to one that has other ways is
//! its own.

mod proxy;
mod race;

pub(super) use crate::base::local::is_here;
pub(super) use proxy::NotThrough;
pub use proxy::Proxies;
pub(super) use race::NotReached;

use super::ConnectError;
use crate::link::Transport;
use crate::model::Reason;
use std::time::Duration;
use tokio::time::timeout;

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

impl NotConnected {
    /// As a person is told of it, where `host` was to be reached at `address`.
    pub(super) fn into_error(self, host: &str, address: String) -> ConnectError {
        match self {
            Self::Host(NotReached::Offline(said))
            | Self::Proxy {
                fault: NotThrough::Offline(said),
                ..
            } => ConnectError::with(Reason::Offline, said),
            Self::Host(NotReached::UnknownHost(said)) => {
                let host = host.to_owned();
                ConnectError::with(Reason::UnknownHost { host }, said)
            }
            Self::Host(NotReached::Closed(said)) => {
                ConnectError::with(Reason::RelayUnreachable { address }, said)
            }
            Self::Proxy {
                address,
                fault: NotThrough::Useless(detail) | NotThrough::Denied(detail),
            } => ConnectError::new(Reason::ProxyFailed { address, detail }),
        }
    }
}

/// A connection that is only to show that there is a way gets this time.
const TRIAL_WITHIN: Duration = Duration::from_secs(5);

/// Whether there is a way to `host:port`: one connection, which is closed again.
pub(super) async fn try_once(host: &str, port: u16) -> Result<(), ConnectError> {
    let proxies = Proxies::from_env();
    match timeout(TRIAL_WITHIN, connect(host, port, &proxies)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(fault)) => Err(fault.into_error(host, format!("{host}:{port}"))),
        Err(_) => Err(ConnectError::new(Reason::TimedOut)),
    }
}

/// Connects to `host:port`, on the way that `proxies` names.
pub(super) async fn connect(
    host: &str,
    port: u16,
    proxies: &Proxies,
) -> Result<Box<dyn Transport>, NotConnected> {
    connect_by(host, port, proxies, false).await
}

/// The same for a connection on which nobody may say anything for long: one that is dead is found out
/// all the same, and the way there does not forget it.
pub(super) async fn connect_idle(
    host: &str,
    port: u16,
    proxies: &Proxies,
) -> Result<Box<dyn Transport>, NotConnected> {
    connect_by(host, port, proxies, true).await
}

async fn connect_by(
    host: &str,
    port: u16,
    proxies: &Proxies,
    idle: bool,
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
        None => match race::reach(host, port, idle).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(fault) => Err(NotConnected::Host(fault)),
        },
    }
}
