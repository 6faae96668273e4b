//! The composition root: reads what was typed, builds the parts, hands them to each other.
//!
//! It may use every room; no room uses it.

mod begin;
pub mod desktop;
mod signals;
