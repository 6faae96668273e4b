//! Every integration test, in one binary: a second one would link the whole window again.

mod cli;
mod ingress;
mod state;
mod tidy;
