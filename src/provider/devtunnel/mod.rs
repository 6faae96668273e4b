//! Microsoft Dev Tunnels: the account's inventory through its command-line program, and hosting in
//! our own engine thread.

mod account;
mod cli;
mod connector;
mod generations;
mod identity;
mod inner;
mod inventory;
mod management;
mod place;
mod probe;
mod session;
mod sign_in;
mod socket;
mod ssh;
#[cfg(test)]
mod tests;
mod tokens;
mod visitors;
mod watch;

pub use account::{BUILT_IN, OFFERS};
pub use cli::{Limit, Limits, Shown};
pub use connector::DevTunnelConnector;
pub use inventory::Inventory;
pub use management::Base;
pub use sign_in::Identity;
pub use socket::Offer;
pub use tokens::{Minted, Minting, Scope, TokenSource};
