//! The program's end: every engine is told to say goodbye, and it is shown for as long as that takes.

use super::Update;
use crate::app::event::Command;

impl Update<'_> {
    /// Ends what is hosted; what is wanted stays wanted, for the next start.
    pub(super) fn quit(&mut self) {
        self.end_all();
        self.state.inputs.quitting = Some(self.state.leaving.len());
        self.state.inputs.dialog = None;
        self.state.inputs.toast = None;
        self.commands.push(Command::Quit);
    }

    /// An engine is through with its goodbye.
    pub(super) fn count_leaving(&mut self) {
        if let Some(left) = &mut self.state.inputs.quitting {
            *left = self.state.leaving.len();
        }
    }
}
