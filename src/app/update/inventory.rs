//! Changes of the inventory: checked here, shown as if done, taken back when they were not.

use super::{Commands, engine, host, show_toast};
use crate::app::event::Command;
use crate::app::state::State;
use crate::model::{
    Dialog, DialogKind, Field, FieldError, NoticeKind, Pending, Port, PortKey, PortNumber,
    Protocol, ProviderId, Target, Toast, Tunnel, TunnelId, UnixMillis, parse_name, parse_port,
    parse_target,
};

type Errors = Vec<(Field, FieldError)>;

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
    create(state, at, &name, typed, Protocol::Auto, "")
}

/// Makes a tunnel; it is hosted once the inventory has it.
pub(super) fn create(
    state: &mut State,
    at: UnixMillis,
    name: &str,
    target: &str,
    protocol: Protocol,
    public_port: &str,
) -> Commands {
    let mut errors = Errors::new();
    let named = keep(&mut errors, Field::Name, check_name(state, name));
    let port = check_port(&mut errors, target, protocol, public_port);
    let (Some((name, id)), Some((target, public_port))) = (named, port) else {
        return show_errors(state, DialogKind::CreateTunnel, errors);
    };
    let mut tunnel = Tunnel {
        id,
        name,
        provider: ProviderId::Relay,
        ports: vec![],
        created_at: at,
        expires_at: None,
        remote: None,
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
    let checked = check_port(&mut errors, target, protocol, public_port);
    let taken = checked
        .as_ref()
        .map(|(target, _)| target.port)
        .filter(|port| tunnel.port(*port).is_some());
    if let Some(port) = taken {
        errors.push((Field::Target, FieldError::PortExists { port }));
    }
    match checked {
        Some((target, public_port)) if errors.is_empty() => {
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
    state.inputs.dialog = None;
    let now = find_port(state, key).map(|port| port.protocol);
    if now.is_none_or(|now| now == protocol) {
        return vec![];
    }
    change(state, Pending::ChangeProtocol(key.clone(), protocol))
}

/// Deletes a tunnel, which is no longer hosted then.
pub(super) fn delete(state: &mut State, at: UnixMillis, id: &TunnelId) -> Commands {
    state.inputs.dialog = None;
    if state.inputs.tunnel(id).is_none() {
        return vec![];
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

/// The inventory took a change, or did not: then what is shown goes back to what is.
pub(super) fn handle_changed(
    state: &mut State,
    at: UnixMillis,
    done: Pending,
    error: Option<NoticeKind>,
) -> Commands {
    let name = display_name(state, &done);
    if let Some(first) = state.inputs.pending.iter().position(|p| *p == done) {
        state.inputs.pending.remove(first);
    }
    if let Some(kind) = error {
        state.add_notice(kind, at);
        return vec![];
    }
    apply(&mut state.inputs.tunnels, &done);
    match done {
        Pending::Create(tunnel) => host::host(state, at, &tunnel.id, false),
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
        Pending::ChangeProtocol(key, _) => {
            // What was seen was seen of the other protocol.
            state.inputs.probes.remove(&key);
            host::ports_changed(state, at, &key.tunnel)
        }
    }
}

fn change(state: &mut State, change: Pending) -> Commands {
    state.inputs.pending.push(change.clone());
    let mut tunnels = state.inputs.tunnels.clone();
    for pending in &state.inputs.pending {
        apply(&mut tunnels, pending);
    }
    vec![Command::ChangeInventory { change, tunnels }]
}

fn apply(tunnels: &mut Vec<Tunnel>, change: &Pending) {
    let find = |tunnels: &mut Vec<Tunnel>, id: &TunnelId| {
        tunnels.iter().position(|tunnel| tunnel.id == *id)
    };
    match change {
        Pending::Create(tunnel) => {
            if find(tunnels, &tunnel.id).is_none() {
                tunnels.push(tunnel.clone());
            }
        }
        Pending::Delete(id) => tunnels.retain(|tunnel| tunnel.id != *id),
        Pending::AddPort(id, port) => {
            if let Some(at) =
                find(tunnels, id).filter(|at| tunnels[*at].port(port.number).is_none())
            {
                tunnels[at].ports.push(port.clone());
            }
        }
        Pending::RemovePort(key) => {
            if let Some(at) = find(tunnels, &key.tunnel) {
                tunnels[at].ports.retain(|port| port.number != key.port);
            }
        }
        Pending::ChangeProtocol(key, protocol) => {
            if let Some(at) = find(tunnels, &key.tunnel) {
                let ports = tunnels[at].ports.iter_mut();
                for port in ports.filter(|port| port.number == key.port) {
                    port.protocol = *protocol;
                }
            }
        }
    }
}

fn new_port(
    tunnel: &Tunnel,
    target: Target,
    protocol: Protocol,
    public_port: Option<PortNumber>,
) -> Port {
    Port {
        number: target.port,
        protocol,
        label: tunnel.label_for(target.port),
        target,
        public_port,
    }
}

fn check_name(state: &State, typed: &str) -> Result<(String, TunnelId), FieldError> {
    let (name, id) = parse_name(typed)?;
    if is_taken(state, &id) {
        return Err(FieldError::NameExists { id });
    }
    Ok((name, id))
}

/// A tunnel has the id, or a port of one has it as its label.
fn is_taken(state: &State, id: &TunnelId) -> bool {
    let of = |tunnel: &Tunnel| tunnel.id == *id || tunnel.ports.iter().any(|p| p.label == *id);
    let coming = state.inputs.pending.iter().any(|pending| match pending {
        Pending::Create(tunnel) => of(tunnel),
        Pending::AddPort(_, port) => port.label == *id,
        Pending::Delete(_) | Pending::RemovePort(_) | Pending::ChangeProtocol(..) => false,
    });
    coming || state.inputs.tunnels.iter().any(of)
}

fn check_port(
    errors: &mut Errors,
    target: &str,
    protocol: Protocol,
    public_port: &str,
) -> Option<(Target, Option<PortNumber>)> {
    let target = keep(errors, Field::Target, parse_target(target));
    let public_port = match public_port.trim() {
        "" => Some(None),
        _ if protocol.is_web() => {
            errors.push((Field::PublicPort, FieldError::PublicPortNeedsTcp));
            None
        }
        typed => keep(errors, Field::PublicPort, parse_port(typed)).map(Some),
    };
    Some((target?, public_port?))
}

fn keep<T>(errors: &mut Errors, field: Field, checked: Result<T, FieldError>) -> Option<T> {
    match checked {
        Ok(value) => Some(value),
        Err(error) => {
            errors.push((field, error));
            None
        }
    }
}

fn show_errors(state: &mut State, kind: DialogKind, errors: Errors) -> Commands {
    state.inputs.dialog = Some(Dialog { kind, errors });
    vec![]
}

/// The label, or the first of `LABEL-2`, `LABEL-3` … that nobody has: another tunnel may be called
/// like this one's port.
fn free_label(state: &State, label: TunnelId) -> TunnelId {
    if !is_taken(state, &label) {
        return label;
    }
    let numbered = |n: u32| {
        let suffix = format!("-{n}");
        let stem = label.as_str();
        let stem = &stem[..stem.len().min(TunnelId::MAX_LEN - suffix.len())];
        TunnelId::new(format!("{stem}{suffix}")).ok()
    };
    // Some number is free: there are fewer tunnels than numbers.
    (2..=u32::MAX)
        .filter_map(numbered)
        .find(|label| !is_taken(state, label))
        .unwrap_or(label)
}

fn free_name(state: &State, port: PortNumber) -> String {
    let plain = format!("port-{port}");
    let numbered = (2..).map(|n| format!("{plain}-{n}"));
    let free = |name: &String| TunnelId::from_name(name).is_some_and(|id| !is_taken(state, &id));
    // Some number is free: there are fewer tunnels than numbers.
    std::iter::once(plain.clone())
        .chain(numbered)
        .find(free)
        .unwrap_or(plain)
}

fn find_port<'s>(state: &'s State, key: &PortKey) -> Option<&'s Port> {
    state.inputs.tunnel(&key.tunnel)?.port(key.port)
}

fn deselect(state: &mut State, gone: impl Fn(&PortKey) -> bool) {
    if state.inputs.selected.as_ref().is_some_and(gone) {
        state.inputs.selected = None;
    }
}

fn display_name(state: &State, change: &Pending) -> String {
    match change {
        Pending::Create(tunnel) => tunnel.name.clone(),
        Pending::Delete(id) | Pending::AddPort(id, _) => state
            .inputs
            .tunnel(id)
            .map_or_else(|| id.to_string(), |tunnel| tunnel.name.clone()),
        Pending::RemovePort(key) | Pending::ChangeProtocol(key, _) => {
            find_port(state, key).map_or_else(String::new, |port| port.target.to_string())
        }
    }
}
