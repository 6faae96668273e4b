//! What the desktop is told follows from the facts, as they are after each step.

use super::Update;
use crate::view::fold;

impl Update<'_> {
    pub(super) fn follow_alerts(&mut self, woke: bool) {
        let (at, state) = (self.at, &mut *self.state);
        let Some(alerts) = &mut state.alerts else {
            return;
        };
        if woke {
            alerts.woke(at);
        }
        let (stances, wanted) = (
            fold::stances(&state.inputs, at),
            state.inputs.settings.notices,
        );
        alerts.follow(at, stances, wanted, &mut state.inputs.alerts);
    }
}
