//! A cable that can be cut: three network namespaces in a row. The host is in the first, the relay and
//! its visitors in the last, and the one between forwards, rejects or loses what comes by.
//!
//! What happens in the middle is seen by neither end's kernel, as on a real way through the world.

use crate::cases::Drop as Event;
use crate::process::{Place, kill, output};
use anyhow::Context as _;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

/// All names begin so; the process that made it follows.
const PREFIX: &str = "upbench";

/// Files for `/etc` of a namespace.
const ETC: &str = "/etc/netns";

const HOST: &str = "10.83.1.2";
const HOST_GATE: &str = "10.83.1.1";
const RELAY_GATE: &str = "10.83.2.1";
const RELAY: Ipv4Addr = Ipv4Addr::new(10, 83, 2, 2);

/// Holds all rules, and comes and goes at once.
const TABLE: &str = "add table inet cable;\
    add chain inet cable way { type filter hook forward priority 0; };";

/// Three namespaces, until it is dropped.
pub struct Cable {
    host: String,
    middle: String,
    relay: String,
}

/// A cable in which something is broken, until it is dropped.
pub struct Broken<'a> {
    cable: &'a Cable,
}

impl Cable {
    /// The name of the relay in the host's namespace, and with `bench.` before it.
    pub const DOMAIN: &str = "relay.test";

    pub fn lay() -> anyhow::Result<Self> {
        remove(|_, alive| !alive);
        let name = |end: &str| format!("{PREFIX}-{}-{end}", std::process::id());
        let cable = Self {
            host: name("host"),
            middle: name("middle"),
            relay: name("relay"),
        };
        cable
            .build()
            .context("no network namespaces: are you root?")?;
        Ok(cable)
    }

    pub fn host(&self) -> Place {
        Place::within(&self.host)
    }

    pub fn relay(&self) -> Place {
        Place::within(&self.relay)
    }

    #[expect(
        clippy::unused_self,
        reason = "there is such an address only while there is a cable"
    )]
    pub fn relay_address(&self) -> Ipv4Addr {
        RELAY
    }

    /// Breaks it; it is in force when this returns, and until what is returned is dropped.
    pub fn break_by(&self, event: Event) -> anyhow::Result<Broken<'_>> {
        match event {
            Event::Reset => self.reset_flows()?,
            Event::BlackHole => self.add_rules(&self.rules_for_old_flows()?)?,
            Event::BlackOut(_) => self.add_rules(&["drop".to_owned()])?,
        }
        Ok(Broken { cable: self })
    }

    /// The kernel ends the host's sockets and sends a RST to the other end: both know at once, as when
    /// a box in the middle resets a connection both ways.
    fn reset_flows(&self) -> anyhow::Result<()> {
        let mut command = self.host().command("ss");
        command.args(["-HKtn", "dst", &RELAY.to_string()]);
        let killed = output(&mut command)?;
        anyhow::ensure!(
            !killed.is_empty(),
            "no flow was reset: can this kernel `ss -K`?"
        );
        Ok(())
    }

    fn add_rules(&self, rules: &[String]) -> anyhow::Result<()> {
        let rules = rules
            .iter()
            .map(|rule| format!("add rule inet cable way {rule};"));
        self.nft(&format!("{TABLE}{}", rules.collect::<String>()))
    }

    /// One for each way of the TCP flows that the host has to the relay now.
    fn rules_for_old_flows(&self) -> anyhow::Result<[String; 2]> {
        let mut command = self.host().command("ss");
        command.args(["-Htn", "dst", &RELAY.to_string()]);
        let flows = output(&mut command)?;
        let local = |line: &str| {
            let address = line.split_whitespace().nth(3)?;
            let (_, port) = address.rsplit_once(':')?;
            Some(port.to_owned())
        };
        let ports: Vec<String> = flows.lines().filter_map(local).collect();
        anyhow::ensure!(!ports.is_empty(), "the host has no flow to the relay");
        let ports = ports.join(", ");
        Ok([
            format!("ip saddr {HOST} tcp sport {{ {ports} }} drop"),
            format!("ip daddr {HOST} tcp dport {{ {ports} }} drop"),
        ])
    }

    fn nft(&self, rules: &str) -> anyhow::Result<()> {
        let mut command = Place::within(&self.middle).command("nft");
        output(command.arg(rules))?;
        Ok(())
    }

    fn build(&self) -> anyhow::Result<()> {
        for name in [&self.host, &self.middle, &self.relay] {
            ip(&["netns", "add", name])?;
            ip(&["-n", name, "link", "set", "lo", "up"])?;
        }
        self.name_the_relay()?;
        self.connect(&self.host, HOST, HOST_GATE, "left")?;
        self.connect(&self.relay, &RELAY.to_string(), RELAY_GATE, "right")?;
        let mut forward = Place::within(&self.middle).command("sysctl");
        output(forward.args(["-qw", "net.ipv4.ip_forward=1"]))?;
        Ok(())
    }

    /// Connects an end with the middle.
    fn connect(&self, end: &str, address: &str, gate: &str, port: &str) -> anyhow::Result<()> {
        let middle = &self.middle;
        let pair = ["type", "veth", "peer", "name", "wire", "netns", end];
        let add = ["-n", middle, "link", "add", port];
        ip(&[add.as_slice(), &pair].concat())?;
        for (name, device, address) in [(middle.as_str(), port, gate), (end, "wire", address)] {
            let address = format!("{address}/24");
            ip(&["-n", name, "address", "add", &address, "dev", device])?;
            ip(&["-n", name, "link", "set", device, "up"])?;
        }
        ip(&["-n", end, "route", "add", "default", "via", gate])
    }

    /// `ip netns exec` shows these instead of the computer's own.
    fn name_the_relay(&self) -> anyhow::Result<()> {
        let folder = Path::new(ETC).join(&self.host);
        fs::create_dir_all(&folder)?;
        let domain = Self::DOMAIN;
        let hosts = format!("127.0.0.1 localhost\n{RELAY} {domain} bench.{domain}\n");
        fs::write(folder.join("hosts"), hosts)?;
        Ok(())
    }
}

impl Drop for Broken<'_> {
    fn drop(&mut self) {
        // Deleted without an error when it is not there: a RST has no rules.
        let rules = "add table inet cable; delete table inet cable";
        if let Err(error) = self.cable.nft(rules) {
            eprintln!("the cable does not heal: {error:#}");
        }
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        remove_ours();
    }
}

/// Ctrl-C ends this program, which ends all that it started; namespaces are all that would stay.
pub fn clean_up_when_interrupted() -> anyhow::Result<tokio::runtime::Runtime> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let _inside = runtime.enter();
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    runtime.spawn(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
        remove_ours();
        std::process::exit(130);
    });
    Ok(runtime)
}

fn remove_ours() {
    remove(|pid, _| pid == std::process::id());
}

/// Removes the namespaces of runs: told are the process that made one and whether it lives.
fn remove(which: impl Fn(u32, bool) -> bool) {
    let names = output(Command::new("ip").args(["netns", "list"])).unwrap_or_default();
    let first_words = names.lines().filter_map(|line| line.split(' ').next());
    for name in first_words {
        let pid = name.strip_prefix(PREFIX).and_then(|rest| {
            let (pid, _) = rest.strip_prefix('-')?.split_once('-')?;
            pid.parse::<u32>().ok()
        });
        let Some(pid) = pid else {
            continue;
        };
        let alive = Path::new("/proc").join(pid.to_string()).exists();
        if which(pid, alive) {
            let inside = output(Command::new("ip").args(["netns", "pids", name]));
            let pids = inside.unwrap_or_default();
            kill(
                &pids
                    .lines()
                    .filter_map(|pid| pid.parse().ok())
                    .collect::<Vec<_>>(),
            );
            // Whoever removed it first has done what was wanted.
            let _ = ip(&["netns", "delete", name]);
            let _ = fs::remove_dir_all(Path::new(ETC).join(name));
        }
    }
}

fn ip(words: &[&str]) -> anyhow::Result<()> {
    output(Command::new("ip").args(words)).map(drop)
}
