//! The `devtunnel` program: how it is run, what it prints, and what it means when it fails.
//!
//! It knows what one command says, not what a person wants: that is the inventory's.

mod calls;
mod device;
mod errors;
mod limits;
mod map;
mod measures;
mod shapes;
mod walk;

pub(super) use calls::{Cli, New};
pub(super) use errors::{failed, refused};
pub use limits::{Limit, Limits};
pub use map::Shown;
pub(super) use map::client_command;
pub(super) use map::{map_listed, map_port, map_shown};
pub(super) use shapes::{Entry, Listed, PortTold, Told, is_public, protocol_of};

use crate::provider::program::Names;

/// What the program is called.
pub(super) const PROGRAM: &str = "devtunnel";

/// And where it may be.
pub(super) static NAMES: Names = Names {
    program: PROGRAM,
    variable: "DEVTUNNEL_BIN",
    folders: &[],
};

#[cfg(test)]
mod tests;
