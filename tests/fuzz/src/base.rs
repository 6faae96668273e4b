//! The base room, as far as the link room needs it.

#![allow(dead_code, reason = "what is left out of the room is what uses the rest")]

#[path = "../../../src/base/ring.rs"]
pub(crate) mod ring;
