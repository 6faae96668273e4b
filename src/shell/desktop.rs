//! The window and the tray as one renderer: views come from the app's thread and are drawn on
//! Slint's, which waits for nobody: what may take long is asked on other threads.

mod click;
mod notes;

use super::text::Catalogue;
use super::tray::Tray;
use super::window::{OpenError, Stage, Visibility, Window, WindowSystem};
use crate::base::note::Note;
use crate::model::{Action, Inputs, Language, UnixMillis, WindowPlace};
use crate::view::{AlertView, Renderer, View, WindowOp};
use click::{Clicks, Move};
use notes::Notes;
use parking_lot::Mutex;
use slint::winit_030::WinitWindowAccessor;
use slint::{ComponentHandle, PlatformError, Timer};
use std::cell::RefCell;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

thread_local! {
    /// The desktop of Slint's thread: neither the window nor the tray's menu may leave it.
    static DESKTOP: RefCell<Option<Desktop>> = const { RefCell::new(None) };
}

/// How long a start that is to show only the tray's icon waits for somebody who shows it: at a log-in
/// the panel may come later than we do.
const HOST_WAIT: Duration = Duration::from_secs(10);

/// Takes the notices that are to be on the desktop, those that are there included.
pub type Notify = Box<dyn Fn(Vec<Note>)>;

/// What the desktop's parts are told of and ask.
pub struct Callbacks {
    /// The person asked for something. Called on Slint's thread and on the tray's.
    pub act: Arc<dyn Fn(Action) + Send + Sync>,
    /// The window came on screen, or left it.
    pub shown: Box<dyn Fn(bool)>,
    /// Whether somebody shows tray icons now. May take a while; called on a thread of its own.
    pub tray_host: fn() -> bool,
    /// The answer, when it matters.
    pub tray_host_is: Box<dyn Fn(bool)>,
    /// Has the desktop show these notices and no other of ours.
    pub notify: Notify,
    /// Where the window was left; called when it goes.
    pub place_is: Box<dyn Fn(WindowPlace)>,
}

/// How the window begins.
pub struct Start {
    /// What the toolkit does not do for a window.
    pub system: Box<dyn WindowSystem>,
    /// Where the window was left the last time.
    pub place: WindowPlace,
    /// It stays away as long as the tray's icon is there to bring it.
    pub minimised: bool,
}

struct Desktop {
    stage: Stage,
    tray: Option<Tray>,
    /// Whether somebody shows tray icons; `None` until that is known.
    host: Option<bool>,
    /// Nothing is on the screen yet, because a tray may still come.
    waits_for_host: bool,
    clicks: Clicks,
    /// Counts the times the window was shown: a close that is older than the last one is off.
    shows: u64,
    catalogue: Catalogue,
    callbacks: Callbacks,
    notes: Notes,
}

/// Makes the window and the tray's icon; this thread is Slint's from now on. The window comes as soon
/// as the loop runs, whether there is something to draw in it or not.
///
/// # Errors
/// There is no font or no display. A desktop without a tray is no error.
pub fn open(callbacks: Callbacks, start: Start) -> Result<DesktopRenderer, OpenError> {
    let act = Arc::clone(&callbacks.act);
    let window = Window::new(move |action| act(action))?;
    let act = Arc::clone(&callbacks.act);
    let tray = Tray::new(move |action| act(action));
    let tray = tray.inspect_err(|error| tracing::warn!(%error, "no thread for the tray"));
    let ui = window.ui().as_weak();
    DESKTOP.set(Some(Desktop {
        stage: Stage::new(window, start.system, start.place),
        tray: tray.ok(),
        host: None,
        waits_for_host: start.minimised,
        clicks: Clicks::default(),
        shows: 0,
        catalogue: Catalogue::new(Language::default()),
        callbacks,
        notes: Notes::default(),
    }));
    if start.minimised {
        Timer::single_shot(HOST_WAIT, || with_desktop(Desktop::stop_waiting));
    } else {
        // Only then its scale is known.
        let opened = slint::spawn_local(async move {
            if let Some(ui) = ui.upgrade() {
                drop(ui.window().winit_window().await);
                with_desktop(Desktop::show);
            }
        });
        opened.map_err(|error| PlatformError::Other(error.to_string()))?;
    }
    Ok(DesktopRenderer::default())
}

/// Tells whether somebody shows tray icons now. From any thread.
pub fn tray_host_changed(present: bool) {
    on_desktop(move |desktop| desktop.host_changed(present));
}

/// Runs Slint's loop until the app quits.
pub fn run() -> Result<(), OpenError> {
    let ended = slint::run_event_loop_until_quit();
    if ended.is_ok() {
        with_desktop(|desktop| (desktop.callbacks.place_is)(desktop.stage.keep_place()));
    }
    close();
    Ok(ended?)
}

/// Takes window and tray away, if they are there. On Slint's thread.
pub fn close() {
    // The tray's icon goes with it, while the loop's thread still lives.
    DESKTOP.set(None);
}

/// Ends the loop, from any thread, also one that has not begun.
pub fn stop() {
    if let Err(error) = slint::quit_event_loop() {
        tracing::warn!(%error, "the window's loop could not be ended");
    }
}

/// Lets go of window and tray without touching the display, which is gone.
pub fn abandon() {
    std::mem::forget(DESKTOP.take());
}

/// Hands views over to Slint's thread; only the newest is drawn.
#[derive(Debug, Default)]
pub struct DesktopRenderer {
    waiting: Arc<Mutex<Option<Arc<View>>>>,
    last: Option<Arc<View>>,
}

impl Renderer for DesktopRenderer {
    fn render(&mut self, _: UnixMillis, _: &Inputs, view: Arc<View>) {
        if self.last.as_ref() == Some(&view) {
            return;
        }
        self.last = Some(Arc::clone(&view));
        let waits = self.waiting.lock().replace(view).is_some();
        if waits {
            return;
        }
        let waiting = Arc::clone(&self.waiting);
        on_desktop(move |desktop| {
            if let Some(view) = waiting.lock().take() {
                desktop.draw(&view);
            }
        });
    }

    fn window(&mut self, op: WindowOp) {
        on_desktop(move |desktop| desktop.move_window(op));
    }

    fn quit(&mut self) {
        stop();
    }
}

fn on_desktop(call: impl FnOnce(&mut Desktop) + Send + 'static) {
    if let Err(error) = slint::invoke_from_event_loop(move || with_desktop(call)) {
        tracing::warn!(%error, "the window's loop is gone");
    }
}

fn with_desktop(call: impl FnOnce(&mut Desktop)) {
    DESKTOP.with_borrow_mut(|desktop| {
        if let Some(desktop) = desktop {
            call(desktop);
        }
    });
}

impl Desktop {
    fn draw(&mut self, view: &Arc<View>) {
        if self.catalogue.language() != view.language {
            self.catalogue = Catalogue::new(view.language);
        }
        self.catalogue.set_shift(view.clock_shift);
        self.stage.window.render(view, &self.catalogue);
        if let Some(tray) = &mut self.tray {
            let catalogue = &self.catalogue;
            if let Err(error) = tray.render(&view.tray, &|msg| catalogue.format(msg)) {
                tracing::warn!(%error, "the tray could not be drawn");
            }
        }
        self.notify(&view.alerts);
    }

    /// What is in front of the person's eyes needs no notice on the desktop.
    fn notify(&mut self, alerts: &[AlertView]) {
        let in_front = self.stage.visibility() == Visibility::InFront;
        let catalogue = &self.catalogue;
        if let Some(notes) = self
            .notes
            .follow(alerts, in_front, &|msg| catalogue.format(msg))
        {
            (self.callbacks.notify)(notes);
        }
    }

    fn move_window(&mut self, op: WindowOp) {
        match op {
            WindowOp::Toggle => match self.clicks.click(Instant::now(), self.stage.visibility()) {
                Some(Move::Show) => self.show(),
                // The click came by way of the tray, so it is there.
                Some(Move::Hide) => self.leave(true),
                None => {}
            },
            WindowOp::Show => self.show(),
            WindowOp::Hide => self.close(),
        }
    }

    fn show(&mut self) {
        self.waits_for_host = false;
        self.shows += 1;
        let shown = self.stage.show();
        self.moved(shown);
    }

    /// A window that is hidden without a tray would be lost, and a tray that was there may hang.
    fn close(&mut self) {
        if self.tray.is_none() || self.host != Some(true) {
            return self.leave(false);
        }
        let (ask, shows) = (self.callbacks.tray_host, self.shows);
        let asks = move || {
            let present = ask();
            on_desktop(move |desktop| {
                if desktop.shows == shows {
                    desktop.leave(present);
                }
            });
        };
        let asking = thread::Builder::new().name("desktop".into()).spawn(asks);
        if let Err(error) = asking {
            tracing::warn!(%error, "no thread to ask for the tray");
            self.leave(false);
        }
    }

    /// Off the screen; without a tray it stays in the list of windows.
    fn leave(&mut self, tray: bool) {
        (self.callbacks.tray_host_is)(tray);
        let left = if tray {
            self.stage.hide()
        } else {
            self.stage.minimise()
        };
        (self.callbacks.place_is)(self.stage.keep_place());
        self.moved(left);
    }

    fn moved(&self, moved: Result<(), OpenError>) {
        if let Err(error) = moved {
            tracing::warn!(%error, "the window could not be moved");
        }
        (self.callbacks.shown)(self.stage.window.is_visible());
    }

    fn host_changed(&mut self, present: bool) {
        self.host = Some(present);
        if present {
            self.waits_for_host = false;
            if let Some(tray) = &mut self.tray {
                tray.retry();
            }
        }
    }

    /// No tray has come: the list of windows has to do.
    fn stop_waiting(&mut self) {
        if std::mem::take(&mut self.waits_for_host) {
            self.leave(false);
        }
    }
}
