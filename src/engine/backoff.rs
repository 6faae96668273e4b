//! How long to wait before the next attempt.

use crate::model::Timing;
use std::time::Duration;

/// Between two attempts at an other end that is just being restarted.
const QUICK: Duration = Duration::from_millis(250);

/// The delays between attempts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    initial: Duration,
    cap: Duration,
    jitter: f64,
}

impl Backoff {
    /// The delays of `timing`.
    pub fn new(timing: &Timing) -> Self {
        Self {
            initial: timing.backoff_initial,
            cap: timing.backoff_cap,
            jitter: timing.jitter,
        }
    }

    /// The wait while the other end is expected back at any moment, strayed by `random`.
    pub(super) fn quick(&self, random: f64) -> Duration {
        self.stray(QUICK.min(self.initial), random)
    }

    /// The wait after `failures` failures in a row (from 1), strayed by `random` (0.0 to 1.0).
    pub fn delay(&self, failures: u32, random: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let plain = self.initial.saturating_mul(1 << doublings).min(self.cap);
        self.stray(plain, random)
    }

    fn stray(&self, plain: Duration, random: f64) -> Duration {
        plain.mul_f64(1.0 + self.jitter * (2.0 * random.clamp(0.0, 1.0) - 1.0))
    }

    /// The longest wait, strayed by `random`.
    pub(super) fn longest(&self, random: f64) -> Duration {
        self.delay(u32::MAX, random)
    }
}
