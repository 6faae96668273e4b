//! Draws on a thread of its own: on Linux the desktop may hang.

use super::{Frame, Shown, TrayError, draw};
use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How long the end waits for the icon to be taken away; the desktop takes it away by itself when
/// the program has gone.
const CLOSE_WITHIN: Duration = Duration::from_millis(300);

/// A thread that draws the newest frame, however long the desktop takes.
pub struct Painter {
    queue: Arc<PainterQueue>,
}

#[derive(Default)]
struct PainterQueue {
    pending: Mutex<PendingDraw>,
    changed: Condvar,
}

#[derive(Default)]
struct PendingDraw {
    /// What is to be drawn: only the newest counts.
    frame: Option<Frame>,
    retry: bool,
    closing: bool,
    ended: bool,
}

impl Painter {
    pub fn start() -> std::io::Result<Self> {
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
        let queue = Arc::new(PainterQueue::default());
        let ours = Arc::clone(&queue);
        let thread = thread::Builder::new().name("tray".into());
        thread.spawn(move || {
            run(&ours, make());
            ours.tell(|pending| pending.ended = true);
        })?;
        Ok(Self { queue })
    }

    pub fn show(&self, frame: Frame) {
        self.queue.tell(|pending| pending.frame = Some(frame));
    }

    pub fn retry(&self) {
        self.queue.tell(|pending| pending.retry = true);
    }
}

impl Drop for Painter {
    fn drop(&mut self) {
        self.queue.tell(|pending| pending.closing = true);
        let waits = |pending: &mut PendingDraw| !pending.ended;
        let mut pending = self.queue.pending.lock();
        self.queue
            .changed
            .wait_while_for(&mut pending, waits, CLOSE_WITHIN);
    }
}

impl PainterQueue {
    fn tell(&self, change: impl FnOnce(&mut PendingDraw)) {
        change(&mut self.pending.lock());
        self.changed.notify_all();
    }

    /// Waits for something to draw; `None` at the end. A retry draws what failed.
    fn next(&self, failed: Option<&Frame>) -> Option<Frame> {
        let mut pending = self.pending.lock();
        loop {
            let retry = std::mem::take(&mut pending.retry);
            if pending.closing {
                return None;
            }
            if let Some(frame) = pending.frame.take() {
                return Some(frame);
            }
            if let Some(frame) = failed.filter(|_| retry) {
                return Some(frame.clone());
            }
            self.changed.wait(&mut pending);
        }
    }
}

fn run(queue: &PainterQueue, mut draw: impl FnMut(&Frame) -> Result<(), TrayError>) {
    let mut failed = None;
    while let Some(frame) = queue.next(failed.as_ref()) {
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
