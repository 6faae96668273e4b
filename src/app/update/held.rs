//! A session whose link is down and whose connections are held: what is written and told of that.

use super::Update;
use crate::audit::Kind;
use crate::model::{Life, NoticeKind, Reason, TunnelId};

impl Update<'_> {
    /// What follows from a session's being held, and from its end.
    pub(super) fn follow_held(&mut self, tunnel: &TunnelId, old: &Life, new: &Life) {
        match (old, new) {
            // Another deadline, or another count of what is held.
            (Life::Parked { .. }, Life::Parked { .. }) => {}
            (_, Life::Parked { .. }) => {
                // What they saw was seen of a link that is gone.
                self.forget_reports(tunnel);
                self.audit(tunnel, Kind::Held, None);
            }
            (Life::Parked { session, .. }, Life::Up { session: now, .. }) if session == now => {
                self.audit(tunnel, Kind::Resumed, None);
            }
            (
                Life::Parked { open, .. },
                Life::Connecting {
                    outage: Some(outage),
                    ..
                }
                | Life::Waiting { outage, .. },
            ) if *open > 0 && outage.reason != Reason::Forced => {
                // Told once and until it is put away: a short blip is no news, visitors who were cut
                // off are.
                self.clear_lost(tunnel);
                let (tunnel, open) = (tunnel.clone(), *open);
                self.notice(NoticeKind::HeldLost { tunnel, open });
            }
            _ => {}
        }
    }
}
