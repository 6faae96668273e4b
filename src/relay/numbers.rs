//! Which public TCP port a tunnel's port gets, and for whom it is kept: pure.
//!
//! It proposes numbers; whether the system lets one be bound is found out elsewhere. A number is its
//! account's while it is served and for a while afterwards: whoever connects to it must not end up with
//! a stranger.

use super::Limits;
use super::leases::Leases;
use crate::base::digest::sha256;
use crate::link::control::Refusal;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::iter;
use std::num::NonZeroU16;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// There are no more numbers than that, so no more can be kept.
const ALL: usize = u16::MAX as usize;

/// One local port of one tunnel of one account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct PublicKey {
    /// The account's id, which outlives its name.
    pub(super) account: Arc<str>,
    pub(super) tunnel: String,
    pub(super) number: NonZeroU16,
}

/// A port that is known, for whoever writes it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RememberedPort {
    pub(super) key: PublicKey,
    pub(super) public: u16,
    /// How long it stays the account's; `None` while it is served.
    pub(super) left: Option<Duration>,
}

/// The relay's public ports, and whose each is.
#[derive(Debug)]
pub(super) struct Numbers {
    /// `None` for whatever the system gives.
    range: Option<RangeInclusive<u16>>,
    per_account: usize,
    reserved_for: Duration,
    /// What each key has or had.
    given: HashMap<PublicKey, u16>,
    /// Who has or had each number.
    owners: HashMap<u16, PublicKey>,
    live: HashSet<PublicKey>,
    /// How many of them are each account's; none that has none is in it.
    accounts: HashMap<Arc<str>, usize>,
    leases: Leases<PublicKey>,
    changed: HashSet<PublicKey>,
}

impl Numbers {
    pub(super) fn new(range: Option<RangeInclusive<u16>>, limits: &Limits) -> Self {
        Self {
            range,
            per_account: limits.public_ports_per_account as usize,
            reserved_for: limits.reserved_for,
            given: HashMap::new(),
            owners: HashMap::new(),
            live: HashSet::new(),
            accounts: HashMap::new(),
            leases: Leases::new(ALL),
            changed: HashSet::new(),
        }
    }

    /// How many the account has that are served.
    pub(super) fn served(&self, account: &str) -> usize {
        self.accounts.get(account).copied().unwrap_or_default()
    }

    /// Which numbers to try to bind, best first; 0 lets the system choose.
    pub(super) fn candidates<'a>(
        &'a self,
        key: &'a PublicKey,
        requested: Option<NonZeroU16>,
        in_use: impl Fn(u16) -> bool + Copy + 'a,
        now: Instant,
    ) -> Result<Box<dyn Iterator<Item = u16> + 'a>, Refusal> {
        if let Some(port) = requested {
            let number = port.get();
            return match &self.range {
                Some(range) if !range.contains(&number) => Err(Refusal::PublicPortOutside {
                    port,
                    first: *range.start(),
                    last: *range.end(),
                }),
                Some(_) | None if in_use(number) || self.is_others(key, number, true, now) => {
                    Err(Refusal::PublicPortTaken { port })
                }
                Some(_) | None => Ok(Box::new(iter::once(number))),
            };
        }
        let free = move |number: &u16| {
            *number == 0 || !in_use(*number) && !self.is_others(key, *number, false, now)
        };
        let had = self.given.get(key).copied().filter(free);
        let Some(range) = &self.range else {
            return Ok(Box::new(had.into_iter().chain(iter::once(0))));
        };
        // Numbers that others had come last: they may come back for them even now.
        let others = move |number: &u16| Some(*number) != had && free(number);
        let is_fresh = |number: &u16| !self.owners.contains_key(number);
        let place = || from_own_place(key, range).filter(others);
        let fresh = place().filter(is_fresh);
        let used = place().filter(move |number| !is_fresh(number));
        Ok(Box::new(had.into_iter().chain(fresh).chain(used)))
    }

    /// Another key has the number, or another account had it not long ago. What its own account had,
    /// a tunnel may have when it asks for it by number.
    pub(super) fn is_others(
        &self,
        key: &PublicKey,
        number: u16,
        requested: bool,
        now: Instant,
    ) -> bool {
        let other = self.owners.get(&number).filter(|owner| *owner != key);
        other.is_some_and(|other| {
            let reserved = || {
                let until = self.leases.owner(other).map(|(_, until)| until);
                until.is_some_and(|until| now < until)
            };
            let own = requested && other.account == key.account;
            self.live.contains(other) || (!own && reserved())
        })
    }

    /// Who has or had `number` last.
    pub(super) fn owner(&self, number: u16) -> Option<&PublicKey> {
        self.owners.get(&number)
    }

    /// `key` is served at `number` from now on.
    pub(super) fn serve(&mut self, key: &PublicKey, number: u16) {
        self.own(key, number);
        self.leases.forget(key);
        if self.live.insert(key.clone()) {
            *self.accounts.entry(Arc::clone(&key.account)).or_default() += 1;
        }
    }

    /// `key` is served no longer; its number stays its account's for a while.
    pub(super) fn leave(&mut self, key: &PublicKey, now: Instant) {
        if !self.live.remove(key) {
            return;
        }
        if let Some(count) = self.accounts.get_mut(&key.account) {
            *count -= 1;
            if *count == 0 {
                self.accounts.remove(&key.account);
            }
        }
        self.keep(key, now + self.reserved_for);
    }

    /// Knows a port again, as one that is not served.
    pub(super) fn remember(&mut self, remembered: &RememberedPort, now: Instant) {
        let longest = self.reserved_for;
        let left = remembered.left.map_or(longest, |left| left.min(longest));
        self.own(&remembered.key, remembered.public);
        self.keep(&remembered.key, now + left);
    }

    pub(super) fn forget_account(&mut self, account: &str) {
        for key in self.leases.forget_account(account) {
            self.disown(&key);
        }
    }

    fn own(&mut self, key: &PublicKey, number: u16) {
        let before = self.owners.insert(number, key.clone());
        if let Some(before) = before.filter(|before| before != key) {
            self.leases.forget(&before);
            self.given.remove(&before);
            self.changed.insert(before);
        }
        let had = self.given.insert(key.clone(), number);
        if let Some(had) = had.filter(|had| *had != number) {
            self.owners.remove(&had);
        }
        self.changed.insert(key.clone());
    }

    /// Within what the account may have, with what it serves.
    fn keep(&mut self, key: &PublicKey, until: Instant) {
        let room = self.per_account.saturating_sub(self.served(&key.account));
        self.changed.insert(key.clone());
        let kept = self.leases.keep(key.clone(), &key.account, until, room);
        for forgotten in kept {
            self.disown(&forgotten);
        }
    }

    fn disown(&mut self, key: &PublicKey) {
        if let Some(number) = self.given.remove(key) {
            self.owners.remove(&number);
        }
        self.changed.insert(key.clone());
    }

    /// All that are known, of each account the oldest first, and those that are served last.
    pub(super) fn remembered(&self, now: Instant) -> impl Iterator<Item = RememberedPort> {
        let leased = self.leases.iter().map(|(key, ..)| key);
        let all = leased.chain(&self.live);
        all.filter_map(move |key| self.known(key, now))
    }

    fn known(&self, key: &PublicKey, now: Instant) -> Option<RememberedPort> {
        let until = self.leases.owner(key).map(|(_, until)| until);
        Some(RememberedPort {
            key: key.clone(),
            public: *self.given.get(key)?,
            left: until.map(|until| until.saturating_duration_since(now)),
        })
    }

    /// What has changed since it was asked for last: what is known, and what is not any more.
    pub(super) fn take_changes(&mut self, now: Instant) -> (Vec<RememberedPort>, Vec<PublicKey>) {
        let (mut known, mut forgotten) = (Vec::new(), Vec::new());
        for key in std::mem::take(&mut self.changed) {
            match self.known(&key, now) {
                Some(port) => known.push(port),
                None => forgotten.push(key),
            }
        }
        (known, forgotten)
    }
}

/// The whole range, from a place on that is the key's own: a relay that lost its memory is to give the
/// same numbers again in whatever order the hosts come back.
fn from_own_place(key: &PublicKey, range: &RangeInclusive<u16>) -> impl Iterator<Item = u16> {
    let text = format!("{} {} {}", key.account, key.tunnel, key.number);
    let digest = sha256(text);
    let place = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let count = range.len().max(1);
    let skipped = usize::try_from(place).unwrap_or(usize::MAX) % count;
    let skipped = u16::try_from(skipped).unwrap_or(u16::MAX);
    let (first, last) = (*range.start(), *range.end());
    let from = first.saturating_add(skipped);
    (from..=last).chain(first..from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: RangeInclusive<u16> = 7000..=7003;

    fn of(account: &str, tunnel: &str) -> PublicKey {
        PublicKey {
            account: account.into(),
            tunnel: tunnel.to_owned(),
            number: NonZeroU16::MIN,
        }
    }

    fn key(tunnel: &str) -> PublicKey {
        of("anna", tunnel)
    }

    fn port(number: u16) -> Option<NonZeroU16> {
        NonZeroU16::new(number)
    }

    fn candidates(numbers: &Numbers, key: &PublicKey, now: Instant) -> Vec<u16> {
        let found = numbers.candidates(key, None, |_| false, now);
        found.expect("any number will do").collect()
    }

    #[test]
    fn a_number_is_kept_for_its_account_while_it_is_away() {
        let limits = Limits::default();
        let (mut numbers, now) = (Numbers::new(Some(RANGE), &limits), Instant::now());
        let (a, b, stranger) = (key("a"), key("b"), of("bob", "a"));
        let mut sorted = candidates(&numbers, &a, now);
        sorted.sort_unstable();
        assert_eq!(sorted, [7000, 7001, 7002, 7003]);
        numbers.serve(&a, 7001);
        numbers.leave(&a, now);
        assert_eq!(candidates(&numbers, &a, now)[0], 7001);
        for other in [&b, &stranger] {
            let found = candidates(&numbers, other, now);
            assert!(found.len() == 3 && !found.contains(&7001), "{found:?}");
        }
        let asked = |key: &PublicKey, at| {
            let asked = numbers.candidates(key, port(7001), |_| false, at);
            asked.map(Iterator::collect::<Vec<_>>)
        };
        let port = port(7001).expect("not 0");
        let taken = Err(Refusal::PublicPortTaken { port });
        assert_eq!(asked(&stranger, now), taken);
        assert_eq!(asked(&b, now), Ok(vec![7001]), "it is its own account's");
        let later = now + limits.reserved_for;
        assert_eq!(asked(&stranger, later), Ok(vec![7001]));
        assert_eq!(candidates(&numbers, &stranger, later)[3], 7001);
        numbers.serve(&stranger, 7001);
        assert_ne!(candidates(&numbers, &a, later).first(), Some(&7001));
        let served = numbers.candidates(&a, Some(port), |_| false, later);
        assert_eq!(served.map(|_| ()), Err(Refusal::PublicPortTaken { port }));
    }

    #[test]
    fn who_comes_first_after_a_restart_does_not_matter() {
        let tunnels = ["web", "ssh", "postgres"];
        let given = |order: [&'static str; 3]| {
            let mut numbers = Numbers::new(Some(7500..=7599), &Limits::default());
            order.map(|tunnel| {
                let number = candidates(&numbers, &key(tunnel), Instant::now())[0];
                numbers.serve(&key(tunnel), number);
                (tunnel, number)
            })
        };
        let mut backwards = given([tunnels[2], tunnels[1], tunnels[0]]);
        backwards.reverse();
        assert_eq!(given(tunnels), backwards);
    }

    #[test]
    fn a_requested_number_is_that_one_or_none() {
        let numbers = Numbers::new(Some(RANGE), &Limits::default());
        let ask = |number, used: u16| {
            let (key, in_use) = (key("a"), move |n| n == used);
            let found = numbers.candidates(&key, port(number), in_use, Instant::now());
            found.map(Iterator::collect::<Vec<_>>)
        };
        assert_eq!(ask(7002, 0), Ok(vec![7002]));
        let number = |number| port(number).expect("not 0");
        let taken = Refusal::PublicPortTaken { port: number(7002) };
        assert_eq!(ask(7002, 7002), Err(taken));
        let outside = Refusal::PublicPortOutside {
            port: number(80),
            first: *RANGE.start(),
            last: *RANGE.end(),
        };
        assert_eq!(ask(80, 0), Err(outside));
    }

    #[test]
    fn without_a_range_the_system_chooses_once() {
        let (mut numbers, now) = (Numbers::new(None, &Limits::default()), Instant::now());
        assert_eq!(candidates(&numbers, &key("a"), now), [0]);
        numbers.serve(&key("a"), 40_001);
        assert_eq!(candidates(&numbers, &key("a"), now), [40_001, 0]);
        assert_eq!(candidates(&numbers, &key("b"), now), [0]);
        assert!(numbers.is_others(&key("b"), 40_001, false, now));
    }

    #[test]
    fn an_account_keeps_no_more_than_it_may_have_and_takes_nothing_from_others() {
        let limits = Limits {
            public_ports_per_account: 2,
            ..Limits::default()
        };
        let (mut numbers, now) = (Numbers::new(None, &limits), Instant::now());
        numbers.serve(&of("bob", "b"), 9000);
        numbers.leave(&of("bob", "b"), now);
        for n in 0..4 {
            numbers.serve(&key(&n.to_string()), 8000 + n);
        }
        assert_eq!(numbers.served("anna"), 4);
        for n in 0..4 {
            numbers.leave(&key(&n.to_string()), now);
        }
        assert_eq!(numbers.served("anna"), 0);
        let mut kept: Vec<_> = numbers.remembered(now).map(|port| port.public).collect();
        kept.sort_unstable();
        assert_eq!(kept, [8002, 8003, 9000]);
        numbers.take_changes(now);
        numbers.forget_account("anna");
        assert_eq!(numbers.take_changes(now).1.len(), 2);
        assert_eq!(numbers.owner(9000), Some(&of("bob", "b")));
        assert_eq!(numbers.owner(8003), None);
    }
}
