//! `underpass host`: what is typed, and what must hold of it.

use crate::cli::account::read_name;
use crate::cli::complete;
use crate::cli::health;
use crate::cli::parse::{self, Unquoted, find, list};
use crate::cli::port::{PortOptionArgs, lacks};
use crate::cli::set::{self, SecretFrom, Set};
use crate::cli::{NAME_VARIABLE, PROVIDER_VARIABLE, REACH_VARIABLE, RELAY_VARIABLE};
use crate::model::{
    Access, Catalog, FieldError, HealthKey, JoinLink, Offers, PortNumber, Protocol, ProviderId,
    Reach, TypedTarget, parse_name, parse_typed_target, parse_url_target,
};
use crate::shell::headless::Form;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use std::collections::BTreeMap;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  underpass host 3000                   for this computer alone
  underpass host 3000 --reach network   for whoever is in this network
  underpass host 3000 --reach internet  for anybody: docs/sharing.md says by which way
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
  underpass host 3000 --health path=/healthz --health expect=200-299
                                        say so where the service does not answer as it should
  underpass host --file underpass.toml  the tunnels of a file; with --check it says which
  underpass host 3000 --url-only --timeout 30
                                        for scripts: the URL alone, or exit code 6
  underpass host 3000 --detach          without this terminal; `underpass stop port-3000` ends it
  underpass host 3000 --json --control  for programs: JSON lines out, commands in

It runs until Ctrl-C. With --control it reads a command a line from standard input: `host ID`,
`stop ID`, `drop ID`, `reconnect ID`, `quit`; the end of the input is a `quit`.";

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, as it was typed"
)]
#[derive(Args, Clone, Debug, PartialEq, Eq)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HostArgs {
    /// PORT, HOST:PORT, a URL, or the name of a saved tunnel; several ports make one tunnel
    #[arg(required_unless_present_any = ["provider", "file"], value_name = "TARGET", value_parser = Unquoted(read_target), add = complete::tunnels())]
    pub(in crate::cli) targets: Vec<HostTarget>,

    /// Host the tunnels of a TOML file, which a repository can keep; docs/command-line.md has its keys
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "targets", "name", "protocol", "public_port", "host_header", "proxy_protocol", "probe",
        "no_tls_verify", "provider", "public", "account", "typed_set", "typed_health",
    ])]
    pub(in crate::cli) file: Option<PathBuf>,

    /// Say what the file would host, and host nothing
    #[arg(long = "check", requires = "file", conflicts_with_all = ["control", "url_only", "timeout", "take_over"])]
    pub(in crate::cli) only_check: bool,

    /// Which relay the file is for, as HOST:PORT.
    #[arg(skip)]
    pub(in crate::cli) for_relay: Option<String>,

    /// The tunnel's name, which becomes part of its URL [default: port-PORT, at a joined relay with four
    /// characters behind it that are this computer's own]
    #[arg(long, alias = "subdomain")]
    pub(in crate::cli) name: Option<String>,

    /// What the ports speak: http, https, tcp or auto [default: auto]
    #[arg(long, value_parser = parse::protocol(), hide_possible_values = true)]
    pub(in crate::cli) protocol: Option<Protocol>,

    /// The public port to ask for; only with --protocol tcp
    #[arg(long, value_name = "PORT")]
    pub(in crate::cli) public_port: Option<PortNumber>,

    #[command(flatten)]
    pub(in crate::cli) options: PortOptionArgs,

    /// The join link of the relay to use, else the joined relay of the settings, else the one in
    /// this program. A command line can be seen by others: put the link into the environment as
    /// `UNDERPASS_RELAY` instead where that matters
    #[arg(long, value_name = "JOIN", value_parser = Unquoted(|typed| read_link(typed, "--relay")))]
    pub(in crate::cli) relay: Option<JoinLink>,

    /// For whom it is: here (this computer alone), network, or internet, for which a way without an
    /// account is looked for where no relay is joined; else the environment's `UNDERPASS_REACH`, else
    /// what the settings say
    #[arg(long, value_parser = PossibleValuesParser::new(Reach::ALL.map(Reach::as_str)).try_map(|it| it.parse::<Reach>()))]
    pub(in crate::cli) reach: Option<Reach>,

    /// Who carries the tunnel: relay (our own), or another that `underpass providers` lists
    /// [default: relay]
    #[arg(long = "provider", id = "provider", value_name = "PROVIDER", value_parser = parse::provider(), hide_possible_values = true)]
    pub(in crate::cli) typed_provider: Option<ProviderId>,

    /// What that means.
    #[arg(skip = ProviderId::RELAY)]
    pub(in crate::cli) provider: ProviderId,

    /// Anyone may visit, without signing in; only with a provider whose tunnels are private otherwise
    #[arg(long)]
    pub(in crate::cli) public: bool,

    /// For which of your accounts at the provider; `underpass account list` lists them
    #[arg(long, value_name = "NAME", value_parser = Unquoted(read_name))]
    pub(in crate::cli) account: Option<String>,

    /// Set an option of the provider for this time; `underpass providers NAME` lists them. A secret is
    /// read from a file (KEY=@FILE) or standard input (KEY=@-)
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(in crate::cli) typed_set: Vec<String>,

    /// What that means.
    #[arg(skip)]
    pub(in crate::cli) set: Set,

    /// Say for this time how it is checked and comes back, as in interval=10s or path=/healthz;
    /// `underpass health --help` lists all of it
    #[arg(long = "health", value_name = "KEY=VALUE")]
    pub(in crate::cli) typed_health: Vec<String>,

    /// What that means.
    #[arg(skip)]
    pub(in crate::cli) health: BTreeMap<HealthKey, String>,

    /// Take the tunnel from the machine that hosts it now
    #[arg(long)]
    pub(in crate::cli) take_over: bool,

    /// Print nothing but the URL of each port, a line each, once visitors get there; what else there is
    /// to say goes to standard error
    #[arg(long)]
    pub(in crate::cli) url_only: bool,

    /// End with exit code 6 where visitors do not get there within so many SECONDS
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) timeout: Option<u64>,

    /// One JSON object a line instead of text
    #[arg(long)]
    pub(in crate::cli) json: bool,

    /// Read commands from standard input
    #[arg(long)]
    pub(in crate::cli) control: bool,

    /// End once visitors get there, and go on hosting without this terminal: in the desktop program where
    /// that runs and has the tunnels, else in the background. `underpass stop` ends it
    #[arg(long, conflicts_with_all = ["control", "only_check"])]
    pub(in crate::cli) detach: bool,

    /// What `--detach` starts.
    #[arg(long, hide = true, conflicts_with_all = ["control", "only_check", "detach"])]
    pub(in crate::cli) in_background: bool,
}

/// One TARGET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostTarget {
    /// A port here or at another host.
    Service(TypedTarget),
    /// A saved tunnel, by its id or name.
    Saved(String),
}

impl HostArgs {
    /// Checks what no word shows by itself, and takes the join link from the environment where none
    /// was typed.
    pub(in crate::cli) fn check(
        &mut self,
        variable: impl Fn(&str) -> Option<String>,
        providers: &Catalog,
    ) -> Result<(), String> {
        if self.file.is_some() {
            // Each of its tunnels is checked by itself once it is read.
            return Ok(());
        }
        if self.only_check {
            // A TARGET conflicts with --file, so that clap does not ask for it there.
            return Err("--check goes with --file".to_owned());
        }
        self.provider = match (self.typed_provider, said(&variable, PROVIDER_VARIABLE)) {
            (Some(typed), _) => typed,
            (None, Some(word)) => {
                let wrong = |wrong| format!("{PROVIDER_VARIABLE}: {wrong}");
                word.parse().map_err(wrong)?
            }
            (None, None) => ProviderId::RELAY,
        };
        let offers = find(providers, self.provider)?;
        let mut watched_host = None;
        if self.targets.is_empty() {
            let (url, host) = watched(offers, &self.typed_set)?;
            self.targets.push(HostTarget::Service(url));
            watched_host = Some(host);
        }
        let is_service = |target: &HostTarget| matches!(target, HostTarget::Service(_));
        let makes = self.targets.iter().any(is_service);
        if makes && self.name.is_none() {
            self.name = said(&variable, NAME_VARIABLE);
        }
        check_options(self, offers)?;
        self.name = self.name.take().or(watched_host);
        self.health = health::read("--health", &self.typed_health)?;
        self.set = set::read(offers, &self.typed_set, makes)?;
        let from_stdin = |from: &&SecretFrom| **from == SecretFrom::Stdin;
        let from_stdin = self.set.secrets.values().filter(from_stdin).count();
        if self.control && from_stdin > 0 {
            return Err(
                "--control reads standard input, which @- would use up: use @FILE".to_owned(),
            );
        }
        if from_stdin > 1 {
            return Err("@- can be read once: use @FILE for the other".to_owned());
        }
        if self.account.is_some() && offers.token.is_none() {
            return Err(format!(
                "--account goes with a provider that takes tokens, not with {}",
                offers.id
            ));
        }
        self.check_reach(&variable)?;
        // The relay in this program alone is for this computer or its network.
        let joins = matches!(self.reach, None | Some(Reach::Internet));
        if joins
            && self.relay.is_none()
            && let Some(link) = said(&variable, RELAY_VARIABLE)
        {
            self.relay = Some(read_link(&link, RELAY_VARIABLE)?);
        }
        Ok(())
    }

    /// Takes the reach from the environment where none was typed.
    fn check_reach(&mut self, variable: impl Fn(&str) -> Option<String>) -> Result<(), String> {
        if self.reach.is_none()
            && let Some(reach) = said(&variable, REACH_VARIABLE)
        {
            let reach = reach.trim().parse();
            self.reach = Some(reach.map_err(|wrong| format!("{REACH_VARIABLE}: {wrong}"))?);
        }
        match self.reach {
            Some(reach @ (Reach::Here | Reach::Network)) if self.relay.is_some() => Err(format!(
                "--relay goes with --reach internet, not with --reach {}: that is the relay in this \
                 program",
                reach.as_str()
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether a secret comes on standard input.
    pub(super) fn reads_secret(&self) -> bool {
        let mut from = self.set.secrets.values();
        from.any(|from| *from == SecretFrom::Stdin)
    }

    /// What its lines are.
    pub(super) fn form(&self) -> Form {
        Form {
            json: self.json,
            urls_alone: self.url_only,
        }
    }

    /// Who may visit, where the provider lets one choose.
    pub(super) fn access(&self) -> Access {
        if self.public {
            Access::Public
        } else {
            Access::Private
        }
    }
}

/// What the environment says, if anything.
fn said(variable: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variable(name).filter(|said| !said.trim().is_empty())
}

/// What stands for the service of a URL that somebody else serves, and its host's name.
fn watched(offers: &Offers, set: &[String]) -> Result<(TypedTarget, String), String> {
    let key = offers.watches.ok_or_else(|| {
        "a TARGET is missing: PORT, HOST:PORT or the name of a saved tunnel".to_owned()
    })?;
    let set = set::read(offers, set, true)?;
    let url = set.tunnel.get(key);
    let typed = url.and_then(|url| parse_url_target(url));
    let typed = typed.ok_or_else(|| format!("{key} takes a URL with a host"))?;
    let host = typed.target.host.clone();
    Ok((typed, host))
}

pub(super) fn check_options(args: &HostArgs, offers: &Offers) -> Result<(), String> {
    let targets = &args.targets[..];
    let is_port = |asked: &&HostTarget| matches!(asked, HostTarget::Service(_));
    let ports = targets.iter().filter(is_port).count();
    if let Some(name) = &args.name
        && parse_name(name).is_err()
    {
        return Err(format!(
            "{name:?} cannot be a name: it needs a letter or digit, and has 64 characters at most"
        ));
    }
    check_provider(args, offers)?;
    let about_ports = args.name.is_some()
        || args.protocol.is_some()
        || args.public_port.is_some()
        || args.options.are_given();
    if ports == 0 && about_ports {
        return Err(
            "--name, --protocol, --public-port, --host-header and --proxy-protocol go with a port; \
             a saved tunnel has its own"
                .to_owned(),
        );
    }
    if args.options.host_header.is_some() && args.protocol == Some(Protocol::Tcp) {
        return Err("--host-header goes with HTTP, not with --protocol tcp".to_owned());
    }
    if args.public_port.is_some() && ports > 1 {
        return Err("--public-port goes with one port, not with several".to_owned());
    }
    let pasted_tcp =
        || matches!(targets, [HostTarget::Service(typed)] if typed.protocol == Some(Protocol::Tcp));
    let is_tcp = match args.protocol {
        None | Some(Protocol::Auto) => pasted_tcp(),
        Some(protocol) => protocol == Protocol::Tcp,
    };
    if args.public_port.is_some() && !is_tcp {
        return Err("--public-port goes with --protocol tcp".to_owned());
    }
    Ok(())
}

fn check_provider(args: &HostArgs, offers: &Offers) -> Result<(), String> {
    let name = offers.id;
    if args.public && !offers.access {
        return Err(format!(
            "--public goes with a provider that lets you say who may visit; {}",
            if offers.joins {
                "who reaches our relay may visit its tunnels".to_owned()
            } else {
                format!("{name} does not")
            }
        ));
    }
    if args.relay.is_some() && !offers.joins {
        return Err(format!("--relay goes without --provider {name}"));
    }
    args.options.check(offers)?;
    if args.public_port.is_some() && !offers.joins {
        return Err(lacks(offers, "--public-port"));
    }
    match args.protocol {
        Some(protocol) if !offers.carries(protocol) => Err(format!(
            "{name} carries no {protocol}: it has {}",
            list(offers.protocols.iter().map(|protocol| protocol.as_str()))
        )),
        Some(_) | None => Ok(()),
    }
}

/// A number is a port and a `:` makes a target; anything else is a name.
pub(super) fn read_target(typed: &str) -> Result<HostTarget, String> {
    let typed = typed.trim();
    let is_number = |c: char| c.is_ascii_digit() || "+-.".contains(c);
    if !typed.contains(':') && !typed.chars().all(is_number) {
        return Ok(HostTarget::Saved(typed.to_owned()));
    }
    match parse_typed_target(typed) {
        Ok(target) => Ok(HostTarget::Service(target)),
        Err(FieldError::NotATarget { typed }) => {
            Err(format!("{typed:?} is neither PORT nor HOST:PORT"))
        }
        Err(FieldError::TwoPorts { typed }) => Err(format!(
            "{typed:?} names two ports: type the one that your service listens on"
        )),
        Err(FieldError::TargetHasPath { typed }) => Err(format!(
            "a tunnel carries all paths: type {typed:?} alone"
        )),
        Err(FieldError::TargetHasUser) => Err(
            "a TARGET takes no user name or password: type HOST:PORT, visitors sign in at your service"
                .to_owned(),
        ),
        Err(FieldError::NotAPort { typed }) => Err(format!(
            "{typed:?} is not a port: a port is a number from 1 to 65535"
        )),
        Err(_) => Err("a TARGET is PORT, HOST:PORT or the name of a saved tunnel".to_owned()),
    }
}

/// What was typed is not quoted: it may hold a token.
fn read_link(typed: &str, from: &str) -> Result<JoinLink, String> {
    let wrong = |fault| format!("{from}: {fault}");
    typed.parse().map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Command, parse};

    impl HostArgs {
        /// As `underpass host WORDS` means it.
        pub(in crate::cli) fn typed(words: &[&str]) -> Self {
            let words = ["underpass", "host"].iter().chain(words);
            let typed = parse(words.map(Into::into), |_| None, &Catalog::sample());
            match typed.expect("it is right").command {
                Some(Command::Host(args)) => *args,
                other => panic!("{other:?}"),
            }
        }
    }
}
