//! Programs that providers run: found, started, read within bounds, and ended with all that they
//! started. It knows no provider, and none of their commands.

mod find;
mod run;

pub(in crate::provider) use find::{Names, Program};
pub(in crate::provider) use run::{ANSWER_WITHIN, Answer, Fault, Watch};
