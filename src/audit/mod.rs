//! The audit log: one line of JSON an event, each tied to the one before by its hash.
//!
//! This room knows what is written, not when: whoever acts hands it an [`Entry`]. It reads no clock
//! and can be switched off by nobody. Secrets never get into it: what a provider said is cleaned
//! first. The file only grows, by some 400 bytes an event, and is never cut: ten reconnects a day make
//! 3 MB a year. Whoever can write the file can also write a whole new chain; the chain shows what
//! was changed, taken out or put in, but lines that were cut off at the very end leave no trace.

mod chain;
mod entry;
mod lock;
mod log;
mod verify;

pub use chain::{Record, Torn};
pub use entry::{Cause, Entry, Kind, new_run_id};
pub use log::AuditLog;
pub use verify::{Broken, Records, Summary, Unreadable, VerifyError, read, verify};
