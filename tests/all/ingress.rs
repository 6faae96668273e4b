//! The relay's ingress with services and visitors on loopback, and no link between.

mod crowd;
mod disguised;
mod expect;
mod fake;
mod flow;
mod front;
mod hostile;
mod http;
mod language;
mod refused;
mod reuse;
mod rules;
mod tcp;
mod upgrade;
