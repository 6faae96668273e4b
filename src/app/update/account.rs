//! The accounts at providers: signing in and out, and when to ask them what.

use super::{Commands, engine, host, listing, tell};
use crate::app::event::{AskNumber, Command, Poll};
use crate::app::state::State;
use crate::engine::EngineCommand;
use crate::model::{
    AccountId, AccountState, Host, Life, NoticeKind, PortKey, Reason, TunnelId, UnixMillis,
};
use crate::provider::Row;
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

/// Samples of the provider's counts that are kept: five minutes of them.
const METRICS: usize = 61;

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
    }
}

/// It is time to ask again.
pub(super) fn handle_due(state: &mut State, at: UnixMillis, poll: Poll) -> Commands {
    match poll {
        Poll::List => refresh_all(state, at, false),
        Poll::Hosted => {
            let waiting = waiting_for_sign_in(state);
            let mut commands: Commands = waiting.into_iter().map(Command::Preflight).collect();
            let hosted = hosted(state);
            commands.extend(hosted.iter().flat_map(|tunnel| ask_tunnel(state, tunnel)));
            commands
        }
        Poll::Panel => {
            let followed = state.ledger.followed.clone();
            followed
                .map(|tunnel| ask_tunnel(state, &tunnel))
                .unwrap_or_default()
        }
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

/// The program began.
pub(super) fn begin(state: &mut State, at: UnixMillis) -> Commands {
    if state.ledger.looks {
        refresh_all(state, at, true)
    } else {
        vec![]
    }
}

/// Asks for a list of every account.
pub(super) fn refresh_all(state: &mut State, at: UnixMillis, preflight: bool) -> Commands {
    let accounts: Vec<AccountId> = state.inputs.accounts.keys().cloned().collect();
    let refresh = |account: &AccountId| refresh(state, at, account, preflight);
    accounts.iter().flat_map(refresh).collect()
}

/// The window came on screen: what is on it should be fresh.
pub(super) fn shown(state: &mut State, at: UnixMillis) -> Commands {
    if !state.ledger.looks {
        return vec![];
    }
    let mut accounts: Vec<AccountId> = state.inputs.accounts.keys().cloned().collect();
    accounts.retain(|account| {
        let asked = state.ledger.account(account).at;
        asked.is_none_or(|asked| at.since(asked) >= FRESH)
    });
    let refresh = |account: &AccountId| refresh(state, at, account, false);
    accounts.iter().flat_map(refresh).collect()
}

/// Asks for a list; one at a time. Whether somebody is signed in is found out first where it is not
/// known, or where `preflight` says so.
pub(super) fn refresh(
    state: &mut State,
    at: UnixMillis,
    account: &AccountId,
    preflight: bool,
) -> Commands {
    let preflight = preflight || !state.inputs.account(account).state.is_ready();
    let listing = state.ledger.account(account);
    if listing.asked.is_some() {
        let again = listing.again.unwrap_or(false);
        listing.again = Some(again || preflight);
        return vec![];
    }
    let asked = state.ledger.next();
    let listing = state.ledger.account(account);
    listing.asked = Some(asked);
    listing.at = Some(at);
    state.inputs.account_mut(account).refreshing = true;
    let known = tunnels_of(state, account);
    let known = known.iter().filter_map(|id| state.inputs.tunnel(id));
    vec![Command::AskAccount {
        account: account.clone(),
        asked,
        preflight,
        known: known.cloned().collect(),
    }]
}

/// The tunnels of an account.
pub(super) fn tunnels_of(state: &State, account: &AccountId) -> Vec<TunnelId> {
    let ids = state.inputs.tunnels.iter().map(|tunnel| &tunnel.id);
    ids.filter(|id| state.inputs.account_of(id).as_ref() == Some(account))
        .cloned()
        .collect()
}

/// A list came, or did not.
pub(super) fn handle_listed(
    state: &mut State,
    at: UnixMillis,
    account: &AccountId,
    asked: AskNumber,
    result: Result<Vec<Row>, Reason>,
) -> Commands {
    if state.ledger.account(account).asked != Some(asked) {
        return vec![];
    }
    state.ledger.account(account).asked = None;
    state.inputs.account_mut(account).refreshing = false;
    let mut commands = match result {
        Ok(list) => {
            clear_trouble(state, account);
            listing::take_list(state, at, account, asked, list)
        }
        Err(reason) => {
            handle_trouble(state, at, account, reason);
            vec![]
        }
    };
    if let Some(preflight) = state.ledger.account(account).again.take() {
        commands.extend(refresh(state, at, account, preflight));
    }
    commands
}

/// What came of a question about one tunnel.
pub(super) fn handle_shown(
    state: &mut State,
    at: UnixMillis,
    asked: AskNumber,
    tunnel: &TunnelId,
    result: Result<Box<Row>, Reason>,
) -> Commands {
    state.ledger.showing.remove(tunnel);
    match result {
        Ok(reported) => {
            keep_metrics(state, &reported);
            if state.is_stale(asked, tunnel) {
                return vec![];
            }
            listing::take_one(state, at, *reported)
        }
        Err(Reason::SignedOut) => {
            if let Some(account) = state.inputs.account_of(tunnel) {
                handle_trouble(state, at, &account, Reason::SignedOut);
            }
            vec![]
        }
        // A link that is up outlives its tunnel: the engine finds out by another one.
        Err(Reason::TunnelGone) if !state.is_stale(asked, tunnel) => {
            tracing::warn!(%tunnel, "the provider no longer has a tunnel that is hosted here");
            let serves = |host: &Host| host.life.serving().is_some();
            if state.inputs.hosts.get(tunnel).is_some_and(serves) {
                tell(state, tunnel, EngineCommand::Reconnect)
            } else {
                vec![]
            }
        }
        // Its engine, or the next list, says so.
        Err(reason) => {
            tracing::debug!(%tunnel, reason = reason.code(), "a tunnel could not be shown");
            vec![]
        }
    }
}

/// Asks about one tunnel, unless it is being asked about.
pub(super) fn ask_tunnel(state: &mut State, tunnel: &TunnelId) -> Commands {
    let known = state.inputs.tunnel(tunnel).cloned();
    let (Some(known), Some(account)) = (known, state.inputs.account_of(tunnel)) else {
        return vec![];
    };
    if !state.ledger.showing.insert(tunnel.clone()) {
        return vec![];
    }
    let asked = state.ledger.next();
    vec![Command::AskTunnel {
        account,
        asked,
        known,
    }]
}

/// Follows the counts of the tunnel in the panel, and only of that one.
pub(super) fn follow_panel(state: &mut State) -> Commands {
    let shown = state.inputs.appearance.window_shown;
    let selected = state.inputs.selected.as_ref().filter(|_| shown);
    let is_theirs = |key: &&PortKey| {
        state.inputs.tunnel(&key.tunnel).is_some() && state.inputs.account_of(&key.tunnel).is_some()
    };
    let followed = selected.filter(is_theirs).map(|key| key.tunnel.clone());
    if followed == state.ledger.followed {
        return vec![];
    }
    state.ledger.followed.clone_from(&followed);
    for account in state.inputs.accounts.values_mut() {
        account.metrics.clear();
    }
    match followed {
        Some(tunnel) if works(state, &tunnel) => ask_tunnel(state, &tunnel),
        Some(_) | None => vec![],
    }
}

fn keep_metrics(state: &mut State, reported: &Row) {
    let id = &reported.tunnel.id;
    if state.ledger.followed.as_ref() != Some(id) {
        return;
    }
    let Some(account) = state.inputs.account_of(id) else {
        return;
    };
    let facts = state.inputs.account_mut(&account);
    for (port, metrics) in &reported.metrics {
        let key = PortKey::new(id, *port);
        let samples = facts.metrics.entry(key).or_default();
        samples.push_back(*metrics);
        while samples.len() > METRICS {
            samples.pop_front();
        }
    }
}

/// How far this computer is with an account. A sign-in that is under way knows better, unless
/// somebody has signed in another way meanwhile.
pub(super) fn handle_account(
    state: &mut State,
    account: &AccountId,
    found: AccountState,
) -> Commands {
    let signing_in = is_signing_in(state, account);
    // That the account works is no news to an engine that was refused all the same.
    let news = state.ledger.account(account).nobody && found.is_ready();
    if signing_in && !news {
        return vec![];
    }
    if found == AccountState::SignedOut {
        state.ledger.account(account).nobody = true;
    }
    set_account(state, account, found, news)
}

pub(super) fn is_signing_in(state: &State, account: &AccountId) -> bool {
    let now = &state.inputs.account(account).state;
    matches!(now, AccountState::SigningIn { .. })
}

/// Whoever waits for a sign-in goes on as soon as there is one.
pub(super) fn set_account(
    state: &mut State,
    account: &AccountId,
    new: AccountState,
    signed_in: bool,
) -> Commands {
    let is_ready = new.is_ready();
    let old = std::mem::replace(&mut state.inputs.account_mut(account).state, new);
    let was_ready = old.is_ready();
    if !is_ready {
        return vec![];
    }
    let mut commands = vec![];
    if !was_ready {
        clear_trouble(state, account);
        let lacked = |host: &Life| {
            let reason = host.reason();
            matches!(host, Life::Failed(_)) && matches!(reason, Some(Reason::NotInstalled { .. }))
        };
        // The program is there now.
        let reconnect = EngineCommand::Reconnect;
        commands.extend(tell_those(state, account, &reconnect, lacked));
    }
    if signed_in {
        state.ledger.account(account).nobody = false;
        let waits = |host: &Life| matches!(host, Life::SignIn(_));
        let signed_in = EngineCommand::SignedIn;
        commands.extend(tell_those(state, account, &signed_in, waits));
    }
    commands
}

/// Tells the engines of an account's tunnels that are as it says.
fn tell_those(
    state: &State,
    account: &AccountId,
    what: &EngineCommand,
    those: impl Fn(&Life) -> bool,
) -> Commands {
    let hosts = state.inputs.hosts.iter();
    hosts
        .filter(|(_, host)| those(&host.life))
        .filter(|(id, _)| state.inputs.account_of(id).as_ref() == Some(account))
        .flat_map(|(id, _)| tell(state, id, what.clone()))
        .collect()
}

/// An answer, or an engine, said that an account does not work.
pub(super) fn handle_trouble(
    state: &mut State,
    at: UnixMillis,
    account: &AccountId,
    reason: Reason,
) {
    let now = &state.inputs.account(account).state;
    if matches!(now, AccountState::SigningIn { .. }) {
        return;
    }
    let new = match reason {
        Reason::SignedOut => Some(AccountState::SignedOut),
        Reason::NotInstalled { .. } => Some(AccountState::NotInstalled),
        // Whoever is signed in stays signed in: it is the list that cannot be had.
        _ if now.is_ready() => {
            add_trouble(state, at, account, reason);
            None
        }
        reason => Some(AccountState::Failed { reason, since: at }),
    };
    if let Some(new) = new {
        state.inputs.account_mut(account).state = new;
    }
}

/// Says that an account does not work, and nothing older of it.
pub(super) fn add_trouble(state: &mut State, at: UnixMillis, account: &AccountId, reason: Reason) {
    clear_trouble(state, account);
    let account = account.clone();
    state.add_notice(NoticeKind::AccountTrouble { account, reason }, at);
}

pub(super) fn clear_trouble(state: &mut State, of: &AccountId) {
    state.inputs.notices.retain(|notice| match &notice.kind {
        NoticeKind::AccountTrouble { account, .. } => account != of,
        _ => true,
    });
}

/// What an engine's new state says of the account, and what is to be asked of its tunnel: once it
/// is established, what the provider has of it, and only of it.
pub(super) fn follow_engine(
    state: &mut State,
    tunnel: &TunnelId,
    old: &Life,
    new: &Life,
) -> Commands {
    let Some(account) = state.inputs.account_of(tunnel) else {
        return vec![];
    };
    if let Life::SignIn(_) = new {
        // One tunnel's refusal may be its own: the account itself is asked.
        return vec![Command::Preflight(account)];
    }
    let is_up = |state: &Life| matches!(state, Life::Up { proven: true, .. });
    if is_up(new) && !is_up(old) {
        return ask_tunnel(state, tunnel);
    }
    vec![]
}

/// The person takes a tunnel off the list that the provider no longer has.
pub(super) fn forget(state: &mut State, at: UnixMillis, tunnel: &TunnelId) -> Commands {
    if state.inputs.account_of(tunnel).is_none() {
        return vec![];
    }
    let mut commands = host::stop(state, at, tunnel);
    commands.extend(listing::drop_tunnels(state, std::slice::from_ref(tunnel)));
    engine::clear_needs(state, tunnel);
    commands
}
