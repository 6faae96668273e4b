//! The relay's sessions: parks them when their link goes, gives them up when their time or the
//! room is over, and finds them for whoever may resume them.
//!
//! [`Table`] decides; this asks the sessions. No lock is held while anybody waits.

use super::auth::SessionId;
use super::end::{End, Refusal};
use super::handle::{Handle, Status};
use super::parking::{Caps, Table};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The account has as many sessions as it may, and none of them can be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account has too many sessions")]
pub struct Full;

/// See the module. Clones are the same lot.
#[derive(Debug)]
pub struct Lot<A>(Arc<Inner<A>>);

#[derive(Debug)]
struct Inner<A> {
    /// Never held across a wait, and nothing under it panics half way.
    places: Mutex<Places<A>>,
    origin: Instant,
}

#[derive(Debug)]
struct Places<A> {
    table: Table<A>,
    handles: HashMap<SessionId, Handle>,
}

impl<A> Clone for Lot<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Clone + Eq + Hash + Send + 'static> Lot<A> {
    /// An empty one.
    #[must_use]
    pub fn new(caps: Caps) -> Self {
        Self(Arc::new(Inner {
            places: Mutex::new(Places {
                table: Table::new(caps),
                handles: HashMap::new(),
            }),
            origin: Instant::now(),
        }))
    }

    /// Takes a session in. The future must be spawned: it looks after the session until its end,
    /// and lets go of it when it is dropped.
    ///
    /// # Errors
    /// When the account has too many, all of them with a link.
    pub fn admit(
        &self,
        account: A,
        handle: Handle,
    ) -> Result<impl Future<Output = ()> + Send + 'static, Full> {
        let (id, now) = (handle.id(), self.now());
        let mut places = self.0.places.lock();
        while let Some(oldest) = places.table.oldest_of(&account) {
            places.evict(oldest, now);
        }
        if !places.table.insert(id, account) {
            return Err(Full);
        }
        places.handles.insert(id, handle.clone());
        drop(places);
        let place = Place {
            lot: self.clone(),
            id,
        };
        Ok(place.look_after(handle))
    }

    /// The session that the account wants to resume.
    ///
    /// # Errors
    /// Why it may not.
    pub fn find(&self, id: SessionId, account: &A) -> Result<Handle, Refusal> {
        let now = self.now();
        let mut places = self.0.places.lock();
        places.table.find(id, account, now)?;
        places.handles.get(&id).cloned().ok_or(Refusal::Unknown)
    }

    /// How many sessions there are, and how many of them are parked.
    #[must_use]
    pub fn len(&self) -> (usize, usize) {
        self.0.places.lock().table.len()
    }

    /// What all parked sessions hold.
    #[must_use]
    pub fn parked_bytes(&self) -> usize {
        self.0.places.lock().table.parked_bytes()
    }

    fn now(&self) -> Duration {
        self.0.origin.elapsed()
    }
}

impl<A: Clone + Eq + Hash> Places<A> {
    fn park(&mut self, handle: &Handle, now: Duration) {
        self.table.park(handle.id(), handle.shrink());
        while let Some(id) = self.table.over() {
            self.evict(id, now);
        }
    }

    /// A session that got its link back in between stays.
    fn evict(&mut self, id: SessionId, now: Duration) {
        let handle = self.handles.get(&id);
        let is_gone = handle.is_none_or(|handle| handle.give_up_if_parked(Refusal::Evicted));
        if is_gone {
            self.handles.remove(&id);
            self.table.bury(id, Refusal::Evicted, now);
        } else {
            self.table.unpark(id);
        }
    }
}

/// One session's place in the lot.
struct Place<A: Clone + Eq + Hash + Send + 'static> {
    lot: Lot<A>,
    id: SessionId,
}

impl<A: Clone + Eq + Hash + Send + 'static> Drop for Place<A> {
    fn drop(&mut self) {
        let mut places = self.lot.0.places.lock();
        places.table.remove(self.id);
        places.handles.remove(&self.id);
    }
}

impl<A: Clone + Eq + Hash + Send + 'static> Place<A> {
    async fn look_after(self, handle: Handle) {
        let mut status = handle.status();
        loop {
            let seen = *status.borrow_and_update();
            match seen {
                Status::Ended(end) => return self.let_go(end),
                Status::Attached { .. } => {
                    self.lot.0.places.lock().table.unpark(self.id);
                    if status.changed().await.is_err() {
                        return;
                    }
                }
                Status::Parked => self.wait_parked(&handle, &mut status).await,
            }
        }
    }

    /// Whoever missed the last word of a session that ended well can still hear that it did.
    fn let_go(&self, end: End) {
        if end == End::Finished {
            let (mut places, now) = (self.lot.0.places.lock(), self.lot.now());
            places.handles.remove(&self.id);
            places.table.bury(self.id, Refusal::Finished, now);
        }
    }

    async fn wait_parked(
        &self,
        handle: &Handle,
        status: &mut tokio::sync::watch::Receiver<Status>,
    ) {
        let lot = &self.lot;
        let retention = {
            let (mut places, now) = (lot.0.places.lock(), lot.now());
            places.park(handle, now);
            places.table.caps().retention
        };
        let moved = status.wait_for(|status| *status != Status::Parked);
        let has_moved = timeout(retention, moved).await.is_ok();
        if !has_moved && handle.give_up_if_parked(Refusal::Expired) {
            let (mut places, now) = (lot.0.places.lock(), lot.now());
            places.table.bury(self.id, Refusal::Expired, now);
        }
    }
}
