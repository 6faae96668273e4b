//! Keeps two processes of one home from taking a tunnel from each other.

use crate::base::clock;
use crate::engine::EngineEvent;
use crate::model::{Holder, Life, Outage, Reason};
use crate::provider::HostOrder;
use crate::store::{HeldBy, Home, HostingClaim};
use std::sync::Arc;

/// What one engine has of its tunnel. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Claim(Arc<HostingClaim>);

impl Claim {
    /// Claims what is to be hosted; who takes over hosts it in any case, and has the claim once the
    /// other process has noticed.
    ///
    /// # Errors
    /// The life to report: another process hosts it.
    pub(super) fn make(home: &Home, order: &HostOrder, by: Holder) -> Result<Self, Life> {
        let name = format!("{}-{}", order.account.provider.as_str(), order.tunnel);
        let claim = Self(Arc::new(HostingClaim::new(home, &name, by)));
        match claim.0.acquire() {
            Err(by) if !order.take_over => Err(refused(by)),
            Ok(()) | Err(_) => Ok(claim),
        }
    }

    /// Claims again what was displaced.
    ///
    /// # Errors
    /// The life to report: another process hosts it by now.
    pub(super) fn renew(&self) -> Result<(), Life> {
        self.0.acquire().map_err(refused)
    }

    /// What an engine says may end its claim, or let it have one.
    pub(super) fn follow(&self, event: &EngineEvent) {
        match event {
            EngineEvent::Life(Life::Displaced(_)) => self.0.release(),
            EngineEvent::Life(Life::Up { .. })
            | EngineEvent::Ports(_)
            | EngineEvent::Lacking(_)
            | EngineEvent::Traffic(_) => {
                // Who is displaced lets go of it in a moment; until then it is asked for again.
                let _ = self.0.acquire();
            }
            EngineEvent::Life(_) | EngineEvent::Reminted | EngineEvent::Finished => {}
        }
    }
}

fn refused(HeldBy { process, by }: HeldBy) -> Life {
    Life::Displaced(Outage {
        since: clock::now(),
        reason: Reason::HostedHere { process, by },
    })
}
