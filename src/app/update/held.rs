//! A session whose link is down and whose connections are held: what is written and told of that.

use super::{Commands, engine, probe};
use crate::app::state::State;
use crate::audit::Kind;
use crate::model::{Life, NoticeKind, Reason, TunnelId, UnixMillis};

/// What follows from a session's being held, and from its end.
pub(super) fn follow(
    state: &mut State,
    at: UnixMillis,
    tunnel: &TunnelId,
    old: &Life,
    new: &Life,
) -> Commands {
    match (old, new) {
        // Another deadline, or another count of what is held.
        (Life::Parked { .. }, Life::Parked { .. }) => vec![],
        (_, Life::Parked { .. }) => {
            // What they saw was seen of a link that is gone.
            probe::forget_reports(state, tunnel);
            engine::audit(state, at, tunnel, Kind::Held, None)
        }
        (Life::Parked { session, .. }, Life::Up { session: now, .. }) if session == now => {
            engine::audit(state, at, tunnel, Kind::Resumed, None)
        }
        (
            Life::Parked { open, .. },
            Life::Connecting {
                outage: Some(outage),
                ..
            }
            | Life::Waiting { outage, .. },
        ) => {
            if *open > 0 && outage.reason != Reason::Forced {
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
