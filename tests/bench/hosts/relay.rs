//! The relay as a program of its own, and its accounts.

use anyhow::Context as _;
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use underpass::model::JoinLink;

/// What a relay is started with: the same each time.
pub struct Program {
    path: PathBuf,
    home: PathBuf,
    link: SocketAddr,
    http: SocketAddr,
    more: Vec<String>,
}

/// One that runs; it is killed with us.
pub struct Running(Child);

impl Program {
    pub fn new(path: &Path, home: &Path, more: &[String]) -> anyhow::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            home: home.to_owned(),
            link: free_address()?,
            http: free_address()?,
            more: more.to_vec(),
        })
    }

    /// Starts it, and waits until it listens.
    pub async fn start(&self) -> anyhow::Result<Running> {
        let (link, http) = (self.link.to_string(), self.http.to_string());
        let words = ["relay", "--json", "--tcp-ports", "0-0"];
        let mut child = Command::new(&self.path)
            .args(words)
            .args(["--listen", &link, "--http", &http])
            .args(&self.more)
            .env("UNDERPASS_HOME", &self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the relay does not start")?;
        let out = child.stdout.take().context("it has no output")?;
        let said = BufReader::new(out).lines().next_line().await?;
        anyhow::ensure!(said.is_some(), "the relay ended at once");
        Ok(Running(child))
    }

    /// Makes accounts: their join links.
    pub fn accounts(&self, count: usize) -> anyhow::Result<Vec<JoinLink>> {
        (0..count).map(|n| self.account(n)).collect()
    }

    fn account(&self, n: usize) -> anyhow::Result<JoinLink> {
        let name = format!("a{n}");
        let added = std::process::Command::new(&self.path)
            .args(["relay", "account", "add", &name, "--json"])
            .env("UNDERPASS_HOME", &self.home)
            .output()?;
        let line: Value = serde_json::from_slice(&added.stdout).context("no account was added")?;
        let join = line["join"].as_str().context("it has no join link")?;
        Ok(join.parse()?)
    }
}

impl Running {
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.0.id().context("the relay has ended")
    }

    /// As `kill -9` ends it.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        Ok(self.0.kill().await?)
    }
}

/// One that was free a moment ago.
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
