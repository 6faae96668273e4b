//! `underpass relay`: the public end, as a program of its own.

pub(crate) mod accounts;
mod limits;
mod quotas;
mod service;

pub use self::limits::LimitArgs;
pub use self::quotas::QuotaArgs;

use self::service::News;
use crate::base::clock;
use crate::base::signals::Signals;
use crate::cli::RelayArgs;
use crate::cli::speech::{Speech, complain, print_json};
use crate::link::resume::Caps;
use crate::relay::ingress::Approach;
use crate::relay::{Limits, OWNER, Relay, RelayConfig, ReservedNames, VisitorLimits, Visitors};
use crate::store::Home;
use crate::view::messages as m;
use serde::Serialize;
use std::io::{self, IsTerminal as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// The folder of a relay's data in the home.
const DATA: &str = "relay-server";

/// What a program reads when the relay is up. The join link is a secret: it goes here and nowhere
/// else.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
enum Line {
    Listening {
        at: String,
        link: SocketAddr,
        http: SocketAddr,
        join: String,
    },
}

/// Where the data of a relay of this home is.
pub(super) fn data_dir(home: &Home, named: Option<&Path>) -> io::Result<PathBuf> {
    match named {
        Some(path) => std::path::absolute(path),
        None => Ok(home.file(DATA)),
    }
}

pub(crate) fn run(home: &Home, args: RelayArgs) -> ExitCode {
    let speech = Speech::of(home);
    match serve(home, args, &speech) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn serve(home: &Home, args: RelayArgs, speech: &Speech) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .thread_name("relay")
        .enable_all()
        .build()?;
    let drain = args.drain;
    let reserved = reserved(&args);
    let limits = within(&asked(&args.limits), &args.quotas).for_this_process();
    let approach = Approach {
        trusted: args.trusted_proxies.into(),
        proxy_protocol: args.proxy_protocol,
        secure: args.public_url.as_ref().is_some_and(|url| url.secure),
    };
    let config = RelayConfig {
        link: args.listen,
        http: args.http,
        tcp_ports: args.tcp_ports.0,
        data: data_dir(home, args.data.as_deref())?,
        public_by_port: false,
        reserved,
        limits,
        advertise: args.advertise,
        domain: args.domain,
        public_url: args.public_url,
    };
    runtime.block_on(async {
        // Heard from the first moment on, so that whoever starts it can end it at once.
        let mut signals = Signals::listen()?;
        let names = config.advertise.iter().cloned().collect();
        let visitors = Visitors::within(&config.domain, config.limits.visitors);
        let visitors = Arc::new(visitors.by(approach, names));
        let relay = Relay::start_on(service::sockets()?, config, visitors).await?;
        for warning in relay.warnings() {
            complain(&warning.to_string());
        }
        tracing::info!(link = %relay.link_addr(), http = %relay.http_addr(), "relay is up");
        announce(&relay, args.json, speech);
        service::tell(News::Ready);
        signals.next().await;
        tracing::info!("relay goes down");
        service::tell(News::Stopping);
        tokio::select! {
            () = relay.drain(drain) => {}
            // Who says it twice does not want to wait.
            () = signals.next() => tracing::info!("relay ends at once"),
        }
        Ok(())
    })
}

/// The limits, with what was asked for accounts.
fn within(limits: &Limits, quotas: &QuotaArgs) -> Limits {
    Limits {
        names_per_account: quotas.max_names_per_account,
        public_ports_per_account: quotas.max_public_ports_per_account,
        ..*limits
    }
}

/// What nobody may be called at a public relay.
fn reserved(args: &RelayArgs) -> ReservedNames {
    let mut reserved = ReservedNames::usual();
    for pattern in &args.quotas.reserve_names {
        reserved.add(pattern);
    }
    if let Some(name) = &args.advertise {
        reserved.add_own(name, &args.domain);
    }
    reserved
}

/// What was asked for.
fn asked(args: &LimitArgs) -> Limits {
    let seconds = |seconds: u32| Duration::from_secs(seconds.into());
    let usual = Limits::default();
    Limits {
        visitors: VisitorLimits {
            connections: args.max_visitors as usize,
            connections_per_network: args.max_visitors_per_address as usize,
            streams_per_link: args.max_streams_per_tunnel as usize,
            streams_per_port: args.max_streams_per_port as usize,
            streams_per_network: args.max_streams_per_address as usize,
            head_timeout: seconds(args.head_timeout),
            idle_timeout: seconds(args.idle_timeout),
            write_stall: seconds(args.write_stall),
            ..usual.visitors
        },
        handshake_timeout: seconds(args.handshake_timeout),
        unauthenticated: args.max_handshakes as usize,
        unauthenticated_per_network: args.max_handshakes_per_address as usize,
        sessions_per_account: args.max_tunnels_per_account,
        ports_per_tunnel: args.max_ports_per_tunnel as usize,
        parking: Caps {
            retention: 60 * seconds(args.keep_parked),
            // A displaced session and the one in its place overlap for a moment.
            sessions_per_account: 2 * args.max_tunnels_per_account as usize,
            bytes: args.max_parked as usize * 1024 * 1024,
            ..usual.parking
        },
        ..usual
    }
}

/// Threads that carry the traffic: half of the processor, as the system's own work on each packet
/// takes about as much. More threads only wake each other.
fn workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).max(1)
}

fn announce(relay: &Relay, json: bool, speech: &Speech) {
    let join = relay.join_link().reveal();
    if json {
        return print_json(&Line::Listening {
            at: clock::rfc3339(clock::shift().apply(clock::now())),
            link: relay.link_addr(),
            http: relay.http_addr(),
            join,
        });
    }
    let visitors = format!("http://{}/", reachable(relay.http_addr()));
    for msg in [
        m::cli_relay_up(),
        m::cli_relay_link(relay.link_addr().to_string()),
        m::cli_relay_http(visitors),
    ] {
        speech.say(&msg);
    }
    // Standard output may be a journal that many can read: there it is said once, for whoever sets the
    // relay up, and not at each start.
    if relay.is_new() || io::stdout().is_terminal() {
        speech.say(&m::cli_relay_join(join));
        speech.say(&m::cli_relay_secret());
    } else {
        speech.say(&m::cli_relay_join_said(OWNER));
    }
}

/// A wildcard is no address to click on.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::from((Ipv4Addr::LOCALHOST, address.port()))
    } else {
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Task, parse};

    fn args(more: &[&str]) -> RelayArgs {
        let words = ["underpass", "relay"].iter().chain(more);
        let parsed = parse(
            words.map(Into::into),
            |_| None,
            &crate::model::Catalog::default(),
        );
        match parsed.expect("it is right").task {
            Task::Relay(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_typed_by_default_is_the_relays_own_default() {
        let args = args(&[]);
        assert_eq!(asked(&args.limits), Limits::default());
        assert_eq!(within(&Limits::default(), &args.quotas), Limits::default());
    }

    #[test]
    fn quotas_and_reserved_names_are_as_they_are_typed() {
        let typed = args(&["--max-names-per-account", "7"]);
        let limits = within(&Limits::default(), &typed.quotas);
        assert_eq!(limits.names_per_account, 7);
        let typed = "--domain T.example --advertise relay.t.example --reserve-name Status";
        let typed = typed.split(' ').chain(["--reserve-name", "corp-*"]);
        let reserved = reserved(&args(&typed.collect::<Vec<_>>()));
        for label in ["www", "status", "corp-a", "relay"] {
            assert!(reserved.contains(label), "{label}");
        }
        assert!(!reserved.contains("shop"));
    }
}
