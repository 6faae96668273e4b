//! By what a host and its relay know the program's own probes: a key that a web probe shows, and the
//! local ports that raw probes come from.

use crate::model::Secret;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A raw probe gets to the host within this time, or not as one.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// So many raw probes are under way at most; the oldest is forgotten first.
const MAX_UNDER_WAY: usize = 256;

/// The marks of one engine's probes. Clones are the same.
#[derive(Clone, Debug)]
pub struct ProbeMarks {
    key: Secret,
    /// The local ports of raw probes that the host has not seen yet.
    raw: Arc<Mutex<VecDeque<(u16, Instant)>>>,
}

impl ProbeMarks {
    /// Marks with this key, which nobody but the tunnel's relay hears.
    pub fn new(key: Secret) -> Self {
        Self {
            key,
            raw: Arc::default(),
        }
    }

    /// What a web probe shows.
    pub const fn key(&self) -> &Secret {
        &self.key
    }

    /// A raw probe is about to connect from this local port.
    pub fn announce(&self, port: u16) {
        let mut raw = self.raw.lock();
        if raw.len() == MAX_UNDER_WAY {
            raw.pop_front();
        }
        raw.push_back((port, Instant::now() + ARRIVES_WITHIN));
    }

    /// Whether a connection from this port is such a probe: one at most is.
    pub fn take(&self, port: u16) -> bool {
        let mut raw = self.raw.lock();
        let now = Instant::now();
        raw.retain(|(_, until)| now < *until);
        let found = raw.iter().position(|(expected, _)| *expected == port);
        found.and_then(|at| raw.remove(at)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_probe_is_known_once() {
        let marks = ProbeMarks::new(Secret::new("k"));
        assert!(!marks.take(7), "nobody expects it");
        marks.announce(7);
        marks.announce(8);
        assert!(marks.clone().take(7) && !marks.take(7) && marks.take(8));
        let far = u16::try_from(MAX_UNDER_WAY).expect("few");
        for port in 0..=far {
            marks.announce(port);
        }
        assert!(!marks.take(0) && marks.take(far), "only so many are kept");
    }
}
