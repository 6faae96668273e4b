//! The program's end: every engine is told to say goodbye, and it is shown for as long as that takes.

use super::{Commands, host};
use crate::app::event::Command;
use crate::app::state::State;
use crate::model::UnixMillis;

/// Ends what is hosted; what is wanted stays wanted, for the next start.
pub(super) fn begin(state: &mut State, at: UnixMillis) -> Commands {
    let mut commands = host::end_all(state, at);
    state.inputs.quitting = Some(state.leaving.len());
    state.inputs.dialog = None;
    state.inputs.toast = None;
    commands.push(Command::Quit);
    commands
}

/// An engine is through with its goodbye.
pub(super) fn count(state: &mut State) {
    if let Some(left) = &mut state.inputs.quitting {
        *left = state.leaving.len();
    }
}
