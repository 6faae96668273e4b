//! The inventory as it is shown: pending changes applied as if done, each port with its status.
//! Window and tray are both made of this, so that neither shows what the other hides.

use super::status::{self, Status};
use crate::model::{
    Access, AccountId, Host, Inputs, Lack, LivePort, Offers, Pending, Port, PortKey, Protocol,
    Target, Tunnel, TunnelId, UnixMillis,
};

/// Everything that is shown, before it has words.
pub(super) struct Scene<'a> {
    /// The facts.
    pub inputs: &'a Inputs,
    pub now: UnixMillis,
    /// The tunnels that are shown, in the inventory's order, new ones last.
    pub groups: Vec<Group<'a>>,
}

/// A tunnel that is shown.
pub(super) struct Group<'a> {
    /// The tunnel; its own list of ports may differ from `slots`.
    pub tunnel: &'a Tunnel,
    /// What its provider offers.
    pub offers: &'static Offers,
    pub creating: bool,
    /// What the engine says of it.
    pub host: Option<&'a Host>,
    /// Who may visit, pending changes applied; nothing where the provider has no say in it.
    pub access: Option<Access>,
    /// What the account lacks that it needs.
    pub lack: Option<Lack>,
    /// Its ports that are shown.
    pub slots: Vec<Slot<'a>>,
}

/// A port that is shown.
pub(super) struct Slot<'a> {
    pub key: PortKey,
    pub port: &'a Port,
    /// What it speaks, pending changes applied.
    pub protocol: Protocol,
    pub status: Status<'a>,
    /// Where it is served, or was last.
    pub live: Option<&'a LivePort>,
    /// A probe that the person asked for is under way.
    pub checking: bool,
    /// Its tunnel can be changed now.
    pub changeable: bool,
}

impl<'a> Scene<'a> {
    /// Applies the pending changes and finds each port's status.
    pub(super) fn new(inputs: &'a Inputs, now: UnixMillis) -> Self {
        let groups = drafts(inputs)
            .into_iter()
            .map(|draft| draft.group(inputs, now))
            .collect();
        Self {
            inputs,
            now,
            groups,
        }
    }

    /// Now, by the wall clock: what a provider promises is counted by that.
    pub(super) fn wall(&self) -> UnixMillis {
        self.inputs.appearance.clock_shift.apply(self.now)
    }

    /// The shown tunnel with this id.
    pub(super) fn group(&self, id: &TunnelId) -> Option<&Group<'a>> {
        self.groups.iter().find(|group| group.tunnel.id == *id)
    }

    /// The shown port with this key, and its tunnel.
    pub(super) fn slot(&self, key: &PortKey) -> Option<(&Group<'a>, &Slot<'a>)> {
        let group = self.group(&key.tunnel)?;
        let slot = group.slots.iter().find(|slot| slot.key == *key)?;
        Some((group, slot))
    }

    /// Every shown port, and its tunnel.
    pub(super) fn slots(&self) -> impl Iterator<Item = (&Group<'a>, &Slot<'a>)> {
        self.groups
            .iter()
            .flat_map(|group| group.slots.iter().map(move |slot| (group, slot)))
    }

    /// The port in the panel, if it is still shown.
    pub(super) fn selected(&self) -> Option<(&Group<'a>, &Slot<'a>)> {
        self.inputs.selected.as_ref().and_then(|key| self.slot(key))
    }
}

impl Group<'_> {
    /// It is not being made, and the account it is in works.
    pub(super) const fn changeable(&self) -> bool {
        !self.creating && self.lack.is_none()
    }

    /// It is in an account at its provider.
    pub(super) const fn is_remote(&self) -> bool {
        self.offers.is_remote()
    }

    /// What its provider is called; its id, where this build lacks it.
    pub(super) fn provider_name(&self) -> String {
        match self.offers.name {
            "" => self.tunnel.provider.to_string(),
            name => name.to_owned(),
        }
    }

    pub(super) fn account(&self) -> Option<AccountId> {
        self.is_remote()
            .then(|| AccountId::only(self.tunnel.provider))
    }

    /// The person wants it hosted.
    pub(super) fn wanted(&self) -> bool {
        self.host.is_some_and(|host| host.wanted)
    }
}

impl<'a> Slot<'a> {
    /// It is being made.
    pub(super) const fn creating(&self) -> bool {
        matches!(self.status, Status::Creating)
    }

    /// The public URL.
    pub(super) fn url(&self) -> Option<&'a str> {
        self.live
            .map(|live| live.url.as_str())
            .filter(|url| !url.is_empty())
    }

    /// The port's number, or `HOST:PORT` when its connections go elsewhere.
    pub(super) fn port_text(&self) -> String {
        let own = Target::local(self.port.number);
        if self.port.target == own {
            self.port.number.to_string()
        } else {
            self.port.target.to_string()
        }
    }
}

/// A tunnel while the pending changes are applied.
struct Draft<'a> {
    tunnel: &'a Tunnel,
    creating: bool,
    access: Option<Access>,
    ports: Vec<DraftPort<'a>>,
}

struct DraftPort<'a> {
    port: &'a Port,
    protocol: Protocol,
    creating: bool,
}

fn drafts(inputs: &Inputs) -> Vec<Draft<'_>> {
    let mut drafts = Vec::new();
    for tunnel in &inputs.tunnels {
        add_tunnel(&mut drafts, tunnel, false);
    }
    for change in &inputs.pending {
        apply(&mut drafts, change);
    }
    drafts
}

fn apply<'a>(drafts: &mut Vec<Draft<'a>>, change: &'a Pending) {
    match change {
        Pending::Create(tunnel) => add_tunnel(drafts, tunnel, true),
        Pending::Delete(id) => drafts.retain(|draft| draft.tunnel.id != *id),
        Pending::AddPort(id, port) => {
            if let Some(draft) = drafts.iter_mut().find(|draft| draft.tunnel.id == *id) {
                draft.add_port(port, true);
            }
        }
        Pending::RemovePort(key) => {
            if let Some(draft) = drafts.iter_mut().find(|d| d.tunnel.id == key.tunnel) {
                draft.ports.retain(|held| held.port.number != key.port);
            }
        }
        Pending::ChangeProtocol(key, protocol) => {
            let ports = drafts
                .iter_mut()
                .filter(|draft| draft.tunnel.id == key.tunnel)
                .flat_map(|draft| &mut draft.ports);
            for held in ports.filter(|held| held.port.number == key.port) {
                held.protocol = *protocol;
            }
        }
        Pending::SetAccess(id, access) => {
            for draft in drafts.iter_mut().filter(|draft| draft.tunnel.id == *id) {
                draft.access = draft.access.map(|_| *access);
            }
        }
        // Until when, only the provider knows; which name a service is asked by is not shown; and the
        // files have a port's new target in a moment.
        Pending::Renew(_)
        | Pending::ChangeTarget(..)
        | Pending::SetHostHeader(..)
        | Pending::SetHealth(..)
        | Pending::Rename(..) => {}
    }
}

/// Adds a tunnel unless one of that id is shown: a create that has reached the inventory before its
/// pending change was dropped must not show twice.
fn add_tunnel<'a>(drafts: &mut Vec<Draft<'a>>, tunnel: &'a Tunnel, creating: bool) {
    if drafts.iter().any(|draft| draft.tunnel.id == tunnel.id) {
        return;
    }
    let mut draft = Draft {
        tunnel,
        creating,
        access: tunnel.remote.as_ref().map(|remote| remote.access),
        ports: Vec::new(),
    };
    for port in &tunnel.ports {
        draft.add_port(port, creating);
    }
    drafts.push(draft);
}

impl<'a> Draft<'a> {
    fn add_port(&mut self, port: &'a Port, creating: bool) {
        if self
            .ports
            .iter()
            .all(|held| held.port.number != port.number)
        {
            self.ports.push(DraftPort {
                port,
                protocol: port.protocol,
                creating,
            });
        }
    }

    fn group(self, inputs: &'a Inputs, now: UnixMillis) -> Group<'a> {
        let tunnel = self.tunnel;
        let host = inputs.hosts.get(&tunnel.id);
        let lack = inputs.lacks(tunnel.provider);
        let changeable = !self.creating && lack.is_none();
        let slots = self.ports.into_iter();
        let offers = inputs.providers.of(tunnel.provider);
        Group {
            tunnel,
            offers,
            creating: self.creating,
            host,
            access: self.access,
            lack,
            slots: slots
                .map(|held| Slot {
                    changeable,
                    ..held.slot(tunnel, host, inputs, now)
                })
                .collect(),
        }
    }
}

impl<'a> DraftPort<'a> {
    fn slot(
        self,
        tunnel: &Tunnel,
        host: Option<&'a Host>,
        inputs: &'a Inputs,
        now: UnixMillis,
    ) -> Slot<'a> {
        let key = PortKey::new(&tunnel.id, self.port.number);
        let probe = inputs.probes.get(&key);
        let live = host.and_then(|host| host.live.iter().find(|l| l.number == key.port));
        let status = if self.creating {
            Status::Creating
        } else {
            let probes = inputs.health(tunnel, Some(self.port)).policy.probes;
            status::of(host, live, self.port, probes, probe, now).or_elsewhere(tunnel)
        };
        Slot {
            key,
            port: self.port,
            protocol: self.protocol,
            status,
            live,
            checking: probe.is_some_and(|probe| probe.checking),
            changeable: true,
        }
    }
}
