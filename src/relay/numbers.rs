//! Which public TCP port a tunnel's port gets: pure.
//!
//! It proposes numbers; whether the system lets one be bound is found out elsewhere.

use crate::link::wire::Refusal;
use std::collections::{HashMap, HashSet, VecDeque};
use std::num::NonZeroU16;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// So many numbers are remembered; the oldest are forgotten.
const MAX_REMEMBERED: usize = 10_000;

/// One local port of one tunnel of one account.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PublicKey {
    pub(super) account: Arc<str>,
    pub(super) tunnel: String,
    pub(super) number: NonZeroU16,
}

/// The relay's public ports, and who had which.
#[derive(Debug)]
pub(super) struct Numbers {
    /// `None` for whatever the system gives.
    range: Option<RangeInclusive<u16>>,
    had: HashMap<PublicKey, u16>,
    order: VecDeque<PublicKey>,
}

impl Numbers {
    pub(super) fn new(range: Option<RangeInclusive<u16>>) -> Self {
        Self {
            range,
            had: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Which numbers to try to bind, best first; 0 lets the system choose.
    pub(super) fn candidates(
        &self,
        key: &PublicKey,
        requested: Option<NonZeroU16>,
        in_use: impl Fn(u16) -> bool,
    ) -> Result<Vec<u16>, Refusal> {
        if let Some(port) = requested {
            let number = port.get();
            let allowed = self
                .range
                .as_ref()
                .is_none_or(|range| range.contains(&number));
            return if allowed && !in_use(number) {
                Ok(vec![number])
            } else {
                Err(Refusal::PublicPortTaken { port })
            };
        }
        let had = self.had.get(key).copied().filter(|number| !in_use(*number));
        let mut candidates = Vec::from_iter(had);
        match &self.range {
            None => candidates.push(0),
            Some(range) => {
                // Numbers that others had come last: they may come back for them.
                let free = |number: &u16| Some(*number) != had && !in_use(*number);
                let others: HashSet<u16> = self.had.values().copied().collect();
                let (fresh, used): (Vec<u16>, Vec<u16>) = range
                    .clone()
                    .filter(free)
                    .partition(|number| !others.contains(number));
                candidates.extend(fresh);
                candidates.extend(used);
            }
        }
        Ok(candidates)
    }

    /// `key` has `number` now, and is to get it again.
    pub(super) fn remember(&mut self, key: &PublicKey, number: u16) {
        if self.had.insert(key.clone(), number).is_none() {
            self.order.push_back(key.clone());
        }
        while self.order.len() > MAX_REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.had.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(tunnel: &str) -> PublicKey {
        PublicKey {
            account: "anna".into(),
            tunnel: tunnel.to_owned(),
            number: NonZeroU16::MIN,
        }
    }

    fn port(number: u16) -> Option<NonZeroU16> {
        NonZeroU16::new(number)
    }

    #[test]
    fn a_port_gets_its_number_again_and_others_keep_off_it() {
        let mut numbers = Numbers::new(Some(7000..=7003));
        let free = |_| false;
        assert_eq!(
            numbers.candidates(&key("a"), None, free),
            Ok(vec![7000, 7001, 7002, 7003])
        );
        numbers.remember(&key("a"), 7001);
        assert_eq!(
            numbers.candidates(&key("a"), None, free),
            Ok(vec![7001, 7000, 7002, 7003])
        );
        assert_eq!(
            numbers.candidates(&key("b"), None, free),
            Ok(vec![7000, 7002, 7003, 7001])
        );
        assert_eq!(
            numbers.candidates(&key("a"), None, |n| n < 7003),
            Ok(vec![7003])
        );
        assert_eq!(numbers.candidates(&key("a"), None, |_| true), Ok(vec![]));
    }

    #[test]
    fn a_requested_number_is_that_one_or_none() {
        let numbers = Numbers::new(Some(7000..=7003));
        let ask = |number, used: u16| numbers.candidates(&key("a"), port(number), |n| n == used);
        assert_eq!(ask(7002, 0), Ok(vec![7002]));
        for (number, used) in [(7002, 7002), (80, 0)] {
            let refused = Refusal::PublicPortTaken {
                port: port(number).expect("not 0"),
            };
            assert_eq!(ask(number, used), Err(refused));
        }
    }

    #[test]
    fn without_a_range_the_system_chooses_once() {
        let mut numbers = Numbers::new(None);
        assert_eq!(numbers.candidates(&key("a"), None, |_| false), Ok(vec![0]));
        assert_eq!(
            numbers.candidates(&key("a"), port(9000), |_| false),
            Ok(vec![9000])
        );
        numbers.remember(&key("a"), 40_001);
        assert_eq!(
            numbers.candidates(&key("a"), None, |_| false),
            Ok(vec![40_001, 0])
        );
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut numbers = Numbers::new(None);
        for n in 0..=MAX_REMEMBERED {
            numbers.remember(&key(&n.to_string()), 1);
        }
        assert_eq!(numbers.had.len(), MAX_REMEMBERED);
        assert!(!numbers.had.contains_key(&key("0")));
    }
}
