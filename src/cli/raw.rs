//! The words as they are typed. Whatever needs a second look is a string here.

use super::parse::{TcpPorts, parse_host};
use super::raw_account::RawAccounts;
use super::relay::{LimitArgs, QuotaArgs};
use super::resolved::ChosenOptions;
use crate::model::{
    HostHeader, Network, PortNumber, ProbeRate, Protocol, ProviderId, ProxyVersion, PublicUrl,
};
use clap::{ArgAction, Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  underpass                             the window and the tray icon
  underpass host 3000                   serve localhost:3000 on a public URL, here in the terminal
  underpass host 3000 --name shop       the same as http://shop.localhost:7480/
  underpass host 3000 9000 --json       one tunnel with two ports, one JSON object a line
  underpass relay                       run the public end on a server; it prints a join link
  UNDERPASS_RELAY=… underpass host 3000 host through that relay
  underpass doctor                      what works on this machine, and what to do where it does not

All files are in one folder; UNDERPASS_HOME=DIR moves it.";

const HOST_EXAMPLES: &str = "\
Examples:
  underpass host 3000
  underpass host nas.lan:80 --name nas
  underpass host 5173 --host-header rewrite
                                        a development server that knows itself as localhost alone
  underpass host 5432 --protocol tcp --public-port 7500
  underpass host shop                   a tunnel that the app or `tunnels create` has saved
  underpass host 3000 --name shop --provider NAME
                                        through another provider: the account's tunnel shop, made
                                        if it is not there; `underpass providers` lists the names
  underpass host --provider manual --set url=https://app.example.org/
                                        watch a URL that somebody else serves
  underpass host 3000 --json --control  for programs: JSON lines out, commands in

It runs until Ctrl-C. With --control it reads a command a line from standard input: `host ID`,
`stop ID`, `drop ID`, `reconnect ID`, `quit`; the end of the input is a `quit`.";

const RELAY_EXAMPLES: &str = "\
Examples:
  underpass relay --advertise relay.example.org --domain example.org
  underpass relay --listen 127.0.0.1:7443 --http 127.0.0.1:7480
  underpass relay --http 127.0.0.1:7480 --public-url https://tunnels.example.org
                  --trusted-proxy 127.0.0.1
                                        behind a proxy on this machine that speaks TLS
  underpass relay account add alice
  underpass relay account rotate alice

Anyone who has the join link can host here: treat it as a password.";

const TUNNELS_EXAMPLES: &str = "\
Examples:
  underpass tunnels create \"My shop\" 3000
  underpass tunnels port add my-shop 5432 --protocol tcp
  underpass tunnels show my-shop --json";

/// A local port gets a public URL, and a tunnel that comes back by itself.
///
/// Without a command it opens the window and the tray icon; a second start raises the first one's
/// window.
#[derive(Debug, Parser)]
#[command(name = "underpass", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(super) struct Raw {
    /// Start in the tray, without a window
    #[arg(long, alias = "minimized")]
    pub(super) minimised: bool,

    /// Say more on standard error (-vv: still more)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,

    #[command(subcommand)]
    pub(super) command: Option<RawCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum RawCommand {
    /// Serve local ports on public URLs until Ctrl-C, without a window
    Host(RawHost),
    /// Run the public end of tunnels: the relay
    Relay(Box<RawRelay>),
    /// List and change the saved tunnels
    Tunnels(RawTunnels),
    /// Show the audit log, or check that nobody changed it
    Audit(RawAudit),
    /// Find out what works on this machine
    Doctor {
        /// Whose: one of those that `underpass providers` lists
        #[arg(long, default_value = "relay")]
        provider: ProviderId,
        /// Make a throw-away tunnel in the account, host it and delete it; only with a provider
        /// that keeps accounts
        #[arg(long)]
        write: bool,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// List who can carry tunnels, what each offers and what can be set for it
    Providers {
        /// This one alone
        provider: Option<ProviderId>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// List, add and remove the accounts at providers, sign in and out
    Account(RawAccounts),
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, as it was typed"
)]
#[derive(Args, Debug)]
#[command(after_help = HOST_EXAMPLES)]
pub(super) struct RawHost {
    /// PORT, HOST:PORT, a URL, or the name of a saved tunnel; several ports make one tunnel
    #[arg(required_unless_present = "provider", value_name = "TARGET")]
    pub(super) targets: Vec<String>,

    /// The tunnel's name, which becomes part of its URL [default: port-PORT, at a joined relay with four
    /// characters behind it that are this computer's own]
    #[arg(long)]
    pub(super) name: Option<String>,

    /// What the ports speak: http, https, tcp or auto [default: auto]
    #[arg(long)]
    pub(super) protocol: Option<Protocol>,

    /// The public port to ask for; only with --protocol tcp
    #[arg(long, value_name = "PORT")]
    pub(super) public_port: Option<PortNumber>,

    #[command(flatten)]
    pub(super) options: RawPortOptions,

    /// The join link of the relay to use, else the joined relay of the settings, else the one in
    /// this program. A command line can be seen by others: put the link into the environment as
    /// `UNDERPASS_RELAY` instead where that matters
    #[arg(long, value_name = "JOIN")]
    pub(super) relay: Option<String>,

    /// Who carries the tunnel: relay (our own), or another that `underpass providers` lists
    #[arg(long, default_value = "relay")]
    pub(super) provider: ProviderId,

    /// Anyone may visit, without signing in; only with a provider whose tunnels are private otherwise
    #[arg(long)]
    pub(super) public: bool,

    /// For which of your accounts at the provider; `underpass account list` lists them
    #[arg(long, value_name = "NAME")]
    pub(super) account: Option<String>,

    /// Set an option of the provider for this time; `underpass providers NAME` lists them. A secret is
    /// read from a file (KEY=@FILE) or standard input (KEY=@-)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,

    /// Take the tunnel from the machine that hosts it now
    #[arg(long)]
    pub(super) take_over: bool,

    /// One JSON object a line instead of text
    #[arg(long)]
    pub(super) json: bool,

    /// Read commands from standard input
    #[arg(long)]
    pub(super) control: bool,
}

#[derive(Args, Debug)]
#[command(after_help = RELAY_EXAMPLES)]
pub(super) struct RawRelay {
    #[command(flatten)]
    pub(super) address: RawAddress,

    /// Where visitors connect; the public TCP ports are opened on the same address
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:7480")]
    pub(super) http: SocketAddr,

    /// The public TCP ports, A-B; 0-0 for whatever is free
    #[arg(long, value_name = "A-B", default_value = "7500-7599")]
    pub(super) tcp_ports: TcpPorts,

    /// What follows a tunnel's name in its URL
    #[arg(long, value_name = "NAME", default_value = "localhost", value_parser = parse_host)]
    pub(super) domain: String,

    /// Where visitors find tunnels, when the relay is behind a proxy: their names stand before the
    /// domain of this URL. Takes the place of --domain
    #[arg(long, value_name = "URL", conflicts_with = "domain")]
    pub(super) public_url: Option<PublicUrl>,

    /// A proxy in front of the relay, as ADDRESS or ADDRESS/PREFIX; may be given several times. What it
    /// says of visitors (X-Forwarded-For, -Proto and -Host, Forwarded) is believed, nobody else's word
    #[arg(long, value_name = "NETWORK")]
    pub(super) trusted_proxy: Vec<Network>,

    /// Trusted proxies begin each connection with a PROXY protocol header, version 1 or 2
    #[arg(long, requires = "trusted_proxy")]
    pub(super) proxy_protocol: bool,

    /// When it is told to end, how many seconds what visitors have under way may take to come to its
    /// end
    #[arg(long, value_name = "SECONDS", default_value_t = 5,
          value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub(super) drain: u64,

    /// Where its key, certificate and accounts are [default: relay-server in the home]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,

    /// One JSON object a line instead of text
    #[arg(long, global = true)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) quotas: QuotaArgs,

    #[command(flatten)]
    pub(super) limits: LimitArgs,

    #[command(subcommand)]
    pub(super) command: Option<RawRelayCommand>,
}

/// Where a relay is.
#[derive(Args, Debug)]
pub(super) struct RawAddress {
    /// Where hosts connect [default: 0.0.0.0:7443; for accounts: where the relay listened last]
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,

    /// The host name or address that join links name [default: the one it listens on; for accounts:
    /// what the relay was started with last]
    #[arg(long, value_name = "HOST", value_parser = parse_host)]
    pub(super) advertise: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum RawRelayCommand {
    /// Who may host here
    Account {
        #[command(subcommand)]
        change: RawAccount,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RawAccount {
    /// Add an account and print its join link, once
    Add {
        /// 1 to 64 letters, digits, '-', '_' or '.'
        name: String,
        #[command(flatten)]
        address: RawAddress,
    },
    /// List the accounts
    List,
    /// Give an account a new join link and print it, once; what is hosted with the old one ends
    Rotate {
        /// Its name; the owner's is `owner`
        name: String,
        #[command(flatten)]
        address: RawAddress,
    },
    /// Remove an account and end what it hosts
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Args, Debug)]
#[command(after_help = TUNNELS_EXAMPLES)]
pub(super) struct RawTunnels {
    /// One JSON object a line instead of text
    #[arg(long, global = true)]
    pub(super) json: bool,

    #[command(subcommand)]
    pub(super) command: RawTunnelsCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum RawTunnelsCommand {
    /// List the saved tunnels, or those of an account
    List {
        /// Whose: relay (the saved ones), or another's that `underpass providers` lists (the account's)
        #[arg(long, default_value = "relay")]
        provider: ProviderId,
    },
    /// Show one of them
    Show {
        /// Its id or name
        id: String,
    },
    /// Save a new tunnel; nothing is hosted
    Create {
        /// Its name
        name: String,
        /// PORT or HOST:PORT
        target: String,
        #[command(flatten)]
        port: RawPort,
    },
    /// Delete a tunnel
    Delete {
        /// Its id or name
        id: String,
    },
    /// Add or remove a port of a tunnel
    Port {
        #[command(subcommand)]
        change: RawPortChange,
    },
}

/// What may be chosen for a port beside what it is.
#[derive(Args, Debug)]
pub(super) struct RawPortOptions {
    /// Which name the service is asked for: keep (the visitors'), rewrite (its own, as localhost:PORT),
    /// HOST[:PORT], or auto: its own once it turns out to refuse the visitors', as development servers
    /// do [default: auto]
    #[arg(long, value_name = "NAME")]
    pub(super) host_header: Option<HostHeader>,

    /// Tell the service who a visitor is by the PROXY protocol, v1 or v2, in the first bytes of each
    /// connection
    #[arg(long, value_name = "VERSION")]
    pub(super) proxy_protocol: Option<ProxyVersion>,

    /// Check whether it works each so many SECONDS, or not at all: off [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub(super) probe: Option<ProbeRate>,

    /// Of a service on another machine, take the first certificate that it shows, and from then on
    /// no other; on this computer any is taken
    #[arg(long)]
    pub(super) no_tls_verify: bool,
}

impl RawPortOptions {
    /// Whether any was given of what only a new port of our own relay can be given.
    pub(super) fn are_given(&self) -> bool {
        self.host_header.is_some() || self.proxy_protocol.is_some()
    }

    pub(super) fn resolve(self) -> ChosenOptions {
        ChosenOptions {
            host_header: self.host_header,
            proxy_protocol: self.proxy_protocol,
            probe: self.probe,
            no_tls_verify: self.no_tls_verify,
        }
    }
}

#[derive(Args, Debug)]
pub(super) struct RawPort {
    /// What the port speaks: http, https, tcp or auto
    #[arg(long, default_value = "auto")]
    pub(super) protocol: Protocol,

    /// The public port to ask for; only with --protocol tcp
    #[arg(long, value_name = "PORT")]
    pub(super) public_port: Option<PortNumber>,

    #[command(flatten)]
    pub(super) options: RawPortOptions,
}

#[derive(Debug, Subcommand)]
pub(super) enum RawPortChange {
    /// Add a port
    Add {
        /// The tunnel's id or name
        id: String,
        /// PORT or HOST:PORT
        target: String,
        #[command(flatten)]
        port: RawPort,
    },
    /// Remove a port
    Remove {
        /// The tunnel's id or name
        id: String,
        /// The port
        port: PortNumber,
    },
}

#[derive(Args, Debug)]
pub(super) struct RawAudit {
    /// Check that the log is as it was written; exit code 1 when it is not
    #[arg(long)]
    pub(super) verify: bool,

    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,

    /// Only the last N records
    #[arg(long, value_name = "N", conflicts_with = "verify")]
    pub(super) tail: Option<usize>,
}
