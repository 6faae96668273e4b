//! Hosts through ngrok: the official crate does the talking, everything else is ours.
//!
//! The crate never notices a dead link, tries a refused token for ever, and closes nothing. So each of
//! its connections is one that we dialled and can cut, and it makes another one only when it is told
//! to ([ADR 25](../../../docs/adr/0025-the-ngrok-crate-on-a-leash.md)).

mod agent;
mod answers;
mod connector;
mod dialler;
mod endpoints;
mod errors;
mod frames;
mod import;
mod link;
mod offers;
mod options;
mod policy;
pub mod probe;
mod server;
mod session;
mod standing;
mod token;
mod visitor;

pub use connector::{NgrokConnector, Patience};
pub use errors::{Remedy, remedy};
pub use offers::{BUILT_IN, OFFERS};
pub use options::{Binding, Credentials, Endpoint, OAuth, Options};
pub use server::{CA_VARIABLE, SERVER_VARIABLE, Server};
pub use token::{Kept, SecretSource, TOKEN_VARIABLE};

#[cfg(test)]
mod tests;
