//! A window that says why the program could not start, for a person who has no terminal to read it in.

use super::text::Catalogue;
use super::ui;
use super::window::{OpenError, fonts_available};
use crate::view::{Msg, messages as m};
use slint::ComponentHandle;

/// Shows `reason` until it is put away.
///
/// # Errors
/// There is no font or no display.
pub fn show(reason: &str, catalogue: &Catalogue) -> Result<(), OpenError> {
    if !fonts_available() {
        return Err(OpenError::NoFont);
    }
    let text = |msg: &Msg| catalogue.format(msg).into();
    let window = ui::FailureWindow::new()?;
    window.set_heading(text(&m::start_failed()));
    window.set_reason(reason.into());
    window.set_close_label(text(&m::start_failed_close()));
    let weak = window.as_weak();
    window.on_closed(move || {
        if let Some(window) = weak.upgrade()
            && let Err(error) = window.hide()
        {
            tracing::warn!(%error, "the window could not be closed");
        }
    });
    Ok(window.run()?)
}
