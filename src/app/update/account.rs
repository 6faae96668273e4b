//! How an account is, and what it answers.

use super::Update;
use crate::app::event::{AskNumber, Command};
use crate::engine::EngineCommand;
use crate::model::{AccountId, AccountState, Host, Life, NoticeKind, PortKey, Reason, TunnelId};
use crate::provider::Row;

/// Samples of the provider's counts that are kept: five minutes of them.
const METRICS: usize = 61;

impl Update<'_> {
    /// A list came, or did not.
    pub(super) fn handle_listed(
        &mut self,
        account: &AccountId,
        asked: AskNumber,
        result: Result<Vec<Row>, Reason>,
    ) {
        if self.state.ledger.account(account).asked != Some(asked) {
            return;
        }
        self.state.ledger.account(account).asked = None;
        self.state.inputs.account_mut(account).refreshing = false;
        match result {
            Ok(list) => {
                self.clear_trouble(account);
                self.take_list(account, asked, list);
            }
            Err(reason) => self.handle_trouble(account, reason),
        }
        if let Some(preflight) = self.state.ledger.account(account).again.take() {
            self.refresh(account, preflight);
        }
    }

    /// What came of a question about one tunnel.
    pub(super) fn handle_shown(
        &mut self,
        asked: AskNumber,
        tunnel: &TunnelId,
        result: Result<Box<Row>, Reason>,
    ) {
        self.state.ledger.showing.remove(tunnel);
        let is_stale = self.state.is_stale(asked, tunnel);
        match result {
            Ok(row) => {
                self.keep_metrics(&row);
                if !is_stale {
                    self.take_one(*row);
                }
            }
            Err(reason) if reason.is_about_the_account() => {
                if let Some(account) = self.state.inputs.account_of(tunnel) {
                    self.handle_trouble(&account, reason);
                }
            }
            // A link that is up outlives its tunnel: the engine finds out by another one.
            Err(Reason::TunnelGone) if !is_stale => {
                tracing::warn!(%tunnel, "the provider no longer has a tunnel that is hosted here");
                let host = self.state.inputs.hosts.get(tunnel);
                if host.is_some_and(|host| host.life.serving().is_some()) {
                    self.tell(tunnel, EngineCommand::Reconnect);
                }
            }
            // Its engine, or the next list, says so.
            Err(reason) => {
                tracing::debug!(%tunnel, reason = reason.code(), "a tunnel could not be shown");
            }
        }
    }

    fn keep_metrics(&mut self, row: &Row) {
        let id = &row.tunnel.id;
        if self.state.ledger.followed.as_ref() != Some(id) {
            return;
        }
        let Some(account) = self.state.inputs.account_of(id) else {
            return;
        };
        let facts = self.state.inputs.account_mut(&account);
        for (port, metrics) in &row.metrics {
            let samples = facts.metrics.entry(PortKey::new(id, *port)).or_default();
            samples.push_back(*metrics);
            while samples.len() > METRICS {
                samples.pop_front();
            }
        }
    }

    /// How far this computer is with an account. A sign-in that is under way knows better, unless
    /// somebody has signed in another way meanwhile.
    pub(super) fn handle_account(&mut self, account: &AccountId, found: AccountState) {
        // That the account works is no news to an engine that was refused all the same.
        let news = self.state.ledger.account(account).nobody && found.is_ready();
        if self.is_signing_in(account) && !news {
            return;
        }
        if found == AccountState::SignedOut {
            self.state.ledger.account(account).nobody = true;
        }
        self.set_account(account, found, news);
    }

    pub(super) fn is_signing_in(&self, account: &AccountId) -> bool {
        let now = &self.state.inputs.account(account).state;
        matches!(now, AccountState::SigningIn { .. })
    }

    /// Whoever waits for a sign-in goes on as soon as there is one.
    pub(super) fn set_account(&mut self, account: &AccountId, new: AccountState, signed_in: bool) {
        let is_ready = new.is_ready();
        let facts = self.state.inputs.account_mut(account);
        let old = std::mem::replace(&mut facts.state, new);
        if !is_ready {
            return;
        }
        if !old.is_ready() {
            self.clear_trouble(account);
            // The program is there now.
            self.tell_those(account, &EngineCommand::Reconnect, |life| {
                let reason = life.reason();
                matches!(life, Life::Failed(_))
                    && matches!(reason, Some(Reason::NotInstalled { .. }))
            });
        }
        if signed_in {
            self.state.ledger.account(account).nobody = false;
            self.tell_those(account, &EngineCommand::SignedIn, |life| {
                matches!(life, Life::SignIn(_))
            });
        }
    }

    /// Tells the engines of an account's tunnels that are as it says.
    fn tell_those(
        &mut self,
        account: &AccountId,
        what: &EngineCommand,
        those: impl Fn(&Life) -> bool,
    ) {
        for tunnel in self.state.tunnels_of(account) {
            let host = self.state.inputs.hosts.get(&tunnel);
            if host.is_some_and(|Host { life, .. }| those(life)) {
                self.tell(&tunnel, what.clone());
            }
        }
    }

    /// An answer, or an engine, said that an account does not work.
    pub(super) fn handle_trouble(&mut self, account: &AccountId, reason: Reason) {
        if self.is_signing_in(account) {
            return;
        }
        let facts = self.state.inputs.account_mut(account);
        facts.state = match reason {
            reason if reason.is_about_the_account() => AccountState::SignedOut,
            Reason::NotInstalled { .. } => AccountState::NotInstalled,
            // Whoever is signed in stays signed in: it is the list that cannot be had.
            _ if facts.state.is_ready() => return self.add_trouble(account, reason),
            reason => AccountState::Failed {
                reason,
                since: self.at,
            },
        };
    }

    /// Says that an account does not work, and nothing older of it.
    pub(super) fn add_trouble(&mut self, account: &AccountId, reason: Reason) {
        self.clear_trouble(account);
        let account = account.clone();
        self.notice(NoticeKind::AccountTrouble { account, reason });
    }

    pub(super) fn clear_trouble(&mut self, of: &AccountId) {
        self.state.drop_notices(
            |kind| matches!(kind, NoticeKind::AccountTrouble { account, .. } if account == of),
        );
    }

    /// What an engine's new life says of the account, and what is to be asked of its tunnel: once it
    /// is established, what the provider has of it, and only of it.
    pub(super) fn follow_engine(&mut self, tunnel: &TunnelId, old: &Life, new: &Life) {
        let Some(account) = self.state.inputs.account_of(tunnel) else {
            return;
        };
        let is_up = |life: &Life| matches!(life, Life::Up { proven: true, .. });
        if let Life::SignIn(_) = new {
            // One tunnel's refusal may be its own: the account itself is asked.
            self.commands.push(Command::Preflight(account));
        } else if is_up(new) && !is_up(old) {
            self.ask_tunnel(tunnel);
        }
    }

    /// The person takes a tunnel off the list that the provider no longer has.
    pub(super) fn forget_remote(&mut self, tunnel: &TunnelId) {
        if self.state.inputs.account_of(tunnel).is_some() {
            self.stop(tunnel);
            self.drop_tunnels(std::slice::from_ref(tunnel));
            self.clear_needs(tunnel);
        }
    }
}
