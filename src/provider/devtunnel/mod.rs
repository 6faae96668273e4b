//! Microsoft Dev Tunnels: the account's inventory through its command-line program, and hosting in
//! our own engine thread.

pub mod ssh;
