//! Host and relay over real loopback sockets, with a stand-in for the ingress.

mod bytes;
mod names;
mod places;
mod rig;
mod sessions;
mod shares;
mod strangers;
mod ways;
