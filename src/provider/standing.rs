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

/// A place that was chosen and was ours a moment ago is waited for so long: a server's TCP gives up after
/// about 15 minutes.
const CHOSEN: Duration = Duration::from_mins(20);

/// One that the server chose: then another one is asked for, and the URL changes.
const GIVEN: Duration = Duration::from_mins(1);

/// One that was not ours: an earlier run of the program may have had it.
const UNKNOWN: Duration = Duration::from_secs(5);

/// The places of one tunnel's ports, as the provider calls them.
#[derive(Debug)]
pub(super) struct Standing<P>(Mutex<HashMap<PortNumber, Place<P>>>);

#[derive(Debug)]
struct Place<P> {
    /// Where it was served last.
    had: Option<P>,
    /// Since when that is said to be taken.
    taken_since: Option<Instant>,
}

impl<P> Default for Standing<P> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<P: Clone + PartialEq> Standing<P> {
    /// The place to ask for again.
    pub(super) fn of(&self, number: PortNumber) -> Option<P> {
        self.0.lock().get(&number)?.had.clone()
    }

    /// It is served there.
    pub(super) fn note(&self, number: PortNumber, place: P) {
        let place = Place {
            had: Some(place),
            taken_since: None,
        };
        self.0.lock().insert(number, place);
    }

    /// It is not asked for there again.
    pub(super) fn forget(&self, number: PortNumber) {
        self.0.lock().remove(&number);
    }

    /// The server says that `asked` is taken. Whether that may be by ourselves, so that it is waited for.
    pub(super) fn may_be_ours(&self, number: PortNumber, asked: &P, chosen: bool) -> bool {
        let mut places = self.0.lock();
        let place = places.entry(number).or_insert(Place {
            had: None,
            taken_since: None,
        });
        let since = *place.taken_since.get_or_insert_with(Instant::now);
        let patience = match &place.had {
            Some(had) if had == asked && chosen => CHOSEN,
            Some(had) if had == asked => GIVEN,
            Some(_) | None => UNKNOWN,
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
        for (had, chosen, patience) in [
            (true, true, CHOSEN),
            (true, false, GIVEN),
            (false, true, UNKNOWN),
        ] {
            let standing = Standing::default();
            if had {
                standing.note(web, public);
                assert_eq!(standing.of(web), Some(public));
            }
            assert!(standing.may_be_ours(web, &public, chosen));
            advance(patience / 2).await;
            assert!(standing.may_be_ours(web, &public, chosen));
            advance(patience / 2).await;
            assert!(!standing.may_be_ours(web, &public, chosen));
            standing.note(web, public);
            assert!(standing.may_be_ours(web, &public, chosen), "it counts anew");
            standing.forget(web);
            assert_eq!(standing.of(web), None);
        }
    }
}
