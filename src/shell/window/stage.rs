//! The window's comings and goings: on the screen where the person is, back at its place, off it.

use super::place::{self, WindowSystem};
use super::{OpenError, Window};
use crate::model::WindowPlace;
use slint::ComponentHandle;
use slint::PhysicalSize;
use slint::winit_030::winit::event::WindowEvent;
use slint::winit_030::{EventResult, WinitWindowAccessor};
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// A panel that takes the keyboard with the click at its icon takes it this long before the click is
/// heard of, at most: until then the window counts as the one in front.
const FOCUS_GRACE: Duration = Duration::from_millis(200);

/// How much of the window the person sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// None of it: hidden, or minimised.
    Hidden,
    /// It is behind others, or on another workspace.
    Behind,
    /// It is the one the person works in.
    InFront,
}

/// The window with what it needs to come and go.
pub struct Stage {
    /// What comes and goes.
    pub window: Window,
    system: Box<dyn WindowSystem>,
    place: Cell<WindowPlace>,
    lost_focus: Rc<Cell<Option<Instant>>>,
}

impl Stage {
    /// The window is to come at `place` when it is shown.
    pub fn new(window: Window, system: Box<dyn WindowSystem>, place: WindowPlace) -> Self {
        let lost_focus: Rc<Cell<Option<Instant>>> = Rc::default();
        let lost = Rc::clone(&lost_focus);
        let slint = window.ui().window();
        slint.on_winit_window_event(move |_, event| {
            if matches!(event, WindowEvent::Focused(false)) {
                lost.set(Some(Instant::now()));
            }
            EventResult::Propagate
        });
        Self {
            window,
            system,
            place: Cell::new(place),
            lost_focus,
        }
    }

    /// Shows the window, or brings it to the front of the workspace where the person is.
    pub fn show(&self) -> Result<(), OpenError> {
        let ui = self.window.ui();
        let again = ui.window().is_visible();
        if again && !ui.window().is_minimized() && place::is_wayland(ui) {
            // Nobody may raise a Wayland surface: a new one comes in front.
            self.window.hide()?;
        }
        if !again {
            self.fit();
        }
        self.window.show()?;
        if !again && self.place.get().maximised {
            ui.window()
                .with_winit_window(|window| window.set_maximized(true));
        }
        match place::x11_id(ui) {
            Some(id) => self.system.bring(id),
            None => self.window.focus(),
        }
        Ok(())
    }

    /// Puts the hidden window where it was, as far as there is room.
    fn fit(&self) {
        let ui = self.window.ui();
        let scale = f64::from(ui.window().scale_factor());
        let fitted = place::fit(self.place.get(), scale, self.system.work_area());
        let (width, height) = fitted.size;
        let size = PhysicalSize::new(width, height);
        if ui.window().size() != size {
            ui.window().set_size(size);
        }
        if let Some((x, y)) = fitted.at {
            ui.window().set_position(slint::PhysicalPosition::new(x, y));
            if let Some(id) = place::x11_id(ui) {
                self.system.set_place(id, x, y);
            }
        }
    }

    /// Takes the window off the screen.
    pub fn hide(&self) -> Result<(), OpenError> {
        self.keep_place();
        self.window.hide()
    }

    /// Shows the window in the list of windows alone.
    pub fn minimise(&self) -> Result<(), OpenError> {
        self.keep_place();
        if !self.window.ui().window().is_visible() {
            self.fit();
            self.window.show()?;
        }
        self.window.minimise();
        Ok(())
    }

    /// How much of it the person sees.
    pub fn visibility(&self) -> Visibility {
        if !self.window.is_visible() {
            return Visibility::Hidden;
        }
        let window = self.window.ui().window();
        let focused = window.with_winit_window(slint::winit_030::winit::window::Window::has_focus);
        let lost = self.lost_focus.get();
        if focused.unwrap_or(false) || lost.is_some_and(|at| at.elapsed() < FOCUS_GRACE) {
            Visibility::InFront
        } else {
            Visibility::Behind
        }
    }

    /// Notes and tells where it is, or was before it went.
    pub fn keep_place(&self) -> WindowPlace {
        let now = place::read(self.window.ui(), self.place.get());
        self.place.set(now);
        now
    }
}
