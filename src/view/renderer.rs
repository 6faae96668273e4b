//! What draws a view. The app is handed one; it does not know which.

use super::View;
use crate::model::{Inputs, UnixMillis};
use std::sync::Arc;

/// Something to do with the window that is no part of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowOp {
    /// Show it and bring it to the front.
    Show,
    /// Hide it; where nobody shows tray icons, minimise it.
    Hide,
    /// Hide it when it is in front, show it otherwise.
    Toggle,
}

/// Draws the view: the window and the tray, or lines on standard output.
pub trait Renderer: Send {
    /// Draws. Called after each event; a view that equals the last one changes nothing.
    fn render(&mut self, at: UnixMillis, inputs: &Inputs, view: Arc<View>);

    /// Shows or hides the window, if there is one.
    fn window(&mut self, op: WindowOp);

    /// The program ends: nothing is drawn after this.
    fn quit(&mut self);
}
