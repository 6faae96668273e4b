//! What a connector remembers from one session to the next: where its ports were, and which the server
//! may still hold for a connection that broke.

use crate::model::PortNumber;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A server that looks after nothing notices a dead connection by its kernel, after 2 h 11 min.
const HELD_FOR: Duration = Duration::from_mins(135);

/// One that the server chose is waited for so long; then another one is asked for, and the URL changes.
const GIVEN: Duration = Duration::from_mins(1);

/// So many places are remembered.
const MOST: usize = 256;

/// What a server gives once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Port(u32),
    Socket(String),
}

/// Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    places: BTreeMap<PortNumber, u32>,
    /// When the connection broke that had it.
    lost: BTreeMap<Place, Instant>,
}

impl Standing {
    /// Which port of the server one of ours had.
    pub(super) fn place(&self, port: PortNumber) -> Option<u32> {
        self.0.lock().places.get(&port).copied()
    }

    /// A port of ours has this one of the server's.
    pub(super) fn remember(&self, port: PortNumber, given: &Place) {
        let mut state = self.0.lock();
        if let Place::Port(given) = given {
            state.places.insert(port, *given);
        }
        state.lost.remove(given);
    }

    pub(super) fn forget(&self, port: PortNumber) {
        self.0.lock().places.remove(&port);
    }

    /// The connection broke that had this place of the server's.
    pub(super) fn lose(&self, given: Place) {
        let mut state = self.0.lock();
        if state.lost.len() < MOST {
            state.lost.insert(given, Instant::now());
        }
    }

    /// Whether the server may still hold this place for one that broke.
    pub(super) fn may_be_held(&self, given: &Place) -> bool {
        self.was_lost_within(given, HELD_FOR)
    }

    /// Whether one that the server chose is still waited for.
    pub(super) fn is_waited_for(&self, given: u32) -> bool {
        self.was_lost_within(&Place::Port(given), GIVEN)
    }

    fn was_lost_within(&self, given: &Place, time: Duration) -> bool {
        let state = self.0.lock();
        let lost = state.lost.get(given);
        lost.is_some_and(|lost| lost.elapsed() < time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_place_may_be_held_until_the_server_s_kernel_gives_up() {
        let (standing, port) = (Standing::default(), PortNumber::new(3000).expect("a port"));
        for place in [Place::Port(40_000), Place::Socket("/run/web".to_owned())] {
            assert!(!standing.may_be_held(&place), "it never was ours");
            standing.remember(port, &place);
            standing.lose(place.clone());
            assert!(standing.may_be_held(&place));
            tokio::time::advance(HELD_FOR).await;
            assert!(!standing.may_be_held(&place));
            standing.lose(place.clone());
            standing.remember(port, &place);
            assert!(!standing.may_be_held(&place), "it is ours again");
        }
        assert_eq!(standing.place(port), Some(40_000));
    }

    #[tokio::test(start_paused = true)]
    async fn a_port_of_the_server_s_choice_is_waited_for_a_minute() {
        let standing = Standing::default();
        assert!(!standing.is_waited_for(40_000));
        standing.lose(Place::Port(40_000));
        assert!(standing.is_waited_for(40_000));
        tokio::time::advance(GIVEN).await;
        assert!(!standing.is_waited_for(40_000));
    }
}
