//! Puts frames on the desktop: the only one who talks to it, and who may be held up by it.

#[cfg(target_os = "linux")]
mod threaded;

use super::icon::from_pixels;
use super::menu::LiveMenu;
use super::plan::Plan;
use super::{Frame, TrayError};
use tray_icon::{TrayIcon, TrayIconBuilder};

#[cfg(not(target_os = "linux"))]
pub(super) use direct::Painter;
#[cfg(target_os = "linux")]
pub(super) use threaded::Painter;

/// The icon that is on the desktop.
struct Shown {
    icon: TrayIcon,
    plan: Plan,
    menu: LiveMenu,
}

/// Puts the frame in the place of what is shown. After an error that stays, and what of the frame
/// was drawn already is drawn again the next time.
fn draw(shown: &mut Option<Shown>, frame: &Frame) -> Result<(), TrayError> {
    if let Some(shown) = shown {
        return shown.change(frame);
    }
    *shown = Some(Shown::open(frame)?);
    Ok(())
}

impl Shown {
    fn open(frame: &Frame) -> Result<Self, TrayError> {
        let (live, menu) = LiveMenu::build(frame.plan.menu.clone())?;
        let icon = TrayIconBuilder::new()
            .with_id("underpass")
            .with_title("Underpass")
            .with_icon(from_pixels(&frame.pixels)?)
            .with_tooltip(&frame.plan.tooltip)
            .with_menu(Box::new(menu))
            .with_menu_on_left_click(false)
            .build()?;
        Ok(Self {
            icon,
            plan: frame.plan.clone(),
            menu: live,
        })
    }

    fn change(&mut self, frame: &Frame) -> Result<(), TrayError> {
        if self.plan.look != frame.plan.look {
            self.icon.set_icon(Some(from_pixels(&frame.pixels)?))?;
        }
        if self.plan.tooltip != frame.plan.tooltip {
            self.icon.set_tooltip(Some(&frame.plan.tooltip))?;
        }
        // An open menu stays open when only its labels change.
        if !self.menu.relabel(&frame.plan.menu) {
            let (live, menu) = LiveMenu::build(frame.plan.menu.clone())?;
            self.icon.set_menu(Some(Box::new(menu)));
            self.menu = live;
        }
        self.plan = frame.plan.clone();
        Ok(())
    }
}

#[cfg(not(target_os = "linux"))]
mod direct {
    use super::{Frame, Shown, draw};
    use std::cell::RefCell;

    /// Draws at once: elsewhere than on Linux a tray icon belongs to the thread of the windows.
    pub struct Painter(RefCell<Option<Shown>>);

    impl Painter {
        #[expect(clippy::unnecessary_wraps, reason = "on Linux it may fail")]
        pub fn start() -> std::io::Result<Self> {
            Ok(Self(RefCell::default()))
        }

        pub fn show(&self, frame: Frame) {
            if let Err(error) = draw(&mut self.0.borrow_mut(), &frame) {
                tracing::warn!(%error, "no tray icon");
            }
        }

        #[expect(
            clippy::unused_self,
            reason = "on Linux there is something to try again"
        )]
        pub fn retry(&self) {}
    }
}
