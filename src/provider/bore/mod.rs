//! Hosts through a bore server: a small protocol of JSON over TCP, spoken by ourselves.
//!
//! One connection a port asks for a public one and brings word of each visitor, for whom another
//! connection is made. Nothing of it is encrypted, and everybody is told so. The words are those of
//! `bore-cli` 0.6, whose own server the tests host through.

mod connector;
mod control;
mod dialler;
mod frames;
mod offers;
mod server;

pub use connector::{BoreConnector, Patience};
pub use offers::{BUILT_IN, OFFERS, SECRET_VARIABLE};
pub use server::Server;

#[cfg(test)]
mod tests;
