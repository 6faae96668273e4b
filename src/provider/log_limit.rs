//! Log lines that visitors or a hundred tunnels at once could repeat without end: one a second for
//! each kind, which says how many like it were left out.

use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Between two lines of one kind.
const PERIOD: Duration = Duration::from_secs(1);

/// Lines by kind. The kinds are words of the program's own, so there are few.
#[derive(Debug, Default)]
pub struct LogLimit {
    kinds: Mutex<BTreeMap<&'static str, Kind>>,
}

#[derive(Debug)]
struct Kind {
    written: Instant,
    left_out: u64,
}

impl LogLimit {
    /// One that has written nothing yet.
    pub const fn new() -> Self {
        Self {
            kinds: Mutex::new(BTreeMap::new()),
        }
    }

    /// Whether a line of this kind may be written now: how many were left out since the last one.
    pub fn admit(&self, kind: &'static str) -> Option<u64> {
        self.admit_at(kind, Instant::now())
    }

    fn admit_at(&self, kind: &'static str, now: Instant) -> Option<u64> {
        let mut kinds = self.kinds.lock();
        let Some(known) = kinds.get_mut(kind) else {
            let (written, left_out) = (now, 0);
            kinds.insert(kind, Kind { written, left_out });
            return Some(0);
        };
        if now.saturating_duration_since(known.written) < PERIOD {
            known.left_out += 1;
            return None;
        }
        known.written = now;
        Some(std::mem::take(&mut known.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_line_a_second_that_counts_what_was_left_out() {
        let (limit, start) = (LogLimit::new(), Instant::now());
        assert_eq!(limit.admit_at("a", start), Some(0));
        for millis in 1..100 {
            let now = start + Duration::from_millis(millis);
            assert_eq!(limit.admit_at("a", now), None);
        }
        assert_eq!(limit.admit_at("b", start), Some(0), "another kind");
        assert_eq!(limit.admit_at("a", start + PERIOD), Some(99));
        assert_eq!(limit.admit_at("a", start + 2 * PERIOD), Some(0));
    }
}
