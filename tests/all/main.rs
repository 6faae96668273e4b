//! Every integration test, in one binary: a second one would link the whole window again.

mod ingress;
mod state;
mod tidy;
mod link;
mod window;
