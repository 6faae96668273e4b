//! How much a link is handed at once: what it takes in a moment.
//!
//! What was handed over can no longer be overtaken. On a slow link even 64 KiB are a quarter of a second,
//! which every later byte waits; on a fast one less would cost system calls.

use std::time::Duration;

/// What is handed over at once should be gone after this long.
const MOMENT: Duration = Duration::from_millis(20);

/// No less at once, however slow the link: the heads of frames and records, some 45 bytes, are to stay
/// below half a percent of it.
const MIN: usize = 10 * 1024;

/// The least time that shows how fast the link is: it takes what comes in bursts.
const SPAN: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Pace {
    limit: usize,
    max: usize,
    /// Handed over since the link was last found to take no more.
    handed: usize,
    full_at: Option<Duration>,
}

impl Pace {
    /// `max` bytes at first, and at most.
    pub(super) const fn new(max: usize) -> Self {
        Self {
            limit: max,
            max,
            handed: 0,
            full_at: None,
        }
    }

    /// How much may be handed over now.
    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    /// So much is handed over.
    pub(super) const fn hand(&mut self, bytes: usize) {
        self.handed += bytes;
    }

    /// The link takes no more now: what went since the last time shows how fast it is. If nothing was
    /// to go in between this is too little, and the next time sets it right.
    pub(super) fn full(&mut self, now: Duration) {
        let Some(since) = self.full_at else {
            (self.full_at, self.handed) = (Some(now), 0);
            return;
        };
        let took = now.saturating_sub(since);
        if took < SPAN {
            return;
        }
        let fits = self.handed as u128 * MOMENT.as_micros() / took.as_micros();
        let fits = usize::try_from(fits).unwrap_or(self.max);
        self.limit = fits.clamp(MIN.min(self.max), self.max);
        (self.full_at, self.handed) = (Some(now), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 64 * 1024;

    /// The most that is handed over once things have settled, to a link of so many bytes a second. The
    /// kernel takes whatever comes while less than `room` waits, and then nothing until half of that has
    /// gone.
    fn after_a_while(bytes_a_second: u64, room: u64) -> usize {
        let mut pace = Pace::new(MAX);
        let (mut now, mut waits, mut most) = (Duration::ZERO, 0, 0);
        for turn in 0..2_000 {
            if turn > 100 {
                most = most.max(pace.limit());
            }
            pace.hand(pace.limit());
            if waits >= room {
                pace.full(now);
                let gone = waits - room / 2;
                now += Duration::from_micros(gone * 1_000_000 / bytes_a_second);
                waits = room / 2;
            }
            waits += pace.limit() as u64;
        }
        most
    }

    #[test]
    fn a_slow_link_is_handed_little_and_a_fast_one_much() {
        assert_eq!(after_a_while(250_000, 16_384), MIN);
        assert!((40_000..60_000).contains(&after_a_while(2_500_000, 65_536)));
        assert_eq!(after_a_while(1_000_000_000, 16_384), MAX);
        assert_eq!(after_a_while(1_000_000_000, 1 << 20), MAX);
    }

    #[test]
    fn what_was_slow_for_want_of_anything_to_send_is_set_right_the_next_time() {
        let mut pace = Pace::new(MAX);
        pace.full(Duration::ZERO);
        pace.hand(1_000);
        pace.full(Duration::from_secs(9));
        assert_eq!(pace.limit(), MIN);
        for _ in 0..100 {
            pace.hand(pace.limit());
        }
        pace.full(Duration::from_millis(9_020));
        assert_eq!(pace.limit(), MAX);
    }

    #[test]
    fn a_moment_shows_nothing() {
        let mut pace = Pace::new(MAX);
        pace.full(Duration::ZERO);
        pace.hand(1);
        pace.full(SPAN / 2);
        assert_eq!(pace.limit(), MAX);
    }
}
