//! Microsoft Dev Tunnels: the account's inventory through its command-line program, and hosting in
//! our own engine thread.

#[cfg(test)]
mod fakes;
mod identity;
mod management;
mod socket;
mod ssh;
mod tokens;

pub use management::Base;
pub use socket::Offer;
pub use tokens::{Minted, Minting, Scope, TokenSource};
