//! A session that is up, as the machine knows it: since when, how its URLs do, whether its link is
//! down just now and whether another session is to take its place. It decides nothing about the
//! next one.

use crate::model::{Life, Outage, PortNumber, Reason, SessionNumber};
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
    /// Since when it is up, as everybody sees it: a planned replacement does not begin it anew.
    since: Instant,
    pub(super) linked_at: Instant,
    established_at: Option<Instant>,
    stable: bool,
    pub(super) replacement: Replacement,
    watched: BTreeMap<PortNumber, UrlWatch>,
    /// Its link is down.
    parked: Option<Parked>,
}

#[derive(Debug)]
struct Parked {
    since: Instant,
    /// It is given up then.
    until: Instant,
    /// How many connections are held.
    open: u64,
}

#[derive(Debug, Default)]
struct UrlWatch {
    routed: bool,
    downs: u32,
}

/// The planned replacement of a session whose tokens grow old.
#[derive(Debug)]
pub(super) enum Replacement {
    None,
    Connecting { failures: u32 },
    Waiting { until: Instant, failures: u32 },
}

impl Up {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            since: now,
            linked_at: now,
            established_at: None,
            stable: false,
            replacement: Replacement::None,
            watched: BTreeMap::new(),
            parked: None,
        }
    }

    /// The session that was to take its place has done so. What was seen of its URLs was seen of another
    /// link.
    pub(super) fn replace(&mut self, now: Instant) {
        self.linked_at = now;
        self.established_at = self.established_at.map(|_| now);
        self.replacement = Replacement::None;
        self.watched.clear();
    }

    pub(super) const fn life(&self, session: SessionNumber) -> Life<Instant> {
        match &self.parked {
            Some(parked) => Life::Parked {
                session,
                since: parked.since,
                until: parked.until,
                open: parked.open,
            },
            None => Life::Up {
                session,
                since: self.since,
                proven: self.established_at.is_some(),
            },
        }
    }

    /// What it leaves behind when it ends now: one that was parked has been away since then.
    pub(super) fn outage(&self, reason: Reason, now: Instant) -> Outage<Instant> {
        Outage {
            since: self.parked.as_ref().map_or(now, |parked| parked.since),
            reason,
        }
    }

    /// When something is due: nothing while it is parked, for whatever comes then is told.
    pub(super) fn deadline(&self) -> Option<Instant> {
        if self.is_parked() {
            return None;
        }
        let prove = match self.established_at {
            None => Some(self.linked_at + ESTABLISHED_AFTER),
            Some(at) => (!self.stable).then(|| at + STABLE_AFTER),
        };
        let replacement = match self.replacement {
            Replacement::Waiting { until, .. } => Some(until),
            Replacement::None | Replacement::Connecting { .. } => None,
        };
        [prove, replacement].into_iter().flatten().min()
    }

    /// The attempt under way is its replacement.
    pub(super) const fn is_being_replaced(&self) -> bool {
        matches!(self.replacement, Replacement::Connecting { .. })
    }

    pub(super) const fn is_parked(&self) -> bool {
        self.parked.is_some()
    }

    /// Its link has proven itself.
    pub(super) fn establish(&mut self, now: Instant) {
        self.established_at.get_or_insert(now);
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
        self.parked
            .as_ref()
            .is_some_and(|parked| now < parked.until)
    }

    /// Its link is down. Says whether the attempt at its replacement is to be abandoned: its success
    /// would throw away what is held.
    pub(super) fn park(&mut self, left: Duration, open: u64, now: Instant) -> bool {
        self.settle(now);
        self.parked = Some(Parked {
            since: self.parked.as_ref().map_or(now, |parked| parked.since),
            until: now + left.min(LONGEST_HOLD),
            open,
        });
        let Replacement::Connecting { failures } = self.replacement else {
            return false;
        };
        // Its tokens are forgotten already, so nothing else asks for it again: it waits here.
        self.replacement = Replacement::Waiting {
            until: now,
            failures,
        };
        true
    }

    /// How many connections it holds, if it is parked.
    pub(super) const fn hold(&mut self, open: u64) {
        if let Some(parked) = &mut self.parked {
            parked.open = open;
        }
    }

    /// It has a link again, if it had none. The other end has answered over that, so it is
    /// established; what was seen of its URLs was seen of another link.
    pub(super) fn resume(&mut self, now: Instant) {
        if self.parked.take().is_some() {
            self.since = now;
            self.linked_at = now;
            self.established_at = Some(now);
            self.watched.clear();
        }
    }

    /// Whether a probe says anything of it.
    pub(super) const fn is_watched(&self) -> bool {
        self.established_at.is_some() && !self.is_parked()
    }

    pub(super) fn see_routed(&mut self, port: PortNumber) {
        let routed = UrlWatch {
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
