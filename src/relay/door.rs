//! Bounds the connections that are not sessions yet: one too many ends the oldest.
//!
//! The oldest goes because a true host is through in three round trips, and whoever only holds
//! connections open is not.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
pub(super) struct Door {
    limit: usize,
    waiting: Mutex<VecDeque<(u64, CancellationToken)>>,
}

/// One connection's place before the door; dropping it makes room.
#[derive(Debug)]
pub(super) struct Waiting {
    id: u64,
    turned_away: CancellationToken,
    door: Arc<Door>,
}

impl Door {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            waiting: Mutex::default(),
        }
    }

    pub(super) fn enter(self: &Arc<Self>, id: u64) -> Waiting {
        let turned_away = CancellationToken::new();
        let mut waiting = self.lock();
        waiting.push_back((id, turned_away.clone()));
        if waiting.len() > self.limit
            && let Some((_, oldest)) = waiting.pop_front()
        {
            oldest.cancel();
        }
        drop(waiting);
        Waiting {
            id,
            turned_away,
            door: Arc::clone(self),
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(u64, CancellationToken)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Ends when there are too many and this is the oldest.
    pub(super) async fn turned_away(&self) {
        self.turned_away.cancelled().await;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.door.lock().retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_many_ends_the_oldest_that_still_waits() {
        let door = Arc::new(Door::new(2));
        let (first, second) = (door.enter(1), door.enter(2));
        drop(first);
        let third = door.enter(3);
        assert!(!second.turned_away.is_cancelled());
        let fourth = door.enter(4);
        assert!(second.turned_away.is_cancelled());
        assert!(!third.turned_away.is_cancelled());
        drop((second, third, fourth));
        assert!(door.lock().is_empty());
    }
}
