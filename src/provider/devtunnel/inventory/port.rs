//! A port that is to speak another protocol: the service can only delete it and make it anew, and what
//! it had must not get lost on the way.

use super::{access, refused, said};
use crate::model::{Port, PortNumber, Protocol, TunnelId};
use crate::provider::ConnectError;
use crate::provider::devtunnel::cli::{Cli, Entry, PortTold, failed, map_port};

/// Dev Tunnels has no plain bytes: its visitors come over HTTP, or through its own client.
pub(super) fn check(protocol: Protocol) -> Result<(), ConnectError> {
    match protocol {
        Protocol::Http | Protocol::Https | Protocol::Auto => Ok(()),
        Protocol::Tcp => Err(refused("Dev Tunnels carries http, https and auto")),
    }
}

/// Deletes a port and makes it anew, with another protocol.
pub(super) async fn change(
    cli: &Cli,
    id: &TunnelId,
    number: PortNumber,
    protocol: Protocol,
) -> Result<Port, ConnectError> {
    check(protocol)?;
    let told = cli.show(id.as_str()).await?;
    let old = told.ports.into_iter().find(|told| told.number == number);
    let old = old.ok_or_else(|| refused(format!("{id} has no port {number}")))?;
    if old.protocol == protocol {
        return Ok(map_port(id, &old));
    }
    let entries = match &old.access {
        Some(entries) => entries.clone(),
        None => cli.access(id, Some(number)).await?,
    };
    access::check_restorable(&entries)?;
    cli.delete_port(id, number).await?;
    match cli.create_port(id, number, protocol).await {
        Ok(told) => {
            let_in_again(cli, id, number, &entries).await?;
            Ok(map_port(id, &told))
        }
        Err(error) => Err(put_back(cli, id, &old, &entries, error).await),
    }
}

/// Makes a port as it was, after it could not be made otherwise; says what failed.
async fn put_back(
    cli: &Cli,
    id: &TunnelId,
    old: &PortTold,
    entries: &[Entry],
    error: ConnectError,
) -> ConnectError {
    let back = cli.create_port(id, old.number, old.protocol).await;
    let back = match back {
        Ok(_) => let_in_again(cli, id, old.number, entries).await,
        Err(lost) => Err(lost),
    };
    match back {
        Ok(()) => error,
        Err(lost) => failed(format!(
            "port {} of {id} is deleted ({}), and could not be made as it was ({})",
            old.number,
            said(&error),
            said(&lost),
        )),
    }
}

/// A port that kept somebody out is rather no port than an open one.
async fn let_in_again(
    cli: &Cli,
    id: &TunnelId,
    number: PortNumber,
    entries: &[Entry],
) -> Result<(), ConnectError> {
    let Err(error) = access::restore(cli, id, Some(number), entries).await else {
        return Ok(());
    };
    if entries.iter().any(|entry| entry.deny) {
        cli.delete_port(id, number).await?;
    }
    Err(error)
}
