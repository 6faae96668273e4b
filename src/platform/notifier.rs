//! Notices on the desktop. It shows what it is given and knows nothing of why: a thread of its own has the
//! desktop follow the newest list, so that a slow desktop misses what is over and nothing piles up.

#[cfg(target_os = "linux")]
mod bus;
#[cfg(not(target_os = "linux"))]
mod plain;

#[cfg(not(target_os = "linux"))]
use plain as bus;

use super::DesktopError;
use crate::base::note::Note;
use crate::model::{Action, AlertId};
use parking_lot::{Condvar, Mutex};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;

/// Told what the person clicked.
type Act = Arc<dyn Fn(Action) + Send + Sync>;

/// Has the desktop show notices, on a thread of its own, which ends with it.
#[derive(Debug)]
pub struct Notifier(Arc<Slot>);

/// The newest list, while the thread has not taken it.
#[derive(Debug, Default)]
struct Slot {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Wanted {
    notes: Option<Vec<Note>>,
    ended: bool,
}

/// What shows notices.
trait Service {
    /// Where a notice is on the desktop.
    type Place: Clone;

    /// Shows one, in the place of an older one where there is that.
    fn show(
        &mut self,
        note: &Note,
        instead: Option<&Self::Place>,
    ) -> Result<Self::Place, DesktopError>;

    fn withdraw(&mut self, place: &Self::Place) -> Result<(), DesktopError>;
}

/// A notice that was shown.
#[derive(Debug)]
struct Shown<Place> {
    note: Note,
    /// `None` once the person or the desktop has put it away, and where it could not be shown.
    place: Option<Place>,
}

/// What was shown of what is still wanted.
type Board<Place> = Arc<Mutex<BTreeMap<AlertId, Shown<Place>>>>;

impl Notifier {
    /// Starts the thread. The desktop is not asked before the first notice. `act` is called, on another
    /// thread, with what a click in one stands for.
    pub fn start(act: impl Fn(Action) + Send + Sync + 'static) -> std::io::Result<Self> {
        let board = Board::default();
        let service = bus::Desktop::new(None, Arc::clone(&board), Arc::new(act));
        Self::start_with(service, board)
    }

    fn start_with<S: Service + Send + 'static>(
        service: S,
        board: Board<S::Place>,
    ) -> std::io::Result<Self>
    where
        S::Place: Send,
    {
        let slot = Arc::new(Slot::default());
        let theirs = Arc::clone(&slot);
        let mut follower = Follower {
            service,
            board,
            refused: false,
        };
        let run = move || {
            while let Some(notes) = theirs.next() {
                follower.follow(notes);
            }
        };
        thread::Builder::new().name("notifier".into()).spawn(run)?;
        Ok(Self(slot))
    }

    /// Has the desktop show these soon, and no others of ours. Never waits.
    pub fn follow(&self, notes: Vec<Note>) {
        self.0.wanted.lock().notes = Some(notes);
        self.0.changed.notify_one();
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.0.wanted.lock().ended = true;
        self.0.changed.notify_one();
    }
}

impl Slot {
    /// Waits for a list; `None` when there will be none.
    fn next(&self) -> Option<Vec<Note>> {
        let mut wanted = self.wanted.lock();
        loop {
            if let Some(notes) = wanted.notes.take() {
                return Some(notes);
            }
            if wanted.ended {
                return None;
            }
            self.changed.wait(&mut wanted);
        }
    }
}

struct Follower<S: Service> {
    service: S,
    board: Board<S::Place>,
    /// It was said that the desktop does not do it.
    refused: bool,
}

impl<S: Service> Follower<S> {
    fn follow(&mut self, notes: Vec<Note>) {
        // No call is made while the board is locked: whoever hears of clicks reads it.
        let is_wanted = |id: &AlertId| notes.iter().any(|note| note.id == *id);
        let gone: Vec<Shown<S::Place>> = {
            let mut board = self.board.lock();
            let gone: Vec<AlertId> = board.keys().filter(|id| !is_wanted(id)).copied().collect();
            gone.iter().filter_map(|id| board.remove(id)).collect()
        };
        for place in gone.into_iter().filter_map(|shown| shown.place) {
            if let Err(error) = self.service.withdraw(&place) {
                tracing::debug!(%error, "notice not withdrawn");
            }
        }
        for note in notes {
            self.show(note);
        }
    }

    fn show(&mut self, note: Note) {
        let instead = match self.board.lock().get_mut(&note.id) {
            None => None,
            Some(shown) if shown.note == note => return,
            // It was put away: that it says something else now brings it back to nobody.
            Some(shown) if shown.place.is_none() => {
                shown.note = note;
                return;
            }
            Some(shown) => shown.place.clone(),
        };
        let place = match self.service.show(&note, instead.as_ref()) {
            Ok(place) => {
                self.refused = false;
                Some(place)
            }
            Err(error) => {
                if !std::mem::replace(&mut self.refused, true) {
                    tracing::info!(%error, "the desktop shows no notices");
                }
                None
            }
        };
        self.board.lock().insert(note.id, Shown { note, place });
    }
}

#[cfg(test)]
mod tests;
