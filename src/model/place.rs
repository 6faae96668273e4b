//! Where the person left the window.

use serde::{Deserialize, Serialize};

/// Where the window is when it is neither maximised nor hidden, and whether it is maximised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowPlace {
    /// Without its frame, in logical pixels.
    pub width: u32,
    /// Without its frame, in logical pixels.
    pub height: u32,
    /// The left upper corner of its frame in physical pixels; `None` for wherever the desktop puts it.
    pub at: Option<(i32, i32)>,
    /// It fills the screen.
    pub maximised: bool,
}

impl Default for WindowPlace {
    fn default() -> Self {
        Self {
            width: 980,
            height: 640,
            at: None,
            maximised: false,
        }
    }
}
