//! The keep-alive machine: decides what to do after each outcome.
//!
//! Pure: time and randomness come in, decisions go out. It knows no socket, no provider and no
//! tunnel; the engine carries out what it says and tells it what came of it.

mod backoff;
mod machine;
#[cfg(test)]
mod tests;
mod up;
mod words;

pub use backoff::Backoff;
pub use machine::{EXPECTED_BACK_WITHIN, Machine};
pub use up::{ESTABLISHED_AFTER, SETTLE, STABLE_AFTER, ZOMBIE_DOWNS};
pub use words::{Cut, Input, Output, Stage};
