//! Which of a connector's sessions is the newest: the relay lets a newer one displace an older one,
//! and the older one must neither take that for another host nor sign the newer one off.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The sessions of one connector, and its attempts at one, by age.
#[derive(Clone, Debug, Default)]
pub(super) struct Generations(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    alive: BTreeSet<u64>,
}

/// One of them, while it lives.
#[derive(Debug)]
pub(super) struct Generation {
    number: u64,
    all: Generations,
}

impl Generations {
    /// A new one, the newest.
    pub fn begin(&self) -> Generation {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        state.alive.insert(number);
        drop(state);
        let all = self.clone();
        Generation { number, all }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generation {
    /// No newer one is alive.
    pub fn is_newest(&self) -> bool {
        self.all.lock().alive.last() == Some(&self.number)
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        self.all.lock().alive.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_that_lives_is_the_newest() {
        let all = Generations::default();
        let first = all.begin();
        assert!(first.is_newest());
        let second = all.begin();
        assert!(!first.is_newest() && second.is_newest());
        // An attempt that failed is no host.
        drop(second);
        assert!(first.is_newest());
    }
}
