//! Programs that providers run: found, started, read within bounds, and ended with all that they
//! started. It knows no provider, and none of their commands.
//!
//! A program is either asked something and answers ([`Program::watch`]), or serves until it is stopped
//! ([`Program::start`]).

mod carrier;
mod find;
mod front;
mod group;
mod lines;
mod run;
mod session;
mod supervised;

pub(in crate::provider) use carrier::{Carrier, Lost, ProgramConnector, Tunnel};
pub(in crate::provider) use find::{Names, Program};
pub(in crate::provider) use front::Front;
pub(in crate::provider) use group::Signal;
pub(in crate::provider) use run::{ANSWER_WITHIN, Fault};
#[allow(
    unused_imports,
    reason = "not every build has a provider whose program answers"
)]
pub(in crate::provider) use run::{Answer, Watch};
pub(in crate::provider) use supervised::{Exit, Running, STOP_WITHIN, Said, Start};
