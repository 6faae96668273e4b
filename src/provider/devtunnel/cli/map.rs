//! From the program's shapes to the model. It runs nothing.

use super::super::OFFERS;
use super::shapes::{Listed, PortTold, Told, is_public};
use super::{Entry, PROGRAM, measures};
use crate::model::{
    Access, Metrics, Port, PortNumber, Protocol, Remote, Target, Tunnel, TunnelId, UnixMillis,
};
use std::collections::BTreeMap;

/// What one look at one tunnel gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub tunnel: Tunnel,
    /// What the service counts of each port.
    pub metrics: BTreeMap<PortNumber, Metrics>,
    /// What it counts of the whole.
    pub whole: Metrics,
    /// The public URLs of the ports that were hosted before.
    pub urls: BTreeMap<PortNumber, String>,
}

/// A listed tunnel, without what a list does not tell. `None`, and a warning, when its id is none.
pub fn map_listed(listed: &Listed, now: UnixMillis) -> Option<Tunnel> {
    let Ok(id) = TunnelId::new(listed.id.as_str()) else {
        tracing::warn!(id = listed.id, "a tunnel has an id that is none");
        return None;
    };
    Some(Tunnel {
        name: name(listed, &id),
        provider: OFFERS.id,
        ports: Vec::new(),
        chosen: crate::model::Chosen::default(),
        created_at: now,
        expires_at: measures::expiry(&listed.expiration, now),
        remote: Some(Remote {
            access: Access::Private,
            hosts: listed.hosts,
            visitors: listed.visitors,
            description: listed.description.clone(),
        }),
        id,
    })
}

/// A tunnel with all that one look tells. `access` is who may visit it.
pub fn map_shown(told: &Told, access: &[Entry], now: UnixMillis) -> Option<Shown> {
    let mut tunnel = map_listed(&told.listed, now)?;
    tunnel.ports = told
        .ports
        .iter()
        .map(|port| map_port(&tunnel.id, port))
        .collect();
    if let Some(remote) = &mut tunnel.remote {
        remote.access = map_access(access, &told.ports);
    }
    let metrics = told.ports.iter().map(|port| (port.number, port.metrics));
    let url = |port: &PortTold| match port.protocol {
        Protocol::Tcp => Some(client_command(&tunnel.id)),
        Protocol::Http | Protocol::Https | Protocol::Auto => port.url.clone(),
    };
    let urls: BTreeMap<PortNumber, String> = told
        .ports
        .iter()
        .filter_map(|port| Some((port.number, url(port)?)))
        .collect();
    Some(Shown {
        metrics: metrics.collect(),
        whole: told.metrics,
        urls,
        tunnel,
    })
}

/// How a visitor reaches a port that is no web page, as one for ssh or rdp: with the provider's own
/// program, which has it as a port of the visitor's computer.
pub fn client_command(id: &TunnelId) -> String {
    format!("{PROGRAM} connect {id}")
}

/// A port, with the tunnel's id for a label: the service makes its host name.
pub fn map_port(id: &TunnelId, port: &PortTold) -> Port {
    Port::new(Target::local(port.number), port.protocol, id.clone())
}

/// Public when the tunnel is, or any one of its ports.
fn map_access(entries: &[Entry], ports: &[PortTold]) -> Access {
    let port_is_public = |port: &PortTold| port.access.as_deref().is_some_and(is_public);
    if is_public(entries) || ports.iter().any(port_is_public) {
        Access::Public
    } else {
        Access::Private
    }
}

/// What the service calls it, or its id without the cluster.
fn name(listed: &Listed, id: &TunnelId) -> String {
    if listed.name.is_empty() {
        let id = id.as_str();
        id.split('.').next().unwrap_or(id).to_owned()
    } else {
        listed.name.clone()
    }
}
