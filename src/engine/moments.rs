//! The engine's clocks: the machine's monotonic one, and the step from it to the model's.

use crate::model::{Life, Reason, UnixMillis};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Where the machine's moments are on the model's clock.
#[derive(Debug)]
pub(super) struct Moments {
    clock: fn() -> UnixMillis,
    /// Those that the last life named.
    known: Vec<(Instant, UnixMillis)>,
}

impl Moments {
    pub(super) const fn new(clock: fn() -> UnixMillis) -> Self {
        Self {
            clock,
            known: Vec::new(),
        }
    }

    /// The machine's life by the model's clock. A moment keeps the place that it had when it was
    /// named first: clocks that wobble against each other, or of which one stood still in a sleep,
    /// move nothing.
    pub(super) fn place(&mut self, life: Life<Instant>) -> Life {
        let (here, there) = (now(), (self.clock)());
        let known = std::mem::take(&mut self.known);
        life.map(|at| {
            let place = known.iter().find(|(moment, _)| *moment == at);
            // What began is named at once: just now.
            let begun = || there.after(at.saturating_duration_since(here));
            let place = place.map_or_else(begun, |(_, place)| *place);
            self.known.push((at, place));
            place
        })
    }

    /// How long the provider asks to wait, if it does.
    pub(super) fn quota_left(&self, reason: &Reason) -> Option<Duration> {
        reason.quota_left((self.clock)())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SessionNumber;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_moment_keeps_its_place_whatever_the_clocks_do_meanwhile() {
        static MODEL: AtomicU64 = AtomicU64::new(1_000_000);
        let mut moments = Moments::new(|| UnixMillis(MODEL.load(Ordering::Relaxed)));
        let began = now();
        let parked = |open| Life::Parked {
            session: SessionNumber(1),
            since: began,
            until: began + Duration::from_mins(10),
            open,
        };
        let placed = |open| Life::Parked {
            session: SessionNumber(1),
            since: UnixMillis(1_000_000),
            until: UnixMillis(1_600_000),
            open,
        };
        assert_eq!(moments.place(parked(2)), placed(2));
        // A sleep: the model's clock has run on, the machine's has stood still.
        MODEL.fetch_add(3_600_000, Ordering::Relaxed);
        assert_eq!(moments.place(parked(1)), placed(1));
    }
}
