//! Whether anybody shows tray icons: on Linux that is a program of its own, and often there is none.

/// Whether somebody shows tray icons. Takes 1 s at most; a desktop that does not answer has none.
#[must_use]
pub fn tray_host_present() -> bool {
    #[cfg(target_os = "linux")]
    {
        super::within(linux::LIMIT, linux::ask).is_some_and(|answer| {
            answer.unwrap_or_else(|error| {
                tracing::debug!(%error, "no tray host");
                false
            })
        })
    }
    #[cfg(not(target_os = "linux"))]
    {
        true
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::time::Duration;

    /// How long the desktop may take.
    pub(super) const LIMIT: Duration = Duration::from_secs(1);

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";

    /// Asks the watcher, if there is one: whoever shows icons registers there.
    pub(super) fn ask() -> zbus::Result<bool> {
        let bus = zbus::blocking::connection::Builder::session()?
            .method_timeout(LIMIT)
            .build()?;
        let question = (WATCHER, "IsStatusNotifierHostRegistered");
        let answer = bus.call_method(
            Some(WATCHER),
            "/StatusNotifierWatcher",
            Some("org.freedesktop.DBus.Properties"),
            "Get",
            &question,
        )?;
        let body = answer.body();
        let value: zbus::zvariant::Value<'_> = body.deserialize()?;
        Ok(bool::try_from(value)?)
    }
}
