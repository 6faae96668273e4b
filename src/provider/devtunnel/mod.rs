//! Microsoft Dev Tunnels: the account's inventory through its command-line program, and hosting in
//! our own engine thread.

mod connector;
#[cfg(test)]
mod fakes;
mod generations;
mod identity;
mod inner;
mod management;
mod session;
mod socket;
mod ssh;
#[cfg(test)]
mod tests;
mod tokens;
mod visitors;
mod watch;

pub use connector::DevTunnelConnector;
pub use management::Base;
pub use socket::Offer;
pub use tokens::{Minted, Minting, Scope, TokenSource};
