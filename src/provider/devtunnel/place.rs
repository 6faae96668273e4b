//! A host's registration while no session has it: an attempt that is given up leaves nothing behind.
//!
//! Whoever drops an attempt cannot wait. So what it leaves is noted, and the engine, which can, has it
//! given back before its thread ends.

use super::generations::{Generation, Generations};
use super::management::{Endpoint, Management};
use crate::model::{Class, Secret, TunnelId};
use crate::provider::{BoxFuture, ConnectError};
use futures_util::future::join_all;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Giving it back takes this long at most: as a goodbye.
const GIVEN_BACK_WITHIN: Duration = Duration::from_secs(15);

/// What attempts have left. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Leftovers(Arc<Mutex<Vec<Held>>>);

/// What an attempt has, or may have, at the service. Noted as left when it goes, unless that was settled
/// before.
pub(super) struct Place {
    held: Option<Held>,
    leftovers: Leftovers,
}

#[derive(Debug)]
struct Held {
    management: Management,
    tunnel: TunnelId,
    endpoint: Endpoint,
    token: Secret,
    generations: Generations,
    number: u64,
}

impl Leftovers {
    /// Gives all of it back, within a bound; `None` when there is nothing.
    pub fn give_back(&self) -> Option<BoxFuture<'static, ()>> {
        let all = std::mem::take(&mut *self.0.lock());
        if all.is_empty() {
            return None;
        }
        Some(Box::pin(async move {
            let all = join_all(all.into_iter().map(Held::give_back));
            if timeout(GIVEN_BACK_WITHIN, all).await.is_err() {
                tracing::warn!("the service may take this host for connected for a while");
            }
        }))
    }
}

impl Place {
    /// That of the attempt of `generation`, from before the service is asked for it.
    pub fn new(
        leftovers: &Leftovers,
        generation: &Generation,
        management: &Management,
        (tunnel, endpoint, token): (&TunnelId, &Endpoint, &Secret),
    ) -> Self {
        let held = Held {
            management: management.clone(),
            tunnel: tunnel.clone(),
            endpoint: endpoint.clone(),
            token: token.clone(),
            generations: generation.all().clone(),
            number: generation.number(),
        };
        Self {
            held: Some(held),
            leftovers: leftovers.clone(),
        }
    }

    /// A session has it now.
    pub fn keep(&mut self) {
        self.held = None;
    }

    /// The attempt has failed: the next one, if there is to be one, takes the same place.
    pub fn lose(&mut self, error: &ConnectError) {
        match error.class() {
            Class::Transient | Class::Quota | Class::Displaced => self.held = None,
            Class::SignIn | Class::Fatal => {}
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leftovers.0.lock().extend(self.held.take());
    }
}

impl Held {
    async fn give_back(self) {
        let _place = self.generations.place().await;
        // Another one of ours has the same place.
        if self.generations.has_other(self.number) {
            return;
        }
        let gone = self
            .management
            .delete_endpoint(&self.tunnel, &self.endpoint, &self.token);
        if let Err(error) = gone.await {
            let reason = error.reason.code();
            tracing::debug!(reason, detail = error.detail, "not signed off");
        }
    }
}
