//! Who may visit, as it was before: what is changed on the way to something else is put back, and
//! never is anything wider than it was.

use super::refused;
use crate::model::{Access, PortNumber, TunnelId};
use crate::provider::ConnectError;
use crate::provider::devtunnel::cli::{Cli, Entry, failed, is_public};
use std::collections::BTreeSet;

/// Makes a tunnel public or private, its ports with it.
pub(super) async fn set(cli: &Cli, id: &TunnelId, access: Access) -> Result<(), ConnectError> {
    match access {
        Access::Public if is_public(&cli.access(id, None).await?) => Ok(()),
        Access::Public => open(cli, id).await,
        Access::Private => close(cli, id).await,
    }
}

async fn open(cli: &Cli, id: &TunnelId) -> Result<(), ConnectError> {
    let entries = cli.let_in(id, None, false).await?;
    if !is_public(&entries) {
        return Err(failed(format!("{id} is still private")));
    }
    Ok(())
}

async fn close(cli: &Cli, id: &TunnelId) -> Result<(), ConnectError> {
    cli.reset_access(id, None).await?;
    let told = cli.show(id.as_str()).await?;
    for port in &told.ports {
        // Not every answer says who may visit a port.
        let entries = match &port.access {
            Some(entries) => entries.clone(),
            None => cli.access(id, Some(port.number)).await?,
        };
        if is_public(&own(&entries)) {
            cli.reset_access(id, Some(port.number)).await?;
        }
    }
    if is_public(&cli.access(id, None).await?) {
        return Err(failed(format!("{id} is still public")));
    }
    for port in &told.ports {
        if is_public(&own(&cli.access(id, Some(port.number)).await?)) {
            let number = port.number;
            return Err(failed(format!("port {number} of {id} is still public")));
        }
    }
    Ok(())
}

/// The entries that a port does not have from its tunnel.
pub(super) fn own(entries: &[Entry]) -> Vec<Entry> {
    let own = entries.iter().filter(|entry| !entry.inherited);
    own.cloned().collect()
}

/// Puts the entries back that a tunnel or a port had, unless it has them still.
pub(super) async fn restore(
    cli: &Cli,
    id: &TunnelId,
    port: Option<PortNumber>,
    before: &[Entry],
) -> Result<(), ConnectError> {
    let after = own(&cli.access(id, port).await?);
    let before = own(before);
    let set = |entries: &[Entry]| entries.iter().cloned().collect::<BTreeSet<_>>();
    if set(&after) == set(&before) {
        return Ok(());
    }
    tracing::warn!(%id, ?port, "who may visit has changed on the way, and is put back");
    if !after.is_empty() {
        cli.reset_access(id, port).await?;
    }
    // What forbids comes first: nobody is let in who was not.
    for entry in before
        .iter()
        .filter(|entry| entry.can_be_made() && entry.deny)
    {
        cli.let_in(id, port, entry.deny).await?;
    }
    for entry in before
        .iter()
        .filter(|entry| entry.can_be_made() && !entry.deny)
    {
        cli.let_in(id, port, entry.deny).await?;
    }
    check_restorable(&before)
}

/// Whether all of these could be made again.
///
/// # Errors
/// `Refused`, when somebody has access who can only be given it with the program itself.
pub(super) fn check_restorable(entries: &[Entry]) -> Result<(), ConnectError> {
    let mut lost = entries
        .iter()
        .filter(|entry| !entry.inherited && !entry.can_be_made());
    match lost.next() {
        None => Ok(()),
        Some(entry) => {
            let detail = format!("access of {} cannot be put back from here", entry.kind);
            Err(refused(detail))
        }
    }
}
