//! bore: no encryption, a new connection to the server for each visitor.

use super::{Tunnel, plain, wait_for_port};
use crate::process::Process;
use crate::stage::{Stage, free_port, next_door};
use crate::tools::Tools;

/// Its server listens here and nowhere else.
const CONTROL: u16 = 7835;

pub fn start(stage: &Stage, tools: &Tools) -> anyhow::Result<Tunnel> {
    let listen = stage.listen_address().to_string();
    let mut command = stage.relay.command(&tools.bore);
    command.args(["server", "--bind-addr", &listen]);
    let relay = Process::start(&mut command, tools.log("bore-server"))?;
    wait_for_port(&stage.relay, CONTROL)?;

    let public = free_port()?;
    let mut command = if stage.keeps {
        stage.host.kept(&tools.bore)
    } else {
        stage.host.command(&tools.bore)
    };
    command.args(["local", &stage.service.port().to_string()]);
    command.args(["--local-host", "127.0.0.1"]);
    command.args(["--to", &stage.relay_address.to_string()]);
    command.args(["--port", &public.to_string()]);
    let host = Process::start(&mut command, tools.log("bore-local"))?;
    Ok(Tunnel::new(plain(next_door(public)), relay, host))
}
