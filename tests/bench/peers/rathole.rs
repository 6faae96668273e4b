//! rathole, with its noise transport: a new noise connection for each visitor, some made in advance.

use super::{Tunnel, plain, wait_for_port};
use crate::process::{Process, output};
use crate::stage::{Stage, free_port, next_door};
use crate::tools::Tools;
use anyhow::Context as _;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;

/// The server's keys, in base64.
struct Keys {
    private: String,
    public: String,
}

pub fn start(stage: &Stage, tools: &Tools) -> anyhow::Result<Tunnel> {
    let keys = make_keys(tools)?;
    let (control, public) = (free_port()?, free_port()?);

    let file = tools.work.join("rathole-server.toml");
    let listen = SocketAddr::from((stage.listen_address(), control));
    let visitors = SocketAddr::from((stage.listen_address(), public));
    fs::write(&file, server_settings(&keys, listen, visitors))?;
    let mut command = stage.relay.command(&tools.rathole);
    command.arg("--server").arg(&file);
    let relay = Process::start(&mut command, tools.log("rathole-server"))?;
    wait_for_port(&stage.relay, control)?;

    let file = tools.work.join("rathole-client.toml");
    let remote = SocketAddr::from((stage.relay_address, control));
    fs::write(&file, client_settings(&keys, remote, stage.service))?;
    let mut command = if stage.keeps {
        stage.host.kept(&tools.rathole)
    } else {
        stage.host.command(&tools.rathole)
    };
    command.arg("--client").arg(&file);
    let host = Process::start(&mut command, tools.log("rathole-client"))?;
    Ok(Tunnel::new(plain(next_door(public)), relay, host))
}

fn server_settings(keys: &Keys, listen: SocketAddr, visitors: SocketAddr) -> String {
    let private = &keys.private;
    format!(
        r#"[server]
bind_addr = "{listen}"
default_token = "bench"
[server.transport]
type = "noise"
[server.transport.noise]
local_private_key = "{private}"
[server.services.bench]
bind_addr = "{visitors}"
"#
    )
}

fn client_settings(keys: &Keys, remote: SocketAddr, service: SocketAddr) -> String {
    let public = &keys.public;
    format!(
        r#"[client]
remote_addr = "{remote}"
default_token = "bench"
[client.transport]
type = "noise"
[client.transport.noise]
remote_public_key = "{public}"
[client.services.bench]
local_addr = "{service}"
"#
    )
}

fn make_keys(tools: &Tools) -> anyhow::Result<Keys> {
    let said = output(Command::new(&tools.rathole).arg("--genkey"))?;
    let after = |title: &str| {
        let mut lines = said.lines().skip_while(|line| *line != title);
        let key = lines.nth(1).map(|line| line.trim().to_owned());
        key.with_context(|| format!("rathole --genkey tells no {title}"))
    };
    Ok(Keys {
        private: after("Private Key:")?,
        public: after("Public Key:")?,
    })
}
