//! What the program runs with: everything checked that can be checked without a file.

use super::TcpPorts;
use super::raw_account::AccountsArgs;
use super::relay::{LimitArgs, QuotaArgs};
use super::set::Set;
use crate::model::{
    Access, CertificateCheck, HostHeader, JoinLink, Network, PortNumber, PortOptions, ProbeRate,
    Protocol, ProviderId, ProxyVersion, PublicUrl, TypedTarget,
};
pub use clap_complete::Shell;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// How many `-v` there were.
    pub verbosity: u8,
    /// What to do.
    pub task: Task,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// The window and the tray.
    Desktop(DesktopArgs),
    /// Host in the terminal.
    Host(HostArgs),
    /// Be a relay.
    Relay(RelayArgs),
    /// A relay's accounts.
    Accounts(AccountArgs),
    /// The saved tunnels.
    Tunnels(TunnelsArgs),
    /// The audit log.
    Audit(AuditArgs),
    /// What works on this machine.
    Doctor(DoctorArgs),
    /// The accounts at providers.
    Account(AccountsArgs),
    /// Who can carry tunnels.
    Providers(ProvidersArgs),
    /// A shell's completions.
    Completions(Shell),
    /// The man page.
    Man,
}

/// `underpass`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DesktopArgs {
    /// Without a window at first.
    pub minimised: bool,
}

/// `underpass providers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvidersArgs {
    /// This one alone.
    pub provider: Option<ProviderId>,
    /// JSON lines.
    pub json: bool,
}

/// `underpass host`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostArgs {
    /// What to host, at least one.
    pub targets: Vec<Asked>,
    /// The tunnel's name, as typed.
    pub name: Option<String>,
    /// What the ports speak.
    pub protocol: Option<Protocol>,
    /// The public TCP port to ask for.
    pub public_port: Option<PortNumber>,
    /// What else was said of the ports.
    pub options: ChosenOptions,
    /// What was set for the provider, by its options' keys.
    pub set: Set,
    /// For which of the accounts at the provider.
    pub account: Option<String>,
    /// The relay to use, if one was named.
    pub relay: Option<JoinLink>,
    /// Who carries the tunnel.
    pub provider: ProviderId,
    /// Who may visit, where the provider lets one choose.
    pub access: Access,
    /// Take the tunnel from another machine.
    pub take_over: bool,
    /// JSON lines.
    pub json: bool,
    /// Commands come on standard input.
    pub control: bool,
}

/// What was said of a port's options; what was not said stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChosenOptions {
    /// Which name a web service is asked for.
    pub host_header: Option<HostHeader>,
    /// How the service is told who a visitor is.
    pub proxy_protocol: Option<ProxyVersion>,
    /// Whether it is probed.
    pub probe: Option<ProbeRate>,
    /// Take the first certificate that comes up.
    pub no_tls_verify: bool,
}

impl ChosenOptions {
    /// Changes what was said.
    pub fn apply(&self, options: &mut PortOptions) {
        if let Some(header) = &self.host_header {
            options.host_header.clone_from(header);
        }
        if self.proxy_protocol.is_some() {
            options.proxy_protocol = self.proxy_protocol;
        }
        if let Some(probe) = self.probe {
            options.probe = probe;
        }
        if self.no_tls_verify {
            options.certificate = CertificateCheck::FirstSeen;
        }
    }
}

/// One TARGET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A port here or at another host.
    Target(TypedTarget),
    /// A saved tunnel, by its id or name.
    Saved(String),
}

/// `underpass relay`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayArgs {
    /// Where hosts connect.
    pub listen: SocketAddr,
    /// Where visitors connect.
    pub http: SocketAddr,
    /// The public TCP ports.
    pub tcp_ports: TcpPorts,
    /// What follows a label in a host name.
    pub domain: String,
    /// What an account may have.
    pub quotas: QuotaArgs,
    /// Where visitors find tunnels, when that is not where the relay listens.
    pub public_url: Option<PublicUrl>,
    /// The proxies whose word is believed.
    pub trusted_proxies: Vec<Network>,
    /// They begin connections with a PROXY protocol header.
    pub proxy_protocol: bool,
    /// How long what is under way may take at its end.
    pub drain: Duration,
    /// Where its data is, if not in the home.
    pub data: Option<PathBuf>,
    /// The host in the join link.
    pub advertise: Option<String>,
    /// How much anyone may ask.
    pub limits: Box<LimitArgs>,
    /// JSON lines.
    pub json: bool,
}

/// `underpass relay account`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountArgs {
    /// Where the relay's data is, if not in the home.
    pub data: Option<PathBuf>,
    /// What to do.
    pub change: AccountChange,
    /// JSON lines.
    pub json: bool,
}

/// What to do with a relay's accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountChange {
    /// Add one.
    Add {
        /// Its name.
        name: String,
        /// What the join link says of the relay.
        at: LinkAddress,
    },
    /// List them.
    List,
    /// Give one another token.
    Rotate {
        /// Its name.
        name: String,
        /// What the join link says of the relay.
        at: LinkAddress,
    },
    /// Remove one.
    Remove {
        /// Its name.
        name: String,
    },
}

/// What was typed of where hosts reach the relay; the rest is what it was started with last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkAddress {
    /// Where the relay listens for hosts.
    pub listen: Option<SocketAddr>,
    /// The host in the join link.
    pub advertise: Option<String>,
}

/// `underpass tunnels`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TunnelsArgs {
    /// JSON lines.
    pub json: bool,
    /// What to do.
    pub task: TunnelsTask,
}

/// What to do with the saved tunnels. Names and targets are as typed: the rules that check them are
/// those of the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TunnelsTask {
    /// List them.
    List {
        /// Whose.
        provider: ProviderId,
    },
    /// Show one.
    Show {
        /// Its id or name.
        id: String,
    },
    /// Save a new one.
    Create {
        /// Its name.
        name: String,
        /// `PORT` or `HOST:PORT`.
        target: String,
        /// What it speaks.
        protocol: Protocol,
        /// The public TCP port to ask for.
        public_port: Option<PortNumber>,
        /// What else was said of it.
        options: ChosenOptions,
    },
    /// Delete one.
    Delete {
        /// Its id or name.
        id: String,
    },
    /// Add a port.
    AddPort {
        /// The tunnel's id or name.
        id: String,
        /// `PORT` or `HOST:PORT`.
        target: String,
        /// What it speaks.
        protocol: Protocol,
        /// The public TCP port to ask for.
        public_port: Option<PortNumber>,
        /// What else was said of it.
        options: ChosenOptions,
    },
    /// Remove a port.
    RemovePort {
        /// The tunnel's id or name.
        id: String,
        /// Which.
        port: PortNumber,
    },
}

/// `underpass doctor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoctorArgs {
    /// What is tried.
    pub provider: ProviderId,
    /// Also what leaves something behind for a moment.
    pub write: bool,
    /// JSON lines.
    pub json: bool,
}

/// `underpass audit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditArgs {
    /// Check the chain instead of showing the records.
    pub verify: bool,
    /// JSON lines.
    pub json: bool,
    /// Only so many records, the last ones.
    pub tail: Option<usize>,
}
