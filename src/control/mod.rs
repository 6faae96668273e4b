//! The control channel of a home: a program of the same user asks the processes that run there what they
//! host, and has them start or stop it.
//!
//! Each process that hosts listens at a socket of its own in the folder `run` of the home; who asks, asks
//! them all. This room owns the words, their bounds and the transport. It knows no app: what a request
//! does is handed to [`Server::start`].
//!
//! What is said is one request and one answer a connection, a line of JSON each, with the version in it.
//! Only the home's user gets to a socket: the folder is closed to others, and who connects is asked for.

mod client;
mod server;
#[cfg_attr(unix, path = "socket_unix.rs")]
#[cfg_attr(not(unix), path = "socket_none.rs")]
mod socket;
mod status;
mod wire;

pub use client::{AskError, Peer, peers};
pub use server::{Handler, Server};
pub use status::{HolderStatus, Lacking, PortStatus, ProcessStatus, TunnelStatus};
pub use wire::{Answer, Refusal, Request};

/// The folder of the sockets, in the home.
#[cfg(unix)]
const FOLDER: &str = "run";

#[cfg(all(test, unix))]
mod tests;
