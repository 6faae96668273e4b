//! The relay's sessions: parks them when their link goes, gives them up when their time or the
//! room is over, and finds them for whoever may resume them.
//!
//! [`Parking`] decides; this asks the sessions. No lock is held while anybody waits.

use super::auth::SessionId;
use super::end::{ResumeRefusal, SessionEnd};
use super::handle::{Handle, Status};
use super::parking::{Caps, Parking};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The account has as many sessions as it may, and none of them can be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account has too many sessions")]
pub struct StoreFull;

/// The sessions of the end that is dialled. Clones are the same store.
#[derive(Debug)]
pub struct SessionStore<A>(Arc<Inner<A>>);

#[derive(Debug)]
struct Inner<A> {
    /// Never held across a wait, and nothing under it panics half way.
    entries: Mutex<Entries<A>>,
    origin: Instant,
}

#[derive(Debug)]
struct Entries<A> {
    parking: Parking<A>,
    handles: HashMap<SessionId, Handle>,
}

impl<A> Clone for SessionStore<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Clone + Eq + Hash + Send + 'static> SessionStore<A> {
    pub fn new(caps: Caps) -> Self {
        Self(Arc::new(Inner {
            entries: Mutex::new(Entries {
                parking: Parking::new(caps),
                handles: HashMap::new(),
            }),
            origin: Instant::now(),
        }))
    }

    /// Takes a session in. The future must be spawned: it parks and evicts the session until its end,
    /// and takes it out of the store when it is dropped.
    ///
    /// # Errors
    /// When the account has too many, all of them with a link.
    pub fn admit(
        &self,
        account: A,
        handle: Handle,
    ) -> Result<impl Future<Output = ()> + Send + 'static, StoreFull> {
        let (id, now) = (handle.id(), self.now());
        let mut entries = self.0.entries.lock();
        while let Some(oldest) = entries.parking.oldest_of(&account) {
            entries.evict_parked(oldest, now);
        }
        if !entries.parking.insert(id, account) {
            return Err(StoreFull);
        }
        entries.handles.insert(id, handle.clone());
        drop(entries);
        let entry = StoreEntry {
            store: self.clone(),
            id,
        };
        Ok(entry.supervise(handle))
    }

    /// The session that the account wants to resume.
    pub fn find(&self, id: SessionId, account: &A) -> Result<Handle, ResumeRefusal> {
        let now = self.now();
        let mut entries = self.0.entries.lock();
        entries.parking.find(id, account, now)?;
        entries
            .handles
            .get(&id)
            .cloned()
            .ok_or(ResumeRefusal::Unknown)
    }

    /// How many sessions there are, and how many of them are parked.
    pub fn len(&self) -> (usize, usize) {
        self.0.entries.lock().parking.len()
    }

    /// What all parked sessions hold.
    pub fn parked_bytes(&self) -> usize {
        self.0.entries.lock().parking.parked_bytes()
    }

    fn now(&self) -> Duration {
        self.0.origin.elapsed()
    }
}

impl<A: Clone + Eq + Hash> Entries<A> {
    fn park(&mut self, handle: &Handle, now: Duration) {
        self.parking.park(handle.id(), handle.shrink());
        while let Some(id) = self.parking.over() {
            self.evict_parked(id, now);
        }
    }

    /// A session that got its link back in between stays.
    fn evict_parked(&mut self, id: SessionId, now: Duration) {
        let handle = self.handles.get(&id);
        let is_gone = handle.is_none_or(|handle| handle.give_up_if_parked(ResumeRefusal::Evicted));
        if is_gone {
            self.handles.remove(&id);
            self.parking.evict(id, ResumeRefusal::Evicted, now);
        } else {
            self.parking.unpark(id);
        }
    }
}

/// One session's entry; dropping it takes the session out of the store.
struct StoreEntry<A: Clone + Eq + Hash + Send + 'static> {
    store: SessionStore<A>,
    id: SessionId,
}

impl<A: Clone + Eq + Hash + Send + 'static> Drop for StoreEntry<A> {
    fn drop(&mut self) {
        let mut entries = self.store.0.entries.lock();
        entries.parking.remove(self.id);
        entries.handles.remove(&self.id);
    }
}

impl<A: Clone + Eq + Hash + Send + 'static> StoreEntry<A> {
    async fn supervise(self, handle: Handle) {
        let mut status = handle.status();
        loop {
            let seen = *status.borrow_and_update();
            match seen {
                Status::Ended(end) => return self.note_finished(end),
                Status::Attached { .. } => {
                    self.store.0.entries.lock().parking.unpark(self.id);
                    if status.changed().await.is_err() {
                        return;
                    }
                }
                Status::Parked => self.supervise_parked(&handle, &mut status).await,
            }
        }
    }

    /// Whoever missed the last acknowledgement of a session that ended well can still hear that it did.
    fn note_finished(&self, end: SessionEnd) {
        if end == SessionEnd::Finished {
            let (mut entries, now) = (self.store.0.entries.lock(), self.store.now());
            entries.handles.remove(&self.id);
            entries.parking.evict(self.id, ResumeRefusal::Finished, now);
        }
    }

    async fn supervise_parked(
        &self,
        handle: &Handle,
        status: &mut tokio::sync::watch::Receiver<Status>,
    ) {
        let store = &self.store;
        let retention = {
            let (mut entries, now) = (store.0.entries.lock(), store.now());
            entries.park(handle, now);
            entries.parking.caps().retention
        };
        let moved = status.wait_for(|status| *status != Status::Parked);
        let has_moved = timeout(retention, moved).await.is_ok();
        if !has_moved && handle.give_up_if_parked(ResumeRefusal::Expired) {
            let (mut entries, now) = (store.0.entries.lock(), store.now());
            entries.parking.evict(self.id, ResumeRefusal::Expired, now);
        }
    }
}
