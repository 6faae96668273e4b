//! Microsoft Dev Tunnels: the account's inventory through its command-line program, and hosting in
//! our own engine thread.

mod cli;
mod connector;
mod generations;
mod identity;
mod inner;
mod inventory;
mod management;
mod place;
mod session;
mod socket;
mod ssh;
#[cfg(test)]
mod tests;
mod tokens;
mod visitors;
mod watch;

pub use cli::{Limit, Limits, Shown, keep};
pub use connector::DevTunnelConnector;
pub use inventory::Inventory;
pub use management::Base;
pub use socket::Offer;
pub use tokens::{Minted, Minting, Scope, TokenSource};
