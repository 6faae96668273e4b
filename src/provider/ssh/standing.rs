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

/// So many ports are remembered.
const MOST: usize = 256;

/// Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    places: BTreeMap<PortNumber, u32>,
    /// When the connection broke that had a port.
    lost: BTreeMap<u32, Instant>,
}

impl Standing {
    /// Which port of the server one of ours had.
    pub(super) fn place(&self, port: PortNumber) -> Option<u32> {
        self.0.lock().places.get(&port).copied()
    }

    /// A port of ours has this one of the server's.
    pub(super) fn remember(&self, port: PortNumber, given: u32) {
        let mut state = self.0.lock();
        state.places.insert(port, given);
        state.lost.remove(&given);
    }

    pub(super) fn forget(&self, port: PortNumber) {
        self.0.lock().places.remove(&port);
    }

    /// The connection broke that had this port of the server's.
    pub(super) fn lose(&self, given: u32) {
        let mut state = self.0.lock();
        if state.lost.len() < MOST {
            state.lost.insert(given, Instant::now());
        }
    }

    /// Whether the server may still hold this port for one that broke.
    pub(super) fn may_be_held(&self, given: u32) -> bool {
        let state = self.0.lock();
        let lost = state.lost.get(&given);
        lost.is_some_and(|lost| lost.elapsed() < HELD_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_port_may_be_held_until_the_server_s_kernel_gives_up() {
        let (standing, port) = (Standing::default(), PortNumber::new(3000).expect("a port"));
        assert!(!standing.may_be_held(40_000), "it never was ours");
        standing.remember(port, 40_000);
        standing.lose(40_000);
        assert!(standing.may_be_held(40_000));
        assert_eq!(standing.place(port), Some(40_000));
        tokio::time::advance(HELD_FOR).await;
        assert!(!standing.may_be_held(40_000));
        standing.lose(40_000);
        standing.remember(port, 40_000);
        assert!(!standing.may_be_held(40_000), "it is ours again");
    }
}
