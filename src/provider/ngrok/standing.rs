//! What a connector remembers from one session to the next: whether the edge may still have one of
//! ours, a session that may be resumed, and where its ports were reached.

use super::agent::Agent;
use crate::model::{PortNumber, Secret};
use crate::provider::ConnectError;
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The edge has let go of a session that broke by then; what is online after it is somebody else's.
const OURS_FOR: Duration = Duration::from_mins(1);

/// A token that was refused is not shown again for so long: with a fresh one it is tried once more,
/// which is to be another one.
const REFUSED_FOR: Duration = Duration::from_secs(10);

/// Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Standing(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    live: usize,
    /// When a session ended without a word to the edge.
    lost: Option<Instant>,
    dormant: Option<(Secret, Agent)>,
    places: BTreeMap<PortNumber, String>,
    /// Since when an endpoint is asked for that another host is to leave.
    asked: Option<Instant>,
    refused: Option<(Secret, Instant, ConnectError)>,
}

impl Standing {
    /// A session begins.
    pub(super) fn enter(&self) -> Seat {
        self.lock().live += 1;
        Seat {
            standing: self.clone(),
            told: false,
        }
    }

    /// Whether what is online at the edge may be a session of ours.
    pub(super) fn is_ours(&self) -> bool {
        let state = self.lock();
        let lately = |lost: Instant| lost.elapsed() < OURS_FOR;
        state.live > 0 || state.lost.is_some_and(lately)
    }

    /// Whether to go on asking for what another host is to leave: nobody can make it.
    pub(super) fn may_be_left(&self) -> bool {
        let mut state = self.lock();
        state.asked.get_or_insert_with(Instant::now).elapsed() < OURS_FOR
    }

    /// ngrok does not take this token, and said why.
    pub(super) fn refuse(&self, token: Secret, error: ConnectError) {
        self.lock().refused = Some((token, Instant::now(), error));
    }

    /// What ngrok has just said of this token, if it does not take it.
    pub(super) fn refusal(&self, token: &Secret) -> Option<ConnectError> {
        let state = self.lock();
        let (refused, at, error) = state.refused.as_ref()?;
        (refused == token && at.elapsed() < REFUSED_FOR).then(|| error.clone())
    }

    /// Keeps what may be resumed.
    pub(super) fn keep(&self, token: Secret, agent: Agent) {
        let before = self.lock().dormant.replace((token, agent));
        drop(before);
    }

    /// Takes what may be resumed, if it was made with this token; what was not is let go.
    pub(super) fn take(&self, token: &Secret) -> Option<Agent> {
        let (with, agent) = self.lock().dormant.take()?;
        (with == *token).then_some(agent)
    }

    /// Where a port was last reached.
    pub(super) fn place(&self, port: PortNumber) -> Option<String> {
        self.lock().places.get(&port).cloned()
    }

    pub(super) fn remember(&self, port: PortNumber, url: &str) {
        self.lock().places.insert(port, url.to_owned());
    }

    pub(super) fn forget(&self, port: PortNumber) {
        self.lock().places.remove(&port);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}

/// Held by a session while it lives.
pub(super) struct Seat {
    standing: Standing,
    told: bool,
}

impl Seat {
    /// The edge was told that it ends.
    pub(super) fn leave(mut self) {
        self.told = true;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut state = self.standing.lock();
        state.live -= 1;
        state.lost = (!self.told).then(Instant::now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reason;

    #[tokio::test(start_paused = true)]
    async fn what_is_online_is_ours_for_a_minute_after_a_session_broke() {
        let standing = Standing::default();
        assert!(!standing.is_ours(), "there was none");
        let seat = standing.enter();
        assert!(standing.is_ours(), "it lives");
        drop(seat);
        tokio::time::advance(OURS_FOR / 2).await;
        assert!(standing.is_ours(), "the edge may not know yet");
        tokio::time::advance(OURS_FOR).await;
        assert!(!standing.is_ours());
        standing.enter().leave();
        assert!(!standing.is_ours(), "the edge was told");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_not_shown_again_at_once() {
        let (standing, token) = (Standing::default(), Secret::new("t0ken"));
        let said = ConnectError::new(Reason::SignedOut);
        standing.refuse(token.clone(), said.clone());
        assert_eq!(standing.refusal(&token), Some(said));
        assert_eq!(standing.refusal(&Secret::new("another")), None);
        tokio::time::advance(REFUSED_FOR).await;
        assert_eq!(standing.refusal(&token), None, "the person may insist");
    }
}
