//! What was typed for a tunnel or a port: read, checked against what is there, and given the names
//! that are free.

use crate::app::state::State;
use crate::base::local::is_here;
use crate::model::{
    Chosen, Field, FieldError, Inputs, Offers, OptionScope, Pending, Port, PortNumber, Protocol,
    ProviderId, RelaySettings, Secret, Target, Tunnel, TunnelId, default_name, parse_name,
    parse_port, parse_typed_target,
};
use std::collections::BTreeMap;

/// Behind the dot in the id of a tunnel that a provider has not named yet.
const UNNAMED: &str = "new";

/// What is wrong with what was typed.
pub(super) type Errors = Vec<(Field, FieldError)>;

pub(super) fn new_port(
    tunnel: &Tunnel,
    target: Target,
    protocol: Protocol,
    public_port: Option<PortNumber>,
) -> Port {
    let label = tunnel.label_for(target.port);
    Port {
        public_port,
        ..Port::new(target, protocol, label)
    }
}

/// The name and the id made of it, where nobody has that.
pub(super) fn check_name(
    state: &State,
    provider: ProviderId,
    typed: &str,
) -> Result<(String, TunnelId), FieldError> {
    let (name, id) = parse_name(typed)?;
    if !state.inputs.providers.of(provider).is_remote() {
        return if is_taken(state, &id) {
            Err(FieldError::NameExists { id })
        } else {
            Ok((name, id))
        };
    }
    // Ids of its own have a dot: until it has given one, this tells it from those of this computer.
    let stem = TunnelId::stem_of(&name).unwrap_or_else(|| id.to_string());
    let unnamed = TunnelId::new(format!("{stem}.{UNNAMED}"));
    let unnamed = unnamed.map_err(|typed| FieldError::UnusableName { typed })?;
    if is_in_account(state, provider, &stem) {
        return Err(FieldError::NameExists { id });
    }
    Ok((name, unnamed))
}

/// The account has a tunnel whose id is `stem` and a suffix behind it, or one is being made.
fn is_in_account(state: &State, provider: ProviderId, stem: &str) -> bool {
    let is = |tunnel: &Tunnel| tunnel.provider == provider && tunnel.id.stem() == stem;
    let coming = state.inputs.pending.iter().any(|pending| match pending {
        Pending::Create(tunnel) => is(tunnel),
        _ => false,
    });
    coming || state.inputs.tunnels.iter().any(is)
}

/// A tunnel has the id, or a port of one has it as its label.
fn is_taken(state: &State, id: &TunnelId) -> bool {
    let of = |tunnel: &Tunnel| tunnel.id == *id || tunnel.ports.iter().any(|p| p.label == *id);
    let coming = state.inputs.pending.iter().any(|pending| match pending {
        Pending::Create(tunnel) => of(tunnel),
        Pending::AddPort(_, port) => port.label == *id,
        Pending::Delete(_)
        | Pending::RemovePort(_)
        | Pending::ChangeProtocol(..)
        | Pending::ChangeTarget(..)
        | Pending::SetHostHeader(..)
        | Pending::SetAccess(..)
        | Pending::SetHealth(..)
        | Pending::Rename(..)
        | Pending::Renew(_) => false,
    });
    coming || state.inputs.tunnels.iter().any(of)
}

/// Where a port leads and its public one, where the provider carries such.
pub(super) fn check_port(
    errors: &mut Errors,
    relay: &RelaySettings,
    offers: &Offers,
    target: &str,
    protocol: Protocol,
    public_port: &str,
) -> Option<(Target, Protocol, Option<PortNumber>)> {
    let typed = keep(errors, Field::Target, parse_typed_target(target));
    // What was chosen counts more than what was pasted.
    let pasted = typed.as_ref().and_then(|typed| typed.protocol);
    let protocol = match protocol {
        Protocol::Auto => pasted.unwrap_or(protocol),
        chosen => chosen,
    };
    if !offers.carries(protocol) {
        errors.push((Field::Protocol, not_carried(offers)));
        return None;
    }
    let public_port = match public_port.trim() {
        "" => Some(None),
        _ if protocol.is_web() => {
            errors.push((Field::PublicPort, FieldError::PublicPortNeedsTcp));
            None
        }
        typed => keep(errors, Field::PublicPort, parse_port(typed)).map(Some),
    };
    let (target, public_port) = (typed?.target, public_port?);
    let joined = relay.joined.is_some();
    if !joined && is_here(&target.host) && public_port == Some(target.port) {
        // The embedded relay would listen where the service does.
        let typed = target.to_string();
        errors.push((Field::Target, FieldError::OwnListener { typed }));
        return None;
    }
    Some((target, protocol, public_port))
}

/// What was chosen of a provider's options, and apart from it what is secret of that, by key.
pub(super) fn check_options(
    errors: &mut Errors,
    inputs: &Inputs,
    offers: &Offers,
    typed: &BTreeMap<String, Secret>,
) -> (Chosen, Vec<(String, Secret)>) {
    let (mut chosen, mut secrets) = (Chosen::default(), vec![]);
    chosen.account = match typed.get(Chosen::ACCOUNT) {
        Some(name) => name.expose().to_owned(),
        None => inputs.usual_account(offers.id).name,
    };
    for (at, option) in offers.options.iter().enumerate() {
        let value = typed
            .get(option.key)
            .filter(|_| option.scope == OptionScope::Tunnel);
        let Some(value) = value.filter(|value| !value.expose().is_empty()) else {
            if option.required {
                errors.push((Field::Option { at }, FieldError::Empty));
            }
            continue;
        };
        if !option.takes(value.expose()) {
            let takes = option.values();
            errors.push((Field::Option { at }, FieldError::NotTaken { takes }));
        } else if option.is_secret() {
            chosen.secrets.insert(option.key.to_owned());
            secrets.push((option.key.to_owned(), value.clone()));
        } else {
            let value = value.expose().to_owned();
            chosen.options.insert(option.key.to_owned(), value);
        }
    }
    (chosen, secrets)
}

/// That a provider does not carry a protocol.
pub(super) fn not_carried(offers: &Offers) -> FieldError {
    FieldError::NotCarried {
        provider: offers.name.to_owned(),
        carries: offers.protocols.to_vec(),
    }
}

/// What was read; what could not be goes to the errors.
pub(super) fn keep<T>(
    errors: &mut Errors,
    field: Field,
    checked: Result<T, FieldError>,
) -> Option<T> {
    match checked {
        Ok(value) => Some(value),
        Err(error) => {
            errors.push((field, error));
            None
        }
    }
}

/// The label, or the first of `LABEL-2`, `LABEL-3` … that nobody has: another tunnel may be called
/// like this one's port.
pub(super) fn free_label(state: &State, label: TunnelId) -> TunnelId {
    if !is_taken(state, &label) {
        return label;
    }
    let numbered = |n: u32| label.with_suffix(&format!("-{n}"));
    // Some number is free: there are fewer tunnels than numbers.
    (2..=u32::MAX)
        .filter_map(numbered)
        .find(|label| !is_taken(state, label))
        .unwrap_or(label)
}

/// A name for a tunnel that was given none.
pub(super) fn free_name(state: &State, port: PortNumber) -> String {
    let is_shared = state.inputs.settings.relay.joined.is_some();
    let plain = default_name(port, is_shared.then_some(state.install.as_str()));
    let numbered = (2..).map(|n| format!("{plain}-{n}"));
    let free = |name: &String| TunnelId::from_name(name).is_some_and(|id| !is_taken(state, &id));
    // Some number is free: there are fewer tunnels than numbers.
    std::iter::once(plain.clone())
        .chain(numbered)
        .find(free)
        .unwrap_or(plain)
}
