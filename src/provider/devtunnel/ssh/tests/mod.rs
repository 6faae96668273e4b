//! The outer session against relays of every kind.

mod behaviours;
mod endings;
mod far;
mod flow;
mod fuzz;
mod hostile;
mod live;
mod messages;
