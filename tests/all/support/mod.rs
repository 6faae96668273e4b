//! What tests of the whole need around it: services, visitors, a relay, a computer that hosts.
//!
//! Nothing here knows what a test wants to prove. Every port is the system's choice, and every wait
//! is for an event.

pub mod account;
#[allow(dead_code, reason = "the unit tests of the provider use the rest")]
pub mod bore;
#[cfg(unix)]
#[allow(dead_code, reason = "the unit tests of the provider use the rest")]
pub mod cloudflared;
pub mod computer;
pub mod forwarder;
#[allow(dead_code, reason = "the unit tests of the provider use the rest")]
pub mod localtunnel;
#[cfg(feature = "ngrok")]
#[allow(dead_code, reason = "the unit tests of the provider use the rest")]
pub mod ngrok;
pub mod not_tested;
pub mod pattern;
pub mod raw;
pub mod relay;
pub mod schema;
pub mod screen;
pub mod spot;
#[cfg(all(feature = "ssh", unix))]
#[allow(dead_code, reason = "the unit tests of the provider use the rest")]
pub mod sshd;
#[cfg(unix)]
#[allow(dead_code, reason = "the unit tests of the provider use the rest")]
pub mod tailscale;
pub mod visitor;
pub mod wait;
pub mod web;
