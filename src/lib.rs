//! Underpass: one click gives a local port a public URL, a badge tells whether it works, and when
//! the network drops the tunnel comes back by itself.
//!
//! `docs/architecture.md` has the map of these rooms and which may use which.

pub mod keepalive;
pub mod link;
pub mod model;
pub mod provider;
pub mod relay;
pub mod shell;
pub mod token;
pub mod view;
