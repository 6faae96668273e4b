//! What the desktop does for us: autostart, notifications, clipboard, opening URLs, one instance,
//! and what kind of desktop it is.
//!
//! This room knows the system's services and nothing of tunnels. A desktop may lack any of them or
//! hang: every call ends in bounded time, with an error that can be shown.

#[cfg(feature = "window")]
mod autostart;
#[cfg(feature = "window")]
mod clipboard;
mod desktop;
#[cfg(feature = "window")]
mod display;
mod instance;
#[cfg(feature = "window")]
mod notifier;
#[cfg(feature = "window")]
mod opener;
#[cfg(feature = "window")]
mod tray_host;
#[cfg(not(feature = "window"))]
mod without;

#[cfg(feature = "window")]
pub use autostart::Autostart;
#[cfg(feature = "window")]
pub use clipboard::Clipboard;
pub use desktop::{display_available, system_locale};
#[cfg(feature = "window")]
pub use display::{Area, Display};
pub use instance::{AcquireError, AlreadyRunning, Instance};
#[cfg(feature = "window")]
pub use notifier::Notifier;
#[cfg(feature = "window")]
pub use opener::open_url;
#[cfg(feature = "window")]
pub use tray_host::{tray_host_present, watch_tray_host};
#[cfg(not(feature = "window"))]
pub use without::{Autostart, Clipboard, open_url, tray_host_present};

/// The desktop would not do it; the text is what it said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DesktopError(pub String);

impl DesktopError {
    fn new(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}
