//! Whether anybody shows tray icons here. It is asked anew each time: panels come and go.

#[cfg(all(unix, not(target_os = "macos")))]
use std::time::Duration;

/// How long the desktop may take to say whether it has a tray; the window waits for it to close.
#[cfg(all(unix, not(target_os = "macos")))]
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// Whether the desktop shows tray icons now. Where it does not (stock GNOME), a hidden window could
/// not be brought back, so the close button must minimise instead.
#[must_use]
#[cfg(all(unix, not(target_os = "macos")))]
pub fn is_shown() -> bool {
    ask().unwrap_or_else(|error| {
        tracing::debug!(%error, "no tray host");
        false
    })
}

/// Whether the desktop shows tray icons now: always, on this system.
#[must_use]
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn is_shown() -> bool {
    true
}

#[cfg(all(unix, not(target_os = "macos")))]
fn ask() -> zbus::Result<bool> {
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let bus = zbus::blocking::connection::Builder::session()?
        .method_timeout(ANSWER_WITHIN)
        .build()?;
    let properties = zbus::blocking::Proxy::new(
        &bus,
        WATCHER,
        "/StatusNotifierWatcher",
        "org.freedesktop.DBus.Properties",
    )?;
    let host: zbus::zvariant::OwnedValue =
        properties.call("Get", &(WATCHER, "IsStatusNotifierHostRegistered"))?;
    Ok(bool::try_from(host)?)
}
