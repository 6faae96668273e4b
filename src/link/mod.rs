//! The link between a host and its relay: TLS, streams in it, and the words both ends exchange.
//!
//! It knows bytes and time-outs. It knows no tunnel, no account and no policy: both ends build
//! theirs on it. From below: a socket made ready ([`transport`]), where nothing else gets through a
//! WebSocket ([`websocket`]), TLS ([`tls`]), the layer that goes on where a broken connection ended
//! ([`resume`]), the streams ([`mux`]), and on the first of them the control messages ([`frame`],
//! [`control`]).

pub mod control;
pub mod exchange;
pub mod frame;
pub mod mux;
pub mod opening;
pub mod outbox;
pub mod pump;
mod read_ahead;
pub mod resume;
#[cfg(target_os = "linux")]
mod socket;
pub mod tls;
pub mod transport;
pub mod websocket;

pub use read_ahead::ReadAhead;
pub use transport::Transport;

use std::time::Duration;

/// Each side gives the other this long from the first byte to the answered hello.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A control message that a live link does not take within this long means a peer that has stopped
/// to listen.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(10);
