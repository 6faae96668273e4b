//! How much a link is handed at once: what it takes in a moment.
//!
//! What was handed over can no longer be overtaken. On a slow link even 64 KiB are a quarter of a second,
//! which every later byte waits; on a fast one less would cost system calls.

use std::time::Duration;

/// What is handed over should be gone after this long.
const MOMENT: Duration = Duration::from_millis(10);

/// No less at once, however slow the link: the heads of frames and records are to stay small beside it.
const MIN: usize = 2 * 1024;

/// So many times in a row all of it went at once: the link takes more.
const STREAK: u32 = 16;

#[derive(Debug)]
pub(super) struct Pace {
    limit: usize,
    max: usize,
    streak: u32,
    /// What is on its way, and since when.
    under_way: Option<(usize, Duration)>,
}

impl Pace {
    /// `max` bytes at first, and at most.
    pub(super) const fn new(max: usize) -> Self {
        Self {
            limit: max,
            max,
            streak: 0,
            under_way: None,
        }
    }

    /// How much may be handed over now.
    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    /// So much is handed over.
    pub(super) const fn begin(&mut self, bytes: usize, now: Duration) {
        self.under_way = Some((bytes, now));
    }

    /// All of it has gone; `at_once` when it had not to wait.
    pub(super) fn end(&mut self, at_once: bool, now: impl FnOnce() -> Duration) {
        let Some((bytes, since)) = self.under_way.take() else {
            return;
        };
        if at_once {
            self.streak += 1;
            if self.streak >= STREAK {
                self.streak = 0;
                self.limit = self.max.min(self.limit * 2);
            }
            return;
        }
        self.streak = 0;
        let took = now().saturating_sub(since).as_micros().max(1);
        let fits = bytes as u128 * MOMENT.as_micros() / took;
        let fits = usize::try_from(fits).unwrap_or(self.max);
        self.limit = fits.clamp(MIN, self.max);
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
            pace.begin(pace.limit(), now);
            let at_once = waits < room;
            if !at_once {
                let gone = waits - room / 2;
                now += Duration::from_micros(gone * 1_000_000 / bytes_a_second);
                waits = room / 2;
            }
            waits += pace.limit() as u64;
            pace.end(at_once, || now);
        }
        most
    }

    #[test]
    fn a_slow_link_is_handed_little_and_a_fast_one_much() {
        assert!(after_a_while(250_000, 16_384) <= 4 * 1024);
        assert_eq!(after_a_while(1_000_000_000, 16_384), MAX);
        assert_eq!(after_a_while(1_000_000_000, 1 << 20), MAX);
    }

    #[test]
    fn a_link_that_becomes_fast_is_handed_more_again() {
        let mut pace = Pace::new(MAX);
        pace.begin(MAX, Duration::ZERO);
        pace.end(false, || Duration::from_secs(9));
        assert_eq!(pace.limit(), MIN);
        for _ in 0..STREAK * 5 {
            pace.begin(pace.limit(), Duration::from_secs(9));
            pace.end(true, || unreachable!());
        }
        assert_eq!(pace.limit(), MAX);
    }

    #[test]
    fn an_end_without_a_beginning_is_none() {
        let mut pace = Pace::new(MAX);
        pace.end(false, || Duration::from_secs(1));
        assert_eq!(pace.limit(), MAX);
    }
}
