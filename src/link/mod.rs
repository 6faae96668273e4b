//! The link between a host and its relay: TLS, streams in it, and the words both ends exchange.
//!
//! It knows bytes and time-outs. It knows no tunnel, no account and no policy: both ends build
//! theirs on it. Everything above TLS sees one [`Transport`], which is where a layer that resumes a
//! broken link goes in.

mod cork;
pub mod frame;
pub mod heartbeat;
pub mod mux;
pub mod opening;
pub mod pump;
pub mod resume;
pub mod tls;
pub mod transport;
pub mod wire;

pub use transport::Transport;

use std::time::Duration;

/// Each side gives the other this long from the first byte to the answered hello.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A control message that cannot be handed to the link within this long means a dead peer.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(10);
