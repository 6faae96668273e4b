//! What the program remembers between two runs: one folder (the home) of versioned files.
//!
//! This room knows which files there are and nothing of who asks for them. Secrets are not kept here. Two
//! programs may share one home; of a file that both save, the later save stands.

mod claim;
mod documents;
mod home;
#[cfg(test)]
mod lossless_tests;
mod marker;

pub use claim::{HeldBy, HostingClaim};
pub use documents::{RelayPorts, Rows};
pub use home::Home;
pub use marker::RunMarker;
