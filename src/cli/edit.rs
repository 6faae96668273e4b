//! `underpass tunnels rename` and `edit`: by the desktop program while it runs, which keeps what is saved
//! then, else in the files.

use super::{Tunnels, changeable, text, wrong};
use crate::cli::console::Failure;
use crate::cli::inventory::SavedInventory;
use crate::cli::port::PortOptionArgs;
use crate::cli::running::{ask_desktop, terminals_of};
use crate::control::Request;
use crate::model::{
    Action, Field, FieldError, PortKey, PortNumber, Protocol, Tunnel, TunnelId, parse_name,
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

    pub(super) fn edit(
        &self,
        typed: &str,
        port: Option<PortNumber>,
        protocol: Protocol,
    ) -> Result<(), Failure> {
        let (inventory, _) = self.look();
        let tunnel = changeable(&inventory, typed)?;
        let key = key_of(tunnel, port, protocol)?;
        let asked = Request::ChangeProtocol {
            tunnel: key.tunnel.clone(),
            port: key.port,
            protocol,
        };
        if ask_desktop(self.home, &asked)? {
            self.changed(&inventory, &key.tunnel, |tunnel| {
                let mut ports = tunnel.ports.iter_mut();
                if let Some(port) = ports.find(|port| port.number == key.port) {
                    port.protocol = protocol;
                }
            });
        } else {
            self.change(&PortOptionArgs::default(), |inventory| {
                let key = key_of(changeable(inventory, typed)?, port, protocol)?;
                Ok(Action::ChangeProtocol { key, protocol })
            })?;
        }
        self.tell_old_copies(&key.tunnel);
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

/// The port that is meant, which may speak that.
fn key_of(
    tunnel: &Tunnel,
    typed: Option<PortNumber>,
    protocol: Protocol,
) -> Result<PortKey, Failure> {
    let id = tunnel.id.as_str();
    let number = match (typed, &tunnel.ports[..]) {
        (Some(number), _) => number,
        (None, [only]) => only.number,
        (None, _) => return Err(Failure::Usage(vec![m::cli_which_port(id)])),
    };
    let port = tunnel.port(number);
    let port = port.ok_or_else(|| Failure::not_found(m::cli_no_such_port(id, text(typed))))?;
    let offers = registry::catalog().of(tunnel.provider);
    if !offers.carries(protocol) || port.public_port.is_some() && protocol != Protocol::Tcp {
        let (provider, protocol) = (offers.name, protocol.as_str());
        return Err(Failure::Usage(vec![m::cli_port_not_that(
            number.to_string(),
            protocol,
            provider,
        )]));
    }
    Ok(PortKey::new(&tunnel.id, number))
}
