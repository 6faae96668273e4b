//! Asks every process of the home, and lays what they say over what is saved. The merging is pure.

use crate::base::json_words::StateWords;
use crate::cli::runtime;
use crate::control::{
    Answer, AskError, HolderStatus, Peer, PortStatus, ProcessStatus, Refusal, Request,
    TunnelStatus, peers,
};
use crate::model::{ClockShift, Life, Tunnel, TunnelId, UnixMillis};
use crate::store::Home;
use futures_util::future::join_all;
use std::io;
use std::time::Duration;

/// How long a process may take to say what it has.
const STATUS_WITHIN: Duration = Duration::from_secs(5);

/// What there is.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Every tunnel: those that are hosted with who does it, by each that does; then the others.
    pub(super) rows: Vec<Row>,
    /// The processes that answered, the desktop program first.
    pub(super) processes: Vec<Process>,
    /// Those that are there and did not.
    pub(super) silent: Vec<(Peer, AskError)>,
}

/// A process, and where it is asked.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) peer: Peer,
    is_desktop: bool,
    /// The ids of what it could host.
    tunnels: Vec<String>,
}

/// A tunnel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) tunnel: TunnelStatus,
    /// Who hosts it, or tries to; nobody, where it is stopped.
    pub(super) host: Option<(Peer, HolderStatus)>,
}

/// Asks the processes of this home.
pub(super) fn gather(home: &Home) -> io::Result<Found> {
    let peers = peers(home.path());
    let asked = peers
        .iter()
        .map(|peer| peer.ask(&Request::Status, STATUS_WITHIN));
    let answers = runtime()?.block_on(join_all(asked));
    let (mut said, mut silent) = (vec![], vec![]);
    for (peer, answer) in peers.into_iter().zip(answers) {
        match answer {
            Ok(Answer::Status(process)) => said.push((peer, process)),
            // It ended, or does just now.
            Ok(Answer::Refused {
                why: Refusal::Ending,
            })
            | Err(AskError::Gone) => {}
            Ok(Answer::Refused {
                why: Refusal::Version,
            }) => silent.push((peer, AskError::Version)),
            Ok(Answer::Refused { .. } | Answer::Tunnel(_) | Answer::Done) => {
                silent.push((peer, AskError::Malformed));
            }
            Err(error) => silent.push((peer, error)),
        }
    }
    Ok(Found {
        silent,
        ..merge(said, &home.tunnels().peek().value)
    })
}

/// What the processes say, over what is saved.
fn merge(mut said: Vec<(Peer, ProcessStatus)>, saved: &[Tunnel]) -> Found {
    said.sort_by_key(|(_, process)| (process.holder.by != "desktop", process.holder.pid));
    let mut found = Found::default();
    let mut idle = vec![];
    for (peer, process) in said {
        let holder = process.holder;
        found.processes.push(Process {
            peer: peer.clone(),
            is_desktop: holder.by == "desktop",
            tunnels: process.tunnels.iter().map(|t| t.tunnel.clone()).collect(),
        });
        for tunnel in process.tunnels {
            if tunnel.is_stopped() {
                idle.push(tunnel);
            } else {
                let host = Some((peer.clone(), holder.clone()));
                found.rows.push(Row { tunnel, host });
            }
        }
    }
    idle.extend(saved.iter().map(stopped));
    for tunnel in idle {
        let is_there = found.rows.iter().any(|row| row.is_of(&tunnel));
        if !is_there {
            found.rows.push(Row { tunnel, host: None });
        }
    }
    found
}

/// A saved tunnel that nobody has.
fn stopped(tunnel: &Tunnel) -> TunnelStatus {
    let ports = tunnel.ports.iter().map(|port| PortStatus {
        port: port.number.get(),
        target: port.target.to_string(),
        protocol: port.protocol.as_str().into(),
        url: None,
        lan_url: None,
        reach: None,
        health: None,
        lacking: None,
    });
    let at = UnixMillis::default();
    TunnelStatus {
        tunnel: tunnel.id.to_string(),
        name: tunnel.name.clone(),
        provider: tunnel.provider.to_string(),
        state: StateWords::of(&Life::Stopped, false, at, ClockShift::default()),
        since: None,
        ports: ports.collect(),
    }
}

impl Row {
    fn is_of(&self, tunnel: &TunnelStatus) -> bool {
        self.tunnel.tunnel == tunnel.tunnel && self.tunnel.provider == tunnel.provider
    }

    pub(super) fn id(&self) -> &str {
        &self.tunnel.tunnel
    }
}

impl Found {
    /// The rows of what was typed: of that id; else of that name, in any spelling that makes the same id.
    pub(super) fn of(&self, typed: &str) -> Vec<&Row> {
        let typed = typed.trim();
        let by = |is: &dyn Fn(&Row) -> bool| -> Vec<&Row> {
            self.rows.iter().filter(|row| is(row)).collect()
        };
        let id = TunnelId::from_name(typed);
        let id = id.as_ref().map(TunnelId::as_str);
        [
            by(&|row| row.id() == typed),
            by(&|row| row.tunnel.name == typed),
            by(&|row| Some(row.id()) == id),
        ]
        .into_iter()
        .find(|rows| !rows.is_empty())
        .unwrap_or_default()
    }

    /// What there is to be typed.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let rows = self.rows.iter();
        rows.flat_map(|row| [row.id(), row.tunnel.name.as_str()])
    }

    /// The program with the window, which keeps the settings while it runs.
    pub(super) fn desktop(&self) -> Option<&Peer> {
        let mut processes = self.processes.iter();
        let desktop = processes.find(|process| process.is_desktop);
        desktop.map(|process| &process.peer)
    }

    /// Who could host a tunnel: the desktop program first.
    pub(super) fn could_host(&self, id: &str) -> Option<&Process> {
        let mut processes = self.processes.iter();
        processes.find(|process| process.tunnels.iter().any(|has| has == id))
    }
}

#[cfg(test)]
#[path = "gather_tests.rs"]
mod tests;
