//! The inventory of Dev Tunnels against the stand-in for the `devtunnel` command: all a person does
//! with an account, and what goes wrong. It needs Python.

#![cfg(unix)]

mod account;
pub mod stand_in;
mod trouble;
mod tunnels;
