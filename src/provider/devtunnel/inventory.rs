//! What a person does with an account at Dev Tunnels, each as one function: some are several commands
//! in a row, and then nothing is left half done without a word. It knows no shape and no process.

mod access;
mod port;

use super::cli::{self, Cli, Limits, Listed, NAMES, New, Shown, Told, failed};
use super::{Identity, OFFERS};
use crate::base::clock;
use crate::model::{
    Access, AccountState, DeviceCode, Port, PortNumber, Protocol, Reason, Secret, Tunnel, TunnelId,
    UnixMillis,
};
use crate::provider::ConnectError;
use crate::provider::program::Program;
use futures_util::{StreamExt as _, stream};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// So many looks at tunnels run side by side: each is a process of a few dozen MiB.
const LOOKS_AT_ONCE: usize = 4;

/// A list looks at so many tunnels that are new to it; at the others, the next list does.
const LOOKS_A_LIST: usize = 40;

/// The tunnels of the account that is signed in on this computer.
#[derive(Clone, Debug)]
pub struct Inventory {
    cli: Cli,
}

impl Inventory {
    /// Through the program that `DEVTUNNEL_BIN` names, or the one on the PATH.
    pub fn from_env() -> Self {
        let cli = Cli::new(Program::from_env(&NAMES));
        Self { cli }
    }

    /// Through the program at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let cli = Cli::new(Program::at(&NAMES, path));
        Self { cli }
    }

    /// Through the program at `path`, which must answer within this.
    pub fn impatient(path: impl Into<PathBuf>, within: Duration) -> Self {
        let cli = Cli::new(Program::at(&NAMES, path).within(within));
        Self { cli }
    }

    /// How far this computer is with an account.
    pub async fn preflight(&self) -> AccountState {
        match self.cli.user().await {
            Ok(user) if user.signed_in => AccountState::Ready {
                user: user.name,
                via: user.via,
            },
            Ok(_) => AccountState::SignedOut,
            Err(error) => match error.reason {
                Reason::NotInstalled { .. } => AccountState::NotInstalled,
                Reason::SignedOut => AccountState::SignedOut,
                reason => AccountState::Failed {
                    reason,
                    since: clock::wall(),
                },
            },
        }
    }

    /// Every tunnel of the account. Only those are looked at more closely that are not in `known`, or
    /// have another number of ports there: of the others the ports and the access are as known.
    ///
    /// # Errors
    /// When the list is not to be had. A single tunnel that is not is given as known.
    pub async fn list(&self, known: &[Tunnel]) -> Result<Vec<Tunnel>, ConnectError> {
        let listed = self.cli.list().await?;
        let now = clock::wall();
        let mut seen = BTreeSet::new();
        let mut looks = 0;
        let mut rows = Vec::new();
        for listed in &listed {
            let Some(tunnel) = cli::map_listed(listed, now) else {
                continue;
            };
            if !seen.insert(tunnel.id.clone()) {
                continue;
            }
            let known = known
                .iter()
                .find(|known| known.id == tunnel.id && known.provider == OFFERS.id);
            let look = !is_known(listed, known) && looks < LOOKS_A_LIST;
            looks += usize::from(look);
            rows.push(self.row(tunnel, known, look));
        }
        let rows = stream::iter(rows).buffered(LOOKS_AT_ONCE);
        Ok(rows.filter_map(std::future::ready).collect().await)
    }

    /// One row of a list; `None` when the tunnel was deleted since it was listed.
    async fn row(&self, listed: Tunnel, known: Option<&Tunnel>, look: bool) -> Option<Tunnel> {
        if !look {
            return Some(as_known(listed, known));
        }
        match self.show(&listed.id).await {
            Ok(shown) => Some(Tunnel {
                name: listed.name,
                ..shown.tunnel
            }),
            Err(error) if error.reason == Reason::TunnelGone => None,
            Err(error) => {
                tracing::warn!(tunnel = %listed.id, error = error.detail, "a tunnel was not shown");
                Some(as_known(listed, known))
            }
        }
    }

    /// One tunnel, with its URLs and what the service counts. What only this computer knows of it,
    /// [`Tunnel::with_known`] adds.
    ///
    /// # Errors
    /// `TunnelGone` and whatever else may fail.
    pub async fn show(&self, id: &TunnelId) -> Result<Shown, ConnectError> {
        self.show_asked(id.as_str()).await
    }

    /// The same by its id, or by what was asked for as that: the id without its cluster.
    ///
    /// # Errors
    /// As [`Self::show`]; what cannot be an id is the id of nothing.
    pub async fn show_asked(&self, asked: &str) -> Result<Shown, ConnectError> {
        let is_stem = TunnelId::stem_of(asked).as_deref() == Some(asked);
        if !is_stem && TunnelId::new(asked).is_err() {
            return Err(ConnectError::new(Reason::TunnelGone));
        }
        let told = self.cli.show(asked).await?;
        let id = TunnelId::new(told.listed.id.as_str());
        let id = id.map_err(|_| failed("the tunnel's id is none"))?;
        self.shown(&id, &told).await
    }

    async fn shown(&self, id: &TunnelId, told: &Told) -> Result<Shown, ConnectError> {
        let asked;
        let entries = if let Some(entries) = &told.access {
            entries
        } else {
            asked = self.cli.access(id, None).await?;
            &asked
        };
        cli::map_shown(told, entries, clock::wall())
            .ok_or_else(|| failed("the tunnel's id is none"))
    }

    /// Makes a tunnel and its first port. Its id is made of the name, and the service may add to it;
    /// the name stays as it is. Without its port no tunnel is left behind.
    ///
    /// # Errors
    /// `NameTaken`, `TooManyTunnels` and whatever else may fail.
    pub async fn create(
        &self,
        name: &str,
        description: &str,
        first: Option<(PortNumber, Protocol)>,
        access: Access,
    ) -> Result<Tunnel, ConnectError> {
        if let Some((_, protocol)) = first {
            port::check(protocol)?;
        }
        let asked = TunnelId::stem_of(name);
        let new = New {
            id: asked.as_deref(),
            description,
            access,
        };
        let told = self.cli.create(new).await?;
        let mut tunnel = cli::map_listed(&told.listed, clock::wall())
            .ok_or_else(|| failed(format!("it made {}, which is no id", told.listed.id)))?;
        name.trim().clone_into(&mut tunnel.name);
        if let Some(remote) = &mut tunnel.remote {
            remote.access = access;
        }
        if let Some((port, protocol)) = first {
            let port = self.first_port(&tunnel.id, port, protocol).await?;
            tunnel.ports.push(port);
        }
        Ok(tunnel)
    }

    async fn first_port(
        &self,
        id: &TunnelId,
        port: PortNumber,
        protocol: Protocol,
    ) -> Result<Port, ConnectError> {
        let error = match self.add_port(id, port, protocol).await {
            Ok(port) => return Ok(port),
            Err(error) => error,
        };
        match self.delete(id).await {
            Ok(()) => Err(error),
            Err(left) => Err(failed(format!(
                "{id} was made without its port ({}), and could not be taken back ({})",
                said(&error),
                said(&left),
            ))),
        }
    }

    /// Deletes a tunnel. One that is gone already is no failure.
    pub async fn delete(&self, id: &TunnelId) -> Result<(), ConnectError> {
        match self.cli.delete(id).await {
            Err(error) if error.reason == Reason::TunnelGone => Ok(()),
            done => done,
        }
    }

    /// Adds a port.
    ///
    /// # Errors
    /// `Refused` for a protocol that Dev Tunnels has not, or a port that is there already.
    pub async fn add_port(
        &self,
        id: &TunnelId,
        port: PortNumber,
        protocol: Protocol,
    ) -> Result<Port, ConnectError> {
        port::check(protocol)?;
        let told = self.cli.create_port(id, port, protocol).await?;
        Ok(cli::map_port(id, &told))
    }

    /// Removes a port.
    ///
    /// # Errors
    /// `Refused` when the tunnel has no such port.
    pub async fn remove_port(&self, id: &TunnelId, port: PortNumber) -> Result<(), ConnectError> {
        self.cli.delete_port(id, port).await
    }

    /// Has a port speak another protocol. The service can only delete it and make it anew: its
    /// visitors are cut off. Who may visit it stays as it is; when it cannot be made anew, it is made
    /// as it was.
    ///
    /// # Errors
    /// `Refused` for a protocol that Dev Tunnels has not, a port that is not there, or one that
    /// somebody may visit who could not be let in again from here.
    pub async fn change_protocol(
        &self,
        id: &TunnelId,
        port: PortNumber,
        protocol: Protocol,
    ) -> Result<Port, ConnectError> {
        port::change(&self.cli, id, port, protocol).await
    }

    /// Who may visit.
    pub async fn access(&self, id: &TunnelId) -> Result<Access, ConnectError> {
        let entries = self.cli.access(id, None).await?;
        Ok(if cli::is_public(&entries) {
            Access::Public
        } else {
            Access::Private
        })
    }

    /// Lets everybody in, or only who signs in. Private takes back whatever access was given to
    /// anybody.
    ///
    /// # Errors
    /// Whatever may fail; and when the tunnel is public still.
    pub async fn set_access(&self, id: &TunnelId, access: Access) -> Result<(), ConnectError> {
        access::set(&self.cli, id, access).await
    }

    /// Has a tunnel live for the longest there is, from now on; gives when it ends then. Who may
    /// visit stays as it is.
    ///
    /// # Errors
    /// Whatever may fail; and when something changed on the way that could not be put back.
    pub async fn renew(&self, id: &TunnelId) -> Result<Option<UnixMillis>, ConnectError> {
        let before = self.cli.access(id, None).await?;
        let told = self.cli.renew(id).await;
        // Also after a failure: it may have come to the service all the same.
        let restored = access::restore(&self.cli, id, None, &before).await;
        let told = told?;
        restored?;
        if cli::is_public(&before) {
            // What lets everybody in has an end of its own.
            self.cli.let_in(id, None, false).await?;
        }
        let tunnel = cli::map_listed(&told.listed, clock::wall());
        Ok(tunnel.and_then(|tunnel| tunnel.expires_at))
    }

    /// What the account may use.
    pub async fn limits(&self) -> Result<Limits, ConnectError> {
        self.cli.limits().await
    }

    /// A token for one tunnel and one scope (`host`, `manage:ports`), and how long it is good for.
    ///
    /// # Errors
    /// `SignedOut`, `TunnelGone` and whatever else may fail.
    pub async fn mint(
        &self,
        id: &TunnelId,
        scope: &str,
    ) -> Result<(Secret, Option<Duration>), ConnectError> {
        self.cli.token(id, scope).await
    }

    /// Signs somebody in: in a browser that the program opens, or, with `device`, on any page of any
    /// computer, which `on_code` is told. Dropping the future gives it up.
    ///
    /// # Errors
    /// `SignedOut` when the program says that it went well, and nobody is signed in.
    pub async fn sign_in(
        &self,
        identity: Identity,
        device: bool,
        mut on_code: impl FnMut(DeviceCode) + Send,
    ) -> Result<AccountState, ConnectError> {
        self.cli.sign_in(identity, device, &mut on_code).await?;
        match self.preflight().await {
            AccountState::SignedOut => Err(ConnectError::new(Reason::SignedOut)),
            state => Ok(state),
        }
    }

    /// Signs out.
    pub async fn sign_out(&self) -> Result<(), ConnectError> {
        self.cli.sign_out().await
    }

    /// The program's version.
    pub async fn version(&self) -> Result<String, ConnectError> {
        self.cli.version().await
    }
}

/// Whether a list says of a tunnel what is known of it.
fn is_known(listed: &Listed, known: Option<&Tunnel>) -> bool {
    let (Some(known), Some(count)) = (known, listed.port_count) else {
        return false;
    };
    usize::try_from(count).is_ok_and(|count| count == known.ports.len())
}

/// A listed tunnel with what a list does not say.
fn as_known(mut listed: Tunnel, known: Option<&Tunnel>) -> Tunnel {
    if let Some(known) = known {
        listed.ports.clone_from(&known.ports);
        if let (Some(remote), Some(known)) = (&mut listed.remote, &known.remote) {
            remote.access = known.access;
            remote.visitors = remote.visitors.or(known.visitors);
        }
    }
    listed
}

fn refused(detail: impl Into<String>) -> ConnectError {
    let detail = detail.into();
    ConnectError::with(cli::refused(&detail), detail)
}

/// What was said of an error, for another one's detail.
fn said(error: &ConnectError) -> &str {
    if error.detail.is_empty() {
        error.reason.code()
    } else {
        &error.detail
    }
}
