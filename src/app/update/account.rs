//! The account at a provider: signing in and out, and when to ask it what.

use super::{Commands, engine, host, listing, set, tell};
use crate::app::account::Reported;
use crate::app::event::{AskNumber, Command, Poll};
use crate::app::state::State;
use crate::engine::EngineCommand;
use crate::model::{
    AccountState, Dialog, DialogKind, Host, HostState, Identity, NoticeKind, PortKey, ProviderId,
    Reason, TunnelId, UnixMillis,
};
use crate::view::WindowOp;
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
            match (listed, waits_for_sign_in(state), hosted(state).is_empty()) {
                (true, ..) | (_, false, true) => None,
                (false, true, _) => Some(SIGN_IN_EVERY),
                (false, false, false) => Some(HOSTED_EVERY),
            }
        }
        Poll::Panel => {
            let follows = shown && state.ledger.followed.is_some();
            (follows && state.inputs.devtunnel.state.lacks().is_none()).then_some(PANEL_EVERY)
        }
    }
}

/// It is time to ask again.
pub(super) fn handle_due(state: &mut State, at: UnixMillis, poll: Poll) -> Commands {
    match poll {
        Poll::List => refresh(state, at, false),
        Poll::Hosted => {
            let mut commands = Commands::new();
            if waits_for_sign_in(state) {
                commands.push(Command::Preflight);
            }
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

/// One of the account's tunnels is to be hosted, and cannot be before somebody signs in.
fn waits_for_sign_in(state: &State) -> bool {
    let mut hosts = state.inputs.hosts.iter();
    hosts.any(|(id, host)| {
        matches!(host.state, HostState::SignIn { .. })
            && state.inputs.provider(id) == ProviderId::DevTunnel
    })
}

/// The account's tunnels that are served from here.
fn hosted(state: &State) -> Vec<TunnelId> {
    let hosts = state.inputs.hosts.iter();
    hosts
        .filter(|(id, host)| {
            host.state.serving().is_some() && state.inputs.provider(id) == ProviderId::DevTunnel
        })
        .map(|(id, _)| id.clone())
        .collect()
}

/// The program began.
pub(super) fn begin(state: &mut State, at: UnixMillis) -> Commands {
    if state.ledger.looks {
        refresh(state, at, true)
    } else {
        vec![]
    }
}

/// The window came on screen: what is on it should be fresh.
pub(super) fn shown(state: &mut State, at: UnixMillis) -> Commands {
    let asked = state.ledger.listed_at;
    let fresh = asked.is_some_and(|asked| at.since(asked) < FRESH);
    if !state.ledger.looks || fresh {
        return vec![];
    }
    refresh(state, at, false)
}

/// Asks for a list; one at a time. Whether somebody is signed in is found out first where it is not
/// known, or where `preflight` says so.
pub(super) fn refresh(state: &mut State, at: UnixMillis, preflight: bool) -> Commands {
    let preflight = preflight || !state.inputs.devtunnel.state.is_ready();
    if state.ledger.listing.is_some() {
        let again = state.ledger.again.unwrap_or(false);
        state.ledger.again = Some(again || preflight);
        return vec![];
    }
    let asked = state.ledger.next();
    state.ledger.listing = Some(asked);
    state.ledger.listed_at = Some(at);
    state.inputs.devtunnel.refreshing = true;
    let tunnels = state.inputs.tunnels.iter();
    let ours = tunnels.filter(|tunnel| tunnel.provider == ProviderId::DevTunnel);
    vec![Command::AskAccount {
        asked,
        preflight,
        known: ours.cloned().collect(),
    }]
}

/// A list came, or did not.
pub(super) fn handle_listed(
    state: &mut State,
    at: UnixMillis,
    asked: AskNumber,
    result: Result<Vec<Reported>, Reason>,
) -> Commands {
    if state.ledger.listing != Some(asked) {
        return vec![];
    }
    state.ledger.listing = None;
    state.inputs.devtunnel.refreshing = false;
    let mut commands = match result {
        Ok(list) => {
            clear_trouble(state);
            listing::take_list(state, at, asked, list)
        }
        Err(reason) => {
            handle_trouble(state, at, reason);
            vec![]
        }
    };
    if let Some(preflight) = state.ledger.again.take() {
        commands.extend(refresh(state, at, preflight));
    }
    commands
}

/// What came of a question about one tunnel.
pub(super) fn handle_shown(
    state: &mut State,
    at: UnixMillis,
    asked: AskNumber,
    tunnel: &TunnelId,
    result: Result<Box<Reported>, Reason>,
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
            handle_trouble(state, at, Reason::SignedOut);
            vec![]
        }
        // A link that is up outlives its tunnel: the engine finds out by another one.
        Err(Reason::TunnelGone) if !state.is_stale(asked, tunnel) => {
            tracing::warn!(%tunnel, "the provider no longer has a tunnel that is hosted here");
            let serves = |host: &Host| host.state.serving().is_some();
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
    let Some(known) = state.inputs.tunnel(tunnel).cloned() else {
        return vec![];
    };
    if known.provider != ProviderId::DevTunnel || !state.ledger.showing.insert(tunnel.clone()) {
        return vec![];
    }
    let asked = state.ledger.next();
    vec![Command::AskTunnel { asked, known }]
}

/// Follows the counts of the tunnel in the panel, and only of that one.
pub(super) fn follow_panel(state: &mut State) -> Commands {
    let shown = state.inputs.appearance.window_shown;
    let selected = state.inputs.selected.as_ref().filter(|_| shown);
    let is_ours = |key: &&PortKey| {
        let tunnel = state.inputs.tunnel(&key.tunnel);
        tunnel.is_some_and(|tunnel| tunnel.provider == ProviderId::DevTunnel)
    };
    let followed = selected.filter(is_ours).map(|key| key.tunnel.clone());
    if followed == state.ledger.followed {
        return vec![];
    }
    state.ledger.followed.clone_from(&followed);
    state.inputs.devtunnel.metrics.clear();
    match followed {
        Some(tunnel) if state.inputs.devtunnel.state.lacks().is_none() => {
            ask_tunnel(state, &tunnel)
        }
        Some(_) | None => vec![],
    }
}

fn keep_metrics(state: &mut State, reported: &Reported) {
    let id = &reported.tunnel.id;
    if state.ledger.followed.as_ref() != Some(id) {
        return;
    }
    for (port, metrics) in &reported.metrics {
        let key = PortKey::new(id, *port);
        let samples = state.inputs.devtunnel.metrics.entry(key).or_default();
        samples.push_back(*metrics);
        while samples.len() > METRICS {
            samples.pop_front();
        }
    }
}

/// How far this computer is with the account. A sign-in that is under way knows better, unless
/// somebody has signed in another way meanwhile.
pub(super) fn handle_account(state: &mut State, found: AccountState) -> Commands {
    let signing_in = matches!(state.inputs.devtunnel.state, AccountState::SigningIn { .. });
    // That the account works is no news to an engine that was refused all the same.
    let news = state.ledger.nobody && found.is_ready();
    if signing_in && !news {
        return vec![];
    }
    if found == AccountState::SignedOut {
        state.ledger.nobody = true;
    }
    set_account(state, found, news)
}

/// Whoever waits for a sign-in goes on as soon as there is one.
fn set_account(state: &mut State, new: AccountState, signed_in: bool) -> Commands {
    let was_ready = state.inputs.devtunnel.state.is_ready();
    let is_ready = new.is_ready();
    state.inputs.devtunnel.state = new;
    if !is_ready {
        return vec![];
    }
    let mut commands = vec![];
    if !was_ready {
        clear_trouble(state);
        let lacked = |host: &HostState| {
            let reason = host.reason();
            matches!(host, HostState::Failed { .. })
                && matches!(reason, Some(Reason::NotInstalled { .. }))
        };
        // The program is there now.
        commands.extend(tell_those(state, &EngineCommand::Reconnect, lacked));
    }
    if signed_in {
        state.ledger.nobody = false;
        let waits = |host: &HostState| matches!(host, HostState::SignIn { .. });
        commands.extend(tell_those(state, &EngineCommand::SignedIn, waits));
    }
    commands
}

/// Tells the engines of the account's tunnels that are as it says.
fn tell_those(state: &State, what: &EngineCommand, those: impl Fn(&HostState) -> bool) -> Commands {
    let hosts = state.inputs.hosts.iter();
    hosts
        .filter(|(_, host)| those(&host.state))
        .filter(|(id, _)| state.inputs.provider(id) == ProviderId::DevTunnel)
        .flat_map(|(id, _)| tell(state, id, what.clone()))
        .collect()
}

/// An answer, or an engine, said that the account does not work.
pub(super) fn handle_trouble(state: &mut State, at: UnixMillis, reason: Reason) {
    let now = &state.inputs.devtunnel.state;
    if matches!(now, AccountState::SigningIn { .. }) {
        return;
    }
    let new = match reason {
        Reason::SignedOut => Some(AccountState::SignedOut),
        Reason::NotInstalled { .. } => Some(AccountState::NotInstalled),
        // Whoever is signed in stays signed in: it is the list that cannot be had.
        _ if now.is_ready() => {
            clear_trouble(state);
            state.add_notice(NoticeKind::AccountTrouble { reason }, at);
            None
        }
        reason => Some(AccountState::Failed { reason, since: at }),
    };
    if let Some(new) = new {
        state.inputs.devtunnel.state = new;
    }
}

fn clear_trouble(state: &mut State) {
    state
        .inputs
        .notices
        .retain(|notice| !matches!(notice.kind, NoticeKind::AccountTrouble { .. }));
}

/// The person wants to sign in.
pub(super) fn sign_in(state: &mut State, identity: Identity, device: bool) -> Commands {
    clear_trouble(state);
    let mut commands = set(state, |settings| settings.devtunnel.identity = identity);
    if state.inputs.devtunnel.state == AccountState::NotInstalled || device {
        // There is something to read: how to install it, or the code.
        state.inputs.dialog = Some(Dialog {
            kind: DialogKind::Account,
            errors: vec![],
        });
        commands.push(Command::Window(WindowOp::Show));
    }
    if state.inputs.devtunnel.state != AccountState::NotInstalled {
        state.inputs.devtunnel.state = AccountState::SigningIn { device: None };
        commands.push(Command::SignIn { identity, device });
    }
    commands
}

/// The code to be typed is known.
pub(super) fn handle_code(state: &mut State, code: crate::model::DeviceCode) {
    if let AccountState::SigningIn { device } = &mut state.inputs.devtunnel.state {
        *device = Some(code);
    }
}

/// The person gives the sign-in up; it may have come to its end at the same moment.
pub(super) fn cancel_sign_in(state: &mut State, at: UnixMillis) -> Commands {
    if !matches!(state.inputs.devtunnel.state, AccountState::SigningIn { .. }) {
        return vec![];
    }
    state.inputs.devtunnel.state = AccountState::SignedOut;
    let mut commands = vec![Command::CancelSignIn];
    commands.extend(refresh(state, at, true));
    commands
}

/// The sign-in came to its end.
pub(super) fn handle_signed_in(
    state: &mut State,
    at: UnixMillis,
    result: Result<AccountState, Reason>,
) -> Commands {
    if !matches!(state.inputs.devtunnel.state, AccountState::SigningIn { .. }) {
        // It was given up.
        return vec![];
    }
    match result {
        Ok(found) => {
            let ready = found.is_ready();
            let mut commands = set_account(state, found, ready);
            if ready {
                commands.extend(refresh(state, at, false));
            }
            commands
        }
        Err(reason) => {
            state.inputs.devtunnel.state = match reason {
                Reason::NotInstalled { .. } => AccountState::NotInstalled,
                _ => AccountState::SignedOut,
            };
            state.add_notice(NoticeKind::AccountTrouble { reason }, at);
            vec![]
        }
    }
}

/// The sign-out came to its end: with it goes what the account has.
pub(super) fn handle_signed_out(
    state: &mut State,
    at: UnixMillis,
    result: Result<(), Reason>,
) -> Commands {
    if let Err(reason) = result {
        state.add_notice(NoticeKind::AccountTrouble { reason }, at);
        return vec![];
    }
    clear_trouble(state);
    state.inputs.devtunnel.state = AccountState::SignedOut;
    // A list that was asked for before is none of what is there now.
    state.ledger.listing = None;
    state.ledger.again = None;
    state.inputs.devtunnel.refreshing = false;
    let tunnels = state.inputs.tunnels.iter();
    let gone: Vec<TunnelId> = tunnels
        .filter(|tunnel| tunnel.provider == ProviderId::DevTunnel)
        .map(|tunnel| tunnel.id.clone())
        .collect();
    let mut commands: Commands = gone
        .iter()
        .flat_map(|id| host::stop(state, at, id))
        .collect();
    commands.extend(listing::drop_tunnels(state, &gone));
    commands
}

/// What an engine's new state says of the account, and what is to be asked of its tunnel: once it
/// is established, what the provider has of it, and only of it.
pub(super) fn follow_engine(
    state: &mut State,
    tunnel: &TunnelId,
    old: &HostState,
    new: &HostState,
) -> Commands {
    if state.inputs.provider(tunnel) != ProviderId::DevTunnel {
        return vec![];
    }
    if let HostState::SignIn { .. } = new {
        // One tunnel's refusal may be its own: the account itself is asked.
        return vec![Command::Preflight];
    }
    let is_up = |state: &HostState| {
        matches!(
            state,
            HostState::Hosting {
                established: true,
                ..
            }
        )
    };
    if is_up(new) && !is_up(old) {
        return ask_tunnel(state, tunnel);
    }
    vec![]
}

/// The person takes a tunnel off the list that the provider no longer has.
pub(super) fn forget(state: &mut State, at: UnixMillis, tunnel: &TunnelId) -> Commands {
    if state.inputs.provider(tunnel) != ProviderId::DevTunnel {
        return vec![];
    }
    let mut commands = host::stop(state, at, tunnel);
    commands.extend(listing::drop_tunnels(state, std::slice::from_ref(tunnel)));
    engine::clear_needs(state, tunnel);
    commands
}
