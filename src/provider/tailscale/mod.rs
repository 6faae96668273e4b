//! Hosts through Tailscale Funnel, by Tailscale's own program in the foreground: its rule lives as long
//! as the program does, however that ends, and nobody else's rule is ever touched.

mod errors;
mod funnel;
mod offers;
mod options;
mod preflight;
mod probe;
mod rules;

pub use offers::{BUILT_IN, OFFERS};

#[cfg(all(test, unix))]
mod tests;
