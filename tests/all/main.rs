//! Every integration test, in one binary: a second one would link the whole window again.

#![allow(
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test whose lock is poisoned has failed already; what it prints is read when it fails"
)]

mod cli;
mod devtunnel_cli;
// Runs shells and signals.
#[cfg(unix)]
mod docs;
mod hosting;
mod ingress;
mod link;
mod state;
mod support;
mod tidy;
mod window;
