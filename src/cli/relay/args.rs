//! `underpass relay`: what is typed.

use super::limits::{LimitArgs, QuotaArgs};
use crate::model::{Network, PublicUrl};
use crate::relay::Whereabouts;
use clap::{Args, Subcommand};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

/// Where a relay listens for hosts when nothing else is asked for.
const LISTEN: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 7443));

const EXAMPLES: &str = "\
Examples:
  underpass relay --advertise relay.example.org --domain example.org
  underpass relay --listen 127.0.0.1:7443 --http 127.0.0.1:7480
  underpass relay --http 127.0.0.1:7480 --public-url https://tunnels.example.org
                  --trusted-proxy 127.0.0.1
                                        behind a proxy on this machine that speaks TLS
  underpass relay account add alice
  underpass relay account rotate alice

Anyone who has the join link can host here: treat it like a password.";

#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RelayArgs {
    #[command(flatten)]
    pub(super) address: AddressArgs,

    /// Address for visitors to connect to; public TCP ports are opened on the same address
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:7480")]
    pub(super) http: SocketAddr,

    /// Range of public TCP ports; 0-0 for any free ones
    #[arg(long, value_name = "A-B", default_value = "7500-7599")]
    pub(super) tcp_ports: TcpPorts,

    /// Domain that follows a tunnel's name in its URL
    #[arg(long, value_name = "NAME", default_value = "localhost", value_parser = parse_host)]
    pub(super) domain: String,

    /// URL of the proxy in front of the relay, if there is one: tunnel names are put before its domain.
    /// Replaces --domain
    #[arg(long, value_name = "URL", conflicts_with = "domain")]
    pub(super) public_url: Option<PublicUrl>,

    /// Proxy in front of the relay, as ADDRESS or ADDRESS/PREFIX; can be repeated. Only what it says
    /// about visitors is believed (X-Forwarded-For, -Proto and -Host, Forwarded)
    #[arg(long, value_name = "NETWORK")]
    pub(super) trusted_proxy: Vec<Network>,

    /// Trusted proxies start each connection with a PROXY protocol header, version 1 or 2
    #[arg(long, requires = "trusted_proxy")]
    pub(super) proxy_protocol: bool,

    /// On shutdown, how many seconds requests in progress may take to finish
    #[arg(long, value_name = "SECONDS", default_value_t = 5,
          value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub(super) drain: u64,

    /// Folder for its key, certificate and accounts [default: relay-server in the home]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,

    /// Print one JSON object per line instead of text
    #[arg(long, global = true)]
    pub(super) json: bool,

    #[command(flatten)]
    pub(super) quotas: QuotaArgs,

    #[command(flatten)]
    pub(super) limits: LimitArgs,

    #[command(subcommand)]
    pub(super) command: Option<RelayCommand>,
}

/// Where a relay is.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub(crate) struct AddressArgs {
    /// Address for hosts to connect to [default: 0.0.0.0:7443; for accounts: where the relay last
    /// listened]
    #[arg(long, value_name = "ADDR")]
    pub(super) listen: Option<SocketAddr>,

    /// Host name or address to put in join links [default: the one it listens on; for accounts: what
    /// the relay was last started with]
    #[arg(long, value_name = "HOST", value_parser = parse_host)]
    pub(super) advertise: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum RelayCommand {
    /// Manage who can host here
    Account {
        #[command(subcommand)]
        change: AccountChange,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum AccountChange {
    /// Add an account and print its join link (only this once)
    Add {
        /// 1 to 64 letters, digits, '-', '_' or '.'
        name: String,
        #[command(flatten)]
        address: AddressArgs,
    },
    /// List the accounts
    List,
    /// Give an account a new join link and print it (only this once); what is hosted with the old one
    /// stops
    Rotate {
        /// Name of the account; the owner's is `owner`
        name: String,
        #[command(flatten)]
        address: AddressArgs,
    },
    /// Remove an account and stop what it hosts
    Remove {
        /// Name of the account
        name: String,
    },
}

impl RelayArgs {
    /// Whether it runs a relay, and changes none that there is.
    pub(crate) fn serves(&self) -> bool {
        self.command.is_none()
    }

    /// What all log files may take.
    pub(crate) fn max_log_bytes(&self) -> u64 {
        u64::from(self.limits.max_log) * 1024 * 1024
    }

    /// Where hosts connect.
    pub(super) fn listen(&self) -> SocketAddr {
        self.address.listen.unwrap_or(LISTEN)
    }

    /// What was typed of where hosts reach it, behind the command of an account and before it.
    pub(super) fn whereabouts(&self, behind: AddressArgs) -> Whereabouts {
        Whereabouts::from(behind).or(self.address.clone().into())
    }

    /// What follows a label in a host name.
    pub(super) fn domain(&self) -> &str {
        let public = self.public_url.as_ref().map(|url| &url.domain);
        public.unwrap_or(&self.domain)
    }
}

impl From<AddressArgs> for Whereabouts {
    fn from(args: AddressArgs) -> Self {
        Self {
            link: args.listen,
            advertise: args.advertise,
        }
    }
}

/// The public TCP ports of a relay: `A-B`, `A`, or `0-0` for whatever the system gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TcpPorts(pub(crate) Option<RangeInclusive<u16>>);

impl fmt::Display for TcpPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(range) => write!(f, "{}-{}", range.start(), range.end()),
            None => f.write_str("0-0"),
        }
    }
}

impl FromStr for TcpPorts {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse::<u16>().ok()).flatten()
        };
        match (number(first), number(last)) {
            (Some(0), Some(0)) => Ok(Self(None)),
            (Some(first), Some(last)) if first > 0 && first <= last => Ok(Self(Some(first..=last))),
            _ => Err(
                "a range of ports is A-B with A not above B, both from 1 to 65535 (0-0: any free)"
                    .to_owned(),
            ),
        }
    }
}

/// A host that can stand in a join link: a name or an address, without its port.
pub(in crate::cli) fn parse_host(text: &str) -> Result<String, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    if bare.parse::<std::net::IpAddr>().is_ok() {
        return Ok(bare.to_owned());
    }
    let is_name = !bare.is_empty()
        && bare
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    if is_name {
        Ok(bare.to_ascii_lowercase())
    } else {
        Err("it takes a host name or an address, without a port".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Command, parse};
    use crate::model::Catalog;
    use std::path::Path;

    impl RelayArgs {
        /// As `underpass relay WORDS` means it.
        pub(in crate::cli::relay) fn typed(words: &str) -> Self {
            let words = ["underpass", "relay"].into_iter().chain(words.split(' '));
            let words = words.filter(|word| !word.is_empty()).map(Into::into);
            let typed = parse(words, |_| None, &Catalog::default());
            match typed.expect("it is right").command {
                Some(Command::Relay(args)) => *args,
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn ranges_of_ports_are_read_as_they_are_written() {
        for text in ["7500-7599", "1-65535", "80-80", "0-0"] {
            let ports = text.parse::<TcpPorts>();
            assert_eq!(ports.map(|ports| ports.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("80".parse::<TcpPorts>(), Ok(TcpPorts(Some(80..=80))));
        for bad in ["", "-", "0-5", "5-0", "a-b", "1-70000", "1-2-3", "+1-2"] {
            assert!(bad.parse::<TcpPorts>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_stands_in_front_of_a_relay_is_read() {
        let args = RelayArgs::typed(
            "--public-url https://*.Tunnels.example.org:8443 --trusted-proxy 10.0.0.0/8 \
             --trusted-proxy ::1 --proxy-protocol",
        );
        assert_eq!(args.domain(), "tunnels.example.org");
        let url = args.public_url.map(|url| url.to_string());
        assert_eq!(url.as_deref(), Some("https://tunnels.example.org:8443/"));
        assert!(args.trusted_proxy.len() == 2 && args.proxy_protocol);
    }

    #[test]
    fn an_option_of_an_account_goes_before_the_command_or_behind_it() {
        for words in [
            "account add bob --advertise [::1] --data d --json",
            "--data d account --json add --advertise [::1] bob",
            "--json --advertise [::1] account add bob --data d",
        ] {
            let mut args = RelayArgs::typed(words);
            assert!(args.json && !args.serves(), "{words}");
            assert_eq!(args.data.as_deref(), Some(Path::new("d")));
            let Some(RelayCommand::Account {
                change: AccountChange::Add { name, address },
            }) = args.command.take()
            else {
                panic!("{words}");
            };
            let at = args.whereabouts(address);
            assert_eq!((name.as_str(), at.link), ("bob", None));
            assert_eq!(at.advertise.as_deref(), Some("::1"), "{words}");
        }
    }
}
