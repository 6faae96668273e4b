//! The relay: the public end of every tunnel.
//!
//! The ingress knows tunnels only as a [`Backend`]; the registry of live sessions is one. The
//! sessions know visitors only as streams that the ingress asks for.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use underpass::relay::{Relay, RelayConfig, Visitors};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let data = tempfile::tempdir()?;
//! let config = RelayConfig::local(data.path());
//! let visitors = Arc::new(Visitors::new(&config.domain));
//! let relay = Relay::start(config, visitors).await?;
//! let password = relay.join_link().reveal(); // for the owner's hosts alone
//! assert!(password.starts_with("underpass://"));
//! assert!(relay.http_addr().ip().is_loopback());
//! relay.drain(Duration::from_secs(5)).await;
//! # Ok(())
//! # }
//! ```

mod accounts;
mod arrival;
mod backend;
mod certificate;
mod error;
mod files;
mod host_upgrade;
pub mod ingress;
mod ingress_port;
mod leases;
mod limiter;
mod limits;
mod link_streams;
mod names;
mod numbers;
mod permit_stream;
mod public_ports;
mod registry;
mod reserved;
mod returning;
mod server;
mod session;
mod sockets;
mod table;
mod upstream;
mod visitors;
mod whereabouts;

pub use accounts::{Accounts, AccountsError, Listed, OWNER};
pub use backend::{
    Backend, HttpOpening, HttpStream, Lookup, OpenError, Opening, Stream, Upstream, Visitor,
    Waiting,
};
pub use error::RelayError;
pub use host_upgrade::{HostUpgrades, UpgradedHost};
pub use ingress_port::{Ingress, IngressGuard, Serving};
pub use limiter::{Activity, Limiter, Network, Permit, Share, Usage};
pub use limits::{Limits, VisitorLimits};
pub use permit_stream::Evicted;
pub use reserved::ReservedNames;
pub use server::{Relay, RelayConfig, Warning};
pub use sockets::{Purpose, Shelf, Sockets};
pub use visitors::Visitors;
pub use whereabouts::Whereabouts;
