//! What outlives a session: which place each port had at the provider, and for how long that is waited
//! for.
//!
//! A server notices that a connection is gone by what it fails to write: after a clean end within a
//! second, after a silent one when its TCP gives up. Until then the place is taken, by ourselves.

use crate::model::PortNumber;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// For how long a place is waited for that may be held by an earlier connection of ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    /// One that was chosen and was ours a moment ago.
    pub(super) chosen: Duration,
    /// One that the server chose: then another one is asked for, and the URL changes.
    pub(super) given: Duration,
    /// One that was not ours: an earlier run of the program may have had it.
    pub(super) unknown: Duration,
}

impl Default for Waits {
    /// A server's TCP gives up after about 15 minutes.
    fn default() -> Self {
        Self {
            chosen: Duration::from_mins(20),
            given: Duration::from_mins(1),
            unknown: Duration::from_secs(5),
        }
    }
}

/// The places of one tunnel's ports, as the provider calls them.
#[derive(Debug)]
pub(super) struct Standing<P> {
    places: Mutex<HashMap<PortNumber, Place<P>>>,
    waits: Waits,
}

#[derive(Debug)]
struct Place<P> {
    /// Where it was served last.
    had: Option<P>,
    /// The server was told that it goes, and said that it is gone.
    is_left: bool,
    /// What is said to be taken, and since when.
    taken: Option<(P, Instant)>,
}

impl<P> Default for Standing<P> {
    fn default() -> Self {
        Self::new(Waits::default())
    }
}

impl<P> Standing<P> {
    pub(super) fn new(waits: Waits) -> Self {
        let places = Mutex::default();
        Self { places, waits }
    }
}

impl<P: Clone + PartialEq> Standing<P> {
    /// The place to ask for again.
    pub(super) fn of(&self, number: PortNumber) -> Option<P> {
        self.places.lock().get(&number)?.had.clone()
    }

    /// It is served there.
    pub(super) fn note(&self, number: PortNumber, place: P) {
        let place = Place {
            had: Some(place),
            is_left: false,
            taken: None,
        };
        self.places.lock().insert(number, place);
    }

    /// The server has let it go: whoever has it from now on is somebody else.
    #[cfg(any(feature = "ssh", test))]
    pub(super) fn leave(&self, number: PortNumber) {
        if let Some(place) = self.places.lock().get_mut(&number) {
            place.is_left = true;
        }
    }

    /// It is not asked for there again.
    pub(super) fn forget(&self, number: PortNumber) {
        self.places.lock().remove(&number);
    }

    /// The server says that `asked` is taken. Whether that may be by ourselves, so that it is waited for.
    pub(super) fn may_be_ours(&self, number: PortNumber, asked: &P, chosen: bool) -> bool {
        let mut places = self.places.lock();
        let place = places.entry(number).or_insert(Place {
            had: None,
            is_left: false,
            taken: None,
        });
        let known = place.taken.take_if(|(taken, _)| taken == asked);
        let since = known.map_or_else(Instant::now, |(_, since)| since);
        place.taken = Some((asked.clone(), since));
        let patience = match &place.had {
            Some(had) if had == asked && place.is_left => return false,
            Some(had) if had == asked && chosen => self.waits.chosen,
            Some(had) if had == asked => self.waits.given,
            Some(_) | None => self.waits.unknown,
        };
        since.elapsed() < patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn a_port_that_was_ours_is_waited_for_longer() {
        let port = |number| PortNumber::new(number).expect("it is one");
        let (web, public) = (port(3000), port(9000));
        let waits = Waits::default();
        for (had, chosen, patience) in [
            (true, true, waits.chosen),
            (true, false, waits.given),
            (false, true, waits.unknown),
        ] {
            let standing = Standing::new(waits);
            if had {
                standing.note(web, public);
                assert_eq!(standing.of(web), Some(public));
            }
            assert!(standing.may_be_ours(web, &public, chosen));
            advance(patience / 2).await;
            assert!(standing.may_be_ours(web, &public, chosen));
            advance(patience / 2).await;
            assert!(!standing.may_be_ours(web, &public, chosen));
            assert!(
                standing.may_be_ours(web, &port(9001), chosen),
                "another one"
            );
            standing.note(web, public);
            assert!(standing.may_be_ours(web, &public, chosen), "it counts anew");
            standing.leave(web);
            assert!(!standing.may_be_ours(web, &public, chosen), "it was freed");
            standing.forget(web);
            assert_eq!(standing.of(web), None);
        }
    }
}
