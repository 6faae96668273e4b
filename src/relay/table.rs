//! Who holds which name: the rules of the registry, pure.
//!
//! The time is passed in; what stands behind a label is the caller's business. Whatever one session or
//! one account does costs what that one holds, and never what the relay holds: visitors wait for it.

use super::leases::Leases;
use super::{Limits, Lookup};
use crate::link::control::Refusal;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Counts sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RegistrationId(pub(super) u64);

/// What a host asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostClaim {
    pub(super) account: Arc<str>,
    pub(super) tunnel: String,
    pub(super) install: String,
    pub(super) take_over: bool,
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
    sessions: HashMap<RegistrationId, Hosted>,
    /// One session a tunnel.
    tunnels: HashMap<(Arc<str>, String), RegistrationId>,
    live: HashMap<String, (RegistrationId, U)>,
    /// What each account hosts; none that hosts nothing is in it.
    accounts: HashMap<Arc<str>, Hosting>,
    leases: Leases<String>,
    /// The labels of which something is to be written down.
    changed: HashSet<String>,
}

#[derive(Debug)]
struct Hosted {
    claim: HostClaim,
    labels: Vec<String>,
}

#[derive(Debug, Default)]
struct Hosting {
    sessions: usize,
    labels: usize,
    /// The account is gone: what it has left stays nobody's.
    gone: bool,
}

impl<U: Clone> Table<U> {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            sessions: HashMap::new(),
            tunnels: HashMap::new(),
            live: HashMap::new(),
            accounts: HashMap::new(),
            leases: Leases::new(limits.known_labels),
            changed: HashSet::new(),
        }
    }

    /// Whether the claim may have these labels, and the session that would have to go.
    pub(super) fn check(
        &self,
        claim: &HostClaim,
        labels: &[&str],
        now: Instant,
    ) -> Result<Option<RegistrationId>, Refusal> {
        let old = self.tunnels.get(&key(claim)).copied();
        let replaced = old.and_then(|old| self.sessions.get(&old));
        let elsewhere = replaced.is_some_and(|old| old.claim.install != claim.install);
        if elsewhere && !claim.take_over {
            return Err(Refusal::HostedElsewhere);
        }
        let hosting = self.accounts.get(&claim.account);
        let limit = self.limits.sessions_per_account;
        if old.is_none() && hosting.map_or(0, |hosting| hosting.sessions) >= limit as usize {
            return Err(Refusal::TooManyTunnels { limit });
        }
        let others = hosting.map_or(0, |hosting| hosting.labels);
        let others = others - replaced.map_or(0, |old| old.labels.len());
        let limit = self.limits.names_per_account;
        if others + labels.len() > limit as usize {
            return Err(Refusal::TooManyNames { limit });
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
    fn is_taken(
        &self,
        label: &str,
        claim: &HostClaim,
        old: Option<RegistrationId>,
        now: Instant,
    ) -> bool {
        match self.live.get(label) {
            Some((holder, _)) => Some(*holder) != old,
            None => self
                .leases
                .owner(label)
                .is_some_and(|(owner, until)| *owner != claim.account && now < until),
        }
    }

    /// Serves these labels for the session from now on, in place of what it had and of whoever
    /// hosted the tunnel. The claim was checked.
    pub(super) fn settle(
        &mut self,
        session: RegistrationId,
        claim: &HostClaim,
        ports: Vec<(String, U)>,
        now: Instant,
    ) {
        if let Some(old) = self.tunnels.get(&key(claim)).copied() {
            self.leave(old, now);
        }
        let labels: Vec<String> = ports.iter().map(|(label, _)| label.clone()).collect();
        let hosting = self.accounts.entry(Arc::clone(&claim.account)).or_default();
        hosting.sessions += 1;
        hosting.labels += labels.len();
        self.changed.extend(labels.iter().cloned());
        for (label, upstream) in ports {
            self.leases.forget(&label);
            self.live.insert(label, (session, upstream));
        }
        let claim = claim.clone();
        self.tunnels.insert(key(&claim), session);
        self.sessions.insert(session, Hosted { claim, labels });
    }

    /// The session is over; its labels stay known.
    pub(super) fn leave(&mut self, session: RegistrationId, now: Instant) {
        let Some(Hosted { claim, labels }) = self.sessions.remove(&session) else {
            return;
        };
        self.tunnels.remove(&key(&claim));
        let mut gone = false;
        if let Some(hosting) = self.accounts.get_mut(&claim.account) {
            gone = hosting.gone;
            hosting.sessions -= 1;
            hosting.labels -= labels.len();
            if hosting.sessions == 0 {
                self.accounts.remove(&claim.account);
            }
        }
        let until = now + self.limits.reserved_for;
        for label in labels {
            self.live.remove(&label);
            self.changed.insert(label.clone());
            if !gone {
                self.keep(label, &claim.account, until);
            }
        }
    }

    /// Keeps a label for an account that does not host it: within what it may have, with what it
    /// hosts.
    fn keep(&mut self, label: String, account: &Arc<str>, until: Instant) {
        let hosted = self
            .accounts
            .get(account)
            .map_or(0, |hosting| hosting.labels);
        let room = (self.limits.names_per_account as usize).saturating_sub(hosted);
        let forgotten = self.leases.keep(label, account, until, room);
        self.changed.extend(forgotten);
    }

    pub(super) fn find(&self, label: &str) -> Lookup<U> {
        match self.live.get(label) {
            Some((_, upstream)) => Lookup::Live(upstream.clone()),
            None if self.leases.owner(label).is_some() => Lookup::NoHost,
            None => Lookup::Unknown,
        }
    }

    /// The account is gone: its labels are nobody's, those of its sessions as soon as these end.
    pub(super) fn forget_account(&mut self, account: &str) {
        self.changed.extend(self.leases.forget_account(account));
        if let Some(hosting) = self.accounts.get_mut(account) {
            hosting.gone = true;
        }
    }

    /// The labels it knows, those without a host first, of each account the oldest first.
    pub(super) fn remembered(&self, now: Instant) -> Vec<Remembered> {
        let leased = self
            .leases
            .iter()
            .map(|(label, account, until)| Remembered {
                label: label.clone(),
                account: Arc::clone(account),
                left: Some(until.saturating_duration_since(now)),
            });
        let live = self.sessions.values().flat_map(|hosted| {
            hosted.labels.iter().map(|label| Remembered {
                label: label.clone(),
                account: Arc::clone(&hosted.claim.account),
                left: None,
            })
        });
        leased.chain(live).collect()
    }

    /// What has changed since it was asked for last: the labels that are known, and those that are
    /// not any more.
    pub(super) fn take_changes(&mut self, now: Instant) -> (Vec<Remembered>, Vec<String>) {
        let (mut known, mut forgotten) = (Vec::new(), Vec::new());
        for label in std::mem::take(&mut self.changed) {
            let holder = self.live.get(&label);
            let live = holder.and_then(|(holder, _)| self.sessions.get(holder));
            let found = match live {
                Some(hosted) => Some((Arc::clone(&hosted.claim.account), None)),
                None => self.leases.owner(&label).map(|(account, until)| {
                    let left = until.saturating_duration_since(now);
                    (Arc::clone(account), Some(left))
                }),
            };
            match found {
                Some((account, left)) => known.push(Remembered {
                    label,
                    account,
                    left,
                }),
                None => forgotten.push(label),
            }
        }
        (known, forgotten)
    }

    /// Knows a label again, as one whose host has left.
    pub(super) fn remember(&mut self, remembered: &Remembered, now: Instant) {
        let longest = self.limits.reserved_for;
        let left = remembered.left.map_or(longest, |left| left.min(longest));
        let Remembered { label, account, .. } = remembered;
        self.keep(label.clone(), account, now + left);
    }

    pub(super) fn claim(&self, session: RegistrationId) -> Option<&HostClaim> {
        self.sessions.get(&session).map(|hosted| &hosted.claim)
    }
}

fn key(claim: &HostClaim) -> (Arc<str>, String) {
    (Arc::clone(&claim.account), claim.tunnel.clone())
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
