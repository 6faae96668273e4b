//! What the provider says of its tunnels becomes what is known of them, unless something newer is
//! known.

use super::account::tunnels_of;
use super::{Commands, engine, host};
use crate::app::event::{AskNumber, Command};
use crate::app::state::State;
use crate::model::{AccountId, Pending, Port, Remote, Tunnel, TunnelId, UnixMillis};
use crate::provider::Row;
use std::collections::BTreeMap;
use std::time::Duration;

/// For so long after hosting ended here the provider may go on counting this host.
const STILL_COUNTED: Duration = Duration::from_secs(20);

/// The provider tells a tunnel's life in whole days: within one of them it is told as before.
const EXPIRY_GRAIN: Duration = Duration::from_hours(24);

/// Takes a whole list: what is not in it is gone, unless it is hosted here (its engine knows better)
/// or was changed since the list was asked for.
pub(super) fn take_list(
    state: &mut State,
    at: UnixMillis,
    account: &AccountId,
    asked: AskNumber,
    list: Vec<Row>,
) -> Commands {
    let before = state.inputs.tunnels.clone();
    let order: Vec<TunnelId> = list.iter().map(|r| r.tunnel.id.clone()).collect();
    let mut theirs: BTreeMap<TunnelId, Row> = list
        .into_iter()
        .map(|reported| (reported.tunnel.id.clone(), reported))
        .collect();
    theirs.retain(|id, _| !state.is_stale(asked, id) && !is_being_made(state, account, id));
    let mut commands = drop_tunnels(state, &gone(state, account, asked, &order));
    for id in order {
        if let Some(reported) = theirs.remove(&id) {
            commands.extend(take(state, at, reported));
        }
    }
    if state.ledger.showing.is_empty() {
        // Whatever is asked from now on is newer than all of these.
        state.ledger.changes.clear();
    }
    if before != state.inputs.tunnels {
        save(state, &mut commands);
    }
    commands
}

/// Takes what is said of one tunnel.
pub(super) fn take_one(state: &mut State, at: UnixMillis, reported: Row) -> Commands {
    if state.inputs.tunnel(&reported.tunnel.id).is_none() {
        // It was deleted while it was asked about.
        return vec![];
    }
    let before = state.inputs.tunnels.clone();
    let mut commands = take(state, at, reported);
    if before != state.inputs.tunnels {
        save(state, &mut commands);
    }
    commands
}

/// Takes tunnels off the list, with all that is known of them.
pub(super) fn drop_tunnels(state: &mut State, gone: &[TunnelId]) -> Commands {
    let mut commands = vec![];
    for id in gone {
        state.ledger.change(id);
        state.inputs.tunnels.retain(|tunnel| tunnel.id != *id);
        let selected = state.inputs.selected.as_ref();
        if selected.is_some_and(|key| key.tunnel == *id) {
            state.inputs.selected = None;
        }
        commands.extend(engine::forget(state, id));
    }
    if !gone.is_empty() {
        save(state, &mut commands);
    }
    commands
}

fn gone(
    state: &State,
    account: &AccountId,
    asked: AskNumber,
    listed: &[TunnelId],
) -> Vec<TunnelId> {
    let mut gone = tunnels_of(state, account);
    gone.retain(|id| {
        let host = state.inputs.hosts.get(id);
        !listed.contains(id) && !state.is_stale(asked, id) && !host.is_some_and(|host| host.wanted)
    });
    gone
}

/// A tunnel that is new to the list may be the one whose making has not been reported yet.
fn is_being_made(state: &State, account: &AccountId, id: &TunnelId) -> bool {
    let new = state.inputs.tunnel(id).is_none();
    new && state.inputs.pending.iter().any(|pending| match pending {
        Pending::Create(tunnel) => {
            tunnel.provider == account.provider && tunnel.id.stem() == id.stem()
        }
        _ => false,
    })
}

/// What the inventory says, with what only this computer knows: the name, where the ports lead.
pub(super) fn take(state: &mut State, at: UnixMillis, reported: Row) -> Commands {
    let Row { tunnel, live, .. } = reported;
    let id = tunnel.id.clone();
    let place = state.inputs.tunnels.iter().position(|t| t.id == id);
    let known = place.map(|place| state.inputs.tunnels[place].clone());
    let taken = merge(state, at, tunnel, known.as_ref());
    // That the last port is gone elsewhere stops nothing here: it may be back in a moment.
    let ports_differ = known
        .as_ref()
        .is_some_and(|known| known.ports != taken.ports && !taken.ports.is_empty());
    match place {
        Some(place) => state.inputs.tunnels[place] = taken,
        None => state.inputs.tunnels.push(taken),
    }
    let has_session = state
        .inputs
        .hosts
        .get(&id)
        .is_some_and(|host| host.life.session().is_some());
    let mut commands = vec![];
    if !live.is_empty() && !has_session {
        commands.extend(engine::take_live(state, &id, live));
    }
    if ports_differ && state.engines.contains_key(&id) {
        commands.extend(host::ports_changed(state, at, &id));
    }
    commands
}

fn merge(state: &State, at: UnixMillis, mut tunnel: Tunnel, known: Option<&Tunnel>) -> Tunnel {
    let left = state.ledger.left.get(&tunnel.id);
    if let Some(remote) = &mut tunnel.remote
        && left.is_some_and(|left| at.since(*left) < STILL_COUNTED)
    {
        remote.hosts = remote.hosts.saturating_sub(1);
    }
    let is_remote = state.inputs.providers.of(tunnel.provider).is_remote();
    let Some(known) = known.filter(|_| is_remote) else {
        // A file of this computer says all that is known.
        return tunnel;
    };
    tunnel.name.clone_from(&known.name);
    tunnel.created_at = known.created_at;
    tunnel.expires_at = expiry(known.expires_at, tunnel.expires_at);
    if state.fixed_ports.contains(&tunnel.id) {
        // What was typed is what is hosted: the provider only says what it speaks.
        keep_ports(&mut tunnel, known);
        return tunnel;
    }
    for port in &mut tunnel.ports {
        if let Some(before) = known.port(port.number) {
            *port = Port {
                protocol: port.protocol,
                ..before.clone()
            };
        }
    }
    tunnel
}

fn keep_ports(tunnel: &mut Tunnel, known: &Tunnel) {
    let told = std::mem::replace(&mut tunnel.ports, known.ports.clone());
    for port in &mut tunnel.ports {
        if let Some(told) = told.iter().find(|told| told.number == port.number) {
            port.protocol = told.protocol;
        }
    }
}

fn expiry(known: Option<UnixMillis>, told: Option<UnixMillis>) -> Option<UnixMillis> {
    match (known, told) {
        (Some(known), Some(told)) if told.since(known) < EXPIRY_GRAIN => Some(known.min(told)),
        _ => told,
    }
}

/// Hosting a tunnel ended here: it is not hosted elsewhere because it was hosted here.
pub(super) fn note_left(state: &mut State, at: UnixMillis, id: &TunnelId) {
    if state.inputs.account_of(id).is_none() {
        return;
    }
    let mut tunnels = state.inputs.tunnels.iter_mut();
    let Some(tunnel) = tunnels.find(|tunnel| tunnel.id == *id) else {
        return;
    };
    if let Some(Remote { hosts, .. }) = &mut tunnel.remote {
        *hosts = 0;
    }
    state.ledger.left.insert(id.clone(), at);
}

/// One save for all that changed.
pub(super) fn save(state: &State, commands: &mut Commands) {
    commands.retain(|command| !matches!(command, Command::SaveListed(_)));
    let mut listed = state.inputs.tunnels.clone();
    listed.retain(|tunnel| state.inputs.providers.of(tunnel.provider).is_remote());
    commands.push(Command::SaveListed(listed));
}
