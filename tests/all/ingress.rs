//! The relay's ingress with services and visitors on loopback, and no link between.

mod crowd;
mod fake;
mod flow;
mod hostile;
mod http;
mod reuse;
mod tcp;
mod upgrade;
