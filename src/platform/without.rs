//! The desktop's services in a build for servers: there are none, and whoever asks is told so.

use super::DesktopError;

/// The entry in the list of programs that start with the session.
#[derive(Debug)]
pub struct Autostart;

impl Autostart {
    /// There is no such list.
    ///
    /// # Errors
    /// Always.
    pub fn for_this_program() -> Result<Self, DesktopError> {
        Err(no_desktop())
    }

    /// Nobody has an entry to change.
    ///
    /// # Errors
    /// Always.
    pub fn set(&self, _: bool) -> Result<(), DesktopError> {
        Err(no_desktop())
    }
}

#[derive(Clone, Debug)]
pub struct Clipboard;

impl Clipboard {
    /// Starts nothing.
    ///
    /// # Errors
    /// Never; that there is no clipboard is said when something is copied.
    pub fn start() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// There is nothing to hand over.
    pub fn hand_over(&self) {}

    /// There is no clipboard.
    ///
    /// # Errors
    /// Always.
    pub fn copy(&self, _: &str) -> Result<(), DesktopError> {
        Err(no_desktop())
    }
}

/// There is no browser to open it in.
///
/// # Errors
/// Always.
pub fn open_url(_: &str) -> Result<(), DesktopError> {
    Err(no_desktop())
}

/// Nobody shows tray icons.
pub fn tray_host_present() -> bool {
    false
}

fn no_desktop() -> DesktopError {
    DesktopError::new("this build of the program has no desktop parts")
}
