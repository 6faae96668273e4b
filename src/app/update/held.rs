//! A session whose link is down and whose connections are held: what is written and told of that.

use super::{Commands, engine, probe};
use crate::app::state::State;
use crate::audit::Kind;
use crate::model::{HostState, NoticeKind, Reason, TunnelId, UnixMillis};

/// What follows from a session's being held, and from its end.
pub(super) fn follow(
    state: &mut State,
    at: UnixMillis,
    tunnel: &TunnelId,
    old: &HostState,
    new: &HostState,
) -> Commands {
    match (old, new) {
        // Another deadline, or another count of what is held.
        (HostState::Held { .. }, HostState::Held { .. }) => vec![],
        (_, HostState::Held { .. }) => {
            // What they saw was seen of a link that is gone.
            probe::forget_reports(state, tunnel);
            engine::audit(state, at, tunnel, Kind::Held, None)
        }
        (HostState::Held { session, .. }, HostState::Hosting { session: now, .. })
            if session == now =>
        {
            engine::audit(state, at, tunnel, Kind::Resumed, None)
        }
        (HostState::Held { open, .. }, HostState::Reconnecting { reason, .. }) => {
            if *open > 0 && *reason != Reason::Forced {
                add_lost(state, at, tunnel, *open);
            }
            vec![]
        }
        _ => vec![],
    }
}

/// Told once and until it is put away: a short blip is no news, visitors who were cut off are.
fn add_lost(state: &mut State, at: UnixMillis, tunnel: &TunnelId, open: u64) {
    clear_lost(state, tunnel);
    let tunnel = tunnel.clone();
    state.add_notice(NoticeKind::HeldLost { tunnel, open }, at);
}

pub(super) fn clear_lost(state: &mut State, tunnel: &TunnelId) {
    state.inputs.notices.retain(
        |notice| !matches!(&notice.kind, NoticeKind::HeldLost { tunnel: of, .. } if of == tunnel),
    );
}
