//! Desktop notifications. It shows what it is given and knows nothing of why.

use super::DesktopError;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread;

/// How many may wait for a desktop that is slow; more are dropped, for they would be old news.
const QUEUE: usize = 8;

/// Shows notifications, on a thread of its own.
#[derive(Clone, Debug)]
pub struct Notifier {
    queue: SyncSender<Note>,
}

/// A notification.
#[derive(Debug, PartialEq)]
struct Note {
    title: String,
    body: String,
}

impl Notifier {
    /// Starts the thread. The desktop is not asked before the first notification.
    pub fn start() -> std::io::Result<Self> {
        Self::start_with(|note| {
            let mut shown = notify_rust::Notification::new();
            shown.appname("Underpass").icon("underpass");
            shown.summary(&note.title).body(&escape(&note.body));
            shown.show().map(drop).map_err(DesktopError::new)
        })
    }

    fn start_with(
        show: impl Fn(Note) -> Result<(), DesktopError> + Send + 'static,
    ) -> std::io::Result<Self> {
        let (queue, inbox) = mpsc::sync_channel(QUEUE);
        let run = move || {
            for note in inbox {
                if let Err(error) = show(note) {
                    tracing::info!(%error, "notification not shown");
                }
            }
        };
        thread::Builder::new().name("notifier".into()).spawn(run)?;
        Ok(Self { queue })
    }

    /// Shows a notification soon, if the desktop does such things. Never waits.
    pub fn show(&self, title: &str, body: &str) {
        let note = Note {
            title: title.to_owned(),
            body: body.to_owned(),
        };
        match self.queue.try_send(note) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                tracing::info!("notification dropped: the desktop is slow");
            }
        }
    }
}

/// On Linux the body may be marked up, so that a name with `<` in it would be lost.
fn escape(body: &str) -> String {
    if !cfg!(all(unix, not(target_vendor = "apple"))) {
        return body.to_owned();
    }
    let body = body.replace('&', "&amp;");
    body.replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_arrive_in_order_and_a_refusal_is_no_end() {
        let (seen, arrived) = mpsc::channel();
        let notifier = Notifier::start_with(move |note| {
            seen.send(note.title).map_err(DesktopError::new)?;
            Err(DesktopError::new("no such service"))
        });
        let notifier = notifier.expect("a thread");
        notifier.show("a", "");
        notifier.show("b", "");
        assert_eq!(arrived.iter().take(2).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_desktop_that_hangs_neither_stops_us_nor_fills_the_memory() {
        let (hold, release) = mpsc::channel::<()>();
        let (seen, arrived) = mpsc::channel();
        let notifier = Notifier::start_with(move |note| {
            let _ = release.recv();
            seen.send(note).map_err(DesktopError::new)
        });
        let notifier = notifier.expect("a thread");
        (0..1_000).for_each(|n| notifier.show(&n.to_string(), ""));
        drop(hold);
        drop(notifier);
        let count = arrived.iter().count();
        assert!((QUEUE..=QUEUE + 1).contains(&count), "{count}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_body_is_no_markup() {
        assert_eq!(escape("a <b> & c"), "a &lt;b&gt; &amp; c");
    }
}
