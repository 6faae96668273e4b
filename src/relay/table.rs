//! Who holds which name: the rules of the registry, pure.
//!
//! The time is passed in; what stands behind a label is the caller's business.

use super::Limits;
use crate::link::wire::Refusal;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Counts sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct SessionId(pub(super) u64);

/// What a host asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) account: Arc<str>,
    pub(super) tunnel: String,
    pub(super) install: String,
    pub(super) take_over: bool,
}

/// Who is behind a label.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<U> {
    Unknown,
    NoHost,
    Live(U),
}

/// A label that is known, for whoever writes it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) label: String,
    pub(super) account: Arc<str>,
    /// How long it stays the account's; `None` while it is hosted.
    pub(super) left: Option<Duration>,
}

#[derive(Debug)]
pub(super) struct Table<U> {
    limits: Limits,
    sessions: HashMap<SessionId, Claim>,
    /// One session a tunnel.
    tunnels: HashMap<(Arc<str>, String), SessionId>,
    live: HashMap<String, (SessionId, U)>,
    known: Known,
}

impl<U: Clone> Table<U> {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            sessions: HashMap::new(),
            tunnels: HashMap::new(),
            live: HashMap::new(),
            known: Known::default(),
        }
    }

    /// Whether the claim may have these labels, and the session that would have to go.
    pub(super) fn check(
        &self,
        claim: &Claim,
        labels: &[&str],
        now: Instant,
    ) -> Result<Option<SessionId>, Refusal> {
        let old = self.tunnels.get(&key(claim)).copied();
        let elsewhere = old
            .and_then(|old| self.sessions.get(&old))
            .is_some_and(|old| old.install != claim.install);
        if elsewhere && !claim.take_over {
            return Err(Refusal::HostedElsewhere);
        }
        let hosted = self.sessions.values();
        let hosted = hosted.filter(|other| other.account == claim.account);
        let limit = self.limits.sessions_per_account;
        if old.is_none() && hosted.count() >= limit as usize {
            return Err(Refusal::TooManyTunnels { limit });
        }
        match labels
            .iter()
            .find(|label| self.is_taken(label, claim, old, now))
        {
            Some(label) => Err(Refusal::NameTaken {
                label: (*label).to_owned(),
            }),
            None => Ok(old),
        }
    }

    /// Another tunnel has it now, or another account had it not long ago.
    fn is_taken(&self, label: &str, claim: &Claim, old: Option<SessionId>, now: Instant) -> bool {
        match self.live.get(label) {
            Some((holder, _)) => Some(*holder) != old,
            None => self
                .known
                .owner(label)
                .is_some_and(|(owner, until)| *owner != claim.account && now < until),
        }
    }

    /// Serves these labels for the session from now on, in place of what it had and of whoever
    /// hosted the tunnel. The claim was checked.
    pub(super) fn settle(
        &mut self,
        session: SessionId,
        claim: &Claim,
        ports: Vec<(String, U)>,
        now: Instant,
    ) {
        if let Some(old) = self.tunnels.get(&key(claim)).copied() {
            self.leave(old, now);
        }
        self.sessions.insert(session, claim.clone());
        self.tunnels.insert(key(claim), session);
        for (label, upstream) in ports {
            self.known.forget(&label);
            self.live.insert(label, (session, upstream));
        }
    }

    /// The session is over; its labels stay known.
    pub(super) fn leave(&mut self, session: SessionId, now: Instant) {
        let Some(claim) = self.sessions.remove(&session) else {
            return;
        };
        self.tunnels.remove(&key(&claim));
        let (known, limit) = (&mut self.known, self.limits.known_labels);
        let until = now + self.limits.reserved_for;
        self.live.retain(|label, (holder, _)| {
            let stays = *holder != session;
            if !stays {
                known.remember(label, &claim.account, until, limit);
            }
            stays
        });
    }

    pub(super) fn find(&self, label: &str) -> Found<U> {
        match self.live.get(label) {
            Some((_, upstream)) => Found::Live(upstream.clone()),
            None if self.known.owner(label).is_some() => Found::NoHost,
            None => Found::Unknown,
        }
    }

    /// The labels it knows, those without a host first and the oldest of them before the others.
    pub(super) fn remembered(&self, now: Instant) -> Vec<Remembered> {
        let known = self.known.by_age.values().filter_map(|label| {
            let (account, until) = self.known.owner(label)?;
            Some(Remembered {
                label: label.clone(),
                account: Arc::clone(account),
                left: Some(until.saturating_duration_since(now)),
            })
        });
        let live = self.live.iter().filter_map(|(label, (holder, _))| {
            let claim = self.sessions.get(holder)?;
            Some(Remembered {
                label: label.clone(),
                account: Arc::clone(&claim.account),
                left: None,
            })
        });
        known.chain(live).collect()
    }

    /// Knows a label again, as one whose host has left.
    pub(super) fn remember(&mut self, remembered: &Remembered, now: Instant) {
        let longest = self.limits.reserved_for;
        let left = remembered.left.map_or(longest, |left| left.min(longest));
        let Remembered { label, account, .. } = remembered;
        let limit = self.limits.known_labels;
        self.known.remember(label, account, now + left, limit);
    }

    pub(super) fn claim(&self, session: SessionId) -> Option<&Claim> {
        self.sessions.get(&session)
    }
}

fn key(claim: &Claim) -> (Arc<str>, String) {
    (Arc::clone(&claim.account), claim.tunnel.clone())
}

/// Labels whose hosts have left, and how long they stay reserved; the oldest are forgotten.
#[derive(Debug, Default)]
struct Known {
    labels: HashMap<String, (u64, Arc<str>, Instant)>,
    by_age: BTreeMap<u64, String>,
    next: u64,
}

impl Known {
    fn owner(&self, label: &str) -> Option<(&Arc<str>, Instant)> {
        let (_, owner, until) = self.labels.get(label)?;
        Some((owner, *until))
    }

    fn remember(&mut self, label: &str, owner: &Arc<str>, until: Instant, limit: usize) {
        self.forget(label);
        self.next += 1;
        let entry = (self.next, Arc::clone(owner), until);
        self.labels.insert(label.to_owned(), entry);
        self.by_age.insert(self.next, label.to_owned());
        while self.labels.len() > limit {
            match self.by_age.pop_first() {
                Some((_, oldest)) => self.labels.remove(&oldest),
                None => return,
            };
        }
    }

    fn forget(&mut self, label: &str) {
        if let Some((age, ..)) = self.labels.remove(label) {
            self.by_age.remove(&age);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(account: &str, tunnel: &str, install: &str, take_over: bool) -> Claim {
        Claim {
            account: account.into(),
            tunnel: tunnel.to_owned(),
            install: install.to_owned(),
            take_over,
        }
    }

    /// Claims `label`: whom it displaced.
    fn take(
        table: &mut Table<u64>,
        session: u64,
        claim: &Claim,
        label: &str,
        now: Instant,
    ) -> Result<Option<SessionId>, Refusal> {
        let displaced = table.check(claim, &[label], now)?;
        table.settle(
            SessionId(session),
            claim,
            vec![(label.into(), session)],
            now,
        );
        Ok(displaced)
    }

    fn taken(label: &str) -> Result<Option<SessionId>, Refusal> {
        Err(Refusal::NameTaken {
            label: label.to_owned(),
        })
    }

    #[test]
    fn who_may_have_a_name_that_is_held() {
        let cases = [
            (claim("anna", "web", "i1", false), Ok(Some(SessionId(1)))),
            (
                claim("anna", "web", "i2", false),
                Err(Refusal::HostedElsewhere),
            ),
            (claim("anna", "web", "i2", true), Ok(Some(SessionId(1)))),
            (claim("anna", "other", "i1", true), taken("web")),
            (claim("bob", "web", "i1", true), taken("web")),
        ];
        for (asked, expected) in cases {
            let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
            let held = take(
                &mut table,
                1,
                &claim("anna", "web", "i1", false),
                "web",
                now,
            );
            assert_eq!(held, Ok(None));
            let holder = if expected.is_ok() { 2 } else { 1 };
            assert_eq!(
                take(&mut table, 2, &asked, "web", now),
                expected,
                "{asked:?}"
            );
            assert_eq!(table.find("web"), Found::Live(holder), "{asked:?}");
        }
    }

    #[test]
    fn a_name_stays_known_and_reserved_for_a_while() {
        let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
        let (anna, bob) = (
            claim("anna", "web", "i", false),
            claim("bob", "web", "j", false),
        );
        assert_eq!(table.find("web"), Found::Unknown);
        take(&mut table, 1, &anna, "web", now).expect("it is free");
        table.leave(SessionId(1), now);
        assert_eq!(table.find("web"), Found::NoHost);
        assert_eq!(take(&mut table, 2, &bob, "web", now), taken("web"));
        let later = now + Limits::default().reserved_for;
        assert_eq!(table.find("web"), Found::NoHost);
        assert_eq!(take(&mut table, 3, &bob, "web", later), Ok(None));
        assert_eq!(take(&mut table, 4, &anna, "web", later), taken("web"));
    }

    #[test]
    fn what_is_written_down_and_read_again_is_known_and_reserved_as_before() {
        let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
        let hours = |n| Duration::from_hours(n);
        let (anna, bob) = (
            claim("anna", "web", "i", false),
            claim("bob", "web", "j", false),
        );
        take(&mut table, 1, &anna, "left", now).expect("it is free");
        table.leave(SessionId(1), now);
        take(&mut table, 2, &anna, "live", now).expect("it is free");
        let later = now + hours(10);
        let written = table.remembered(later);
        let lefts: Vec<_> = written.iter().map(|r| (&*r.label, r.left)).collect();
        assert_eq!(lefts, [("left", Some(hours(14))), ("live", None)]);

        let mut table = Table::<u64>::new(&Limits::default());
        for remembered in &written {
            table.remember(remembered, later);
        }
        for (label, free_after) in [("left", 14), ("live", 24)] {
            assert_eq!(table.find(label), Found::NoHost);
            let ask = |at| table.check(&bob, &[label], later + hours(at));
            assert_eq!(ask(free_after - 1), taken(label));
            assert_eq!(ask(free_after), Ok(None));
            assert_eq!(table.check(&anna, &[label], later), Ok(None));
        }
    }

    #[test]
    fn a_session_that_was_displaced_leaves_nothing_when_it_goes() {
        let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
        let anna = claim("anna", "web", "i", false);
        take(&mut table, 1, &anna, "web", now).expect("it is free");
        take(&mut table, 2, &anna, "web", now).expect("it is hers");
        table.leave(SessionId(1), now);
        assert_eq!(table.find("web"), Found::Live(2));
        assert_eq!(table.sessions.len(), 1);
    }

    #[test]
    fn new_ports_replace_the_old_ones() {
        let (mut table, now) = (Table::new(&Limits::default()), Instant::now());
        let anna = claim("anna", "web", "i", false);
        take(&mut table, 1, &anna, "web", now).expect("it is free");
        assert_eq!(
            take(&mut table, 1, &anna, "api", now),
            Ok(Some(SessionId(1)))
        );
        assert_eq!(table.find("web"), Found::NoHost);
        assert_eq!(table.find("api"), Found::Live(1));
        assert!(table.claim(SessionId(1)).is_some());
    }

    #[test]
    fn an_account_hosts_so_many_tunnels_and_no_more() {
        let limits = Limits {
            sessions_per_account: 2,
            ..Limits::default()
        };
        let (mut table, now) = (Table::new(&limits), Instant::now());
        for (session, name) in [(1, "a"), (2, "b")] {
            let claim = claim("anna", name, "i", false);
            take(&mut table, session, &claim, name, now).expect("there is room");
        }
        let third = claim("anna", "c", "i", false);
        let refused = Err(Refusal::TooManyTunnels { limit: 2 });
        assert_eq!(take(&mut table, 3, &third, "c", now), refused);
        let again = claim("anna", "a", "i", false);
        assert_eq!(
            take(&mut table, 4, &again, "a", now),
            Ok(Some(SessionId(1)))
        );
        let other = claim("bob", "c", "i", false);
        assert_eq!(take(&mut table, 5, &other, "c", now), Ok(None));
    }

    #[test]
    fn known_names_are_bounded_and_the_oldest_goes() {
        let limits = Limits {
            known_labels: 3,
            ..Limits::default()
        };
        let (mut table, mut now) = (Table::new(&limits), Instant::now());
        for n in 0..5 {
            let name = format!("t{n}");
            take(&mut table, n, &claim("anna", &name, "i", false), &name, now).expect("free");
            table.leave(SessionId(n), now);
            now += Duration::from_secs(1);
        }
        assert_eq!(table.find("t1"), Found::Unknown);
        assert_eq!(table.find("t2"), Found::NoHost);
        assert_eq!(table.known.by_age.len(), 3);
    }
}
