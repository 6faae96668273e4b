//! From the words to what they mean: everything that needs more than one word, or must not be
//! quoted back when it is wrong.

use super::raw::{
    Raw, RawAccount, RawAddress, RawCommand, RawHost, RawPortChange, RawRelay, RawRelayCommand,
    RawTunnels, RawTunnelsCommand,
};
use super::resolved::{
    AccountArgs, AccountChange, Asked, AuditArgs, DesktopArgs, DoctorArgs, HostArgs, Invocation,
    LinkAddress, ProvidersArgs, RelayArgs, Task, TunnelsArgs, TunnelsTask,
};
use super::{RELAY_VARIABLE, SecretFrom, raw_account, set};
use crate::model::{
    Access, Catalog, FieldError, JoinLink, Offers, Protocol, ProviderId, TypedTarget, parse_name,
    parse_typed_target, parse_url_target,
};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

/// Where a relay listens for hosts when nothing else is asked for.
const LISTEN: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 7443));

/// Reads what the words mean, or says what is wrong with them.
pub(super) fn resolve(
    raw: Raw,
    variable: impl Fn(&str) -> Option<String>,
    providers: &Catalog,
) -> Result<Invocation, String> {
    if raw.minimised && raw.command.is_some() {
        return Err("--minimised goes without a command: it is about the window".to_owned());
    }
    let task = match raw.command {
        None => Task::Desktop(DesktopArgs {
            minimised: raw.minimised,
        }),
        Some(RawCommand::Host(raw)) => Task::Host(host(raw, variable, providers)?),
        Some(RawCommand::Relay(raw)) => relay(*raw),
        Some(RawCommand::Tunnels(raw)) => {
            let args = tunnels(raw);
            if let TunnelsTask::List { provider } = args.task {
                find(providers, provider)?;
            }
            Task::Tunnels(args)
        }
        Some(RawCommand::Audit(raw)) => Task::Audit(AuditArgs {
            verify: raw.verify,
            json: raw.json,
            tail: raw.tail,
        }),
        Some(RawCommand::Doctor {
            provider,
            write,
            json,
        }) => doctor(find(providers, provider)?, write, json)?,
        Some(RawCommand::Providers { provider, json }) => {
            if let Some(provider) = provider {
                find(providers, provider)?;
            }
            Task::Providers(ProvidersArgs { provider, json })
        }
        Some(RawCommand::Account(raw)) => Task::Account(raw_account::resolve(raw, providers)?),
        Some(RawCommand::Completions { shell }) => Task::Completions(shell),
        Some(RawCommand::Man) => Task::Man,
    };
    Ok(Invocation {
        verbosity: raw.verbose,
        task,
    })
}

/// The provider, or which there are.
pub(super) fn find(providers: &Catalog, id: ProviderId) -> Result<&'static Offers, String> {
    let there = || -> String {
        let ids: Vec<String> = providers
            .iter()
            .map(|offers| offers.id.to_string())
            .collect();
        format!(
            "{:?} is no provider of this build: it has {}",
            id.as_str(),
            ids.join(", ")
        )
    };
    providers.find(id).ok_or_else(there)
}

fn host(
    raw: RawHost,
    variable: impl Fn(&str) -> Option<String>,
    providers: &Catalog,
) -> Result<HostArgs, String> {
    let offers = find(providers, raw.provider)?;
    let typed = raw.targets.iter().map(|typed| read_target(typed));
    let mut targets: Vec<Asked> = typed.collect::<Result<_, _>>()?;
    let mut name = raw.name.clone();
    if targets.is_empty() {
        let (of_url, host) = watched(offers, &raw.set)?;
        targets.push(Asked::Target(of_url));
        name = name.or(Some(host));
    }
    check_options(&raw, offers, &targets)?;
    let makes = targets
        .iter()
        .any(|asked| matches!(asked, Asked::Target(_)));
    let set = set::read(offers, &raw.set, makes)?;
    let stdin = |from: &SecretFrom| *from == SecretFrom::Stdin;
    if raw.control && set.secrets.values().any(stdin) {
        return Err("--control reads standard input, which @- would use up: use @FILE".to_owned());
    }
    if set.secrets.values().filter(|from| stdin(from)).count() > 1 {
        return Err("@- can be read once: use @FILE for the other".to_owned());
    }
    if raw.account.is_some() && offers.token.is_none() {
        return Err(format!(
            "--account goes with a provider that takes tokens, not with {}",
            offers.id
        ));
    }
    let relay = match (raw.relay, variable(RELAY_VARIABLE)) {
        (Some(link), _) => Some(read_link(&link, "--relay")?),
        (None, Some(link)) if !link.trim().is_empty() => Some(read_link(&link, RELAY_VARIABLE)?),
        (None, _) => None,
    };
    Ok(HostArgs {
        targets,
        name,
        protocol: raw.protocol,
        public_port: raw.public_port,
        options: raw.options.resolve(),
        set,
        account: raw
            .account
            .map(|name| raw_account::check_name(Some(name)))
            .transpose()?,
        relay,
        provider: raw.provider,
        access: if raw.public {
            Access::Public
        } else {
            Access::Private
        },
        take_over: raw.take_over,
        json: raw.json,
        control: raw.control,
    })
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

fn check_options(raw: &RawHost, offers: &Offers, targets: &[Asked]) -> Result<(), String> {
    let is_port = |asked: &&Asked| matches!(asked, Asked::Target(_));
    let ports = targets.iter().filter(is_port).count();
    if let Some(name) = &raw.name
        && parse_name(name).is_err()
    {
        return Err(format!(
            "{name:?} cannot be a name: it needs a letter or digit, and has 64 characters at most"
        ));
    }
    check_provider(raw, offers)?;
    let about_ports = raw.name.is_some()
        || raw.protocol.is_some()
        || raw.public_port.is_some()
        || raw.options.are_given();
    if ports == 0 && about_ports {
        return Err(
            "--name, --protocol, --public-port, --host-header and --proxy-protocol go with a port; \
             a saved tunnel has its own"
                .to_owned(),
        );
    }
    if raw.options.host_header.is_some() && raw.protocol == Some(Protocol::Tcp) {
        return Err("--host-header goes with HTTP, not with --protocol tcp".to_owned());
    }
    if raw.public_port.is_some() && ports > 1 {
        return Err("--public-port goes with one port, not with several".to_owned());
    }
    let pasted_tcp =
        || matches!(targets, [Asked::Target(typed)] if typed.protocol == Some(Protocol::Tcp));
    let is_tcp = match raw.protocol {
        None | Some(Protocol::Auto) => pasted_tcp(),
        Some(protocol) => protocol == Protocol::Tcp,
    };
    if raw.public_port.is_some() && !is_tcp {
        return Err("--public-port goes with --protocol tcp".to_owned());
    }
    Ok(())
}

fn check_provider(raw: &RawHost, offers: &Offers) -> Result<(), String> {
    let name = offers.id;
    if raw.public && !offers.access {
        return Err(format!(
            "--public goes with a provider that lets you say who may visit; {}",
            if offers.joins {
                "who reaches our relay may visit its tunnels".to_owned()
            } else {
                format!("{name} does not")
            }
        ));
    }
    if raw.relay.is_some() && !offers.joins {
        return Err(format!("--relay goes without --provider {name}"));
    }
    if raw.options.are_given() && !offers.port_options {
        return Err(format!(
            "--host-header and --proxy-protocol go with our own relay, not with --provider {name}"
        ));
    }
    match raw.protocol {
        Some(protocol) if !offers.carries(protocol) => Err(format!(
            "{name} carries no {protocol}: it has {}",
            words(offers.protocols.iter().map(|protocol| protocol.as_str()))
        )),
        Some(_) | None => Ok(()),
    }
}

/// One after the other.
pub(super) fn words<'w>(words: impl Iterator<Item = &'w str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn doctor(offers: &Offers, write: bool, json: bool) -> Result<Task, String> {
    let provider = offers.id;
    if write && !offers.trial {
        return Err(format!(
            "--write goes with a provider that keeps accounts, not with {provider}"
        ));
    }
    Ok(Task::Doctor(DoctorArgs {
        provider,
        write,
        json,
    }))
}

/// A number is a port and a `:` makes a target; anything else is a name.
fn read_target(typed: &str) -> Result<Asked, String> {
    let typed = typed.trim();
    let is_number = |c: char| c.is_ascii_digit() || "+-.".contains(c);
    if !typed.contains(':') && !typed.chars().all(is_number) {
        return Ok(Asked::Saved(typed.to_owned()));
    }
    match parse_typed_target(typed) {
        Ok(target) => Ok(Asked::Target(target)),
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

fn relay(raw: RawRelay) -> Task {
    let Some(RawRelayCommand::Account { change }) = raw.command else {
        let domain = raw.public_url.as_ref().map(|url| url.domain.clone());
        return Task::Relay(RelayArgs {
            quotas: raw.quotas,
            listen: raw.address.listen.unwrap_or(LISTEN),
            http: raw.http,
            tcp_ports: raw.tcp_ports,
            domain: domain.unwrap_or(raw.domain),
            public_url: raw.public_url,
            trusted_proxies: raw.trusted_proxy,
            proxy_protocol: raw.proxy_protocol,
            drain: Duration::from_secs(raw.drain),
            data: raw.data,
            advertise: raw.address.advertise,
            limits: Box::new(raw.limits),
            json: raw.json,
        });
    };
    let outer = raw.address;
    let address = |address: RawAddress| LinkAddress {
        listen: address.listen.or(outer.listen),
        advertise: address.advertise.or(outer.advertise),
    };
    let change = match change {
        RawAccount::Add { name, address: at } => AccountChange::Add {
            name,
            at: address(at),
        },
        RawAccount::Rotate { name, address: at } => AccountChange::Rotate {
            name,
            at: address(at),
        },
        RawAccount::List => AccountChange::List,
        RawAccount::Remove { name } => AccountChange::Remove { name },
    };
    Task::Accounts(AccountArgs {
        data: raw.data,
        change,
        json: raw.json,
    })
}

fn tunnels(raw: RawTunnels) -> TunnelsArgs {
    let task = match raw.command {
        RawTunnelsCommand::List { provider } => TunnelsTask::List { provider },
        RawTunnelsCommand::Show { id } => TunnelsTask::Show { id },
        RawTunnelsCommand::Create { name, target, port } => TunnelsTask::Create {
            name,
            target,
            protocol: port.protocol,
            public_port: port.public_port,
            options: port.options.resolve(),
        },
        RawTunnelsCommand::Delete { id } => TunnelsTask::Delete { id },
        RawTunnelsCommand::Port { change } => match change {
            RawPortChange::Add { id, target, port } => TunnelsTask::AddPort {
                id,
                target,
                protocol: port.protocol,
                public_port: port.public_port,
                options: port.options.resolve(),
            },
            RawPortChange::Remove { id, port } => TunnelsTask::RemovePort { id, port },
        },
    };
    TunnelsArgs {
        json: raw.json,
        task,
    }
}
