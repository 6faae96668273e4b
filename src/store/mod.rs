//! What the program remembers between two runs: one folder (the home) of versioned files, each
//! replaced in one step.
//!
//! This room knows files and nothing of who asks for them. Secrets are not kept here, and no file
//! is ever lost: what cannot be read is kept aside under another name and reported. Two programs may
//! share one home; of a file that both save, the later save stands.

mod aside;
mod claim;
mod document;
mod documents;
mod home;
mod lock;
mod marker;
mod owner;

pub use claim::{HeldBy, HostingClaim};
pub use document::{Document, Loaded, Migration};
pub use documents::{RelayPorts, Rows};
pub use home::Home;
pub use lock::{lock_within, no_follow, open_lock, try_lock};
pub use marker::RunMarker;
pub use owner::{NotYours, check_owner};
