//! Where a peer plays: who runs where, and the service behind it.

use crate::cable::Cable;
use crate::process::{Place, Process};
use crate::tools::Tools;
use anyhow::Context as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Nothing here takes as long to start.
const START: Duration = Duration::from_secs(15);

/// Two places and a service at the host's one.
pub struct Stage {
    pub host: Place,
    pub relay: Place,
    /// Where hosts reach the relay.
    pub relay_address: Ipv4Addr,
    /// The name that leads there, when it is not this computer.
    pub domain: Option<&'static str>,
    /// Where the host reaches the service.
    pub service: SocketAddr,
    /// A host that ends is started again.
    pub keeps: bool,
    _service: Process,
}

impl Stage {
    /// All on the loopback of this computer.
    pub fn loopback(tools: &Tools) -> anyhow::Result<Self> {
        let place = Place::default();
        let (process, service) = start_service(&place, tools)?;
        Ok(Self {
            host: place.clone(),
            relay: place,
            relay_address: Ipv4Addr::LOCALHOST,
            domain: None,
            service,
            keeps: false,
            _service: process,
        })
    }

    /// The host at one end of the cable; the relay and the visitors at the other.
    pub fn at(cable: &Cable, tools: &Tools) -> anyhow::Result<Self> {
        let host = cable.host();
        let (process, service) = start_service(&host, tools)?;
        Ok(Self {
            host,
            relay: cable.relay(),
            relay_address: cable.relay_address(),
            domain: Some(Cable::DOMAIN),
            service,
            keeps: true,
            _service: process,
        })
    }

    /// The address at which the relay's side listens for what comes from elsewhere.
    pub fn listen_address(&self) -> Ipv4Addr {
        if self.domain.is_some() {
            Ipv4Addr::UNSPECIFIED
        } else {
            Ipv4Addr::LOCALHOST
        }
    }

    /// A visitor in its place, next to the relay.
    pub fn visitor(&self, words: &[String], log: PathBuf) -> anyhow::Result<Process> {
        let mut command = self.relay.command(std::env::current_exe()?);
        command.arg("load").args(words);
        Process::start(&mut command, log)
    }

    /// A visitor in the service's place, at the service itself.
    pub fn beside_service(
        &self,
        kind: &str,
        more: &[String],
        log: PathBuf,
    ) -> anyhow::Result<Process> {
        let mut command = self.host.command(std::env::current_exe()?);
        command.args(["load", kind, &self.service.to_string(), "service"]);
        command.args(more);
        Process::start(&mut command, log)
    }
}

fn start_service(place: &Place, tools: &Tools) -> anyhow::Result<(Process, SocketAddr)> {
    let mut command = place.command(std::env::current_exe()?);
    command.arg("service");
    let mut process = Process::start(&mut command, tools.log("service"))?;
    let address = process.find(START, |line| line.parse().ok());
    let address = address.context("the service does not start")?;
    Ok((process, address))
}

/// A port that was free just now. In a namespace of their own all ports are.
pub fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Where visitors who sit next to the relay find this port.
pub fn next_door(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// An empty folder of this name in that one.
pub fn empty_folder(within: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let folder = within.join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
