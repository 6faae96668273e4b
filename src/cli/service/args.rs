//! `underpass service`: what is typed.

use super::units::Kind;
use crate::cli::relay::{TcpPorts, parse_host};
use crate::model::{Network, PublicUrl};
use clap::{Args, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  underpass service install shop blog   host two saved tunnels whenever you are logged in
  underpass service install --file underpass.toml --print
                                        the unit for the tunnels of a file, and nothing is written
  sudo underpass service install relay --advertise relay.example.org --domain tunnels.example.org
  underpass service status              what is installed, whether it runs, and where its log is
  underpass service uninstall           stop it, and remove what was written";

#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ServiceArgs {
    #[command(subcommand)]
    pub(super) command: ServiceCommand,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum ServiceCommand {
    /// Have systemd host saved tunnels, or the relay, from now on
    Install(Box<InstallArgs>),
    /// Stop it, and remove what `install` wrote
    Uninstall {
        /// Which one
        #[arg(value_enum, default_value = "host")]
        kind: Kind,
        #[command(flatten)]
        how: HowArgs,
    },
    /// Show what is installed, whether it runs, and where its log is
    Status {
        /// Which one [default: both]
        #[arg(value_enum)]
        kind: Option<Kind>,
        #[command(flatten)]
        how: HowArgs,
    },
}

#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HowArgs {
    /// One JSON object a unit instead of text
    #[arg(long, global = true)]
    pub(super) json: bool,

    /// The folder that stands for `/`, for tests.
    #[arg(long, global = true, hide = true, value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
}

#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct InstallArgs {
    /// The saved tunnels, by id or name
    #[arg(value_name = "NAME")]
    pub(super) names: Vec<String>,

    /// The tunnels of a TOML file instead, as in `host --file`
    #[arg(long, value_name = "FILE", conflicts_with = "names")]
    pub(super) file: Option<PathBuf>,

    /// Print the units, and change nothing
    #[arg(long, visible_alias = "dry-run", global = true)]
    pub(super) print: bool,

    /// Replace units that something else has written
    #[arg(long, global = true)]
    pub(super) force: bool,

    /// The program that is to run [default: this one]
    #[arg(long, value_name = "PATH", global = true)]
    pub(super) program: Option<PathBuf>,

    #[command(flatten)]
    pub(super) how: HowArgs,

    #[command(subcommand)]
    pub(super) what: Option<InstallWhat>,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum InstallWhat {
    /// The public end: a service of the whole system and its sockets, as root
    Relay(Box<RelayUnitArgs>),
}

/// What most relays are run with. `systemctl edit` has the rest.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RelayUnitArgs {
    /// Host name or address to put in join links
    #[arg(long, value_name = "HOST", value_parser = parse_host)]
    pub(super) advertise: Option<String>,

    /// Domain that follows a tunnel's name in its URL
    #[arg(long, value_name = "NAME", value_parser = parse_host)]
    pub(super) domain: Option<String>,

    /// URL of the proxy in front of the relay, in place of --domain
    #[arg(long, value_name = "URL", conflicts_with = "domain")]
    pub(super) public_url: Option<PublicUrl>,

    /// Proxy in front of the relay, as ADDRESS or ADDRESS/PREFIX; can be repeated
    #[arg(long, value_name = "NETWORK")]
    pub(super) trusted_proxy: Vec<Network>,

    /// Trusted proxies start each connection with a PROXY protocol header
    #[arg(long, requires = "trusted_proxy")]
    pub(super) proxy_protocol: bool,

    /// Range of public TCP ports [default: 7500-7599]
    #[arg(long, value_name = "A-B")]
    pub(super) tcp_ports: Option<TcpPorts>,

    /// Address for hosts to connect to [default: 0.0.0.0:7443]
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,

    /// Address for visitors to connect to [default: 0.0.0.0:7480]
    #[arg(long, value_name = "ADDR")]
    pub(super) http: Option<SocketAddr>,
}

impl RelayUnitArgs {
    /// As `underpass relay` takes them; the addresses are the sockets'.
    pub(super) fn words(&self) -> Vec<String> {
        let pair = |name: &str, value: Option<String>| {
            let value = value.into_iter();
            value.flat_map(|value| [name.to_owned(), value]).collect()
        };
        let url = self.public_url.as_ref().map(ToString::to_string);
        let ports = self.tcp_ports.as_ref().map(ToString::to_string);
        let mut words: Vec<Vec<String>> = vec![
            pair("--advertise", self.advertise.clone()),
            pair("--domain", self.domain.clone()),
            pair("--public-url", url),
        ];
        for proxy in &self.trusted_proxy {
            words.push(pair("--trusted-proxy", Some(proxy.to_string())));
        }
        if self.proxy_protocol {
            words.push(vec!["--proxy-protocol".to_owned()]);
        }
        words.push(pair("--tcp-ports", ports));
        words.concat()
    }
}

impl ServiceArgs {
    /// What no word shows by itself.
    pub(in crate::cli) fn check(&self) -> Result<(), String> {
        let ServiceCommand::Install(args) = &self.command else {
            return Ok(());
        };
        let is_host = !args.names.is_empty() || args.file.is_some();
        match (&args.what, is_host) {
            (None, false) => Err(
                "what is to be installed? NAME of a saved tunnel, --file FILE, or `relay`"
                    .to_owned(),
            ),
            (Some(InstallWhat::Relay(_)), true) => Err(
                "a relay hosts no tunnels: install them by a command of their own (a tunnel that is \
                 called relay stands behind --)"
                    .to_owned(),
            ),
            (Some(_), false) | (None, true) => Ok(()),
        }
    }
}
