//! Turns the machine's stage into the state that is reported: wall-clock times and reasons added.

use crate::keepalive::Stage;
use crate::model::{Class, HostState, Phase, Reason, UnixMillis};
use std::time::Instant;

/// Remembers what the machine need not know: why, and since when.
#[derive(Debug)]
pub(super) struct Reporter {
    clock: fn() -> UnixMillis,
    phase: Phase,
    reason: Option<Reason>,
    /// When the current stretch (with a session, or without one) began.
    since: UnixMillis,
    last: HostState,
}

impl Reporter {
    pub(super) fn new(clock: fn() -> UnixMillis) -> Self {
        Self {
            clock,
            phase: Phase::Authorising,
            reason: None,
            since: clock(),
            last: HostState::Stopped,
        }
    }

    pub(super) fn set_phase(&mut self, phase: Phase) {
        self.phase = phase;
    }

    pub(super) fn set_reason(&mut self, reason: Reason) {
        self.reason = Some(reason);
    }

    /// The state for `stage`, when it is not the one reported last.
    pub(super) fn report(&mut self, stage: Stage) -> Option<HostState> {
        self.mark_since(stage);
        let new = self.state(stage);
        if new == self.last {
            return None;
        }
        self.last = new.clone();
        Some(new)
    }

    fn mark_since(&mut self, stage: Stage) {
        let changed = match (&self.last, stage) {
            (HostState::Hosting { session, .. }, Stage::Up { session: now, .. }) => *session != now,
            (HostState::Hosting { .. }, _)
            | (_, Stage::Up { .. })
            | (HostState::Reconnecting { .. } | HostState::Connecting { .. }, Stage::Halted(_))
            | (HostState::Stopped | HostState::Connecting { .. }, Stage::Waiting { .. }) => true,
            _ => false,
        };
        if changed {
            self.since = (self.clock)();
        }
    }

    fn state(&self, stage: Stage) -> HostState {
        let since = self.since;
        match stage {
            Stage::Stopped => HostState::Stopped,
            Stage::Connecting { first: true, .. } => HostState::Connecting { phase: self.phase },
            Stage::Connecting { attempt, .. } => HostState::Reconnecting {
                attempt,
                next_at: None,
                since,
                reason: self.why(),
            },
            Stage::Up {
                session,
                established,
            } => HostState::Hosting {
                session,
                since,
                established,
            },
            Stage::Waiting {
                attempt,
                until,
                class,
            } => self.waiting(attempt, until, class),
            Stage::Halted(class) => self.halted(class),
        }
    }

    fn waiting(&self, attempt: u32, until: Instant, class: Class) -> HostState {
        let (since, reason) = (self.since, self.why());
        let next_at = (self.clock)().after(until.saturating_duration_since(now()));
        // The wait is counted anew at each report; a wobble of the clocks is no change.
        let next_at = match self.last {
            HostState::Reconnecting {
                attempt: shown,
                next_at: Some(at),
                ..
            } if shown == attempt => at,
            _ => next_at,
        };
        if class == Class::Quota {
            return HostState::Quota {
                since,
                next_at,
                reason,
            };
        }
        HostState::Reconnecting {
            attempt,
            next_at: Some(next_at),
            since,
            reason,
        }
    }

    fn halted(&self, class: Class) -> HostState {
        let (since, reason) = (self.since, self.why());
        match class {
            Class::SignIn => HostState::SignIn { since, reason },
            Class::Displaced => HostState::Displaced { since, reason },
            Class::Fatal | Class::Quota | Class::Transient => HostState::Failed { since, reason },
        }
    }

    fn why(&self) -> Reason {
        self.reason.clone().unwrap_or(Reason::LinkLost)
    }
}

/// The runtime's clock, which tests may pause.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
