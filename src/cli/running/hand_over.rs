//! What `underpass host --detach` gives to the desktop program: saved tunnels, hosted there as a click
//! would, and told here as `host` tells them.

use super::Trouble;
use super::act::{START_WITHIN, host_in, shortfall};
use super::gather::{Found, gather};
use crate::base::clock;
use crate::cli::console::{Console, Failure};
use crate::cli::exit::Exit;
use crate::control::{Peer, TunnelStatus};
use crate::model::{PortKey, PortNumber, TunnelId};
use crate::shell::headless::{Form, Lines, Served};
use crate::store::Home;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Hosts all of them in the desktop program; `None` where none runs, or it has not all of them.
pub(in crate::cli) fn host_in_desktop(
    home: &Home,
    names: &[String],
    timeout: Option<u64>,
    form: Form,
) -> Result<Option<Exit>, Failure> {
    let found = gather(home).map_err(|error| Failure::Other(error.into()))?;
    let Some((desktop, ids)) = had_by_desktop(&found, names) else {
        return Ok(None);
    };
    let (closed, is_closed) = mpsc::channel();
    let lines = Lines::start(Console::of(home).into_catalogue(), form, move |_| {
        // Looked at below.
        let _ = closed.send(());
    })?;
    let limit = timeout.map_or(START_WITHIN, Duration::from_secs);
    let deadline = Instant::now() + limit;
    for id in ids {
        let left = deadline.saturating_duration_since(Instant::now());
        let hosted = host_in(desktop, &id, left.min(START_WITHIN));
        let tunnel = hosted.map_err(told)?;
        if let Some(short) = shortfall(&id, &tunnel) {
            return Err(told(short));
        }
        tell(&lines, &tunnel);
    }
    lines.end();
    let is_closed = is_closed.try_recv().is_ok();
    Ok(Some(if is_closed { Exit::Failed } else { Exit::Done }))
}

fn told(trouble: Trouble) -> Failure {
    Failure::As(trouble.exit, vec![trouble.msg])
}

/// Where the desktop program is asked, and the ids of what was typed.
fn had_by_desktop<'f>(found: &'f Found, names: &[String]) -> Option<(&'f Peer, Vec<String>)> {
    let desktop = found.desktop()?;
    let id = |name: &String| {
        let row = found.of(name).into_iter().next()?;
        let process = found.could_host(row.id())?;
        let elsewhere = row.host.as_ref().is_some_and(|(peer, _)| peer != desktop);
        (process.peer == *desktop && !elsewhere).then(|| row.id().to_owned())
    };
    let ids: Option<Vec<String>> = names.iter().map(id).collect();
    ids.map(|ids| (desktop, ids))
}

fn tell(lines: &Lines, tunnel: &TunnelStatus) {
    let Ok(id) = TunnelId::new(&tunnel.tunnel) else {
        return;
    };
    for port in &tunnel.ports {
        let (Some(url), Some(number)) = (&port.url, PortNumber::new(port.port)) else {
            continue;
        };
        let served = Served {
            key: PortKey::new(&id, number),
            target: port.target.clone(),
            url: url.clone(),
            lan_url: port.lan_url.clone(),
            reach: port.reach.as_deref().and_then(|reach| reach.parse().ok()),
        };
        lines.served(clock::now(), served);
    }
}
