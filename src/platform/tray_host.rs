//! Whether anybody shows tray icons: on Linux that is a program of its own, often there is none, and
//! at a log-in it may come after us.

/// Whether somebody shows tray icons. Takes 1 s at most; a desktop that does not answer has none.
pub fn tray_host_present() -> bool {
    #[cfg(target_os = "linux")]
    {
        let answer = crate::base::worker::within(linux::LIMIT, "desktop", linux::ask);
        answer.is_some_and(|answer| {
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

/// Calls `tell`, on a thread of its own, with whether somebody shows tray icons: soon, and then
/// whenever that changes. A desktop that does not answer is not told of.
pub fn watch_tray_host(tell: impl FnMut(bool) + Send + 'static) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name("tray host".into());
    thread.spawn(move || watch(tell)).map(drop)
}

fn watch(mut tell: impl FnMut(bool)) {
    #[cfg(target_os = "linux")]
    {
        let mut last = None;
        let mut change = |present| {
            if last.replace(present) != Some(present) {
                tell(present);
            }
        };
        if let Err(error) = linux::watch(&mut change) {
            tracing::debug!(%error, "no session bus to watch for a tray host");
            change(false);
        }
    }
    #[cfg(not(target_os = "linux"))]
    tell(true);
}

#[cfg(target_os = "linux")]
mod linux {
    use std::time::Duration;
    use zbus::blocking::{Connection, MessageIterator, connection::Builder, fdo::DBusProxy};
    use zbus::message::Type;
    use zbus::{MatchRule, Message};

    /// How long the desktop may take.
    pub(super) const LIMIT: Duration = Duration::from_secs(1);

    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    const BUS: &str = "org.freedesktop.DBus";

    /// Asks the watcher, if there is one: whoever shows icons registers there.
    pub(super) fn ask() -> zbus::Result<bool> {
        ask_on(&connect()?)
    }

    fn connect() -> zbus::Result<Connection> {
        Builder::session()?.method_timeout(LIMIT).build()
    }

    fn ask_on(bus: &Connection) -> zbus::Result<bool> {
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

    /// Tells what it finds now and after each sign of a change; returns when the bus is gone.
    pub(super) fn watch(tell: &mut dyn FnMut(bool)) -> zbus::Result<()> {
        let bus = connect()?;
        let signs = MessageIterator::from(&bus);
        let daemon = DBusProxy::new(&bus)?;
        daemon.add_match_rule(owner_changes()?)?;
        daemon.add_match_rule(host_changes()?)?;
        tell(present(&bus));
        for sign in signs {
            if is_sign(&sign?) {
                tell(present(&bus));
            }
        }
        Ok(())
    }

    fn present(bus: &Connection) -> bool {
        ask_on(bus).unwrap_or_else(|error| {
            tracing::debug!(%error, "no tray host");
            false
        })
    }

    /// The watcher comes or goes.
    fn owner_changes() -> zbus::Result<MatchRule<'static>> {
        let rule = MatchRule::builder().msg_type(Type::Signal).sender(BUS)?;
        let rule = rule.interface(BUS)?.member("NameOwnerChanged")?;
        Ok(rule.arg(0, WATCHER)?.build())
    }

    /// The watcher says that a host has come or gone.
    fn host_changes() -> zbus::Result<MatchRule<'static>> {
        let rule = MatchRule::builder().msg_type(Type::Signal);
        Ok(rule.interface(WATCHER)?.build())
    }

    fn is_sign(message: &Message) -> bool {
        let header = message.header();
        let name = header.member().map(zbus::names::MemberName::as_str);
        message.message_type() == Type::Signal
            && matches!(
                name,
                Some(
                    "NameOwnerChanged"
                        | "StatusNotifierHostRegistered"
                        | "StatusNotifierHostUnregistered"
                )
            )
    }
}
