//! Every integration test, in one binary: a second one would link the whole window again.

mod ingress;
mod link;
mod state;
mod tidy;
mod window;
