//! A session that is up, as the machine knows it: since when, how its URLs do, whether its link is
//! down just now and whether another session is to take its place. It decides nothing about the
//! next one.

use super::input::Stage;
use crate::model::{PortNumber, SessionNumber};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A session that lives this long is established even if its link answered no ping yet.
pub const ESTABLISHED_AFTER: Duration = Duration::from_secs(10);

/// A session that stays established for this long is stable: the failures before it are over. An
/// other end that drops each session after a moment is not asked at once each time.
pub const STABLE_AFTER: Duration = Duration::from_secs(10);

/// How long after `established` a URL that routed in an earlier session may take before `Down`
/// counts; doubled for each zombie in a row.
pub const SETTLE: Duration = Duration::from_secs(30);

/// The longest that a session is believed to be held.
const LONGEST_HOLD: Duration = Duration::from_hours(24);

#[derive(Debug)]
pub(super) struct Up {
    /// When its link was made.
    pub(super) since: Instant,
    pub(super) established_at: Option<Instant>,
    stable: bool,
    pub(super) beside: Beside,
    watched: BTreeMap<PortNumber, Watched>,
    /// Its link is down, and it is given up then.
    parked_until: Option<Instant>,
}

#[derive(Debug, Default)]
struct Watched {
    routed: bool,
    downs: u32,
}

/// The planned replacement of a session whose tokens grow old.
#[derive(Debug)]
pub(super) enum Beside {
    None,
    Connecting { failures: u32 },
    Waiting { until: Instant, failures: u32 },
}

impl Up {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            since: now,
            established_at: None,
            stable: false,
            beside: Beside::None,
            watched: BTreeMap::new(),
            parked_until: None,
        }
    }

    /// The session that was to take its place has done so. What was seen of its URLs was seen of another
    /// link.
    pub(super) fn replace(&mut self, now: Instant) {
        self.since = now;
        self.established_at = self.established_at.map(|_| now);
        self.beside = Beside::None;
        self.watched.clear();
    }

    pub(super) fn stage(&self, session: SessionNumber) -> Stage {
        match self.parked_until {
            Some(until) => Stage::Parked { session, until },
            None => Stage::Up {
                session,
                established: self.established_at.is_some(),
            },
        }
    }

    /// When something is due: nothing while it is parked, for whatever comes then is told.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.is_parked() {
            return None;
        }
        let prove = match self.established_at {
            None => Some(self.since + ESTABLISHED_AFTER),
            Some(at) => (!self.stable).then(|| at + STABLE_AFTER),
        };
        let beside = match self.beside {
            Beside::Waiting { until, .. } => Some(until),
            Beside::None | Beside::Connecting { .. } => None,
        };
        [prove, beside].into_iter().flatten().min()
    }

    /// The attempt under way is its replacement.
    pub(super) const fn is_being_replaced(&self) -> bool {
        matches!(self.beside, Beside::Connecting { .. })
    }

    pub(super) const fn is_parked(&self) -> bool {
        self.parked_until.is_some()
    }

    /// Whether it has been established for long enough, now or before its link was lost.
    pub(super) fn settle(&mut self, now: Instant) -> bool {
        let long = self
            .established_at
            .is_some_and(|at| at + STABLE_AFTER <= now);
        self.stable |= long && !self.is_parked();
        self.stable
    }

    /// It is parked, and there is still something to resume.
    pub(super) fn holds(&self, now: Instant) -> bool {
        self.parked_until.is_some_and(|until| now < until)
    }

    /// Its link is down. Says whether the attempt at its replacement is to be abandoned: its success
    /// would throw away what is held.
    pub(super) fn park(&mut self, left: Duration, now: Instant) -> bool {
        self.settle(now);
        self.parked_until = Some(now + left.min(LONGEST_HOLD));
        let Beside::Connecting { failures } = self.beside else {
            return false;
        };
        // Its tokens are forgotten already, so nothing else asks for it again: it waits here.
        self.beside = Beside::Waiting {
            until: now,
            failures,
        };
        true
    }

    /// It has a link again, if it had none. The other end has answered over that, so it is
    /// established; what was seen of its URLs was seen of another link.
    pub(super) fn resume(&mut self, now: Instant) -> bool {
        let was_parked = self.parked_until.take().is_some();
        if was_parked {
            self.since = now;
            self.established_at = Some(now);
            self.watched.clear();
        }
        was_parked
    }

    /// Whether a probe says anything of it.
    pub(super) const fn is_watched(&self) -> bool {
        self.established_at.is_some() && !self.is_parked()
    }

    pub(super) fn see_routed(&mut self, port: PortNumber) {
        let routed = Watched {
            routed: true,
            downs: 0,
        };
        self.watched.insert(port, routed);
    }

    /// The port's `Down` probes in a row, this one included if it counts: once its URL has routed
    /// over this link, or has had the time to if it ever did.
    pub(super) fn see_down(
        &mut self,
        port: PortNumber,
        local_answers: bool,
        routed_before: bool,
        zombies: u32,
        now: Instant,
    ) -> u32 {
        let age = self.established_at.map(|at| now.duration_since(at));
        let settled = age.is_some_and(|age| age >= settle_time(zombies));
        let watched = self.watched.entry(port).or_default();
        let counts = watched.routed || (settled && routed_before);
        watched.downs = match (counts, local_answers) {
            (true, true) => watched.downs + 1,
            (true, false) => 0,
            (false, _) => watched.downs,
        };
        watched.downs
    }
}

fn settle_time(zombies: u32) -> Duration {
    // At most about an hour.
    SETTLE * (1 << zombies.min(7))
}
