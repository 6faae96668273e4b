//! What the engine needs of a provider: tokens, and one hosting session at a time.
//!
//! A provider classifies its own errors and is the only place that would start processes. It knows
//! neither the keep-alive policy nor the view.

#[cfg(feature = "devtunnel")]
pub mod devtunnel;
mod dial;
mod inventory;
mod log_limit;
#[cfg(feature = "ngrok")]
pub mod ngrok;
mod probe_marks;
pub mod registry;
pub mod relay;
mod types;

pub use inventory::{Account, Answer, Inventory, OnCode, Row};
pub use log_limit::LogLimit;
pub use probe_marks::ProbeMarks;
pub use registry::{Provider, Registry};
pub use types::{
    BoxFuture, ConnectError, Connector, Ended, HostOrder, Liveness, Progress, Session,
    SessionEvent, SessionPart, Tokens, TrafficBoard,
};
