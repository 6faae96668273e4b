//! The tray adapter: draws a [`TrayView`] as an icon with a menu and turns clicks into actions.
//!
//! It knows no tunnel and no state: what a click means is in the view, and in the entry's id from
//! there on. Everything here stays on the main thread; only the clicks come from another one.

mod icon;
mod menu;
mod plan;

use crate::model::Action;
use crate::view::{Msg, TrayView};
use menu::LiveMenu;
use plan::Plan;
use std::sync::{Arc, Mutex, PoisonError};
use tray_icon::menu::MenuEvent;
use tray_icon::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};

/// Why there is no tray. The program runs on without.
#[derive(Debug, thiserror::Error)]
pub enum TrayError {
    /// No session bus, or what else the desktop lacks.
    #[error("the desktop has no place for a tray icon: {0}")]
    Desktop(#[from] tray_icon::Error),
    /// The menu cannot be made.
    #[error("the tray's menu cannot be made: {0}")]
    Menu(#[from] tray_icon::menu::Error),
    /// The icon cannot be drawn.
    #[error("the tray's icon cannot be drawn")]
    Icon,
}

/// The icon in the desktop's tray; dropping it takes it away.
pub struct Tray {
    icon: TrayIcon,
    /// What is shown now; `None` before the first render.
    shown: Option<Plan>,
    menu: Option<LiveMenu>,
}

type Listener = Arc<dyn Fn(Action) + Send + Sync>;

/// Who is told of clicks. The libraries take a handler once a process, for good: theirs asks here.
static LISTENER: Mutex<Option<Listener>> = Mutex::new(None);

impl Tray {
    /// Puts a plain icon into the tray, or into the one that comes later: a panel may start after us.
    /// `on_action` is called on a thread of the tray's and must only pass the action on.
    ///
    /// # Errors
    /// There is no session bus, or the desktop refuses.
    pub fn new(on_action: impl Fn(Action) + Send + Sync + 'static) -> Result<Self, TrayError> {
        let icon = TrayIconBuilder::new()
            .with_id("underpass")
            .with_title("Underpass")
            .with_icon(icon::Look::of(None).icon()?)
            .with_menu_on_left_click(false)
            .build()?;
        listen(Arc::new(on_action));
        Ok(Self {
            icon,
            shown: None,
            menu: None,
        })
    }

    /// Shows `view` in the language that `text` speaks; does nothing when that is shown already.
    ///
    /// # Errors
    /// The icon or the menu cannot be made; what was shown before stays.
    pub fn render(
        &mut self,
        view: &TrayView,
        text: &dyn Fn(&Msg) -> String,
    ) -> Result<(), TrayError> {
        let plan = Plan::new(view, text);
        if self.shown.as_ref() == Some(&plan) {
            return Ok(());
        }
        if self.shown.as_ref().map(|shown| shown.look) != Some(plan.look) {
            self.icon.set_icon(Some(plan.look.icon()?))?;
        }
        if self.shown.as_ref().map(|shown| &shown.tooltip) != Some(&plan.tooltip) {
            self.icon.set_tooltip(Some(&plan.tooltip))?;
        }
        self.render_menu(&plan)?;
        self.shown = Some(plan);
        Ok(())
    }

    fn render_menu(&mut self, plan: &Plan) -> Result<(), TrayError> {
        if let Some(menu) = &mut self.menu
            && menu.relabel(&plan.menu)
        {
            return Ok(());
        }
        let (live, menu) = LiveMenu::build(plan.menu.clone())?;
        self.icon.set_menu(Some(Box::new(menu)));
        self.menu = Some(live);
        Ok(())
    }
}

impl Drop for Tray {
    fn drop(&mut self) {
        *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn listen(on_action: Listener) {
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = Some(on_action);
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
    let listener = LISTENER
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
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
