//! Every integration test, in one binary: a second one would link the whole window again.

mod cli;
mod devtunnel_cli;
mod hosting;
mod ingress;
mod link;
mod state;
mod support;
mod tidy;
mod window;
