//! When accounts are asked what: lists while somebody looks, single tunnels while they are hosted or in the
//! panel.

use super::Update;
use crate::app::event::{Command, Poll};
use crate::app::state::State;
use crate::model::{AccountId, Life, PortKey, TunnelId};
use std::collections::BTreeSet;
use std::time::Duration;

/// Between two lists, while the window is on screen.
const LIST_EVERY: Duration = Duration::from_mins(1);

/// Between two questions about a tunnel that is hosted here, while no list tells of it: its ports
/// may be changed elsewhere.
const HOSTED_EVERY: Duration = Duration::from_mins(1);

/// Between two looks at whether somebody has signed in elsewhere, while hosting waits for that and no
/// list tells of it.
const SIGN_IN_EVERY: Duration = Duration::from_secs(15);

/// Between two looks at the counts of the tunnel in the panel.
const PANEL_EVERY: Duration = Duration::from_secs(5);

/// A list younger than this is not asked for again because the window came on screen.
const FRESH: Duration = Duration::from_secs(10);

/// When the provider is to be asked again; `None` while nobody looks.
pub(in crate::app) fn next_poll(state: &State, poll: Poll) -> Option<Duration> {
    let shown = state.inputs.appearance.window_shown;
    match poll {
        Poll::List => (shown && state.ledger.looks).then_some(LIST_EVERY),
        Poll::Hosted => {
            let listed = shown && state.ledger.looks;
            let waits = !waiting_for_sign_in(state).is_empty();
            match (listed, waits, hosted(state).is_empty()) {
                (true, ..) | (_, false, true) => None,
                (false, true, _) => Some(SIGN_IN_EVERY),
                (false, false, false) => Some(HOSTED_EVERY),
            }
        }
        Poll::Panel => {
            let followed = state.ledger.followed.as_ref().filter(|_| shown);
            let followed = followed.filter(|tunnel| works(state, tunnel));
            followed.map(|_| PANEL_EVERY)
        }
        Poll::Alerts => state.alerts.as_ref()?.wait(),
    }
}

/// The accounts of which a tunnel is to be hosted that cannot be before somebody signs in.
fn waiting_for_sign_in(state: &State) -> BTreeSet<AccountId> {
    let hosts = state.inputs.hosts.iter();
    let waiting = hosts.filter(|(_, host)| matches!(host.life, Life::SignIn(_)));
    waiting
        .filter_map(|(id, _)| state.inputs.account_of(id))
        .collect()
}

/// Nothing lacks in the account that a tunnel is in.
fn works(state: &State, tunnel: &TunnelId) -> bool {
    let account = state.inputs.account_of(tunnel);
    account.is_some_and(|account| state.inputs.account(&account).state.lacks().is_none())
}

/// The accounts' tunnels that are served from here.
fn hosted(state: &State) -> Vec<TunnelId> {
    let hosts = state.inputs.hosts.iter();
    hosts
        .filter(|(id, host)| host.life.serving().is_some() && state.inputs.account_of(id).is_some())
        .map(|(id, _)| id.clone())
        .collect()
}

impl Update<'_> {
    /// It is time to ask again.
    pub(super) fn handle_due(&mut self, poll: Poll) {
        match poll {
            Poll::List => self.refresh_all(false),
            Poll::Hosted => {
                let waiting = waiting_for_sign_in(self.state);
                self.commands
                    .extend(waiting.into_iter().map(Command::Preflight));
                for tunnel in hosted(self.state) {
                    self.ask_tunnel(&tunnel);
                }
            }
            Poll::Panel => {
                if let Some(tunnel) = self.state.ledger.followed.clone() {
                    self.ask_tunnel(&tunnel);
                }
            }
            // It follows from every step.
            Poll::Alerts => {}
        }
    }

    /// The program began.
    pub(super) fn begin_asking(&mut self) {
        if self.state.ledger.looks {
            self.refresh_all(true);
        }
    }

    /// Asks for a list of every account.
    pub(super) fn refresh_all(&mut self, preflight: bool) {
        for account in self.accounts() {
            self.refresh(&account, preflight);
        }
    }

    /// The window came on screen: what is on it should be fresh.
    pub(super) fn freshen(&mut self) {
        if !self.state.ledger.looks {
            return;
        }
        for account in self.accounts() {
            let asked = self.state.ledger.account(&account).at;
            if asked.is_none_or(|asked| self.at.since(asked) >= FRESH) {
                self.refresh(&account, false);
            }
        }
    }

    fn accounts(&self) -> Vec<AccountId> {
        self.state.inputs.accounts.keys().cloned().collect()
    }

    /// Asks for a list; one at a time. Whether somebody is signed in is found out first where it is not
    /// known, or where `preflight` says so.
    pub(super) fn refresh(&mut self, account: &AccountId, preflight: bool) {
        let preflight = preflight || !self.state.inputs.account(account).state.is_ready();
        let listing = self.state.ledger.account(account);
        if listing.asked.is_some() {
            let again = listing.again.unwrap_or(false);
            listing.again = Some(again || preflight);
            return;
        }
        let asked = self.state.ledger.next();
        let listing = self.state.ledger.account(account);
        listing.asked = Some(asked);
        listing.at = Some(self.at);
        self.state.inputs.account_mut(account).refreshing = true;
        let known = self.state.tunnels_of(account);
        let known = known.iter().filter_map(|id| self.state.inputs.tunnel(id));
        self.commands.push(Command::AskAccount {
            account: account.clone(),
            asked,
            preflight,
            known: known.cloned().collect(),
        });
    }

    /// Asks about one tunnel, unless it is being asked about.
    pub(super) fn ask_tunnel(&mut self, tunnel: &TunnelId) {
        let account = self.state.inputs.account_of(tunnel);
        if let Some(account) = account.filter(|_| self.state.inputs.tunnel(tunnel).is_some())
            && self.state.ledger.showing.insert(tunnel.clone())
        {
            let asked = self.state.ledger.next();
            self.commands.push(Command::AskTunnel {
                account,
                asked,
                tunnel: tunnel.clone(),
            });
        }
    }

    /// Follows the counts of the tunnel in the panel, and only of that one.
    pub(super) fn follow_panel(&mut self) {
        let inputs = &self.state.inputs;
        let shown = inputs.appearance.window_shown;
        let selected = inputs.selected.as_ref().filter(|_| shown);
        let is_theirs = |key: &&PortKey| {
            inputs.tunnel(&key.tunnel).is_some() && inputs.account_of(&key.tunnel).is_some()
        };
        let followed = selected.filter(is_theirs).map(|key| key.tunnel.clone());
        if followed == self.state.ledger.followed {
            return;
        }
        self.state.ledger.followed.clone_from(&followed);
        for account in self.state.inputs.accounts.values_mut() {
            account.metrics.clear();
        }
        if let Some(tunnel) = followed.filter(|tunnel| works(self.state, tunnel)) {
            self.ask_tunnel(&tunnel);
        }
    }
}
