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

/// Told that what shows notices has come.
type Came = Arc<dyn Fn() + Send + Sync>;

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
    came: bool,
    ended: bool,
}

/// What the thread does next.
enum Next {
    Follow(Vec<Note>),
    /// Shows what could not be shown.
    Retry,
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
    place: Standing<Place>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing<Place> {
    Shown(Place),
    /// By the person, or by the desktop.
    PutAway,
    /// There was nothing that shows notices, as in a session that is just starting: it is shown once there
    /// is, if it is wanted by then.
    Refused,
}

impl<Place> Standing<Place> {
    const fn shown(&self) -> Option<&Place> {
        match self {
            Self::Shown(place) => Some(place),
            Self::PutAway | Self::Refused => None,
        }
    }
}

/// What was shown of what is still wanted.
type Board<Place> = Arc<Mutex<BTreeMap<AlertId, Shown<Place>>>>;

impl Notifier {
    /// Starts the thread. The desktop is not asked before the first notice. `act` is called, on another
    /// thread, with what a click in one stands for.
    pub fn start(act: impl Fn(Action) + Send + Sync + 'static) -> std::io::Result<Self> {
        let (board, slot) = (Board::default(), Arc::new(Slot::default()));
        let (act, came) = (Arc::new(act), Slot::came(&slot));
        let service = bus::Desktop::new(None, Arc::clone(&board), act, came);
        Self::start_with(service, board, slot)
    }

    fn start_with<S: Service + Send + 'static>(
        service: S,
        board: Board<S::Place>,
        slot: Arc<Slot>,
    ) -> std::io::Result<Self>
    where
        S::Place: Send,
    {
        let theirs = Arc::clone(&slot);
        let mut follower = Follower {
            service,
            board,
            refused: false,
        };
        let run = move || {
            while let Some(next) = theirs.next() {
                match next {
                    Next::Follow(notes) => follower.follow(notes),
                    Next::Retry => follower.retry(),
                }
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
    /// To be called when what shows notices has come.
    fn came(slot: &Arc<Self>) -> Came {
        let slot = Arc::clone(slot);
        Arc::new(move || {
            slot.wanted.lock().came = true;
            slot.changed.notify_one();
        })
    }

    /// Waits for something to do; `None` when there will be nothing.
    fn next(&self) -> Option<Next> {
        let mut wanted = self.wanted.lock();
        loop {
            if let Some(notes) = wanted.notes.take() {
                return Some(Next::Follow(notes));
            }
            if wanted.ended {
                return None;
            }
            if std::mem::take(&mut wanted.came) {
                return Some(Next::Retry);
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
        for place in gone.iter().filter_map(|shown| shown.place.shown()) {
            if let Err(error) = self.service.withdraw(place) {
                tracing::debug!(%error, "notice not withdrawn");
            }
        }
        for note in &notes {
            let mut board = self.board.lock();
            if let Some(refused) = board.get_mut(&note.id)
                && matches!(refused.place, Standing::Refused)
            {
                refused.note.clone_from(note);
            }
        }
        self.retry();
        for note in notes {
            self.show(note);
        }
    }

    /// Shows what was refused before. One that is refused again is enough: a desktop that shows none would
    /// be waited for with each.
    fn retry(&mut self) {
        let refused: Vec<Note> = {
            let mut board = self.board.lock();
            let refused = |shown: &Shown<S::Place>| matches!(shown.place, Standing::Refused);
            let ids = board.iter().filter(|(_, shown)| refused(shown));
            let ids: Vec<AlertId> = ids.map(|(id, _)| *id).collect();
            let notes = ids.iter().filter_map(|id| board.remove(id));
            notes.map(|shown| shown.note).collect()
        };
        let mut all = refused.into_iter();
        for note in all.by_ref() {
            if !self.show(note) {
                break;
            }
        }
        let place = || Standing::Refused;
        let rest = all.map(|note| {
            (
                note.id,
                Shown {
                    note,
                    place: place(),
                },
            )
        });
        self.board.lock().extend(rest);
    }

    /// False when the desktop refuses.
    fn show(&mut self, note: Note) -> bool {
        let instead = match self.board.lock().get_mut(&note.id) {
            None => None,
            Some(shown) if shown.note == note => return true,
            Some(shown) => match &shown.place {
                Standing::Shown(place) => Some(place.clone()),
                // That it says something else now brings it back to nobody who has put it away; and what
                // was refused just now would be so again.
                Standing::PutAway | Standing::Refused => {
                    shown.note = note;
                    return true;
                }
            },
        };
        let place = match self.service.show(&note, instead.as_ref()) {
            Ok(place) => {
                self.refused = false;
                Standing::Shown(place)
            }
            Err(error) => {
                if !std::mem::replace(&mut self.refused, true) {
                    tracing::info!(%error, "the desktop shows no notices");
                }
                Standing::Refused
            }
        };
        let is_shown = place.shown().is_some();
        self.board.lock().insert(note.id, Shown { note, place });
        is_shown
    }
}

#[cfg(test)]
mod tests;
