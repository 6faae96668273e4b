//! Hosting as a whole: the app with its engines, a relay and real sockets on loopback.

mod account;
mod alike;
mod bytes;
mod drops;
#[cfg(target_os = "linux")]
mod idle;
mod owners;
mod places;
mod quit;
mod records;
mod restarts;
mod service;
mod strangers;
mod web;
