//! Requests that are at services before anything of their bodies has come: few at each port, shared
//! fairly, and none of them takes anything from another port.
//!
//! It knows ports by number, and nothing of requests.

use crate::relay::{Limiter, Share};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// Counts, for each port, the requests of whose bodies nothing has come yet.
pub(super) struct BodiesAhead {
    share: Share,
    /// By the upstream's key. Whoever has a place keeps its port's entry.
    ports: Mutex<HashMap<u64, Weak<Limiter>>>,
}

impl BodiesAhead {
    /// Maximum at each port.
    pub(super) fn new(each: usize) -> Self {
        Self {
            share: Share {
                total: each,
                per_network: each,
            },
            ports: Mutex::default(),
        }
    }

    /// The places at one port.
    pub(super) fn port(&self, key: u64) -> Arc<Limiter> {
        let mut ports = self.ports.lock();
        if let Some(known) = ports.get(&key).and_then(Weak::upgrade) {
            return known;
        }
        ports.retain(|_, port| port.strong_count() > 0);
        let port = Limiter::new("requests whose bodies have not begun", self.share);
        ports.insert(key, Arc::downgrade(&port));
        port
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::Network;

    #[test]
    fn each_port_has_places_of_its_own_and_one_that_nobody_asks_for_is_forgotten() {
        let ahead = BodiesAhead::new(1);
        let network = Network::of([192, 0, 2, 1].into());
        let first = ahead.port(1).admit(network);
        let second = ahead.port(2).admit(network);
        assert!(!first.is_evicted() && !second.is_evicted());
        assert!(ahead.port(1).try_admit(network).is_none());
        let third = ahead.port(1).admit(network);
        assert!(first.is_evicted() && !second.is_evicted() && !third.is_evicted());
        drop((first, second, third));
        ahead.port(3);
        let ports = ahead.ports.lock();
        assert_eq!(ports.len(), 1);
    }
}
