//! Two sessions and the network between them.

mod behaviours;
mod faults;
mod flow;
mod hostile;
mod hosts;
pub(super) mod lock;
mod model;
pub(super) mod net;
mod parked;
mod rig;
pub(in crate::link) mod stream;
mod streams;
mod threads;
mod visitors;
