//! The desktop program's end. Whichever way it comes (a quit, a log-out, a display that dies), the
//! engines say goodbye, the audit log gets its last lines, and the next start finds no crash.
//!
//! A lost display ends the toolkit in one of three ways: its loop returns an error, it panics, or
//! Xlib calls `exit` in the middle of it. The last one leaves only what the system calls on the way
//! out of a thread: there this waits, in a destructor of the window's thread.

use crate::app::{App, Mailbox};
use crate::logging;
use crate::model::Action;
use crate::platform::Display;
use crate::shell::desktop;
use crate::store::RunMarker;
use parking_lot::Mutex;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long the app may take to say goodbye; it bounds itself to less.
const LIMIT: Duration = Duration::from_secs(7);

/// How long after the toolkit's failure the loss of the display may be noticed: both see the same
/// socket's end, on two threads.
const NOTICED: Duration = Duration::from_millis(500);

/// The app that is being started, or runs.
pub(super) type AppThread = JoinHandle<anyhow::Result<App>>;

/// What has to be brought to its end, once.
pub(super) struct Shutdown {
    mailbox: Mailbox,
    display: Display,
    app: Mutex<Option<AppThread>>,
    marker: Mutex<Option<RunMarker>>,
}

thread_local! {
    static ON_EXIT: RefCell<Option<OnExit>> = const { RefCell::new(None) };
}

/// Runs when the thread's storage is destroyed, which `exit` does too.
struct OnExit(Arc<Shutdown>);

impl Drop for OnExit {
    #[expect(
        clippy::disallowed_methods,
        reason = "the process is in `exit` already, with a status that is not ours"
    )]
    fn drop(&mut self) {
        if self.0.is_finished() || !self.0.display_is_lost() {
            return;
        }
        desktop::abandon();
        let finished = self.0.finish();
        // Xlib's status would be a failure's.
        std::process::exit(i32::from(finished.is_err()));
    }
}

impl Shutdown {
    pub(super) fn new(mailbox: Mailbox, display: Display, marker: Option<RunMarker>) -> Arc<Self> {
        Arc::new(Self {
            mailbox,
            display,
            app: Mutex::default(),
            marker: Mutex::new(marker),
        })
    }

    /// The app is on its way.
    pub(super) fn watch(&self, app: AppThread) {
        *self.app.lock() = Some(app);
    }

    /// Runs the window's loop on this thread, then says goodbye.
    ///
    /// # Errors
    /// The app or the desktop broke off.
    pub(super) fn run(self: &Arc<Self>) -> anyhow::Result<()> {
        let excused = Arc::clone(self);
        logging::excuse_main_thread(move || excused.display_is_lost());
        ON_EXIT.set(Some(OnExit(Arc::clone(self))));
        match panic::catch_unwind(AssertUnwindSafe(desktop::run)) {
            Ok(ended) => {
                self.finish()?;
                match ended {
                    Err(error) if !self.display_is_lost() => Err(error.into()),
                    Ok(()) | Err(_) => Ok(()),
                }
            }
            Err(_) if self.display_is_lost() => {
                desktop::abandon();
                self.finish()
            }
            // The panic hook has written what happened.
            Err(panic) => panic::resume_unwind(panic),
        }
    }

    fn display_is_lost(&self) -> bool {
        self.display.is_lost_within(NOTICED)
    }

    fn is_finished(&self) -> bool {
        self.marker.lock().is_none() && self.app.lock().is_none()
    }

    /// Ends the app and takes the marker away. The second time there is nothing left to do.
    fn finish(&self) -> anyhow::Result<()> {
        self.mailbox.act(Action::Quit);
        let ended = match self.app.lock().take() {
            Some(app) => wait(app),
            None => Ok(()),
        };
        if let Some(marker) = self.marker.lock().take() {
            marker.clear()?;
        }
        ended
    }
}

/// Waits for the app's end, within the limit.
fn wait(app: AppThread) -> anyhow::Result<()> {
    let (done, result) = mpsc::sync_channel(1);
    let waiting = thread::Builder::new()
        .name("shutdown".into())
        .spawn(move || {
            let ended = match app.join() {
                Ok(Ok(app)) => app.wait().map_err(Into::into),
                Ok(Err(error)) => Err(error),
                Err(panic) => panic::resume_unwind(panic),
            };
            // Nobody waits any more when it took too long.
            let _ = done.send(ended);
        })?;
    match result.recv_timeout(LIMIT) {
        Ok(ended) => ended,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            tracing::warn!("the app has not said goodbye in time");
            Ok(())
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => match waiting.join() {
            Ok(()) => Ok(()),
            Err(panic) => panic::resume_unwind(panic),
        },
    }
}
