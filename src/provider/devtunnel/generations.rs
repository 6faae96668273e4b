//! Which of this process's sessions of a host is the newest, whichever connector made it: the relay
//! lets a newer one displace an older one, and the older one must neither take that for another host
//! nor sign the newer one off.

use crate::base::clock;
use crate::model::UnixMillis;
use parking_lot::{Mutex, MutexGuard};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The relay may take the host of a link that died for connected for so long.
const GHOST: Duration = Duration::from_mins(2);

/// The sessions of one host, and its attempts at one, by age.
#[derive(Clone, Debug, Default)]
pub(super) struct Generations(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Held while the host's place on the register is taken or given back: what gives it back must
    /// not come to the service behind what takes it again.
    place: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    alive: BTreeSet<u64>,
    /// When the last session that nobody displaced ended.
    left: Option<UnixMillis>,
}

/// One of them, while it lives.
#[derive(Debug)]
pub(super) struct Generation {
    number: u64,
    /// It has been connected, and not displaced.
    hosts: AtomicBool,
    all: Generations,
}

impl Generations {
    /// Those of this host in this process.
    pub fn of(host: &str) -> Self {
        static ALL: OnceLock<Mutex<HashMap<String, Generations>>> = OnceLock::new();
        let mut all = ALL.get_or_init(Mutex::default).lock();
        all.entry(host.to_owned()).or_default().clone()
    }

    /// A new one, the newest.
    pub fn begin(&self) -> Generation {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        state.alive.insert(number);
        drop(state);
        Generation {
            number,
            hosts: AtomicBool::new(false),
            all: self.clone(),
        }
    }

    /// One is alive that has another number.
    pub fn has_other(&self, number: u64) -> bool {
        self.lock().alive.iter().any(|alive| *alive != number)
    }

    /// Waits until nobody else takes or gives back the host's place on the register.
    pub async fn place(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.0.place.lock().await
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock()
    }
}

impl Generation {
    /// No newer one is alive.
    pub fn is_newest(&self) -> bool {
        self.all.lock().alive.last() == Some(&self.number)
    }

    /// Its number among them; a newer one has a higher one.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Those that it is one of.
    pub fn all(&self) -> &Generations {
        &self.all
    }

    /// Whom the relay says is connected may well be one of ours: a session that lives, or one whose
    /// end the relay has not noticed yet.
    pub fn may_be_connected(&self) -> bool {
        let state = self.all.lock();
        let ghost = state.left;
        let ghost = ghost.is_some_and(|left| clock::now().since(left) < GHOST);
        ghost || state.alive.iter().any(|number| *number < self.number)
    }

    pub fn connected(&self) {
        self.hosts.store(true, Ordering::Relaxed);
    }

    /// Another host has taken its place.
    pub fn displaced(&self) {
        self.hosts.store(false, Ordering::Relaxed);
        self.all.lock().left = None;
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        let mut state = self.all.lock();
        state.alive.remove(&self.number);
        if self.hosts.load(Ordering::Relaxed) {
            state.left = Some(clock::now());
        }
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

    #[test]
    fn a_host_s_are_the_same_for_every_connector() {
        let first = Generations::of("one host").begin();
        let second = Generations::of("one host").begin();
        let other = Generations::of("another host").begin();
        assert!(!first.is_newest() && second.is_newest() && other.is_newest());
    }

    #[test]
    fn a_session_leaves_a_ghost_unless_it_was_displaced() {
        let all = Generations::default();
        drop(all.begin());
        assert!(!all.begin().may_be_connected(), "an attempt leaves none");
        let session = all.begin();
        session.connected();
        assert!(all.begin().may_be_connected(), "it lives");
        drop(session);
        assert!(all.begin().may_be_connected(), "it was there just now");
        let session = all.begin();
        session.connected();
        session.displaced();
        drop(session);
        assert!(!all.begin().may_be_connected());
    }
}
