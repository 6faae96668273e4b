//! `underpass tunnels rename` and `edit`: by the desktop program while it runs, which keeps what is saved
//! then, else in the files.

use super::{EditArgs, Tunnels, changeable, text, wrong};
use crate::cli::console::Failure;
use crate::cli::inventory::SavedInventory;
use crate::cli::port::PortOptionArgs;
use crate::cli::running::{ask_desktop, terminals_of};
use crate::control::Request;
use crate::model::{
    Action, Field, FieldError, Port, PortKey, PortNumber, Protocol, Target, Tunnel, TunnelId,
    parse_name, parse_target,
};
use crate::provider::registry;
use crate::store::Rows;
use crate::view::messages as m;

impl Tunnels<'_> {
    pub(super) fn rename(&self, typed: &str, name: &str) -> Result<(), Failure> {
        let name = |inventory: &SavedInventory, id: &TunnelId| new_name(inventory, id, name);
        let (inventory, _) = self.look();
        let tunnel = changeable(&inventory, typed)?.id.clone();
        let asked = Request::Rename {
            name: name(&inventory, &tunnel)?,
            tunnel: tunnel.clone(),
        };
        if ask_desktop(self.home, &asked)? {
            let Request::Rename { name, .. } = asked else {
                return Ok(());
            };
            self.changed(&inventory, &tunnel, |tunnel| tunnel.name = name);
        } else {
            self.change(&PortOptionArgs::default(), |inventory| {
                let tunnel = changeable(inventory, typed)?.id.clone();
                let name = name(inventory, &tunnel)?;
                Ok(Action::Rename { tunnel, name })
            })?;
        }
        self.tell_old_copies(&tunnel);
        Ok(())
    }

    /// A terminal hosts what it began with.
    fn tell_old_copies(&self, tunnel: &TunnelId) {
        for process in terminals_of(self.home, tunnel) {
            let msg = m::cli_old_copy(tunnel.as_str(), process.to_string());
            self.console.error(&msg);
        }
    }

    /// Each change is made for itself: the first one stays where the second one fails.
    pub(super) fn edit(
        &self,
        typed: &str,
        port: Option<PortNumber>,
        to: &EditArgs,
    ) -> Result<(), Failure> {
        let (inventory, _) = self.look();
        let tunnel = changeable(&inventory, typed)?;
        let edit = Edit::of(tunnel, port, to)?;
        let id = tunnel.id.clone();
        let mut desktop_did = false;
        for request in edit.requests() {
            desktop_did = ask_desktop(self.home, &request)?;
        }
        if desktop_did {
            self.changed(&inventory, &id, |tunnel| edit.apply(tunnel));
            self.tell_old_copies(&id);
            return Ok(());
        }
        // What they were before, where nothing is another.
        let mut made = tunnel.clone();
        for change in edit.actions() {
            let edited = self.make(&PortOptionArgs::default(), |_| Ok(change))?;
            made = edited.tunnel.unwrap_or(made);
        }
        self.show(&made, &Rows::new());
        self.tell_old_copies(&id);
        Ok(())
    }

    /// The tunnel as it is now: the program writes its file a moment later.
    fn changed(&self, inventory: &SavedInventory, id: &TunnelId, change: impl FnOnce(&mut Tunnel)) {
        let saved = inventory.tunnels().iter().find(|tunnel| tunnel.id == *id);
        if let Some(mut tunnel) = saved.cloned() {
            change(&mut tunnel);
            self.show(&tunnel, &Rows::new());
        }
    }
}

/// A name that no other tunnel has.
fn new_name(inventory: &SavedInventory, id: &TunnelId, typed: &str) -> Result<String, Failure> {
    let refused = |error| wrong(&vec![(Field::Name, error)]);
    let (name, _) = parse_name(typed).map_err(refused)?;
    let mut others = inventory.tunnels().iter().filter(|other| other.id != *id);
    match others.find(|other| other.name == name || other.id.as_str() == name) {
        Some(other) => Err(refused(FieldError::NameExists {
            id: other.id.clone(),
        })),
        None => Ok(name),
    }
}

/// What is to be another of a port; nothing that is so already.
struct Edit {
    key: PortKey,
    protocol: Option<Protocol>,
    target: Option<Target>,
}

impl Edit {
    /// Of the port that is meant, which may be that.
    fn of(tunnel: &Tunnel, typed: Option<PortNumber>, to: &EditArgs) -> Result<Self, Failure> {
        let port = port_of(tunnel, typed)?;
        let offers = registry::catalog().of(tunnel.provider);
        if let Some(protocol) = to.protocol
            && (!offers.carries(protocol)
                || port.public_port.is_some() && protocol != Protocol::Tcp)
        {
            let (number, provider) = (port.number.to_string(), offers.name);
            let refused = m::cli_port_not_that(number, protocol.as_str(), provider);
            return Err(Failure::Usage(vec![refused]));
        }
        let refused = |error| wrong(&vec![(Field::Target, error)]);
        let target = to.target.as_deref().map(parse_target).transpose();
        let target = target.map_err(refused)?;
        if let Some(Target { port: number, .. }) = target
            && number != port.number
            && tunnel.port(number).is_some()
        {
            return Err(refused(FieldError::PortExists { port: number }));
        }
        if target.is_some() && offers.is_remote() {
            let msg = m::cli_target_fixed(tunnel.id.as_str(), offers.name);
            return Err(Failure::Usage(vec![msg]));
        }
        Ok(Self {
            key: PortKey::new(&tunnel.id, port.number),
            protocol: to.protocol.filter(|protocol| *protocol != port.protocol),
            target: target.filter(|target| *target != port.target),
        })
    }

    /// The protocol first: where it leads decides the port's number.
    fn actions(&self) -> Vec<Action> {
        let key = || self.key.clone();
        let protocol = self.protocol.map(|protocol| Action::ChangeProtocol {
            key: key(),
            protocol,
        });
        let target = self.target.clone();
        let target = target.map(|target| Action::ChangeTarget { key: key(), target });
        protocol.into_iter().chain(target).collect()
    }

    fn requests(&self) -> Vec<Request> {
        let (tunnel, port) = (&self.key.tunnel, self.key.port);
        let protocol = self.protocol.map(|protocol| Request::ChangeProtocol {
            tunnel: tunnel.clone(),
            port,
            protocol,
        });
        let target = self.target.clone().map(|target| Request::ChangeTarget {
            tunnel: tunnel.clone(),
            port,
            target,
        });
        protocol.into_iter().chain(target).collect()
    }

    fn apply(&self, tunnel: &mut Tunnel) {
        let mut ports = tunnel.ports.iter_mut();
        if let Some(port) = ports.find(|port| port.number == self.key.port) {
            port.protocol = self.protocol.unwrap_or(port.protocol);
            if let Some(target) = &self.target {
                port.number = target.port;
                port.target = target.clone();
            }
        }
    }
}

fn port_of(tunnel: &Tunnel, typed: Option<PortNumber>) -> Result<&Port, Failure> {
    let id = tunnel.id.as_str();
    let number = match (typed, &tunnel.ports[..]) {
        (Some(number), _) => number,
        (None, [only]) => only.number,
        (None, _) => return Err(Failure::Usage(vec![m::cli_which_port(id)])),
    };
    let port = tunnel.port(number);
    port.ok_or_else(|| Failure::not_found(m::cli_no_such_port(id, text(typed))))
}
