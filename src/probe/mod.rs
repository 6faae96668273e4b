//! Probes: asks each hosted port, on this side and through its public URL, whether it works.
//!
//! It reports what it saw and judges only by [`classify`]; what follows from that is the engine's
//! and the view's business.

mod ask;
mod classify;
mod head;
mod refusal;
mod request;
mod schedule;

pub use ask::{Asker, ProbedSession, SetupError};
pub use classify::classify;
pub use schedule::{Ask, Emit, Knock, Peek, ProbePlan, Prober};
