//! The relay: the public end of every tunnel.
//!
//! The ingress knows tunnels only as a [`Backend`]; the registry of live sessions is one.

mod backend;
pub mod ingress;

pub use backend::{Backend, Lookup, OpenError, Stream, Upstream, Visitor};
