//! The resumable link: a duplex byte stream that outlives the connections it runs over.
//!
//! It sits between the multiplexer and TLS. Every byte has an absolute sequence number and stays
//! in a fixed ring until the other end has it; when a connection breaks, the next one picks up
//! where it broke, nothing lost and nothing twice. The session is a pure machine (`machine`, with
//! `outbound`, `inbound`, `pulse` and `frame` in it) behind one lock; a small task moves
//! bytes between it and the connection of the moment ([`Driver`]); the application sees one
//! [`ResumeStream`] that never sees a drop; a [`Handle`] attaches connections.
//!
//! It knows no TLS, no tunnel and no account: who may resume what is asked of its user, who passes
//! in randomness, time-outs, and the value that ties a handshake to one TLS connection.

mod auth;
mod dialling;
mod driver;
mod end;
pub mod frame;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod greeting;
mod handle;
mod handshake;
mod inbound;
mod lot;
mod machine;
mod outbound;
mod parking;
mod pulse;
mod shared;
mod stream;

pub use auth::{Binding, Secret, SessionId};
pub use dialling::{Dialled, Redial, keep_attached};
pub use driver::Driver;
pub use end::{End, ProtocolError, Refusal, ResetReason};
pub use greeting::{GreetingError, MAX_CREDENTIALS, Request};
pub use handle::{AttachError, Handle, Status};
pub use handshake::{HandshakeError, accept, grant, open, read_request, refuse, resume};
pub use lot::{Full, Lot};
pub use machine::Ticket;
pub use parking::{Caps, Table};
pub use pulse::PulseConfig;
pub use stream::ResumeStream;

use std::time::Duration;

/// The sizes and times of one session. Both ends may differ: each bounds what it holds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Sent and not yet acknowledged; this over the round-trip time is the most a link carries.
    pub tx_ring: usize,
    /// Received and not yet read: the credit that the other end has.
    pub rx_ring: usize,
    /// Written and not yet sent: more would only make interactive streams wait.
    pub unsent: usize,
    /// So much received is acknowledged at once…
    pub ack_bytes: usize,
    /// …and less after this long.
    pub ack_delay: Duration,
    /// When a silent link is given up.
    pub pulse: PulseConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            tx_ring: 4 * 1024 * 1024,
            rx_ring: 1024 * 1024,
            unsent: 128 * 1024,
            ack_bytes: 256 * 1024,
            ack_delay: Duration::from_millis(20),
            pulse: PulseConfig::default(),
        }
    }
}

/// Makes a session that is not attached to anything yet. The driver must be spawned; it ends with
/// the session.
#[must_use]
pub fn session(config: Config, id: SessionId, secret: Secret) -> (Handle, ResumeStream, Driver) {
    let shared = shared::Shared::new(config);
    let stream = ResumeStream::new(std::sync::Arc::clone(&shared));
    let driver = Driver::new(std::sync::Arc::clone(&shared));
    (Handle::new(shared, id, secret), stream, driver)
}

#[cfg(test)]
mod tests;
