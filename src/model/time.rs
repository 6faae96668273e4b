//! Time as the view and the files know it. Policies use monotonic time instead.
//!
//! While the program runs its moments come from one clock that is set once and then never jumps
//! (`crate::base::clock`), so that any two of them can be subtracted. How far the wall clock has moved away
//! from it since is a [`ClockShift`], for whoever writes a time of day.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// The time from `earlier` to `self`, zero when the wall clock was set back in between.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This moment and `later` more.
    #[must_use]
    pub fn after(self, later: Duration) -> Self {
        let millis = u64::try_from(later.as_millis()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

/// How far the wall clock is ahead of the clock that never jumps, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClockShift(i64);

/// Less is the slow pull of a time server and not worth redrawing anything.
const SHIFT_STEP_MS: u64 = 2_000;

impl ClockShift {
    /// What leads from `steady` to `wall`, both read now.
    pub fn between(steady: UnixMillis, wall: UnixMillis) -> Self {
        Self(wall.0.cast_signed().wrapping_sub(steady.0.cast_signed()))
    }

    /// The wall clock's reading at `steady`.
    pub fn apply(self, steady: UnixMillis) -> UnixMillis {
        UnixMillis(steady.0.saturating_add_signed(self.0))
    }

    /// The moment at which the wall clock reads this.
    pub fn undo(self, wall: UnixMillis) -> UnixMillis {
        UnixMillis(wall.0.saturating_add_signed(self.0.saturating_neg()))
    }

    /// The shift to go on with: `now` if the wall clock was set in between, else this one.
    #[must_use]
    pub fn follow(self, now: Self) -> Self {
        if self.0.abs_diff(now.0) < SHIFT_STEP_MS {
            self
        } else {
            now
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_shift_follows_a_clock_that_was_set_and_no_drift() {
        let shift = |wall| ClockShift::between(UnixMillis(1_000_000), UnixMillis(wall));
        let none = ClockShift::default();
        assert_eq!(none.follow(shift(1_001_500)), none);
        assert_eq!(none.follow(shift(900_000)), shift(900_000));
        assert_eq!(
            shift(900_000).apply(UnixMillis(1_000_007)),
            UnixMillis(900_007)
        );
    }

    proptest! {
        #[test]
        fn any_two_clocks_lead_to_each_other(steady in 0..u64::MAX / 2, wall in 0..u64::MAX / 2) {
            let (steady, wall) = (UnixMillis(steady), UnixMillis(wall));
            prop_assert_eq!(ClockShift::between(steady, wall).apply(steady), wall);
        }

        #[test]
        fn no_reading_overflows(steady in any::<u64>(), wall in any::<u64>(), at in any::<u64>()) {
            let shift = ClockShift::between(UnixMillis(steady), UnixMillis(wall));
            let _ = shift.apply(UnixMillis(at));
        }
    }
}
