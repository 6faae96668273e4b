//! Microsoft Dev Tunnels: the account's inventory through its command-line program, and hosting in
//! our own engine thread.

mod cli;
mod inventory;

pub use cli::{INSTALL_URL, Limit, Limits, Shown, install_command, keep};
pub use inventory::Inventory;
