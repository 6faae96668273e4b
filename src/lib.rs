//! Underpass: one click gives a local port a URL, a badge tells whether it works, and when
//! the network drops the tunnel comes back by itself.
//!
//! `docs/architecture.md` has the map of these rooms and which may use which.

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_types,
        reason = "a test whose lock is poisoned has failed already"
    )
)]

pub mod app;
pub mod audit;
pub mod base;
pub mod cli;
pub mod control;
pub mod engine;
pub mod import;
pub mod link;
pub mod logging;
pub mod model;
pub mod platform;
pub mod probe;
pub mod provider;
pub mod relay;
pub mod secrets;
pub mod shell;
pub mod start;
pub mod store;
pub mod view;
