//! The relay: the public end of every tunnel.
//!
//! The ingress knows tunnels only as a [`Backend`]; the registry of live sessions is one. The
//! sessions know visitors only as streams that the ingress asks for.

mod accounts;
mod arrival;
mod away;
mod backend;
mod certificate;
mod error;
mod files;
mod held;
mod host_door;
pub mod ingress;
mod ingress_port;
mod limiter;
mod limits;
mod link_streams;
mod names;
mod numbers;
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
pub use held::Evicted;
pub use host_door::{HostDoor, Knock};
pub use ingress_port::{Ingress, IngressGuard, Serving};
pub use limiter::{Activity, Limiter, Network, Permit, Share, Usage};
pub use limits::{Limits, VisitorLimits};
pub use reserved::ReservedNames;
pub use server::{Relay, RelayConfig, Warning};
pub use sockets::{Shelf, Sockets};
pub use visitors::Visitors;
pub use whereabouts::Whereabouts;
