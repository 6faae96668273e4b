//! What the engine needs of a provider: tokens, and one hosting session at a time.
//!
//! A provider classifies its own errors and is the only place that would start processes. It knows
//! neither the keep-alive policy nor the view.

#[cfg(feature = "devtunnel")]
pub mod devtunnel;
mod dial;
pub mod relay;
mod types;

pub use types::{
    BoxFuture, ConnectError, Connector, Ended, HostOrder, Progress, Session, SessionEvent,
    SessionPart, Tokens, TrafficBoard,
};
