//! The streams of one link, which the ports of its tunnel share: who floods one port or several takes
//! nothing from the others.
//!
//! Each port has a [`Limiter`] of its own, fair among the port's visitors. This is the bound above
//! them: when all ports together have as many streams as the link is to carry, the port that has most
//! gives one back, and its own limiter says whose.

use super::limiter::{Limiter, Network, Permit};
use parking_lot::Mutex;
use std::cmp::Reverse;
use std::sync::{Arc, Weak};

/// See the module. One per session.
#[derive(Debug)]
pub(super) struct LinkStreams {
    total: usize,
    /// A port that is served no longer still counts while its visitors' streams last.
    ports: Mutex<Vec<Weak<Limiter>>>,
}

impl LinkStreams {
    /// A link with room for `total` streams of visitors.
    pub(super) fn new(total: usize) -> Arc<Self> {
        Arc::new(Self {
            total,
            ports: Mutex::default(),
        })
    }

    /// One more port shares the link.
    pub(super) fn register(&self, port: &Arc<Limiter>) {
        let mut ports = self.ports.lock();
        ports.retain(|port| port.strong_count() > 0);
        ports.push(Arc::downgrade(port));
    }

    /// Gives `network` a place at `port`, which may cost the port that has most its own.
    pub(super) fn admit(&self, port: &Arc<Limiter>, network: Network) -> Permit {
        let permit = port.admit(network);
        if let Some(most) = self.overdrawn(port) {
            most.evict();
        }
        permit
    }

    /// Who has most, where all together have too many; of equals `port`, which asked. A port with a
    /// stream that is only kept for later goes before all others: it costs nobody anything.
    fn overdrawn(&self, port: &Arc<Limiter>) -> Option<Arc<Limiter>> {
        let ports = self.ports.lock();
        let live = ports.iter().filter_map(Weak::upgrade);
        let used: Vec<_> = live
            .map(|port| (port.usage().used, port.resting() > 0, port))
            .collect();
        drop(ports);
        let total: usize = used.iter().map(|(used, ..)| used).sum();
        if total <= self.total {
            return None;
        }
        let most = used
            .into_iter()
            .min_by_key(|(used, rests, one)| (!rests, Reverse(*used), !Arc::ptr_eq(one, port)));
        most.map(|(.., port)| port)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Share;
    use super::*;

    fn port(link: &LinkStreams) -> Arc<Limiter> {
        let share = Share {
            total: 8,
            per_network: 8,
        };
        let port = Limiter::new("tests", share);
        link.register(&port);
        port
    }

    fn from(last: u8) -> Network {
        Network::of([192, 0, 2, last].into())
    }

    #[test]
    fn two_ports_that_are_flooded_leave_the_third_alone() {
        let link = LinkStreams::new(8);
        let (a, b, quiet) = (port(&link), port(&link), port(&link));
        let session = link.admit(&quiet, from(1));
        let flood: Vec<_> = (0..40)
            .map(|n| link.admit(if n % 2 == 0 { &a } else { &b }, from(9)))
            .collect();
        let live = flood.iter().filter(|permit| !permit.is_evicted()).count();
        assert_eq!(live, 7);
        assert!(!session.is_evicted());
        // Newcomers get in as well.
        let second = link.admit(&quiet, from(2));
        assert!(!second.is_evicted() && !session.is_evicted());
    }

    #[test]
    fn in_the_port_that_pays_whoever_has_most_does() {
        let link = LinkStreams::new(4);
        let (a, b) = (port(&link), port(&link));
        let honest = link.admit(&a, from(1));
        let flood: Vec<_> = (0..3).map(|_| link.admit(&a, from(9))).collect();
        let other = link.admit(&b, from(1));
        assert!(!honest.is_evicted() && !other.is_evicted());
        assert_eq!(flood.iter().filter(|permit| permit.is_evicted()).count(), 1);
    }

    #[test]
    fn a_stream_that_is_kept_at_one_port_goes_before_those_of_use_at_another() {
        let link = LinkStreams::new(4);
        let (a, b, c) = (port(&link), port(&link), port(&link));
        let busy: Vec<_> = (0..3).map(|_| link.admit(&a, from(1))).collect();
        let kept = link.admit(&b, from(1));
        kept.rest();
        let newcomer = link.admit(&c, from(2));
        assert!(kept.is_evicted() && !newcomer.is_evicted());
        assert!(busy.iter().all(|permit| !permit.is_evicted()));
    }

    #[test]
    fn a_port_that_is_gone_takes_nothing() {
        let link = LinkStreams::new(2);
        let gone = port(&link);
        drop(link.admit(&gone, from(9)));
        drop(gone);
        let a = port(&link);
        let both = [link.admit(&a, from(1)), link.admit(&a, from(2))];
        assert!(both.iter().all(|permit| !permit.is_evicted()));
        let third = link.admit(&a, from(3));
        assert!(!third.is_evicted());
        assert_eq!(both.iter().filter(|permit| permit.is_evicted()).count(), 1);
    }
}
