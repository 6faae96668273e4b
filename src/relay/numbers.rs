//! Which public TCP port a tunnel's port gets: pure.
//!
//! It proposes numbers; whether the system lets one be bound is found out elsewhere.

use crate::link::wire::Refusal;
use sha2::{Digest as _, Sha256};
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
            return match &self.range {
                Some(range) if !range.contains(&number) => Err(Refusal::PublicPortOutside {
                    port,
                    first: *range.start(),
                    last: *range.end(),
                }),
                Some(_) | None if in_use(number) => Err(Refusal::PublicPortTaken { port }),
                Some(_) | None => Ok(vec![number]),
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
                let (fresh, used): (Vec<u16>, Vec<u16>) = from_own_place(key, range)
                    .filter(free)
                    .partition(|number| !others.contains(number));
                candidates.extend(fresh);
                candidates.extend(used);
            }
        }
        Ok(candidates)
    }

    /// Who had `number` last.
    pub(super) fn owner(&self, number: u16) -> Option<&PublicKey> {
        let mut had = self.had.iter();
        had.find(|(_, had)| **had == number).map(|(key, _)| key)
    }

    /// Who had which, in the order they came.
    pub(super) fn remembered(&self) -> impl Iterator<Item = (&PublicKey, u16)> {
        let number = |key| Some((key, *self.had.get(key)?));
        self.order.iter().filter_map(number)
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

/// The whole range, from a place on that is the key's own: a relay that lost its memory is to give the
/// same numbers again in whatever order the hosts come back.
fn from_own_place(key: &PublicKey, range: &RangeInclusive<u16>) -> impl Iterator<Item = u16> {
    let text = format!("{} {} {}", key.account, key.tunnel, key.number);
    let digest = Sha256::digest(text.as_bytes());
    let place = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let count = range.len().max(1);
    let skipped = usize::try_from(place).unwrap_or(usize::MAX) % count;
    range.clone().cycle().skip(skipped).take(range.len())
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
        let candidates = |numbers: &Numbers, tunnel, in_use: &dyn Fn(u16) -> bool| {
            let found = numbers.candidates(&key(tunnel), None, in_use);
            found.expect("any number will do")
        };
        let free = |_| false;
        let all = candidates(&numbers, "a", &free);
        let mut sorted = all.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [7000, 7001, 7002, 7003]);
        numbers.remember(&key("a"), 7001);
        assert_eq!(candidates(&numbers, "a", &free)[0], 7001);
        assert_eq!(candidates(&numbers, "b", &free)[3], 7001);
        assert_eq!(candidates(&numbers, "a", &|n| n < 7003), [7003]);
        assert_eq!(candidates(&numbers, "a", &|_| true), [0; 0]);
    }

    #[test]
    fn who_comes_first_after_a_restart_does_not_matter() {
        let tunnels = ["web", "ssh", "postgres"];
        let given = |order: [&'static str; 3]| {
            let mut numbers = Numbers::new(Some(7500..=7599));
            order.map(|tunnel| {
                let in_use = |_| false;
                let found = numbers.candidates(&key(tunnel), None, in_use);
                let number = found.expect("any number will do")[0];
                numbers.remember(&key(tunnel), number);
                (tunnel, number)
            })
        };
        let mut backwards = given([tunnels[2], tunnels[1], tunnels[0]]);
        backwards.reverse();
        assert_eq!(given(tunnels), backwards);
    }

    #[test]
    fn a_requested_number_is_that_one_or_none() {
        let numbers = Numbers::new(Some(7000..=7003));
        let ask = |number, used: u16| numbers.candidates(&key("a"), port(number), |n| n == used);
        assert_eq!(ask(7002, 0), Ok(vec![7002]));
        let number = |number| port(number).expect("not 0");
        let taken = Refusal::PublicPortTaken { port: number(7002) };
        assert_eq!(ask(7002, 7002), Err(taken));
        let outside = Refusal::PublicPortOutside {
            port: number(80),
            first: 7000,
            last: 7003,
        };
        assert_eq!(ask(80, 0), Err(outside));
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
