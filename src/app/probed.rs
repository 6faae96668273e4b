//! What the probes of each hosted tunnel know of its session: whether it lives, and how they are known
//! there.

use crate::model::{Secret, TunnelId};
use crate::probe::ProbedSession;
use crate::provider::{Liveness, ProbeMarks};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// Of all tunnels that are hosted. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Probed(Arc<Mutex<HashMap<TunnelId, (Liveness, ProbeMarks)>>>);

impl Probed {
    /// A tunnel is hosted from now on: what its engine tells by, with a key that nobody else knows.
    pub(super) fn begin(&self, tunnel: &TunnelId) -> (Liveness, ProbeMarks) {
        let key = Secret::new(&format!("{:032x}", rand::random::<u128>()));
        let known = (Liveness::default(), ProbeMarks::new(key));
        self.0.lock().insert(tunnel.clone(), known.clone());
        known
    }

    /// It is hosted no more.
    pub(super) fn end(&self, tunnel: &TunnelId) {
        self.0.lock().remove(tunnel);
    }

    /// What its probes go by.
    pub(super) fn session(&self, tunnel: &TunnelId) -> ProbedSession {
        let (liveness, marks) = self.0.lock().get(tunnel).cloned().unzip();
        let liveness: Liveness = liveness.unwrap_or_default();
        let marks: Option<ProbeMarks> = marks;
        ProbedSession {
            key: marks.as_ref().map(|marks| marks.key().clone()),
            mark: Arc::new(move |port| marks.iter().for_each(|marks| marks.announce(port))),
            open: Arc::new({
                let liveness = liveness.clone();
                move |port| liveness.open(port)
            }),
            is_alive: Arc::new(move || liveness.is_alive()),
        }
    }
}
