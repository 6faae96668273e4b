//! A host's place on the register while no session has it: an attempt that is given up leaves nothing
//! behind.

use super::generations::{Generation, Generations};
use super::management::{Endpoint, Management};
use super::session::Registration;
use crate::model::{Class, Secret, TunnelId};
use crate::provider::ConnectError;
use tokio::runtime::Handle;

/// Gives the place back when it goes, unless that was settled before.
pub(super) struct Place(Option<Held>);

struct Held {
    management: Management,
    tunnel: TunnelId,
    endpoint: Endpoint,
    token: Secret,
    generations: Generations,
}

impl Place {
    /// That of an attempt.
    pub fn of(registration: &Registration, generation: &Generation) -> Self {
        Self(Some(Held {
            management: registration.management.clone(),
            tunnel: registration.tunnel.clone(),
            endpoint: registration.endpoint.clone(),
            token: registration.host_token.clone(),
            generations: generation.all().clone(),
        }))
    }

    /// A session has it now.
    pub fn keep(&mut self) {
        self.0 = None;
    }

    /// The attempt has failed: the next one, if there is to be one, takes the same place.
    pub fn lose(&mut self, error: &ConnectError) {
        match error.class() {
            Class::Transient | Class::Quota | Class::Displaced => self.0 = None,
            Class::SignIn | Class::Fatal => {}
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(held) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(held.give_back());
        }
    }
}

impl Held {
    async fn give_back(self) {
        let _place = self.generations.place().await;
        // Another one of ours has the same place.
        if !self.generations.is_empty() {
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
