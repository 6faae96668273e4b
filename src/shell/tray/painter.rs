//! Puts frames on the desktop: the only one who talks to it, and who may be held up by it.

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

#[cfg(target_os = "linux")]
mod threaded {
    use super::{Frame, Shown, TrayError, draw};
    use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
    use std::thread;
    use std::time::Duration;

    /// How long the end waits for the icon to be taken away; the desktop takes it away by itself when
    /// the program has gone.
    const FAREWELL: Duration = Duration::from_millis(300);

    /// A thread that draws the newest frame, however long the desktop takes.
    pub(in super::super) struct Painter {
        desk: Arc<Desk>,
    }

    #[derive(Default)]
    struct Desk {
        orders: Mutex<Orders>,
        changed: Condvar,
    }

    #[derive(Default)]
    struct Orders {
        /// What is to be drawn: only the newest counts.
        frame: Option<Frame>,
        retry: bool,
        closing: bool,
        ended: bool,
    }

    impl Painter {
        pub(in super::super) fn start() -> std::io::Result<Self> {
            Self::start_with(|| {
                let mut shown: Option<Shown> = None;
                move |frame: &Frame| draw(&mut shown, frame)
            })
        }

        /// `make` is called on the painter's thread: what it makes stays there.
        fn start_with<D>(make: impl FnOnce() -> D + Send + 'static) -> std::io::Result<Self>
        where
            D: FnMut(&Frame) -> Result<(), TrayError>,
        {
            let desk = Arc::new(Desk::default());
            let ours = Arc::clone(&desk);
            let thread = thread::Builder::new().name("tray".into());
            thread.spawn(move || {
                run(&ours, make());
                ours.tell(|orders| orders.ended = true);
            })?;
            Ok(Self { desk })
        }

        pub(in super::super) fn show(&self, frame: Frame) {
            self.desk.tell(|orders| orders.frame = Some(frame));
        }

        pub(in super::super) fn retry(&self) {
            self.desk.tell(|orders| orders.retry = true);
        }
    }

    impl Drop for Painter {
        fn drop(&mut self) {
            self.desk.tell(|orders| orders.closing = true);
            let waits = |orders: &mut Orders| !orders.ended;
            let ended = self
                .desk
                .changed
                .wait_timeout_while(self.desk.lock(), FAREWELL, waits);
            drop(ended);
        }
    }

    impl Desk {
        fn lock(&self) -> MutexGuard<'_, Orders> {
            self.orders.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn tell(&self, change: impl FnOnce(&mut Orders)) {
            change(&mut self.lock());
            self.changed.notify_all();
        }

        /// Waits for something to draw; `None` at the end. A retry draws what failed.
        fn next(&self, failed: Option<&Frame>) -> Option<Frame> {
            let mut orders = self.lock();
            loop {
                let retry = std::mem::take(&mut orders.retry);
                if orders.closing {
                    return None;
                }
                if let Some(frame) = orders.frame.take() {
                    return Some(frame);
                }
                if let Some(frame) = failed.filter(|_| retry) {
                    return Some(frame.clone());
                }
                orders = self
                    .changed
                    .wait(orders)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn run(desk: &Desk, mut draw: impl FnMut(&Frame) -> Result<(), TrayError>) {
        let mut failed = None;
        while let Some(frame) = desk.next(failed.as_ref()) {
            match draw(&frame) {
                Ok(()) => failed = None,
                Err(error) => {
                    // Said once: with each change it would fail again.
                    if failed.is_none() {
                        tracing::warn!(%error, "no tray icon");
                    }
                    failed = Some(frame);
                }
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::shell::tray::icon::Look;
        use crate::shell::tray::plan::Plan;
        use std::sync::mpsc;

        fn frame(tooltip: &str) -> Frame {
            Frame {
                plan: Plan {
                    look: Look::of(None),
                    tooltip: tooltip.to_owned(),
                    menu: vec![],
                },
                pixels: Arc::new([]),
            }
        }

        const LONG: Duration = Duration::from_mins(10);

        #[test]
        fn a_desktop_that_hangs_holds_nobody_up_and_gets_the_newest_frame_when_it_answers() {
            let (release, held) = mpsc::channel::<()>();
            let (drew, drawn) = mpsc::channel();
            let painter = Painter::start_with(move || {
                move |frame: &Frame| {
                    drew.send(frame.plan.tooltip.clone())
                        .expect("the test listens");
                    held.recv().map_err(|_| TrayError::Icon)
                }
            })
            .expect("a thread");
            painter.show(frame("first"));
            assert_eq!(drawn.recv_timeout(LONG).as_deref(), Ok("first"));
            for text in ["second", "third", "fourth"] {
                painter.show(frame(text));
            }
            release.send(()).expect("it waits");
            assert_eq!(drawn.recv_timeout(LONG).as_deref(), Ok("fourth"));
            // It hangs for good now: the end does not wait for it.
            drop(painter);
            drop(release);
        }

        #[test]
        fn what_failed_is_drawn_when_somebody_comes_who_shows_it() {
            let (answer, answers) = mpsc::channel();
            let (drew, drawn) = mpsc::channel();
            let painter = Painter::start_with(move || {
                move |frame: &Frame| {
                    drew.send(frame.plan.tooltip.clone())
                        .expect("the test listens");
                    answers.recv().expect("the test answers")
                }
            })
            .expect("a thread");
            painter.show(frame("only"));
            answer.send(Err(TrayError::Icon)).expect("it waits");
            assert_eq!(drawn.recv_timeout(LONG).as_deref(), Ok("only"));
            painter.retry();
            answer.send(Ok(())).expect("it waits");
            assert_eq!(drawn.recv_timeout(LONG).as_deref(), Ok("only"));
            drop(painter);
            assert!(
                drawn.recv_timeout(LONG).is_err(),
                "nothing was left to draw"
            );
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod direct {
    use super::{Frame, Shown, draw};
    use std::cell::RefCell;

    /// Draws at once: elsewhere than on Linux a tray icon belongs to the thread of the windows.
    pub(in super::super) struct Painter(RefCell<Option<Shown>>);

    impl Painter {
        #[expect(clippy::unnecessary_wraps, reason = "on Linux it may fail")]
        pub(in super::super) fn start() -> std::io::Result<Self> {
            Ok(Self(RefCell::default()))
        }

        pub(in super::super) fn show(&self, frame: Frame) {
            if let Err(error) = draw(&mut self.0.borrow_mut(), &frame) {
                tracing::warn!(%error, "no tray icon");
            }
        }

        #[expect(
            clippy::unused_self,
            reason = "on Linux there is something to try again"
        )]
        pub(in super::super) fn retry(&self) {}
    }
}
