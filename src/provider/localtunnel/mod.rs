//! Hosts through a localtunnel server: a name is asked for by HTTP, then a few connections are kept open
//! for visitors, each of whom has one for a while.
//!
//! What visitors say to the server may be in TLS; what the server says to us never is, and everybody is
//! told so. It speaks as npm's `localtunnel` 2.0.2 does; the tests host through npm's own server.

mod api;
mod connector;
mod dialect;
mod offers;
mod pool;

pub use connector::{LocaltunnelConnector, Patience};
pub use dialect::Dialect;
pub use offers::{BUILT_IN, OFFERS};

#[cfg(test)]
mod tests;
