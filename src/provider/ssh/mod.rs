//! Hosts through an SSH server that forwards a port to us: anybody's own, or one of the services that
//! are made of one.
//!
//! `russh` speaks the protocol. Who a server is, when its connection is dead and what it announces is
//! found out here ([ADR 29](../../../docs/adr/0029-ssh-by-russh-and-its-surroundings-ours.md)). Hosting runs
//! no program, an import asks OpenSSH's client what holds for a host; none of the person's files is written.

mod address;
mod announce;
mod auth;
mod connection;
mod connector;
mod errors;
mod forwards;
mod handler;
mod hearing;
mod host_key;
mod import;
mod keys;
mod known_hosts;
mod link;
mod offers;
mod options;
mod queue;
mod services;
mod session;
mod visitor;

pub use connector::{Patience, SshConnector};
pub use offers::{BUILT_IN, OFFERS};

#[cfg(all(test, unix))]
mod tests;
