//! Notices where the desktop is asked through notify-rust: title and text, nothing to click, and what was
//! shown stays until the desktop takes it away.

use super::{Act, Board, Came, DesktopError, Note, Service};

pub(super) struct Desktop;

impl Desktop {
    pub(super) fn new(_: Option<String>, _: Board<()>, _: Act, _: Came) -> Self {
        Self
    }
}

impl Service for Desktop {
    type Place = ();

    fn show(&mut self, note: &Note, instead: Option<&()>) -> Result<(), DesktopError> {
        if instead.is_some() {
            // It cannot be changed any more, and another one would say it twice.
            return Ok(());
        }
        let mut shown = notify_rust::Notification::new();
        shown.appname("Underpass").icon("underpass");
        shown.summary(&note.title).body(&note.body);
        shown.show().map(drop).map_err(DesktopError::new)
    }

    fn withdraw(&mut self, _place: &()) -> Result<(), DesktopError> {
        Ok(())
    }
}
