//! Changes on their way to an inventory.

use super::{
    Access, HealthOverrides, HostHeader, Port, PortKey, PortNumber, Protocol, Target, Tunnel,
    TunnelId,
};

/// A change on its way to the inventory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    Create(Tunnel),
    Delete(TunnelId),
    AddPort(TunnelId, Port),
    RemovePort(PortKey),
    ChangeProtocol(PortKey, Protocol),
    /// A port that is to lead elsewhere. It takes the number of where it leads and keeps its label, and so
    /// its URL.
    ChangeTarget(PortKey, Target),
    /// What a tunnel is called. Its id and its URLs stay.
    Rename(TunnelId, String),
    /// A port whose service is to be asked by another name.
    SetHostHeader(PortKey, HostHeader),
    SetAccess(TunnelId, Access),
    /// How a tunnel is looked after, or a port of it.
    SetHealth(TunnelId, Option<PortNumber>, HealthOverrides),
    /// A tunnel's life at the provider is being prolonged.
    Renew(TunnelId),
}

impl Pending {
    pub fn tunnel(&self) -> &TunnelId {
        match self {
            Self::Create(tunnel) => &tunnel.id,
            Self::Delete(id)
            | Self::AddPort(id, _)
            | Self::SetAccess(id, _)
            | Self::SetHealth(id, ..)
            | Self::Rename(id, _)
            | Self::Renew(id) => id,
            Self::RemovePort(key)
            | Self::ChangeProtocol(key, _)
            | Self::ChangeTarget(key, _)
            | Self::SetHostHeader(key, _) => &key.tunnel,
        }
    }

    /// Makes it in a list of tunnels; one that the list lacks is only made there by `Create`.
    pub fn apply(&self, tunnels: &mut Vec<Tunnel>) {
        let place = tunnels.iter().position(|held| held.id == *self.tunnel());
        match (self, place) {
            (Self::Create(tunnel), None) => tunnels.push(tunnel.clone()),
            (Self::Delete(_), Some(place)) => drop(tunnels.remove(place)),
            (_, Some(place)) => self.edit(&mut tunnels[place]),
            (_, None) => {}
        }
    }

    fn edit(&self, tunnel: &mut Tunnel) {
        match self {
            Self::AddPort(_, port) if tunnel.port(port.number).is_none() => {
                tunnel.ports.push(port.clone());
            }
            Self::RemovePort(key) => tunnel.ports.retain(|port| port.number != key.port),
            Self::ChangeProtocol(key, protocol) => {
                tunnel.edit_port(key.port, |port| port.protocol = *protocol);
            }
            Self::ChangeTarget(key, target) => tunnel.lead(key.port, target),
            Self::Rename(_, name) => tunnel.name.clone_from(name),
            Self::SetHostHeader(key, header) => {
                tunnel.edit_port(key.port, |port| port.options.host_header = header.clone());
            }
            Self::SetAccess(_, access) => {
                if let Some(remote) = &mut tunnel.remote {
                    remote.access = *access;
                }
            }
            Self::SetHealth(_, Some(port), health) => {
                tunnel.edit_port(*port, |port| port.options.health.clone_from(health));
            }
            Self::SetHealth(_, None, health) => tunnel.chosen.health.clone_from(health),
            // Until when it lives, only the provider knows.
            Self::Create(_) | Self::Delete(_) | Self::AddPort(..) | Self::Renew(_) => {}
        }
    }

    /// What it does, for what is said of it.
    pub const fn word(&self) -> PendingWord {
        match self {
            Self::Create(_) => PendingWord::Create,
            Self::Delete(_) => PendingWord::Delete,
            Self::AddPort(..)
            | Self::RemovePort(_)
            | Self::ChangeProtocol(..)
            | Self::ChangeTarget(..)
            | Self::SetHostHeader(..)
            | Self::SetAccess(..)
            | Self::SetHealth(..)
            | Self::Rename(..)
            | Self::Renew(_) => PendingWord::Change,
        }
    }
}

/// What a change does, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PendingWord {
    /// It makes a tunnel.
    Create,
    Delete,
    Change,
}
