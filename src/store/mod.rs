//! What the program remembers between two runs: one folder (the home) of versioned files.
//!
//! This room knows which files there are and nothing of who asks for them. Secrets are not kept here. Two
//! programs may share one home: each change of the tunnels is made of what their file holds then; of another
//! file that both save, the later save stands.

mod backup;
mod claim;
mod documents;
mod home;
#[cfg(test)]
mod lossless_tests;
mod marker;
mod tunnels;

pub use backup::{Backup, Restored};
pub use claim::{HeldBy, HostingClaim};
pub use documents::{RelayPorts, Rows};
pub use home::{Home, RelativeHome};
pub use marker::RunMarker;
pub use tunnels::SavedTunnels;
