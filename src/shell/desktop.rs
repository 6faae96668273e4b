//! The window and the tray as one renderer: views come from the app's thread and are drawn on
//! Slint's.

use super::text::Catalogue;
use super::tray::Tray;
use super::window::{OpenError, Window};
use crate::model::{Action, Inputs, Language, UnixMillis};
use crate::view::{Banner, Renderer, View, WindowOp};
use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

thread_local! {
    /// The desktop of Slint's thread: neither the window nor the tray's menu may leave it.
    static DESKTOP: RefCell<Option<Desktop>> = const { RefCell::new(None) };
}

/// Shows a notification: title and text.
pub type Notify = Box<dyn Fn(&str, &str)>;

/// What the desktop's parts are told of and ask.
pub struct Callbacks {
    /// The person asked for something. Called on Slint's thread and on the tray's.
    pub act: Arc<dyn Fn(Action) + Send + Sync>,
    /// The window came on screen, or left it.
    pub shown: Box<dyn Fn(bool)>,
    /// Whether somebody shows tray icons now; takes 1 s at most.
    pub tray_host: fn() -> bool,
    /// The answer, when it matters.
    pub tray_host_is: Box<dyn Fn(bool)>,
    /// Shows a notification: title and text.
    pub notify: Notify,
}

struct Desktop {
    window: Window,
    tray: Option<Tray>,
    catalogue: Catalogue,
    callbacks: Callbacks,
    banners: Vec<Banner>,
}

/// Makes the window and the tray on this thread, which is Slint's from now on.
///
/// # Errors
/// There is no font or no display. A desktop without a tray is no error.
pub fn open(callbacks: Callbacks) -> Result<DesktopRenderer, OpenError> {
    let act = Arc::clone(&callbacks.act);
    let window = Window::new(move |action| act(action))?;
    let act = Arc::clone(&callbacks.act);
    let tray = match Tray::new(move |action| act(action)) {
        Ok(tray) => Some(tray),
        Err(error) => {
            tracing::warn!(%error, "no tray icon");
            None
        }
    };
    let desktop = Desktop {
        window,
        tray,
        catalogue: Catalogue::new(Language::default()),
        callbacks,
        banners: Vec::new(),
    };
    DESKTOP.set(Some(desktop));
    Ok(DesktopRenderer::default())
}

/// Runs Slint's loop until the app quits.
///
/// # Errors
/// The desktop broke off.
pub fn run() -> Result<(), OpenError> {
    let ended = slint::run_event_loop_until_quit();
    // The tray's icon goes with it, while the loop's thread still lives.
    DESKTOP.set(None);
    Ok(ended?)
}

/// Hands views over to Slint's thread; only the newest is drawn.
#[derive(Debug, Default)]
pub struct DesktopRenderer {
    waiting: Arc<Mutex<Option<View>>>,
    last: Option<View>,
}

impl Renderer for DesktopRenderer {
    fn render(&mut self, _: UnixMillis, _: &Inputs, view: &View) {
        if self.last.as_ref() == Some(view) {
            return;
        }
        self.last = Some(view.clone());
        let waits = lock(&self.waiting).replace(view.clone()).is_some();
        if waits {
            return;
        }
        let waiting = Arc::clone(&self.waiting);
        on_desktop(move |desktop| {
            if let Some(view) = lock(&waiting).take() {
                desktop.draw(&view);
            }
        });
    }

    fn window(&mut self, op: WindowOp) {
        on_desktop(move |desktop| desktop.move_window(op));
    }

    fn quit(&mut self) {
        if let Err(error) = slint::quit_event_loop() {
            tracing::warn!(%error, "the window's loop could not be ended");
        }
    }
}

fn lock(waiting: &Mutex<Option<View>>) -> std::sync::MutexGuard<'_, Option<View>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

fn on_desktop(call: impl FnOnce(&mut Desktop) + Send + 'static) {
    let run = move || {
        DESKTOP.with_borrow_mut(|desktop| {
            if let Some(desktop) = desktop {
                call(desktop);
            }
        });
    };
    if let Err(error) = slint::invoke_from_event_loop(run) {
        tracing::warn!(%error, "the window's loop is gone");
    }
}

impl Desktop {
    fn draw(&mut self, view: &View) {
        if self.catalogue.language() != view.language {
            self.catalogue = Catalogue::new(view.language);
        }
        self.window.render(view, &self.catalogue);
        if let Some(tray) = &mut self.tray {
            let catalogue = &self.catalogue;
            if let Err(error) = tray.render(&view.tray, &|msg| catalogue.format(msg)) {
                tracing::warn!(%error, "the tray could not be drawn");
            }
        }
        self.notify_new(&view.window.banners);
    }

    /// A banner that matters and that nobody sees becomes a notification.
    fn notify_new(&mut self, banners: &[Banner]) {
        let new = banners
            .iter()
            .filter(|banner| banner.notify && !self.banners.contains(banner));
        if !self.window.is_visible() {
            let title = self.catalogue.label("window-title");
            for banner in new {
                (self.callbacks.notify)(&title, &self.catalogue.format(&banner.text));
            }
        }
        self.banners = banners.to_vec();
    }

    fn move_window(&self, op: WindowOp) {
        let moved = match op {
            WindowOp::Toggle if self.window.is_visible() => self.hide(),
            WindowOp::Show | WindowOp::Toggle => self.show(),
            WindowOp::Hide => self.hide(),
        };
        if let Err(error) = moved {
            tracing::warn!(%error, "the window could not be moved");
        }
        (self.callbacks.shown)(self.window.is_visible());
    }

    fn show(&self) -> Result<(), OpenError> {
        self.window.show()?;
        self.window.focus();
        Ok(())
    }

    /// Without a tray a hidden window would be lost: it is minimised.
    fn hide(&self) -> Result<(), OpenError> {
        let tray = self.tray.is_some() && (self.callbacks.tray_host)();
        (self.callbacks.tray_host_is)(tray);
        if tray {
            return self.window.hide();
        }
        self.window.minimise();
        Ok(())
    }
}
