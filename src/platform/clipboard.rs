//! Putting text on the clipboard. The one who puts it there must live on to hand it out, so a
//! thread does. It reads nothing from the clipboard.

use super::DesktopError;
use crate::base::worker::Worker;
use std::time::Duration;

/// How long the desktop may take.
const LIMIT: Duration = Duration::from_secs(2);

/// How long the end may wait for a clipboard manager to take the text over.
const HAND_OVER: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub struct Clipboard(Worker<Board>);

/// Puts text on some clipboard.
type Put = Box<dyn FnMut(String) -> Result<(), DesktopError>>;

/// What the thread owns: a display that went away and came back is found again with the next text.
struct Board {
    open: Box<dyn Fn() -> Result<Put, DesktopError>>,
    put: Option<Put>,
}

impl Clipboard {
    /// Starts the thread. The desktop is not asked before the first text.
    pub fn start() -> std::io::Result<Self> {
        Self::start_with(|| {
            let mut board = arboard::Clipboard::new().map_err(DesktopError::new)?;
            Ok(Box::new(move |text| {
                board.set_text(text).map_err(DesktopError::new)
            }))
        })
    }

    fn start_with(
        open: impl Fn() -> Result<Put, DesktopError> + Send + 'static,
    ) -> std::io::Result<Self> {
        let board = || Board {
            open: Box::new(open),
            put: None,
        };
        Worker::start("clipboard", board).map(Self)
    }

    /// Puts the text on the clipboard. Takes 2 s at most.
    ///
    /// # Errors
    /// There is no display, or it would not take the text.
    pub fn copy(&self, text: &str) -> Result<(), DesktopError> {
        self.copy_within(text, LIMIT)
    }

    /// Gives what was copied to the desktop's clipboard manager, if there is one: the text would go with
    /// this program. Takes 1 s at most.
    pub fn hand_over(&self) {
        // It hands over when it is dropped.
        let done = self.0.ask(HAND_OVER, |board| board.put = None);
        if done.is_none() {
            tracing::debug!("the clipboard is not handed over in time");
        }
    }

    fn copy_within(&self, text: &str, limit: Duration) -> Result<(), DesktopError> {
        let text = text.to_owned();
        let done = self.0.ask(limit, |board| board.copy(text));
        done.unwrap_or_else(|| Err(DesktopError::new("the clipboard does not answer")))
    }
}

impl Board {
    fn copy(&mut self, text: String) -> Result<(), DesktopError> {
        let mut put = match self.put.take() {
            Some(put) => put,
            None => (self.open)()?,
        };
        put(text)?;
        self.put = Some(put);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex, mpsc};

    #[test]
    fn texts_arrive_and_a_display_that_went_away_is_found_again() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let ours = Arc::clone(&seen);
        let clipboard = Clipboard::start_with(move || {
            let seen = Arc::clone(&ours);
            seen.lock().expect("not poisoned").push("open".to_owned());
            Ok(Box::new(move |text: String| {
                let lost = text == "lost";
                seen.lock().expect("not poisoned").push(text);
                if lost {
                    return Err(DesktopError::new("no display"));
                }
                Ok(())
            }))
        })
        .expect("a thread");
        let limit = Duration::from_secs(20);
        assert_eq!(clipboard.copy_within("a", limit), Ok(()));
        assert_eq!(clipboard.clone().copy_within("b", limit), Ok(()));
        assert!(clipboard.copy_within("lost", limit).is_err());
        assert_eq!(clipboard.copy_within("c", limit), Ok(()));
        let seen = seen.lock().expect("not poisoned");
        assert_eq!(*seen, ["open", "a", "b", "lost", "open", "c"]);
    }

    #[test]
    fn the_clipboard_is_let_go_of_before_the_hand_over_is_done() {
        struct Board(Arc<Mutex<bool>>);
        impl Drop for Board {
            fn drop(&mut self) {
                *self.0.lock().expect("not poisoned") = true;
            }
        }
        let gone = Arc::new(Mutex::new(false));
        let ours = Arc::clone(&gone);
        let clipboard = Clipboard::start_with(move || {
            let board = Board(Arc::clone(&ours));
            Ok(Box::new(move |_| {
                let _held = &board;
                Ok(())
            }))
        })
        .expect("a thread");
        clipboard.hand_over();
        assert!(!*gone.lock().expect("not poisoned"), "nothing was copied");
        let limit = Duration::from_secs(20);
        assert_eq!(clipboard.copy_within("a", limit), Ok(()));
        clipboard.hand_over();
        assert!(*gone.lock().expect("not poisoned"));
        assert_eq!(clipboard.copy_within("b", limit), Ok(()), "and taken again");
    }

    #[test]
    fn a_desktop_that_hangs_is_given_up() {
        let (hold, release) = mpsc::channel::<()>();
        let clipboard = Clipboard::start_with(move || {
            let _ = release.recv();
            Err(DesktopError::new("too late"))
        });
        let clipboard = clipboard.expect("a thread");
        let result = clipboard.copy_within("a", Duration::from_millis(20));
        assert!(result.expect_err("it hangs").0.contains("does not answer"));
        drop(hold);
    }
}
