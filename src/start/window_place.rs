//! Keeps where the window was left, on a thread of its own: the window's thread waits for no disk.

use crate::model::WindowPlace;
use crate::store::Home;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

/// How long the program's end waits for the last place to be written.
const LIMIT: Duration = Duration::from_secs(1);

/// Saves places until it is closed.
pub(super) struct PlaceKeeper {
    places: Sender<WindowPlace>,
    done: Receiver<()>,
}

impl PlaceKeeper {
    /// The place as it was kept, and the keeper of the next ones.
    pub(super) fn start(home: &Home) -> std::io::Result<(WindowPlace, Self)> {
        // A place that cannot be read is not worth a word: the window comes where it came first.
        let first = home.window_place().load().value;
        let (places, inbox) = mpsc::channel();
        let (end, done) = mpsc::channel();
        let home = home.clone();
        let keep = move || {
            let mut last = first;
            for place in inbox {
                if place != last
                    && let Err(error) = home.window_place().save(&place)
                {
                    tracing::debug!(%error, "the window's place is not kept");
                }
                last = place;
            }
            // Nobody waits any more when it took too long.
            let _ = end.send(());
        };
        thread::Builder::new()
            .name("window place".into())
            .spawn(keep)?;
        Ok((first, Self { places, done }))
    }

    pub(super) fn sender(&self) -> Sender<WindowPlace> {
        self.places.clone()
    }

    /// Waits until everything is written. All senders must be gone.
    pub(super) fn close(self) {
        drop(self.places);
        let _ = self.done.recv_timeout(LIMIT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_place_is_found_by_the_next_start() {
        let dir = tempfile::tempdir().expect("a folder");
        let home = Home::at(dir.path()).expect("a home");
        let (first, keeper) = PlaceKeeper::start(&home).expect("a thread");
        assert_eq!(first, WindowPlace::default());
        let left = WindowPlace {
            at: Some((-7, 20)),
            maximised: true,
            ..first
        };
        keeper.sender().send(left).expect("it listens");
        keeper.close();
        assert_eq!(PlaceKeeper::start(&home).expect("a thread").0, left);
    }
}
