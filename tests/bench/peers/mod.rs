//! The programs that are compared: how each is started, as its own documents tell, with nothing
//! tuned.

mod bore;
mod rathole;
mod ssh;
mod underpass;

use crate::load::Entrance;
use crate::process::Process;
use crate::stage::Stage;
use crate::tools::Tools;
use crate::usage::{self, Usage};
use anyhow::{Context as _, bail};
use clap::ValueEnum;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Who carries the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Peer {
    /// Ours, by a public TCP port: what the peers do.
    Underpass,
    /// Ours, by the web ingress.
    UnderpassHttp,
    Bore,
    Rathole,
    Ssh,
    /// Nobody: the visitor is at the service itself.
    Direct,
}

/// A tunnel that works.
pub struct Tunnel {
    pub entrance: Entrance,
    /// What runs at the relay's side and at the host's.
    ends: Option<Ends>,
}

/// Both sides' programs.
pub struct Ends {
    pub relay: Process,
    pub host: Process,
}

/// What both sides use.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    pub relay: Usage,
    pub host: Usage,
}

/// A program says that it is ready, or a tunnel serves, within this time.
const START: Duration = Duration::from_secs(30);

/// Between two looks whether it does.
const LOOK: Duration = Duration::from_millis(50);

impl Peer {
    /// Ours first, what bounds them all last.
    pub const ALL: [Self; 6] = [
        Self::Underpass,
        Self::UnderpassHttp,
        Self::Bore,
        Self::Rathole,
        Self::Ssh,
        Self::Direct,
    ];

    /// The one that the others are compared with.
    pub const OURS: Self = Self::Underpass;

    pub fn title(self) -> &'static str {
        match self {
            Self::Underpass => "underpass, TCP",
            Self::UnderpassHttp => "underpass, HTTP",
            Self::Bore => "bore (plain)",
            Self::Rathole => "rathole, noise",
            Self::Ssh => "ssh -R",
            Self::Direct => "direct",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Underpass => "underpass",
            Self::UnderpassHttp => "underpass-http",
            Self::Bore => "bore",
            Self::Rathole => "rathole",
            Self::Ssh => "ssh",
            Self::Direct => "direct",
        }
    }

    /// Starts both ends and waits until a visitor is served.
    pub fn start(self, stage: &Stage, tools: &Tools) -> anyhow::Result<Tunnel> {
        let started = match self {
            Self::Underpass => underpass::start(stage, tools, underpass::Ingress::Tcp),
            Self::UnderpassHttp => underpass::start(stage, tools, underpass::Ingress::Http),
            Self::Bore => bore::start(stage, tools),
            Self::Rathole => rathole::start(stage, tools),
            Self::Ssh => ssh::start(stage, tools),
            Self::Direct => Ok(Tunnel::direct(stage)),
        };
        let name = self.name();
        let mut tunnel = started.with_context(|| format!("{name} does not start"))?;
        tunnel
            .wait(stage, tools)
            .with_context(|| format!("{name} does not serve"))?;
        Ok(tunnel)
    }
}

impl Tunnel {
    fn direct(stage: &Stage) -> Self {
        Self {
            entrance: plain(stage.service),
            ends: None,
        }
    }

    fn new(entrance: Entrance, relay: Process, host: Process) -> Self {
        let ends = Some(Ends { relay, host });
        Self { entrance, ends }
    }

    /// Waits until two visitors in a row are served.
    fn wait(&mut self, stage: &Stage, tools: &Tools) -> anyhow::Result<()> {
        let words = self.words("visits", &[LOOK.as_millis().to_string()]);
        let mut visits = stage.visitor(&words, tools.log("visits"))?;
        let until = Instant::now() + START;
        let mut row = 0;
        while row < 2 {
            let served = visits.line(START)?.contains(r#""served":true"#);
            row = if served { row + 1 } else { 0 };
            self.check()?;
            if Instant::now() > until {
                bail!("no visitor is served");
            }
        }
        Ok(())
    }

    /// What a visitor of this tunnel is told.
    pub fn words(&self, kind: &str, more: &[String]) -> Vec<String> {
        let Entrance { address, host } = &self.entrance;
        let mut words = vec![kind.to_owned(), address.to_string(), host.clone()];
        words.extend_from_slice(more);
        words
    }

    /// Fails when one of its programs has ended.
    pub fn check(&mut self) -> anyhow::Result<()> {
        let Some(Ends { relay, host }) = &mut self.ends else {
            return Ok(());
        };
        relay.check().context("the relay's side")?;
        host.check().context("the host's side")
    }

    /// What it uses now; nothing runs when nobody carries the bytes.
    pub fn used(&self) -> Option<Used> {
        let ends = self.ends.as_ref()?;
        Some(Used {
            relay: usage::of(ends.relay.pid()),
            host: usage::of(ends.host.pid()),
        })
    }
}

/// An entrance that asks for no particular host.
fn plain(address: std::net::SocketAddr) -> Entrance {
    let host = address.to_string();
    Entrance { address, host }
}

/// Waits until something in this place listens on this port.
fn wait_for_port(place: &crate::process::Place, port: u16) -> anyhow::Result<()> {
    let until = Instant::now() + START;
    let wanted = format!("sport = :{port}");
    while Instant::now() < until {
        let mut command = place.command("ss");
        command.args(["-Hltn", &wanted]);
        if !crate::process::output(&mut command)?.is_empty() {
            return Ok(());
        }
        sleep(LOOK);
    }
    bail!("nothing listens on port {port}")
}
