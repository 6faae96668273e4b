//! Where the window goes on the screen: at the place it had, in its size, within what is free.

use super::ui;
use crate::model::WindowPlace;
use slint::ComponentHandle;
use slint::winit_030::WinitWindowAccessor;
use slint::winit_030::winit::raw_window_handle::{HasWindowHandle, RawWindowHandle};

/// What the window system does for a window that the toolkit does not.
pub trait WindowSystem {
    /// Brings an X11 window to the current workspace, above others and with the keyboard.
    fn bring(&self, window: u32);

    /// Says that this X11 window, which is hidden, belongs there (physical pixels).
    fn set_place(&self, window: u32, x: i32, y: i32);

    /// What panels leave free of the screen; `None` where that is not known.
    fn work_area(&self) -> Option<WorkArea>;
}

/// A part of the screen, in physical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkArea {
    pub x: i32,
    pub y: i32,
    /// At least 1.
    pub width: u32,
    /// At least 1.
    pub height: u32,
}

/// What the window's frame takes at most, in logical pixels: borders at the sides, a title bar.
const FRAME: (f64, f64) = (8.0, 40.0);

/// The smallest size that is asked for; the window itself has a larger one, which holds as well.
const SMALLEST: u32 = 200;

/// Size and place in physical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fitted {
    pub(super) size: (u32, u32),
    pub(super) at: Option<(i32, i32)>,
}

/// The place on a screen of this scale, moved and shrunk until it lies within the free area.
pub(super) fn fit(place: WindowPlace, scale: f64, area: Option<WorkArea>) -> Fitted {
    let wanted = (physical(place.width, scale), physical(place.height, scale));
    let Some(area) = area else {
        return Fitted {
            size: wanted,
            at: place.at,
        };
    };
    let frame = (pixels(FRAME.0 * scale), pixels(FRAME.1 * scale));
    let size = (
        wanted
            .0
            .min(area.width.saturating_sub(frame.0))
            .max(SMALLEST),
        wanted
            .1
            .min(area.height.saturating_sub(frame.1))
            .max(SMALLEST),
    );
    let inside = |at: i32, start: i32, free: u32, taken: u32| {
        let last = start.saturating_add_unsigned(free.saturating_sub(taken));
        at.min(last).max(start)
    };
    let at = place.at.map(|(x, y)| {
        (
            inside(x, area.x, area.width, size.0 + frame.0),
            inside(y, area.y, area.height, size.1 + frame.1),
        )
    });
    Fitted { size, at }
}

fn physical(logical: u32, scale: f64) -> u32 {
    pixels(f64::from(logical) * scale).max(SMALLEST)
}

/// A float becomes the nearest number of pixels there can be.
fn pixels(length: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and a screen is small"
    )]
    {
        length.round().clamp(0.0, f64::from(u16::MAX)) as u32
    }
}

/// The window's id where it is an X11 window.
pub(super) fn x11_id(ui: &ui::MainWindow) -> Option<u32> {
    let id = ui.window().with_winit_window(|window| {
        let handle = window.window_handle().ok()?;
        match handle.as_raw() {
            RawWindowHandle::Xlib(x11) => u32::try_from(x11.window).ok(),
            RawWindowHandle::Xcb(x11) => Some(x11.window.get()),
            _ => None,
        }
    });
    id.flatten()
}

/// Whether it is a Wayland surface, which can neither be moved nor raised by its program.
pub(super) fn is_wayland(ui: &ui::MainWindow) -> bool {
    let is = ui.window().with_winit_window(|window| {
        let handle = window.window_handle();
        handle.is_ok_and(|handle| matches!(handle.as_raw(), RawWindowHandle::Wayland(_)))
    });
    is.unwrap_or(false)
}

/// Where the window on the screen is now; `last` is what it cannot tell, and all of it while it is
/// not on the screen.
pub(super) fn read(ui: &ui::MainWindow, last: WindowPlace) -> WindowPlace {
    if !ui.window().is_visible() || ui.window().is_minimized() {
        return last;
    }
    let scale = ui.window().scale_factor();
    let now = ui.window().with_winit_window(|window| {
        if window.is_maximized() {
            return WindowPlace {
                maximised: true,
                ..last
            };
        }
        let size = window.inner_size().to_logical::<u32>(f64::from(scale));
        let at = window.outer_position().ok().map(|at| (at.x, at.y));
        WindowPlace {
            width: size.width,
            height: size.height,
            at,
            maximised: false,
        }
    });
    now.filter(|now| now.width > 0 && now.height > 0)
        .unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SCREEN: WorkArea = WorkArea {
        x: 0,
        y: 32,
        width: 1280,
        height: 768,
    };

    fn place(width: u32, height: u32, at: Option<(i32, i32)>) -> WindowPlace {
        WindowPlace {
            width,
            height,
            at,
            maximised: false,
        }
    }

    #[test]
    fn the_size_is_logical_and_never_larger_than_the_screen() {
        let first = WindowPlace::default();
        let size = |scale, area| fit(first, scale, area).size;
        assert_eq!(size(1.0, Some(SCREEN)), (980, 640));
        assert_eq!(size(1.0, None), (980, 640));
        assert_eq!(size(2.0, None), (1960, 1280));
        assert_eq!(size(2.0, Some(SCREEN)), (1280 - 16, 768 - 80));
        let large = WorkArea {
            width: 2560,
            height: 1600,
            ..SCREEN
        };
        assert_eq!(size(2.0, Some(large)), (1960, 1280));
    }

    #[test]
    fn it_comes_back_where_it_was_and_onto_the_screen_if_that_has_shrunk() {
        let at = |at| fit(place(700, 500, Some(at)), 1.0, Some(SCREEN)).at;
        assert_eq!(at((20, 200)), Some((20, 200)));
        assert_eq!(at((3000, 2000)), Some((1280 - 708, 32 + 768 - 540)));
        assert_eq!(at((-900, -50)), Some((0, 32)));
        assert_eq!(fit(place(700, 500, None), 1.0, Some(SCREEN)).at, None);
    }

    proptest! {
        #[test]
        fn any_place_of_any_file_is_on_any_screen(
            (width, height, x, y) in (any::<u32>(), any::<u32>(), any::<i32>(), any::<i32>()),
            scale in 0.1f64..8.0,
            (left, top) in (-4000i32..4000, -4000i32..4000),
            (wide, high) in (900u32..8000, 700u32..8000),
        ) {
            let area = WorkArea { x: left, y: top, width: wide, height: high };
            let fitted = fit(place(width, height, Some((x, y))), scale, Some(area));
            prop_assert!(fitted.size.0 <= wide && fitted.size.1 <= high);
            let (x, y) = fitted.at.expect("it had a place");
            prop_assert!(x >= left && y >= top);
            prop_assert!(x + i32::try_from(fitted.size.0).expect("small") <= left + i32::try_from(wide).expect("small"));
        }
    }
}
