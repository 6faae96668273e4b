//! OpenSSH: a server of our own on a high port, with keys made for the run, and `ssh -R`. Ciphers and
//! time-outs are its defaults; compression is off, as by default.

use super::{Tunnel, plain, wait_for_port};
use crate::process::{Process, output};
use crate::stage::{Stage, empty_folder, free_port, next_door};
use crate::tools::Tools;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn start(stage: &Stage, tools: &Tools) -> anyhow::Result<Tunnel> {
    let folder = empty_folder(&tools.work, "ssh")?;
    let host_key = make_key(&folder, "host")?;
    let user_key = make_key(&folder, "user")?;
    let (port, public) = (free_port()?, free_port()?);

    let settings = folder.join("sshd_config");
    let listen = stage.listen_address().to_string();
    fs::write(
        &settings,
        server_settings(&folder, &host_key, &listen, port),
    )?;
    let mut command = stage.relay.command(&tools.sshd);
    command.args(["-D", "-e", "-f"]).arg(&settings);
    let relay = Process::start(&mut command, tools.log("sshd"))?;
    wait_for_port(&stage.relay, port)?;

    let mut command = if stage.keeps {
        stage.host.kept("ssh")
    } else {
        stage.host.command("ssh")
    };
    let service = stage.service;
    command.args(["-N", "-F", "/dev/null", "-p", &port.to_string()]);
    command.arg("-i").arg(&user_key);
    for option in [
        "BatchMode=yes",
        "ExitOnForwardFailure=yes",
        "StrictHostKeyChecking=no",
        "UserKnownHostsFile=/dev/null",
    ] {
        command.args(["-o", option]);
    }
    command.args(["-R", &format!("127.0.0.1:{public}:{service}")]);
    command.arg(stage.relay_address.to_string());
    let host = Process::start(&mut command, tools.log("ssh"))?;
    Ok(Tunnel::new(plain(next_door(public)), relay, host))
}

fn server_settings(folder: &Path, host_key: &Path, listen: &str, port: u16) -> String {
    let (folder, host_key) = (folder.display(), host_key.display());
    format!(
        "ListenAddress {listen}
Port {port}
HostKey {host_key}
PidFile none
AuthorizedKeysFile {folder}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
"
    )
}

fn make_key(folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let key = folder.join(name);
    let mut command = Command::new("ssh-keygen");
    command
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key);
    output(&mut command)?;
    Ok(key)
}
