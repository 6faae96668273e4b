//! The programs that the bench starts: found, or installed where it may.

use crate::cases::{Case, Group};
use crate::options::Options;
use crate::peers::Peer;
use crate::process::output;
use crate::stage::empty_folder;
use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where each program is.
#[derive(Clone)]
pub struct Tools {
    pub underpass: PathBuf,
    pub bore: PathBuf,
    pub rathole: PathBuf,
    pub sshd: PathBuf,
    /// More words for our relay.
    pub relay: Vec<String>,
    /// An empty folder for what the run writes, logs above all.
    pub work: PathBuf,
}

/// A peer that cargo installs.
struct Crate {
    name: &'static str,
    program: &'static str,
    more: &'static [&'static str],
}

const BORE: Crate = Crate {
    name: "bore-cli@0.6.0",
    program: "bore",
    more: &["--locked"],
};

/// Noise without the TLS that would need OpenSSL's headers. What its own lock file names no longer
/// compiles.
const RATHOLE: Crate = Crate {
    name: "rathole@0.5.0",
    program: "rathole",
    more: &["--no-default-features", "--features", "embedded"],
};

/// Programs and the Debian packages that they are in.
const IPROUTE: (&str, &str) = ("ip", "iproute2");
const NFT: (&str, &str) = ("nft", "nftables");
const SSH: (&str, &str) = ("ssh", "openssh-client");
const SSHD: (&str, &str) = ("sshd", "openssh-server");

/// Where Debian has what only root runs, and some paths do not.
const ROOTS_OWN: &str = "/usr/sbin";

/// The folder of `sshd` that its start script would make.
const SSHD_FOLDER: &str = "/run/sshd";

/// Finds or installs what these cases need.
pub fn ready(options: &Options, cases: &[Case]) -> anyhow::Result<Tools> {
    let peers = options.peers();
    let cuts = cases.iter().any(|case| case.group() == Group::Drops);
    let with_ssh = peers.contains(&Peer::Ssh);
    let mut wanted = vec![IPROUTE];
    wanted.extend(cuts.then_some(NFT));
    wanted.extend(with_ssh.then_some([SSH, SSHD]).into_iter().flatten());
    install_packages(&wanted)?;
    if with_ssh {
        std::fs::create_dir_all(SSHD_FOLDER).context("only root can start sshd the first time")?;
    }
    let cargo = |peer: Peer, of: &Crate| {
        if peers.contains(&peer) {
            find_or_install(of, &options.tools)
        } else {
            Ok(PathBuf::new())
        }
    };
    Ok(Tools {
        underpass: find_underpass(options)?,
        bore: cargo(Peer::Bore, &BORE)?,
        rathole: cargo(Peer::Rathole, &RATHOLE)?,
        sshd: find("sshd").unwrap_or_default(),
        relay: options.relay.clone(),
        work: empty_folder(Path::new("target/bench"), "work")?.canonicalize()?,
    })
}

impl Tools {
    /// Where a program's standard error goes.
    pub fn log(&self, name: &str) -> PathBuf {
        self.work.join(format!("{name}.log"))
    }

    /// The same with a folder of their own in this one: for what runs beside others.
    pub fn beside(&self, name: &str) -> anyhow::Result<Self> {
        let work = empty_folder(&self.work, name)?;
        let tools = self.clone();
        Ok(Self { work, ..tools })
    }

    /// What each says of its version.
    pub fn versions(&self) -> Vec<String> {
        let known = [
            version(&self.underpass, "--version"),
            version(&self.bore, "--version"),
            version(&self.rathole, "--version").map(|version| format!("rathole {version}")),
            version(Path::new("ssh"), "-V"),
        ];
        known.into_iter().flatten().collect()
    }
}

/// The line with the version in it; rathole has it in a table.
fn version(program: &Path, word: &str) -> Option<String> {
    let said = Command::new(program).arg(word).output().ok()?;
    let text = [said.stdout, said.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let row = text
        .lines()
        .find_map(|line| line.strip_prefix("Build Version:"));
    Some(row.or_else(|| text.lines().next())?.trim().to_owned())
}

fn find_underpass(options: &Options) -> anyhow::Result<PathBuf> {
    let built = option_env!("CARGO_BIN_EXE_underpass").unwrap_or("target/release/underpass");
    let named = options.underpass.clone();
    let path = named.unwrap_or_else(|| PathBuf::from(built));
    let shown = path.display().to_string();
    path.canonicalize()
        .with_context(|| format!("{shown} is not there; --underpass names another"))
}

fn find_or_install(of: &Crate, root: &Path) -> anyhow::Result<PathBuf> {
    let program = root.join("bin").join(of.program);
    if !program.exists() {
        eprintln!("installing {} into {}", of.name, root.display());
        let mut command = Command::new("cargo");
        command.args(["install", "--quiet", of.name]);
        command.args(of.more).arg("--root").arg(root);
        let done = command.status().context("cannot start cargo")?;
        ensure!(done.success(), "cargo cannot install {}", of.name);
    }
    Ok(program.canonicalize()?)
}

fn install_packages(wanted: &[(&str, &str)]) -> anyhow::Result<()> {
    let missing = wanted.iter().filter(|(program, _)| find(program).is_none());
    let packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    eprintln!("installing {}", packages.join(" "));
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "--no-install-recommends"]);
    install
        .args(&packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    let listed = output(Command::new("apt-get").arg("update"));
    let installed = listed.and_then(|_| output(&mut install));
    installed.with_context(|| format!("these packages are needed: {}", packages.join(" ")))?;
    Ok(())
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from(ROOTS_OWN)]);
    let places = folders.map(|folder| folder.join(program));
    places.into_iter().find(|place| place.is_file())
}
