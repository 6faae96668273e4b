//! What `update` remembers: the facts the view is made of, and what it needs to change them.

use super::alerts::Alerts;
use super::event::{AskNumber, EngineNumber};
use crate::model::{
    AccountFacts, AccountId, Appearance, Catalog, Host, Inputs, Life, Notice, NoticeKind, PortKey,
    RelayFacts, RunId, SessionNumber, Settings, Timing, Tunnel, TunnelId, UnixMillis,
    invalid_health,
};
use crate::probe::ProbePlan;
use crate::store::Rows;
use std::collections::{BTreeMap, BTreeSet};

/// What the program begins with.
#[derive(Clone, Debug, Default)]
pub struct Begin {
    /// As saved.
    pub settings: Settings,
    pub tunnels: Vec<Tunnel>,
    pub hosted: BTreeSet<TunnelId>,
    /// Tunnels of which exactly these ports are hosted, whatever else the provider has of them.
    pub fixed_ports: BTreeSet<TunnelId>,
    pub providers: Catalog,
    /// The row cache.
    pub rows: Rows,
    pub appearance: Appearance,
    /// This installation's id.
    pub install: String,
    pub tokens: BTreeSet<AccountId>,
    /// The accounts at providers are looked at by themselves: somebody sees what they have.
    pub accounts: bool,
    /// Somebody is told on the desktop of what they do not look at.
    pub alerts: bool,
    /// What the person should know from the start.
    pub notices: Vec<NoticeKind>,
}

/// Everything `update` knows.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub inputs: Inputs,
    pub(super) install: String,
    /// Tunnels of which only the ports they began with are hosted.
    pub(super) fixed_ports: BTreeSet<TunnelId>,
    /// The engine that serves each tunnel now.
    pub(super) engines: BTreeMap<TunnelId, EngineNumber>,
    /// What each was told of the waits between its attempts.
    pub(super) paced: BTreeMap<TunnelId, (EngineNumber, Timing)>,
    /// Engines that were told to end and still say goodbye.
    pub(super) leaving: BTreeSet<(TunnelId, EngineNumber)>,
    pub(super) last_engine: EngineNumber,
    /// The session of each tunnel that is up in the audit log.
    pub(super) runs: BTreeMap<TunnelId, Run>,
    pub(super) last_run: u64,
    pub(super) last_notice: u64,
    /// Counts the readings of the audit log.
    pub(super) last_past: u64,
    pub(super) toast_since: UnixMillis,
    /// The probes that run.
    pub(super) plans: BTreeMap<PortKey, ProbePlan>,
    /// The tunnels whose traffic is watched, and the engines that were told so.
    pub(super) watched: BTreeMap<TunnelId, EngineNumber>,
    /// The last session of each tunnel: the next engine counts on from it.
    pub(super) sessions: BTreeMap<TunnelId, u64>,
    /// What was asked of the account, and changed in it.
    pub(super) ledger: Ledger,
    /// What the desktop is told, where there is one.
    pub(super) alerts: Option<Alerts>,
}

/// What was asked of the account and changed in it, in order: so that an older answer never undoes
/// a newer change.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    /// The account is looked at by itself.
    pub(super) looks: bool,
    /// Counts questions and changes.
    pub(super) last: AskNumber,
    /// What was asked of each account.
    pub(super) accounts: BTreeMap<AccountId, Listing>,
    /// The last change of each tunnel, those that are gone included.
    pub(super) changes: BTreeMap<TunnelId, AskNumber>,
    /// Tunnels that are asked about one by one.
    pub(super) showing: BTreeSet<TunnelId>,
    /// When hosting a tunnel ended here: for a while the provider goes on counting this host.
    pub(super) left: BTreeMap<TunnelId, UnixMillis>,
    /// Tunnels that are being taken over from another program: nobody has asked for them to be hosted.
    pub(super) imported: BTreeSet<TunnelId>,
    /// What was hosted when its deletion was asked for.
    pub(super) rehost: BTreeSet<TunnelId>,
    /// The tunnel in the panel, whose counts are followed.
    pub(super) followed: Option<TunnelId>,
}

/// What was asked of one account.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    /// The list that is on its way.
    pub(super) asked: Option<AskNumber>,
    /// Another list was asked for meanwhile; with a preflight, if that is set.
    pub(super) again: Option<bool>,
    /// When the last list was asked for.
    pub(super) at: Option<UnixMillis>,
    /// Nobody was signed in when that was found out last.
    pub(super) nobody: bool,
}

impl Ledger {
    /// What was asked of an account.
    pub(super) fn account(&mut self, account: &AccountId) -> &mut Listing {
        self.accounts.entry(account.clone()).or_default()
    }

    pub(super) fn next(&mut self) -> AskNumber {
        self.last += 1;
        self.last
    }

    /// Notes a change of a tunnel.
    pub(super) fn change(&mut self, tunnel: &TunnelId) {
        let number = self.next();
        self.changes.insert(tunnel.clone(), number);
    }

    /// Whether what was asked then is older than the tunnel's last change.
    fn is_older(&self, asked: AskNumber, tunnel: &TunnelId) -> bool {
        self.changes
            .get(tunnel)
            .is_some_and(|changed| *changed > asked)
    }
}

/// One stretch of being up, between its two lines in the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) id: RunId,
    pub(super) session: SessionNumber,
}

impl State {
    /// The state at the program's begin. Durations that cannot be used fall back to the defaults,
    /// and a notice says so.
    pub fn new(begin: Begin, at: UnixMillis) -> Self {
        let timing = begin.settings.timing.resolve();
        let mut state = Self {
            inputs: Inputs {
                timing: timing.clone().unwrap_or_default(),
                relay: RelayFacts::of(&begin.settings.relay),
                appearance: begin.appearance,
                hosts: first_hosts(&begin),
                accounts: accounts(&begin.providers),
                providers: begin.providers,
                tokens: begin.tokens,
                tunnels: begin.tunnels,
                settings: begin.settings,
                ..Inputs::default()
            },
            install: begin.install,
            fixed_ports: begin.fixed_ports,
            toast_since: at,
            alerts: begin.alerts.then(Alerts::default),
            ledger: Ledger {
                looks: begin.accounts,
                ..Ledger::default()
            },
            ..Self::default()
        };
        for kind in begin.notices {
            state.add_notice(kind, at);
        }
        let inputs = &state.inputs;
        let wrong = invalid_health(inputs.timing, &inputs.settings.health, &inputs.tunnels);
        if !wrong.is_empty() {
            let detail = wrong.join("; ");
            state.add_notice(NoticeKind::SettingsInvalid { detail }, at);
        }
        if let Err(error) = timing {
            let detail = error.to_string();
            state.add_notice(NoticeKind::SettingsInvalid { detail }, at);
        }
        state
    }

    /// Whether an answer to what was asked then says less of the tunnel than is known: a change of it
    /// is newer, or still under way and perhaps half done.
    pub(super) fn is_stale(&self, asked: AskNumber, tunnel: &TunnelId) -> bool {
        let mut pending = self.inputs.pending.iter();
        pending.any(|change| change.tunnel() == tunnel) || self.ledger.is_older(asked, tunnel)
    }

    /// Adds a notice, once.
    pub(super) fn add_notice(&mut self, kind: NoticeKind, at: UnixMillis) {
        if self.inputs.notices.iter().any(|notice| notice.kind == kind) {
            return;
        }
        self.last_notice += 1;
        let id = self.last_notice;
        self.inputs.notices.push(Notice { id, at, kind });
    }

    pub(super) fn drop_notices(&mut self, which: impl Fn(&NoticeKind) -> bool) {
        self.inputs.notices.retain(|notice| !which(&notice.kind));
    }

    pub(super) fn host_mut(&mut self, tunnel: &TunnelId) -> &mut Host {
        self.inputs.hosts.entry(tunnel.clone()).or_default()
    }

    /// Whether a tunnel is not hosted, and the goodbye of whoever hosted it is said.
    pub(super) fn is_gone(&self, tunnel: &TunnelId) -> bool {
        let host = self.inputs.hosts.get(tunnel);
        host.is_none_or(|host| host.life == Life::Stopped && !host.wanted)
            && !self.leaving.iter().any(|(leaving, _)| leaving == tunnel)
    }

    /// What is to be hosted.
    pub(super) fn wanted(&self) -> BTreeSet<TunnelId> {
        let hosts = self.inputs.hosts.iter();
        let wanted = hosts.filter(|(_, host)| host.wanted);
        wanted.map(|(tunnel, _)| tunnel.clone()).collect()
    }

    pub(super) fn tunnels_of(&self, account: &AccountId) -> Vec<TunnelId> {
        let ids = self.inputs.tunnels.iter().map(|tunnel| &tunnel.id);
        let theirs = ids.filter(|id| self.inputs.account_of(id).as_ref() == Some(account));
        theirs.cloned().collect()
    }

    /// A run id that no other run of this installation has.
    pub(super) fn next_run(&mut self, at: UnixMillis) -> RunId {
        self.last_run += 1;
        let install = self.install.get(..8).unwrap_or(&self.install);
        RunId(format!("{install}-{:x}-{}", at.0, self.last_run))
    }
}

/// The accounts that there may be: one at each provider that keeps some.
fn accounts(providers: &Catalog) -> BTreeMap<AccountId, AccountFacts> {
    let ids = providers.remote().map(|offers| AccountId::only(offers.id));
    ids.map(|id| (id, AccountFacts::default())).collect()
}

fn first_hosts(begin: &Begin) -> BTreeMap<TunnelId, Host> {
    let known =
        |tunnel: &&Tunnel| begin.hosted.contains(&tunnel.id) || begin.rows.contains_key(&tunnel.id);
    begin
        .tunnels
        .iter()
        .filter(known)
        .map(|tunnel| {
            let host = Host {
                wanted: begin.hosted.contains(&tunnel.id),
                live: begin.rows.get(&tunnel.id).cloned().unwrap_or_default(),
                ..Host::default()
            };
            (tunnel.id.clone(), host)
        })
        .collect()
}
