//! Hosts through Cloudflare, by its own program: a quick tunnel without an account, or a named one by
//! its token or its credentials.
//!
//! The program tells its URL before anything is connected, tries for ever, and reads configuration
//! files of its own that would lead visitors elsewhere. So it is believed only when its `/ready` says
//! so, is given an empty configuration of ours, and is started anew when it has been at it for too long.

mod config;
mod connection;
mod credentials;
mod errors;
mod import;
mod lines;
mod metrics;
mod offers;
mod options;
mod probe;
mod rules;

pub use offers::{BUILT_IN, OFFERS};

#[cfg(all(test, unix))]
mod tests;
