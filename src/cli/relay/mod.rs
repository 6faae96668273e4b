//! `underpass relay`: the public end, as a program of its own.

mod accounts;
mod args;
mod limits;
mod service;
mod words;

pub(crate) use self::args::RelayArgs;
pub(in crate::cli) use self::args::{TcpPorts, parse_host};

use self::limits::{limits_of, with_quotas};
use self::service::News;
use crate::base::clock;
use crate::base::signals::Signals;
use crate::cli::console::{Console, print_json};
use crate::relay::ingress::Approach;
use crate::relay::{OWNER, Relay, RelayConfig, ReservedNames, Visitors};
use crate::store::Home;
use crate::view::messages as m;
use serde::Serialize;
use std::io::{self, IsTerminal as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
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

pub(crate) fn run(home: &Home, mut args: RelayArgs) -> ExitCode {
    let console = Console::of(home).for_programs(args.json);
    let data = match &args.data {
        Some(path) => std::path::absolute(path),
        None => Ok(home.file(DATA)),
    };
    let done = data
        .map_err(anyhow::Error::from)
        .and_then(|data| match args.command.take() {
            Some(command) => accounts::change(&data, command, &args, &console),
            None => serve(&data, args, &console),
        });
    console.end(done.map_err(words::failure))
}

fn serve(data: &Path, args: RelayArgs, console: &Console) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers())
        .thread_name("relay")
        .enable_all()
        .build()?;
    let drain = Duration::from_secs(args.drain);
    let reserved = reserved(&args);
    let (link, domain) = (args.listen(), args.domain().to_owned());
    let limits = with_quotas(&limits_of(&args.limits), &args.quotas).for_this_process();
    let approach = Approach {
        trusted: args.trusted_proxy.into(),
        proxy_protocol: args.proxy_protocol,
        secure: args.public_url.as_ref().is_some_and(|url| url.secure),
    };
    let config = RelayConfig {
        link,
        http: args.http,
        tcp_ports: args.tcp_ports.0,
        data: data.to_owned(),
        public_by_port: false,
        reserved,
        limits,
        domain,
        advertise: args.address.advertise,
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
            console.error(&words::warning(warning));
        }
        tracing::info!(link = %relay.link_addr(), http = %relay.http_addr(), "relay is up");
        announce(&relay, args.json, console);
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

/// What nobody may be called at a public relay.
fn reserved(args: &RelayArgs) -> ReservedNames {
    let mut reserved = ReservedNames::usual();
    for pattern in &args.quotas.reserve_names {
        reserved.add(pattern);
    }
    if let Some(name) = &args.address.advertise {
        reserved.add_own(name, args.domain());
    }
    reserved
}

/// Threads that carry the traffic: half of the processor, as the system's own work on each packet
/// takes about as much. More threads only wake each other.
fn workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).max(1)
}

fn announce(relay: &Relay, json: bool, console: &Console) {
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
        console.say(&msg);
    }
    // Standard output may be a journal that many can read: there it is said once, for whoever sets the
    // relay up, and not at each start.
    if relay.is_new() || io::stdout().is_terminal() {
        console.say(&m::cli_relay_join(join));
        console.say(&m::cli_relay_secret());
    } else {
        console.say(&m::cli_relay_join_said(OWNER));
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
    use crate::link::resume::Caps;
    use crate::relay::{Limits, VisitorLimits};

    #[test]
    fn what_is_typed_by_default_is_the_relays_own_default() {
        let args = RelayArgs::typed("");
        assert_eq!(limits_of(&args.limits), Limits::default());
        assert_eq!(
            with_quotas(&Limits::default(), &args.quotas),
            Limits::default()
        );
    }

    /// Put together whole: without a place here a new bound does not compile.
    #[test]
    fn every_bound_has_a_flag() {
        let typed = RelayArgs::typed(
            "--max-visitors 1 --max-visitors-per-address 2 --max-streams-per-tunnel 3 \
             --max-streams-per-port 4 --max-streams-per-address 5 --head-timeout 6 \
             --idle-timeout 7 --body-timeout 8 --expect-timeout 9 --max-bodies-ahead 10 \
             --event-stream-patience 11 --write-stall 12 --max-unsent 13 \
             --handshake-timeout 14 --max-handshakes 15 --max-handshakes-per-address 16 \
             --max-tunnels-per-account 17 --max-ports-per-tunnel 18 \
             --max-names-per-account 19 --max-public-ports-per-account 20 \
             --max-kept-names 21 --keep-names 22 --open-timeout 23 --return-within 24 \
             --keep-parked 25 --max-parked-per-account 26 --max-parked 27",
        );
        let limits = with_quotas(&limits_of(&typed.limits), &typed.quotas);
        let seconds = std::time::Duration::from_secs;
        let visitors = VisitorLimits {
            connections: 1,
            connections_per_network: 2,
            streams_per_link: 3,
            streams_per_port: 4,
            streams_per_network: 5,
            head_timeout: seconds(6),
            idle_timeout: seconds(7),
            body_timeout: seconds(8),
            expect_timeout: seconds(9),
            bodies_ahead: 10,
            event_stream_patience: seconds(11),
            write_stall: seconds(12),
            unsent: 13 * 1_024,
        };
        let wanted = Limits {
            visitors,
            handshake_timeout: seconds(14),
            unauthenticated: 15,
            unauthenticated_per_network: 16,
            sessions_per_account: 17,
            ports_per_tunnel: 18,
            names_per_account: 19,
            public_ports_per_account: 20,
            known_labels: 21,
            reserved_for: seconds(22 * 60 * 60),
            open_timeout: seconds(23),
            return_within: seconds(24),
            link: limits.link,
            parking: Caps {
                retention: seconds(25 * 60),
                tombstones: limits.parking.tombstones,
                sessions_per_account: 34,
                bytes_per_account: 26 << 20,
                bytes: 27 << 20,
            },
        };
        assert_eq!(limits, wanted);
    }

    #[test]
    fn quotas_and_reserved_names_are_as_they_are_typed() {
        let typed = RelayArgs::typed("--max-names-per-account 7");
        let limits = with_quotas(&Limits::default(), &typed.quotas);
        assert_eq!(limits.names_per_account, 7);
        let reserved = reserved(&RelayArgs::typed(
            "--domain T.example --advertise relay.t.example --reserve-name Status \
             --reserve-name corp-*",
        ));
        for label in ["www", "status", "corp-a", "relay"] {
            assert!(reserved.contains(label), "{label}");
        }
        assert!(!reserved.contains("shop"));
    }
}
