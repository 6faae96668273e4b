//! Changes of the inventory: checked here, shown as if done, taken back when they were not.

use super::typed::{
    Errors, check_name, check_port, free_label, free_name, keep, new_port, not_carried,
};
use super::{Commands, account, engine, host, listing, show_toast};
use crate::app::event::Command;
use crate::app::state::State;
use crate::model::{
    Access, AccountId, Dialog, DialogKind, Field, FieldError, HostHeader, NoticeKind, Pending,
    Port, PortKey, Protocol, ProviderId, Reason, Remote, Toast, Tunnel, TunnelId, UnixMillis,
    parse_target,
};
use crate::provider::Row;

/// The empty window's one field: a tunnel named after its port, hosted at once.
pub(super) fn share(state: &mut State, at: UnixMillis, typed: &str) -> Commands {
    let target = match parse_target(typed) {
        Ok(target) => target,
        Err(error) => {
            return show_errors(
                state,
                DialogKind::CreateTunnel,
                vec![(Field::Target, error)],
            );
        }
    };
    let name = free_name(state, target.port);
    let new = New {
        name: &name,
        provider: ProviderId::RELAY,
        access: Access::Private,
        target: typed,
        protocol: Protocol::Auto,
        public_port: "",
    };
    create(state, at, &new)
}

/// A new tunnel, as typed.
pub(super) struct New<'t> {
    pub(super) name: &'t str,
    pub(super) provider: ProviderId,
    pub(super) access: Access,
    pub(super) target: &'t str,
    pub(super) protocol: Protocol,
    pub(super) public_port: &'t str,
}

/// Makes a tunnel; it is hosted once the inventory has it.
pub(super) fn create(state: &mut State, at: UnixMillis, new: &New) -> Commands {
    let mut errors = Errors::new();
    let offers = state.inputs.providers.of(new.provider);
    if state.inputs.lacks(new.provider).is_some() {
        errors.push((Field::Provider, FieldError::NotReady));
    }
    let name = check_name(state, new.provider, new.name);
    let named = keep(&mut errors, Field::Name, name);
    let port = check_port(
        &mut errors,
        &state.inputs.settings.relay,
        offers,
        new.target,
        new.protocol,
        new.public_port,
    );
    let (Some((name, id)), Some((target, protocol, public_port)), true) =
        (named, port, errors.is_empty())
    else {
        return show_errors(state, DialogKind::CreateTunnel, errors);
    };
    let remote = Remote {
        access: new.access,
        ..Remote::default()
    };
    let mut tunnel = Tunnel {
        id,
        name,
        provider: new.provider,
        ports: vec![],
        chosen: crate::model::Chosen::default(),
        created_at: at,
        expires_at: None,
        remote: offers.is_remote().then_some(remote),
    };
    let port = new_port(&tunnel, target, protocol, public_port);
    tunnel.ports.push(port);
    state.inputs.dialog = None;
    change(state, Pending::Create(tunnel))
}

/// Adds a port to a tunnel.
pub(super) fn add_port(
    state: &mut State,
    id: &TunnelId,
    target: &str,
    protocol: Protocol,
    public_port: &str,
) -> Commands {
    let Some(tunnel) = state.inputs.tunnel(id).cloned() else {
        return vec![];
    };
    let mut errors = Errors::new();
    let offers = state.inputs.providers.of(tunnel.provider);
    let relay = &state.inputs.settings.relay;
    let checked = check_port(&mut errors, relay, offers, target, protocol, public_port);
    let taken = checked
        .as_ref()
        .map(|(target, ..)| target.port)
        .filter(|port| tunnel.port(*port).is_some());
    if let Some(port) = taken {
        errors.push((Field::Target, FieldError::PortExists { port }));
    }
    match checked {
        Some((target, protocol, public_port)) if errors.is_empty() => {
            let mut port = new_port(&tunnel, target, protocol, public_port);
            port.label = free_label(state, port.label);
            state.inputs.dialog = None;
            change(state, Pending::AddPort(id.clone(), port))
        }
        Some(_) | None => {
            let tunnel = id.clone();
            show_errors(state, DialogKind::AddPort { tunnel }, errors)
        }
    }
}

/// Says what a port speaks.
pub(super) fn change_protocol(state: &mut State, key: &PortKey, protocol: Protocol) -> Commands {
    let now = find_port(state, key).map(|port| port.protocol);
    let offers = state.inputs.offers(&key.tunnel);
    if !offers.carries(protocol) {
        let key = key.clone();
        let errors = vec![(Field::Protocol, not_carried(offers))];
        return show_errors(state, DialogKind::ChangeProtocol { key }, errors);
    }
    state.inputs.dialog = None;
    if now.is_none_or(|now| now == protocol) {
        return vec![];
    }
    change(state, Pending::ChangeProtocol(key.clone(), protocol))
}

/// Has a service that refuses the visitors' name asked by its own, where nobody has chosen a name.
pub(super) fn make_local(state: &mut State, key: &PortKey) -> Commands {
    let is_local =
        |pending: &Pending| matches!(pending, Pending::SetHostHeader(of, _) if of == key);
    let chosen = find_port(state, key).map(|port| &port.options.host_header);
    let can = state.inputs.offers(&key.tunnel).port_options;
    if !can || chosen != Some(&HostHeader::Auto) || state.inputs.pending.iter().any(is_local) {
        return vec![];
    }
    tracing::info!(port = %key.port, "the service refuses the visitors' name: it is asked by its own");
    change(
        state,
        Pending::SetHostHeader(key.clone(), HostHeader::Rewrite),
    )
}

/// Deletes a tunnel, which is no longer hosted then.
pub(super) fn delete(state: &mut State, at: UnixMillis, id: &TunnelId) -> Commands {
    state.inputs.dialog = None;
    if state.inputs.tunnel(id).is_none() {
        return vec![];
    }
    if state.inputs.hosts.get(id).is_some_and(|host| host.wanted) {
        // A provider that refuses leaves it hosted.
        state.ledger.rehost.insert(id.clone());
    }
    let mut commands = host::stop(state, at, id);
    commands.extend(change(state, Pending::Delete(id.clone())));
    commands
}

/// Removes a port.
pub(super) fn remove_port(state: &mut State, key: &PortKey) -> Commands {
    state.inputs.dialog = None;
    if find_port(state, key).is_none() {
        return vec![];
    }
    change(state, Pending::RemovePort(key.clone()))
}

/// Says who may visit a tunnel.
pub(super) fn set_access(state: &mut State, id: &TunnelId, access: Access) -> Commands {
    state.inputs.dialog = None;
    let now = state
        .inputs
        .tunnel(id)
        .and_then(|tunnel| tunnel.remote.as_ref());
    if now.is_none_or(|remote| remote.access == access) {
        return vec![];
    }
    change(state, Pending::SetAccess(id.clone(), access))
}

/// Prolongs a tunnel's life; access stays as it is.
pub(super) fn renew(state: &mut State, id: &TunnelId) -> Commands {
    if !state.inputs.offers(id).renewal {
        return vec![];
    }
    change(state, Pending::Renew(id.clone()))
}

/// The inventory took a change, or did not: then what is shown goes back to what is.
pub(super) fn handle_changed(
    state: &mut State,
    at: UnixMillis,
    done: Pending,
    result: Result<Option<Box<Row>>, Reason>,
) -> Commands {
    let name = display_name(state, &done);
    let account = state.inputs.account_of(done.tunnel());
    if let Some(first) = state.inputs.pending.iter().position(|p| *p == done) {
        state.inputs.pending.remove(first);
    }
    let rehost = state.ledger.rehost.remove(done.tunnel());
    let made = match result {
        Ok(made) => made,
        Err(reason) => return take_back(state, at, &done, account, reason, rehost),
    };
    state.ledger.change(done.tunnel());
    let mut commands = take_changed(state, at, &done, made);
    if let Some(account) = account {
        listing::save(state, &mut commands);
        if state.ledger.looks {
            commands.extend(account::refresh(state, at, &account, false));
        }
    }
    commands.extend(follow_change(state, at, done, name));
    commands
}

fn take_back(
    state: &mut State,
    at: UnixMillis,
    change: &Pending,
    account: Option<AccountId>,
    reason: Reason,
    rehost: bool,
) -> Commands {
    let kind = match account {
        Some(account) => {
            if let Reason::SignedOut | Reason::NotInstalled { .. } = reason {
                account::handle_trouble(state, at, &account, reason.clone());
            }
            NoticeKind::ChangeRefused {
                account,
                change: change.word(),
                name: tunnel_name(state, change),
                reason,
            }
        }
        None => NoticeKind::FileNotSaved {
            file: "tunnels.json".to_owned(),
            detail: match reason {
                Reason::Other { detail } => detail,
                reason => reason.code().to_owned(),
            },
        },
    };
    state.add_notice(kind, at);
    if rehost {
        return host::host(state, at, change.tunnel(), false);
    }
    vec![]
}

/// Makes the inventory's word the fact: a new tunnel has its real id from now on, and is hosted.
fn take_changed(
    state: &mut State,
    at: UnixMillis,
    done: &Pending,
    made: Option<Box<Row>>,
) -> Commands {
    let Pending::Create(asked) = done else {
        done.apply(&mut state.inputs.tunnels);
        let made = made.map(|made| listing::take(state, at, *made));
        return made.unwrap_or_default();
    };
    let Some(mut made) = made else {
        // Without its real id it is nothing yet: the next list has it.
        return vec![];
    };
    made.tunnel.name.clone_from(&asked.name);
    for port in &mut made.tunnel.ports {
        if let Some(asked) = asked.port(port.number) {
            port.target.clone_from(&asked.target);
        }
    }
    let id = made.tunnel.id.clone();
    state.ledger.change(&id);
    if let Some(selected) = &mut state.inputs.selected
        && selected.tunnel == asked.id
    {
        selected.tunnel.clone_from(&id);
    }
    let mut commands = listing::take(state, at, *made);
    commands.extend(host::host(state, at, &id, false));
    commands
}

/// What a change asks for beside the inventory.
fn follow_change(state: &mut State, at: UnixMillis, done: Pending, name: String) -> Commands {
    match done {
        // Hosted by now, under its real id.
        Pending::Create(_) => vec![],
        Pending::Delete(id) => {
            show_toast(state, at, Toast::Deleted { name });
            deselect(state, |key| key.tunnel == id);
            engine::forget(state, &id)
        }
        Pending::RemovePort(key) => {
            show_toast(state, at, Toast::Deleted { name });
            deselect(state, |selected| *selected == key);
            state.inputs.probes.remove(&key);
            host::ports_changed(state, at, &key.tunnel)
        }
        Pending::AddPort(id, _) => host::ports_changed(state, at, &id),
        Pending::ChangeProtocol(key, _) | Pending::SetHostHeader(key, _) => {
            // What was seen was seen of the other protocol.
            state.inputs.probes.remove(&key);
            host::ports_changed(state, at, &key.tunnel)
        }
        Pending::SetAccess(id, _) => {
            // What was seen was seen by other rules.
            state.inputs.probes.retain(|key, _| key.tunnel != id);
            vec![]
        }
        Pending::Renew(_) => {
            show_toast(state, at, Toast::Renewed { name });
            vec![]
        }
    }
}

/// Asks the inventory for a change, which is shown as if done.
fn change(state: &mut State, change: Pending) -> Commands {
    let known = match &change {
        Pending::Create(tunnel) => Some(tunnel),
        _ => state.inputs.tunnel(change.tunnel()),
    };
    let Some(known) = known.cloned() else {
        return vec![];
    };
    state.inputs.pending.push(change.clone());
    state.ledger.change(&known.id);
    vec![Command::Change {
        account: known.account(),
        change,
        known,
    }]
}

fn show_errors(state: &mut State, kind: DialogKind, errors: Errors) -> Commands {
    state.inputs.dialog = Some(Dialog { kind, errors });
    vec![]
}

fn find_port<'s>(state: &'s State, key: &PortKey) -> Option<&'s Port> {
    state.inputs.tunnel(&key.tunnel)?.port(key.port)
}

fn deselect(state: &mut State, gone: impl Fn(&PortKey) -> bool) {
    if state.inputs.selected.as_ref().is_some_and(gone) {
        state.inputs.selected = None;
    }
}

/// What a change is said to be of: its port, or its tunnel.
fn display_name(state: &State, change: &Pending) -> String {
    match change {
        Pending::RemovePort(key)
        | Pending::ChangeProtocol(key, _)
        | Pending::SetHostHeader(key, _) => {
            find_port(state, key).map_or_else(String::new, |port| port.target.to_string())
        }
        _ => tunnel_name(state, change),
    }
}

fn tunnel_name(state: &State, change: &Pending) -> String {
    match change {
        Pending::Create(tunnel) => tunnel.name.clone(),
        _ => {
            let id = change.tunnel();
            let tunnel = state.inputs.tunnel(id);
            tunnel.map_or_else(|| id.to_string(), |tunnel| tunnel.name.clone())
        }
    }
}
