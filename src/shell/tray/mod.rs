//! The tray adapter: draws a [`TrayView`] as an icon with a menu and turns clicks into actions.
//!
//! It knows no tunnel and no state: what a click means is in the view, and in the entry's id from
//! there on.

mod icon;
mod menu;
mod painter;
mod plan;

use crate::model::Action;
use crate::view::{Msg, TrayView};
use painter::Painter;
use parking_lot::Mutex;
use plan::Plan;
use std::sync::Arc;
use tray_icon::menu::MenuEvent;
use tray_icon::{MouseButton, MouseButtonState, TrayIconEvent};

/// Why there is no tray. The program runs on without.
#[derive(Debug, thiserror::Error)]
pub enum TrayError {
    /// No session bus, or what else the desktop lacks.
    #[error("the desktop has no place for a tray icon: {0}")]
    Desktop(#[from] tray_icon::Error),
    #[error("the tray's menu cannot be made: {0}")]
    Menu(#[from] tray_icon::menu::Error),
    #[error("the tray's icon cannot be drawn")]
    Icon,
}

/// The icon in the desktop's tray; dropping it takes it away.
///
/// Drawing never waits for the desktop: on Linux a tray host that hangs would hold up whoever talks
/// to it, so a thread of the tray's own does.
pub struct Tray {
    painter: Painter,
    /// What was handed over last; `None` before the first render.
    last: Option<Frame>,
}

/// What the tray shall show, with the icon's pixels made: they are made where Slint runs.
#[derive(Clone, Debug, PartialEq)]
struct Frame {
    plan: Plan,
    pixels: Arc<[u8]>,
}

type Listener = Arc<dyn Fn(Action) + Send + Sync>;

/// Who is told of clicks. The libraries take a handler once a process, for good: theirs asks here.
static LISTENER: Mutex<Option<Listener>> = Mutex::new(None);

impl Tray {
    /// Prepares the icon; it appears with the first render, or when somebody comes who shows it: a
    /// panel may start after us. `on_action` is called on a thread of the tray's and must only pass
    /// the action on.
    pub fn new(on_action: impl Fn(Action) + Send + Sync + 'static) -> std::io::Result<Self> {
        listen(Arc::new(on_action));
        Ok(Self {
            painter: Painter::start()?,
            last: None,
        })
    }

    /// Shows `view` in the language that `text` speaks; does nothing when that is shown already.
    ///
    /// # Errors
    /// The icon cannot be drawn; what was shown before stays.
    pub fn render(
        &mut self,
        view: &TrayView,
        text: &dyn Fn(&Msg) -> String,
    ) -> Result<(), TrayError> {
        let plan = Plan::new(view, text);
        let last = self.last.as_ref();
        if last.is_some_and(|last| last.plan == plan) {
            return Ok(());
        }
        let same = last.filter(|last| last.plan.look == plan.look);
        let pixels = match same {
            Some(last) => Arc::clone(&last.pixels),
            None => plan.look.pixels(icon::SIZE)?.into(),
        };
        let frame = Frame { plan, pixels };
        self.last = Some(frame.clone());
        self.painter.show(frame);
        Ok(())
    }

    /// Somebody who shows tray icons has come: what did not work before is tried again.
    pub fn retry(&mut self) {
        self.painter.retry();
    }
}

impl Drop for Tray {
    fn drop(&mut self) {
        *LISTENER.lock() = None;
    }
}

fn listen(on_action: Listener) {
    *LISTENER.lock() = Some(on_action);
    MenuEvent::set_event_handler(Some(|event: MenuEvent| {
        let id = event.id().as_ref();
        if let Some(action) = plan::action_of(id) {
            tell(action);
        } else {
            tracing::warn!(id, "a menu entry without an action");
        }
    }));
    TrayIconEvent::set_event_handler(Some(|event: TrayIconEvent| {
        if is_left_click(&event) {
            tell(Action::ToggleWindow);
        }
    }));
}

/// The listener is called with the lock released: it may end in a [`Tray`] being dropped.
fn tell(action: Action) {
    let listener = LISTENER.lock().clone();
    if let Some(listener) = listener {
        listener(action);
    }
}

fn is_left_click(event: &TrayIconEvent) -> bool {
    matches!(
        event,
        TrayIconEvent::Click {
            button: MouseButton::Left,
            button_state: MouseButtonState::Up,
            ..
        }
    )
}
