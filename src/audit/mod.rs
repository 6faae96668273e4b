//! The audit log: one line of JSON an event, each tied to the one before by its hash.
//!
//! This room knows what is written, not when: whoever acts hands it an [`Entry`]. It reads no clock
//! and can be switched off by nobody. Secrets never get into it: what a provider said is cleaned
//! first. The log grows by some 400 bytes an event, from file to file; the oldest goes when there are
//! too many, and the chain says so. Whoever can write the files can also write a whole new chain; the
//! chain shows what was changed, taken out or put in, but lines that were cut off at the very end leave
//! no trace.

mod chain;
mod entry;
mod files;
mod lock;
mod log;
mod read;
mod recent;
mod tail;
mod verify;

pub use chain::{Record, Removed, Torn};
pub use entry::{Cause, Entry, Kind, new_run_id};
pub use log::{AuditLog, Limits};
pub use read::{Records, Unreadable, read};
pub use recent::recent;
pub use verify::{Broken, Summary, VerifyError, verify};

#[cfg(test)]
mod tests;
