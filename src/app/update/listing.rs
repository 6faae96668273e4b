//! What an inventory says of its tunnels becomes what is known of them, unless something newer is known.

use super::Update;
use crate::app::event::{AskNumber, Command};
use crate::app::state::State;
use crate::model::{AccountId, Pending, Port, Tunnel, TunnelId, UnixMillis};
use crate::provider::Row;
use std::collections::BTreeMap;
use std::time::Duration;

/// For so long after hosting ended here the provider may go on counting this host.
const STILL_COUNTED: Duration = Duration::from_secs(20);

impl Update<'_> {
    /// Takes a whole list: what is not in it is gone, unless it is hosted here (its engine knows better)
    /// or was changed since the list was asked for.
    pub(super) fn take_list(&mut self, account: &AccountId, asked: AskNumber, list: Vec<Row>) {
        let before = self.state.inputs.tunnels.clone();
        let order: Vec<TunnelId> = list.iter().map(|row| row.tunnel.id.clone()).collect();
        let by_id = |row: Row| (row.tunnel.id.clone(), row);
        let mut theirs: BTreeMap<TunnelId, Row> = list.into_iter().map(by_id).collect();
        let state = &*self.state;
        theirs.retain(|id, _| !state.is_stale(asked, id) && !is_being_made(state, account, id));
        self.drop_tunnels(&gone(self.state, account, asked, &order));
        for id in order {
            if let Some(row) = theirs.remove(&id) {
                self.take_row(row);
            }
        }
        if self.state.ledger.showing.is_empty() {
            // Whatever is asked from now on is newer than all of these.
            self.state.ledger.changes.clear();
        }
        if before != self.state.inputs.tunnels {
            self.save_listed();
        }
    }

    /// Takes what is said of one tunnel.
    pub(super) fn take_one(&mut self, row: Row) {
        // Else it was deleted while it was asked about.
        if let Some(before) = self.state.inputs.tunnel(&row.tunnel.id).cloned() {
            self.take_row(row);
            if self.state.inputs.tunnel(&before.id) != Some(&before) {
                self.save_listed();
            }
        }
    }

    /// Takes tunnels off the list, with all that is known of them.
    pub(super) fn drop_tunnels(&mut self, gone: &[TunnelId]) {
        for id in gone {
            self.state.ledger.change(id);
            self.state.inputs.tunnels.retain(|tunnel| tunnel.id != *id);
            self.forget(id);
        }
        if !gone.is_empty() {
            self.save_listed();
        }
    }

    /// Takes what the inventory says, with what only this computer knows: the name, where the ports lead.
    pub(super) fn take_row(&mut self, row: Row) {
        let Row { tunnel, live, .. } = row;
        let id = tunnel.id.clone();
        let place = self.state.inputs.tunnels.iter().position(|t| t.id == id);
        let known = place.map(|place| self.state.inputs.tunnels[place].clone());
        let taken = merge(self.state, self.at, tunnel, known.as_ref());
        // That the last port is gone elsewhere stops nothing here: it may be back in a moment.
        let ports_differ = known
            .as_ref()
            .is_some_and(|known| known.ports != taken.ports && !taken.ports.is_empty());
        match place {
            Some(place) => self.state.inputs.tunnels[place] = taken,
            None => self.state.inputs.tunnels.push(taken),
        }
        let host = self.state.inputs.hosts.get(&id);
        let has_session = host.is_some_and(|host| host.life.session().is_some());
        if !live.is_empty() && !has_session {
            self.take_live(&id, live);
        }
        if ports_differ && self.state.engines.contains_key(&id) {
            self.ports_changed(&id);
        }
    }

    /// One save for all that changed.
    pub(super) fn save_listed(&mut self) {
        self.commands
            .retain(|command| !matches!(command, Command::SaveListed(_)));
        let mut listed = self.state.inputs.tunnels.clone();
        listed.retain(|tunnel| self.state.inputs.providers.of(tunnel.provider).is_remote());
        self.commands.push(Command::SaveListed(listed));
    }
}

fn gone(
    state: &State,
    account: &AccountId,
    asked: AskNumber,
    listed: &[TunnelId],
) -> Vec<TunnelId> {
    let mut gone = state.tunnels_of(account);
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
    let mut tunnel = tunnel.with_known(known);
    if state.fixed_ports.contains(&tunnel.id) {
        // What was typed is what is hosted: the provider only says what it speaks.
        let told = |port: &Port| tunnel.port(port.number).cloned();
        let ports = known.ports.iter();
        tunnel.ports = ports
            .map(|port| told(port).unwrap_or_else(|| port.clone()))
            .collect();
    }
    tunnel
}
