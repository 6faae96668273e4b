//! Ours: `underpass relay` and `underpass host`, each with a home of its own.

use super::{START, Tunnel, plain};
use crate::load::Entrance;
use crate::process::{Place, Process};
use crate::stage::{Stage, empty_folder, next_door};
use crate::tools::Tools;
use anyhow::Context as _;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// How visitors come in.
#[derive(Clone, Copy)]
pub enum Ingress {
    Tcp,
    Http,
}

/// What would lead it to the person's own desktop, logs or relay.
const FOREIGN: [&str; 6] = [
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
    "RUST_LOG",
    "UNDERPASS_LOG",
    "UNDERPASS_RELAY",
];

/// What the relay says when it is up.
struct Up {
    http: u16,
    join: String,
}

pub fn start(stage: &Stage, tools: &Tools, ingress: Ingress) -> anyhow::Result<Tunnel> {
    let (relay, up) = start_relay(stage, tools)?;
    let (protocol, log) = match ingress {
        Ingress::Tcp => ("tcp", "underpass-host"),
        Ingress::Http => ("http", "underpass-http-host"),
    };
    let home = empty_folder(&tools.work, log)?;
    let mut command = program(&stage.host, tools, &home, stage.keeps);
    let port = stage.service.port().to_string();
    command.args(["host", &port, "--json", "--name", "bench"]);
    command.args(["--protocol", protocol]);
    command.env("UNDERPASS_RELAY", up.join);
    let mut host = Process::start(&mut command, tools.log(log))?;
    let url = host.find(START, |line| field(line, "url", "url"))?;
    let authority = authority(&url).context("a URL without a port")?;
    let entrance = match ingress {
        Ingress::Tcp => plain(next_door(port_of(authority)?)),
        Ingress::Http => Entrance {
            address: next_door(up.http),
            host: authority.to_owned(),
        },
    };
    Ok(Tunnel::new(entrance, relay, host))
}

fn start_relay(stage: &Stage, tools: &Tools) -> anyhow::Result<(Process, Up)> {
    let home = empty_folder(&tools.work, "underpass-relay")?;
    let any_port = SocketAddr::from((stage.listen_address(), 0)).to_string();
    let mut command = program(&stage.relay, tools, &home, false);
    command.args(["relay", "--json", "--tcp-ports", "0-0"]);
    command.args(["--listen", &any_port, "--http", &any_port]);
    command.args(["--advertise", &stage.relay_address.to_string()]);
    // All visitors of a bench come from one.
    command.args(["--max-visitors-per-address", "10000"]);
    command.args(&tools.relay);
    if let Some(domain) = stage.domain {
        command.args(["--domain", domain]);
    }
    let mut relay = Process::start(&mut command, tools.log("underpass-relay"))?;
    let up = relay.find(START, |line| {
        Some(Up {
            http: port_of(&field(line, "listening", "http")?).ok()?,
            join: field(line, "listening", "join")?,
        })
    })?;
    Ok((relay, up))
}

fn program(place: &Place, tools: &Tools, home: &Path, keeps: bool) -> Command {
    let mut command = if keeps {
        place.kept(&tools.underpass)
    } else {
        place.command(&tools.underpass)
    };
    command.env("UNDERPASS_HOME", home).env("LC_ALL", "C");
    for name in FOREIGN {
        command.env_remove(name);
    }
    command
}

/// A field of a JSON line about this event.
fn field(line: &str, event: &str, name: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    (line["event"] == event).then(|| line[name].as_str().map(str::to_owned))?
}

/// `HOST:PORT` of a URL.
fn authority(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    Some(rest.trim_end_matches('/'))
}

fn port_of(authority: &str) -> anyhow::Result<u16> {
    let (_, port) = authority.rsplit_once(':').context("no port")?;
    Ok(port.parse()?)
}
