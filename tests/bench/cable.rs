//! A cable that can be cut or made narrow: three network namespaces in a row. The host is in the first, the relay and
//! its visitors in the last, and the one between forwards, delays, rejects or loses what
//! comes by.
//!
//! What happens in the middle is seen by neither end's kernel, as on a real way through the world.

use crate::cases::{Drop as Event, Way};
use crate::process::{Place, kill, output};
use crate::usage;
use anyhow::Context as _;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// All names begin so; the process that made it follows.
const PREFIX: &str = "upbench";

/// A flow is new when its first packet comes by: no flow slips through between a look and a rule.
const NEW_FLOWS_ONLY: [&str; 4] = [
    "tcp flags & (syn | ack) == syn add @new { ip saddr . tcp sport }",
    "ip saddr . tcp sport @new accept",
    "ip daddr . tcp dport @new accept",
    "drop",
];

/// Where the kernel's names of them are.
const NAMESPACES: &str = "/run/netns";

/// Files for `/etc` of a namespace.
const ETC: &str = "/etc/netns";

const HOST: &str = "10.83.1.2";
const HOST_GATE: &str = "10.83.1.1";
const RELAY_GATE: &str = "10.83.2.1";
const RELAY: Ipv4Addr = Ipv4Addr::new(10, 83, 2, 2);

/// The middle's devices: to the host and to the relay.
const LEFT: &str = "left";
const RIGHT: &str = "right";

/// How a way is narrow: a burst of ten packets, and a queue as long as a home's router has.
const NARROW: [&str; 4] = ["burst", "16kb", "latency", "100ms"];

/// Holds all rules, and comes and goes at once.
const TABLE: &str = "add table inet cable;\
    add set inet cable new { type ipv4_addr . inet_service; size 65535; flags dynamic; };\
    add chain inet cable way { type filter hook forward priority 0; };";

/// Ctrl-C was seen.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

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

/// A cable that carries less one way, until it is dropped.
pub struct Narrowed<'a> {
    cable: &'a Cable,
    device: &'static str,
}

impl Cable {
    /// The name of the relay in the host's namespace, and with `bench.` before it.
    pub const DOMAIN: &str = "relay.test";

    /// A cable of this name; several can lie side by side.
    pub fn lay(name: &str) -> anyhow::Result<Self> {
        remove(|_, pid| !usage::lives(pid));
        let name = |end: &str| format!("{PREFIX}-{}-{name}-{end}", std::process::id());
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
            Event::BlackHole => self.add_rules(&NEW_FLOWS_ONLY)?,
            Event::BlackOut(_) => self.add_rules(&["drop"])?,
        }
        Ok(Broken { cable: self })
    }

    /// Makes it carry so many Mbit/s this way, seen from the visitors: down is the host's way out.
    pub fn narrow(&self, way: Way, mbit: u64) -> anyhow::Result<Narrowed<'_>> {
        let device = match way {
            Way::Down => RIGHT,
            Way::Up => LEFT,
        };
        let mut command = Place::within(&self.middle).command("tc");
        command.args(["qdisc", "add", "dev", device, "root", "tbf"]);
        command.args(["rate", &format!("{mbit}mbit")]).args(NARROW);
        output(&mut command)?;
        Ok(Narrowed {
            cable: self,
            device,
        })
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

    /// All in one step, and at once in force.
    fn add_rules(&self, rules: &[&str]) -> anyhow::Result<()> {
        let rules = rules
            .iter()
            .map(|rule| format!("add rule inet cable way {rule};"));
        self.nft(&format!("{TABLE}{}", rules.collect::<String>()))
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
        self.connect(&self.host, HOST, HOST_GATE, LEFT)?;
        self.connect(&self.relay, &RELAY.to_string(), RELAY_GATE, RIGHT)?;
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
        stand_still_when_interrupted();
        // Deleted without an error when it is not there: a RST has no rules.
        let rules = "add table inet cable; delete table inet cable";
        if let Err(error) = self.cable.nft(rules) {
            eprintln!("the cable does not heal: {error:#}");
        }
    }
}

impl Drop for Narrowed<'_> {
    fn drop(&mut self) {
        stand_still_when_interrupted();
        let mut command = Place::within(&self.cable.middle).command("tc");
        command.args(["qdisc", "delete", "dev", self.device, "root"]);
        if let Err(error) = output(&mut command) {
            eprintln!("the cable stays narrow: {error:#}");
        }
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        let own = [&self.host, &self.middle, &self.relay];
        remove(|name, _| own.into_iter().any(|own| own == name));
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
        INTERRUPTED.store(true, Ordering::SeqCst);
        remove(|_, pid| pid == std::process::id());
        std::process::exit(130);
    });
    Ok(runtime)
}

/// What fails from then on fails because all is being taken down: there is nothing to tell, and the
/// program ends in a moment.
pub fn stand_still_when_interrupted() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// Removes namespaces of runs: told are the name of one and the process that made it.
fn remove(which: impl Fn(&str, u32) -> bool) {
    let entries = fs::read_dir(NAMESPACES).into_iter().flatten().flatten();
    for name in entries.filter_map(|entry| entry.file_name().into_string().ok()) {
        let pid = name.strip_prefix(PREFIX).and_then(|rest| {
            let (pid, _) = rest.strip_prefix('-')?.split_once('-')?;
            pid.parse::<u32>().ok()
        });
        let Some(pid) = pid else {
            continue;
        };
        if which(&name, pid) {
            let inside = output(Command::new("ip").args(["netns", "pids", &name]));
            let pids = inside.unwrap_or_default();
            kill(
                &pids
                    .lines()
                    .filter_map(|pid| pid.parse().ok())
                    .collect::<Vec<_>>(),
            );
            // Whoever removed it first has done what was wanted.
            let _ = ip(&["netns", "delete", &name]);
            let _ = fs::remove_dir_all(Path::new(ETC).join(&name));
        }
    }
}

fn ip(words: &[&str]) -> anyhow::Result<()> {
    output(Command::new("ip").args(words)).map(drop)
}
