//! Turns the machine's stage into the state that is reported: wall-clock times and reasons added.

use super::input::Stage;
use crate::model::{Class, HostState, Phase, Reason, UnixMillis};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Whoever asks us to wait is not asked again before that, whatever they say.
const LEAST_QUOTA: Duration = Duration::from_millis(6_400);

/// A wait by the wall clock is not longer than that: the clock may be wrong.
const LONGEST_QUOTA: Duration = Duration::from_hours(1);

/// Remembers what the machine need not know: why, and since when.
#[derive(Debug)]
pub(super) struct Reporter {
    clock: fn() -> UnixMillis,
    phase: Phase,
    reason: Option<Reason>,
    /// When the current stretch (with a session, or without one) began.
    since: UnixMillis,
    /// When a parked session is given up: on the machine's clock, and on the wall's.
    until: Option<(Instant, UnixMillis)>,
    /// The connections that a parked session holds.
    open: u64,
    last: HostState,
}

impl Reporter {
    pub(super) fn new(clock: fn() -> UnixMillis) -> Self {
        Self {
            clock,
            phase: Phase::Authorising,
            reason: None,
            since: clock(),
            until: None,
            open: 0,
            last: HostState::Stopped,
        }
    }

    pub(super) fn set_phase(&mut self, phase: Phase) {
        self.phase = phase;
    }

    pub(super) fn set_reason(&mut self, reason: Reason) {
        self.reason = Some(reason);
    }

    pub(super) fn set_open(&mut self, open: u64) {
        self.open = open;
    }

    /// How long the provider asks to wait, if it does.
    pub(super) fn quota_left(&self, reason: &Reason) -> Option<Duration> {
        let Reason::QuotaUsedUp { until: Some(until) } = reason else {
            return None;
        };
        let left = until.since((self.clock)());
        Some(left.clamp(LEAST_QUOTA, LONGEST_QUOTA))
    }

    /// The state for `stage`, when it is not the one reported last.
    pub(super) fn report(&mut self, stage: Stage) -> Option<HostState> {
        self.mark_since(stage);
        self.mark_until(stage);
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
            // A session that was held in vain has been without a link since it was parked.
            (HostState::Held { .. }, Stage::Parked { .. } | Stage::Waiting { .. }) => false,
            (HostState::Hosting { .. }, _)
            | (_, Stage::Up { .. } | Stage::Parked { .. })
            | (
                HostState::Held { .. }
                | HostState::Reconnecting { .. }
                | HostState::Connecting { .. },
                Stage::Halted(_),
            )
            | (HostState::Stopped | HostState::Connecting { .. }, Stage::Waiting { .. }) => true,
            _ => false,
        };
        if changed {
            self.since = (self.clock)();
        }
    }

    /// Counted once for each time the machine names: a wobble of the clocks is no change.
    fn mark_until(&mut self, stage: Stage) {
        let Stage::Parked { until, .. } = stage else {
            return;
        };
        if self.until.is_none_or(|(known, _)| known != until) {
            let left = until.saturating_duration_since(now());
            self.until = Some((until, (self.clock)().after(left)));
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
            Stage::Parked { session, .. } => HostState::Held {
                session,
                since,
                until: self.until.map_or(since, |(_, wall)| wall),
                open: self.open,
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

/// The same as the time since a moment.
pub(super) fn runtime_clock() -> Duration {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    now().saturating_duration_since(*BEGAN.get_or_init(Instant::now))
}

/// The runtime's clock, which tests may pause.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
