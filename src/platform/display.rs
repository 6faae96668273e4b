//! The display that the window is on, seen over a connection of our own: when it is lost, and what
//! the toolkit cannot do for a window (come to the workspace where the person is, come back to its
//! place, say how much of the screen is free).
//!
//! It knows no toolkit and opens no window. Where there is no X server, all but the loss is unknown.

use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// A part of the screen, in physical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub x: i32,
    pub y: i32,
    /// At least 1.
    pub width: u32,
    /// At least 1.
    pub height: u32,
}

/// The display that this program was started on. Cloning it shares the connection.
#[derive(Clone, Debug, Default)]
pub struct Display {
    lost: Arc<Lost>,
    #[cfg(target_os = "linux")]
    x11: Option<Arc<x11::Connection>>,
}

/// Whether the display is gone, and who waits for that.
#[derive(Debug, Default)]
struct Lost {
    is: Mutex<bool>,
    changed: Condvar,
}

impl Lost {
    #[cfg(target_os = "linux")]
    fn note(&self) {
        *self.is.lock() = true;
        self.changed.notify_all();
    }

    fn within(&self, limit: Duration) -> bool {
        let mut lost = self.is.lock();
        self.changed.wait_while_for(&mut lost, |lost| !*lost, limit);
        *lost
    }
}

impl Display {
    /// Connects to the display that the environment names, and calls `on_lost`, on a thread of its
    /// own, when that connection ends: at a log-out or when the server dies. A display that cannot be
    /// reached is never lost.
    pub fn connect(on_lost: impl FnOnce() + Send + 'static) -> Self {
        #[cfg(target_os = "linux")]
        {
            linux::connect(on_lost)
        }
        #[cfg(not(target_os = "linux"))]
        {
            drop(on_lost);
            Self::default()
        }
    }

    /// Whether the display is lost now or within `limit`: the toolkit may notice first.
    pub fn is_lost_within(&self, limit: Duration) -> bool {
        self.lost.within(limit)
    }

    /// Brings the X11 window `window` to the current workspace, above others and with the keyboard.
    /// Returns at once.
    pub fn bring(&self, window: u32) {
        #[cfg(target_os = "linux")]
        if let Some(x11) = &self.x11 {
            x11.bring(window);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = window;
    }

    /// Tells the window manager that the hidden X11 window `window` belongs at this place and is not
    /// to be placed by it.
    pub fn set_place(&self, window: u32, x: i32, y: i32) {
        #[cfg(target_os = "linux")]
        if let Some(x11) = &self.x11 {
            x11.set_place(window, x, y);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (window, x, y);
    }

    /// What panels leave free of the screen; `None` where it is not known.
    pub fn work_area(&self) -> Option<Area> {
        #[cfg(target_os = "linux")]
        {
            self.x11.as_ref()?.work_area()
        }
        #[cfg(not(target_os = "linux"))]
        {
            None
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{Arc, Display, thread, x11};
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::path::PathBuf;

    pub(super) fn connect(on_lost: impl FnOnce() + Send + 'static) -> Display {
        let display = Display::default();
        let lost = Arc::clone(&display.lost);
        let gone = move || {
            tracing::info!("the display is gone");
            lost.note();
            on_lost();
        };
        if let Some(socket) = wayland_socket() {
            match UnixStream::connect(&socket) {
                Ok(stream) => spawn(move || wait_for_end(stream), gone),
                Err(error) => tracing::debug!(%error, "the compositor is not watched"),
            }
            return display;
        }
        match x11::Connection::open() {
            Ok(connection) => {
                let connection = Arc::new(connection);
                let watched = Arc::clone(&connection);
                spawn(move || watched.serve(), gone);
                Display {
                    x11: Some(connection),
                    ..display
                }
            }
            Err(error) => {
                tracing::debug!(%error, "the X server is not watched");
                display
            }
        }
    }

    fn spawn(watch: impl FnOnce() + Send + 'static, gone: impl FnOnce() + Send + 'static) {
        let thread = thread::Builder::new().name("display".into());
        let spawned = thread.spawn(move || {
            watch();
            gone();
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "the display is not watched");
        }
    }

    /// The compositor says nothing to a client that asks for nothing, so whatever comes is the end.
    fn wait_for_end(mut stream: UnixStream) {
        let mut byte = [0];
        let _ = stream.read(&mut byte);
    }

    fn wayland_socket() -> Option<PathBuf> {
        let name = std::env::var_os("WAYLAND_DISPLAY").filter(|name| !name.is_empty())?;
        let dir = std::env::var_os("XDG_RUNTIME_DIR").unwrap_or_default();
        Some(PathBuf::from(dir).join(name))
    }
}

#[cfg(target_os = "linux")]
mod x11 {
    use super::{Area, Mutex};
    use x11rb::connection::Connection as _;
    use x11rb::errors::ReplyError;
    use x11rb::protocol::Event;
    use x11rb::protocol::xproto::{
        AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
        Timestamp, Window, WindowClass,
    };
    use x11rb::rust_connection::RustConnection;
    use x11rb::wrapper::ConnectionExt as _;

    x11rb::atom_manager! {
        Atoms: AtomsCookie {
            _NET_ACTIVE_WINDOW,
            _NET_CURRENT_DESKTOP,
            _NET_WM_DESKTOP,
            _NET_WORKAREA,
            _UNDERPASS_TIME,
            WM_NORMAL_HINTS,
            WM_SIZE_HINTS,
        }
    }

    /// In `_NET_ACTIVE_WINDOW`: asked for by the person, by way of a pager or a tray.
    const BY_THE_PERSON: u32 = 2;

    /// In `WM_NORMAL_HINTS`: the place was chosen by the person (`USPosition`), or by the program
    /// (`PPosition`).
    const CHOSEN_PLACE: u32 = 1 | 4;

    /// `WM_NORMAL_HINTS` has this many words (ICCCM 4.1.2.3).
    const HINTS_LEN: usize = 18;

    /// `_NET_WORKAREA` has four words a workspace; no desktop has more workspaces than this.
    const MAX_AREAS: u32 = 256;

    #[derive(Debug)]
    pub(super) struct Connection {
        x: RustConnection,
        atoms: Atoms,
        root: Window,
        /// Never shown: its property changes bring the server's time.
        clock: Window,
        /// The window that is to come to the front as soon as the server has told the time.
        wanted: Mutex<Option<Window>>,
    }

    impl Connection {
        pub(super) fn open() -> anyhow::Result<Self> {
            let (x, screen) = RustConnection::connect(None)?;
            let atoms = Atoms::new(&x)?.reply()?;
            let screen = x.setup().roots.get(screen);
            let root = screen
                .ok_or_else(|| anyhow::anyhow!("no such screen"))?
                .root;
            let clock = x.generate_id()?;
            let aux = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
            let class = WindowClass::INPUT_ONLY;
            x.create_window(0, clock, root, -1, -1, 1, 1, 0, class, 0, &aux)?
                .check()?;
            Ok(Self {
                x,
                atoms,
                root,
                clock,
                wanted: Mutex::default(),
            })
        }

        /// Takes events until the server is gone.
        pub(super) fn serve(&self) {
            while let Ok(event) = self.x.wait_for_event() {
                if let Event::PropertyNotify(change) = event
                    && let Some(window) = self.wanted.lock().take()
                    && let Err(error) = self.bring_at(window, change.time)
                {
                    tracing::debug!(%error, "the window was not brought");
                }
            }
        }

        /// Window managers ignore wishes without a time, or with one from before the last click.
        pub(super) fn bring(&self, window: Window) {
            *self.wanted.lock() = Some(window);
            let atom = self.atoms._UNDERPASS_TIME;
            let kind = AtomEnum::CARDINAL;
            let touched = self
                .x
                .change_property32(PropMode::APPEND, self.clock, atom, kind, &[])
                .map(|_| self.x.flush());
            if let Err(error) = touched {
                tracing::debug!(%error, "the X server does not tell the time");
            }
        }

        fn bring_at(&self, window: Window, time: Timestamp) -> Result<(), ReplyError> {
            let desktop = self.words(self.root, self.atoms._NET_CURRENT_DESKTOP, 1)?;
            if let Some(desktop) = desktop.first() {
                let data = [*desktop, BY_THE_PERSON, 0, 0, 0];
                self.ask(window, self.atoms._NET_WM_DESKTOP, data)?;
            }
            let data = [BY_THE_PERSON, time, 0, 0, 0];
            self.ask(window, self.atoms._NET_ACTIVE_WINDOW, data)?;
            Ok(self.x.flush()?)
        }

        /// Asks the window manager (EWMH: a message to the root window).
        fn ask(&self, window: Window, kind: u32, data: [u32; 5]) -> Result<(), ReplyError> {
            let message = ClientMessageEvent::new(32, window, kind, data);
            let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
            self.x.send_event(false, self.root, mask, message)?;
            Ok(())
        }

        pub(super) fn set_place(&self, window: Window, x: i32, y: i32) {
            if let Err(error) = self.try_set_place(window, x, y) {
                tracing::debug!(%error, "the window's place was not told");
            }
        }

        fn try_set_place(&self, window: Window, x: i32, y: i32) -> Result<(), ReplyError> {
            let hints = self.atoms.WM_NORMAL_HINTS;
            let mut words = self.words(window, hints, HINTS_LEN)?;
            words.resize(HINTS_LEN, 0);
            words[0] |= CHOSEN_PLACE;
            (words[1], words[2]) = (x.cast_unsigned(), y.cast_unsigned());
            let kind = self.atoms.WM_SIZE_HINTS;
            self.x
                .change_property32(PropMode::REPLACE, window, hints, kind, &words)?
                .check()
        }

        pub(super) fn work_area(&self) -> Option<Area> {
            let atoms = &self.atoms;
            let desktop = self.words(self.root, atoms._NET_CURRENT_DESKTOP, 1).ok()?;
            let at = usize::try_from(desktop.first().copied().unwrap_or_default()).ok()?;
            let most = usize::try_from(4 * MAX_AREAS).ok()?;
            let areas = self.words(self.root, atoms._NET_WORKAREA, most).ok()?;
            let area = areas.chunks_exact(4).nth(at)?;
            (area[2] > 0 && area[3] > 0).then(|| Area {
                x: area[0].cast_signed(),
                y: area[1].cast_signed(),
                width: area[2],
                height: area[3],
            })
        }

        /// The words of a property, `most` at most; none where there is no such property.
        fn words(&self, window: Window, name: u32, most: usize) -> Result<Vec<u32>, ReplyError> {
            let most = u32::try_from(most).unwrap_or(u32::MAX);
            let any = AtomEnum::ANY;
            let reply = self
                .x
                .get_property(false, window, name, any, 0, most)?
                .reply()?;
            Ok(reply.value32().map(Iterator::collect).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_that_was_never_reached_is_never_lost() {
        let display = Display::default();
        assert!(!display.is_lost_within(Duration::ZERO));
        display.bring(1);
        display.set_place(1, 0, 0);
        assert_eq!(display.work_area(), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn whoever_waits_for_the_loss_is_told_at_once() {
        let lost = Arc::new(Lost::default());
        let theirs = Arc::clone(&lost);
        let waits = thread::spawn(move || theirs.within(Duration::from_mins(10)));
        lost.note();
        assert!(waits.join().expect("it ends"));
    }
}
