//! A link's bytes as WebSocket messages, for networks that let nothing but HTTPS through.
//!
//! Outside there is ordinary TLS that authenticates nobody ([`connect_outer_tls`]), in it one HTTP request for
//! [`PATH`] that becomes a WebSocket, in that the link's own TLS, unchanged: only what is said
//! inside the inner one is secret, and only its pin decides who is spoken to. It knows neither the
//! inner TLS nor what becomes of a connection.

mod carrier;
mod outer_tls;
mod pulse;
#[cfg(test)]
mod tests;
mod upgrade;

pub use carrier::WebSocket;
pub use outer_tls::connect_outer_tls;
pub use pulse::Pulse;
pub use upgrade::{accept, agree, connect};

/// The one path at which a relay speaks WebSocket.
pub const PATH: &str = "/.underpass/link";

/// What both ends agree to speak inside the outer TLS.
pub const ALPN: &[u8] = b"http/1.1";
