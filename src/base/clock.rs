//! Time as the system has it: a clock that never jumps, the wall clock, and how long the machine
//! slept. It decides nothing.

use crate::model::{ClockShift, UnixMillis};
use jiff::Timestamp;
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The wall clock's reading when this program asked for the time first, and the clock that has run
/// on since, in sleep too.
static START: LazyLock<Start> = LazyLock::new(|| {
    let clocks = Clocks::start();
    Start {
        wall: wall(),
        first: clocks.read().with_sleep,
        clocks,
    }
});

/// Now, by the clock that all of this program's moments are from: it starts as the wall clock and then
/// runs on evenly, whatever becomes of that, so that durations and countdowns are true. Times of day
/// are this one's, moved by [`shift`].
pub fn now() -> UnixMillis {
    let gone = START.clocks.read().with_sleep.saturating_sub(START.first);
    START.wall.after(gone)
}

/// How far the wall clock has moved away from [`now`] since the start.
pub fn shift() -> ClockShift {
    ClockShift::between(now(), wall())
}

/// The wall clock, for what another program or the next run reads. A clock set before 1970 reads as 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the wall clock"
)]
pub fn wall() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    UnixMillis::default().after(since.unwrap_or_default())
}

struct Start {
    wall: UnixMillis,
    clocks: Clocks,
    /// What the clocks showed then.
    first: Duration,
}

/// RFC 3339, UTC, milliseconds: `2026-09-21T14:13:20.007Z`. A moment outside of the calendar
/// (year 9999) is written as its first.
pub fn rfc3339(at: UnixMillis) -> String {
    let millis = i64::try_from(at.0).unwrap_or_default();
    format!(
        "{:.3}",
        Timestamp::from_millisecond(millis).unwrap_or_default()
    )
}

/// Less than this is not sleep but the time between two readings.
const SHORTEST_SLEEP: Duration = Duration::from_secs(1);

/// How long ago an unchanging moment was, the time that the machine slept included, where the system tells
/// that (not on Windows). For what grows old meanwhile.
pub fn with_sleep() -> Duration {
    static CLOCKS: OnceLock<Clocks> = OnceLock::new();
    CLOCKS.get_or_init(Clocks::start).read().with_sleep
}

/// Tells how long the machine slept: the difference of a clock that runs on while it sleeps and one
/// that stands still.
#[derive(Debug)]
pub struct SuspendWatch {
    clocks: Clocks,
    meter: Meter,
}

impl SuspendWatch {
    /// Watches from now on.
    pub fn start() -> Self {
        let clocks = Clocks::start();
        let meter = Meter::start(clocks.read());
        Self { clocks, meter }
    }

    /// How long the machine slept since this was asked last; zero if it did not, or where the
    /// system does not tell (Windows).
    pub fn slept(&mut self) -> Duration {
        self.meter.observe(self.clocks.read())
    }
}

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug)]
struct Reading {
    /// Runs on while the machine sleeps.
    with_sleep: Duration,
    /// Stands still meanwhile.
    without_sleep: Duration,
}

impl Reading {
    fn lead(self) -> Duration {
        self.with_sleep.saturating_sub(self.without_sleep)
    }
}

/// How far the one clock was ahead when last asked.
#[derive(Debug)]
struct Meter {
    lead: Duration,
}

impl Meter {
    fn start(reading: Reading) -> Self {
        Self {
            lead: reading.lead(),
        }
    }

    fn observe(&mut self, reading: Reading) -> Duration {
        let slept = reading.lead().saturating_sub(self.lead);
        if slept < SHORTEST_SLEEP {
            // A reading that was interrupted half-way shows too much; the least is the truest.
            self.lead = self.lead.min(reading.lead());
            return Duration::ZERO;
        }
        self.lead = reading.lead();
        slept
    }
}

#[derive(Debug)]
struct Clocks {
    #[cfg_attr(
        any(target_os = "linux", target_os = "android"),
        expect(dead_code, reason = "both clocks are the kernel's there")
    )]
    start: std::time::Instant,
}

impl Clocks {
    fn start() -> Self {
        Self {
            start: std::time::Instant::now(),
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[expect(clippy::unused_self, reason = "other systems need the start")]
    fn read(&self) -> Reading {
        use rustix::time::ClockId;
        Reading {
            without_sleep: read_clock(ClockId::Monotonic),
            with_sleep: read_clock(ClockId::Boottime),
        }
    }

    /// `Instant` stands still while the machine sleeps there; `CLOCK_MONOTONIC` does not.
    #[cfg(target_vendor = "apple")]
    fn read(&self) -> Reading {
        Reading {
            without_sleep: self.start.elapsed(),
            with_sleep: read_clock(rustix::time::ClockId::Monotonic),
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    fn read(&self) -> Reading {
        let elapsed = self.start.elapsed();
        Reading {
            without_sleep: elapsed,
            with_sleep: elapsed,
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn read_clock(id: rustix::time::ClockId) -> Duration {
    Duration::try_from(rustix::time::clock_gettime(id)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reading(with_sleep_ms: u64, without_sleep_ms: u64) -> Reading {
        Reading {
            with_sleep: Duration::from_millis(with_sleep_ms),
            without_sleep: Duration::from_millis(without_sleep_ms),
        }
    }

    #[test]
    fn sleep_is_told_once_and_wakeful_time_never() {
        let mut meter = Meter::start(reading(5_000, 1_000));
        assert_eq!(meter.observe(reading(65_000, 61_000)), Duration::ZERO);
        let slept = meter.observe(reading(3_665_000, 61_500));
        assert_eq!(slept, Duration::from_millis(3_599_500));
        assert_eq!(meter.observe(reading(3_666_000, 62_500)), Duration::ZERO);
    }

    #[test]
    fn an_interrupted_reading_is_not_sleep_and_hides_none() {
        let mut meter = Meter::start(reading(1_900, 1_000));
        assert_eq!(meter.observe(reading(2_000, 2_000)), Duration::ZERO);
        let slept = meter.observe(reading(4_000, 2_500));
        assert_eq!(slept, Duration::from_millis(1_500));
    }

    proptest! {
        #[test]
        fn no_sleep_is_lost_or_told_twice(steps in prop::collection::vec((0u64..100_000, prop_oneof![Just(0), 1_000u64..10_000_000]), 0..40)) {
            let (mut with, mut without, mut expected) = (7, 0, 0);
            let mut meter = Meter::start(reading(with, without));
            let mut told = Duration::ZERO;
            for (awake, asleep) in steps {
                without += awake;
                with += awake + asleep;
                expected += asleep;
                told += meter.observe(reading(with, without));
            }
            prop_assert_eq!(told, Duration::from_millis(expected));
        }
    }

    #[test]
    fn this_machine_has_not_slept_since_the_test_began() {
        assert_eq!(SuspendWatch::start().slept(), Duration::ZERO);
    }

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        assert_eq!(rfc3339(UnixMillis(0)), "1970-01-01T00:00:00.000Z");
        let at = UnixMillis(1_790_000_000_007);
        assert_eq!(rfc3339(at), "2026-09-21T14:13:20.007Z");
        assert_eq!(rfc3339(UnixMillis(u64::MAX)), "1970-01-01T00:00:00.000Z");
        assert!(now() > at.after(Duration::ZERO) || now().0 > 1_600_000_000_000);
    }
}
