//! `underpass relay`: the public end, as a program of its own.

use super::service::{self, News};
use super::signals::Signals;
use super::speech::{Speech, complain, print_json};
use crate::cli::RelayArgs;
use crate::clock;
use crate::relay::ingress::Approach;
use crate::relay::{Limits, Relay, RelayConfig, Visitors};
use crate::store::Home;
use crate::view::messages as m;
use serde::Serialize;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

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

pub(super) fn run(home: &Home, args: RelayArgs) -> ExitCode {
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
    let approach = Approach {
        trusted: args.trusted_proxies.into(),
        proxy_protocol: args.proxy_protocol,
        secure: args.public_url.as_ref().is_some_and(|url| url.secure),
    };
    let config = RelayConfig {
        link: args.listen,
        http: args.http,
        tcp_ports: args.tcp_ports.0,
        domain: args.domain,
        public_url: args.public_url,
        data: data_dir(home, args.data.as_deref())?,
        public_by_port: false,
        advertise: args.advertise,
        limits: Limits::default(),
    };
    runtime.block_on(async {
        // Heard from the first moment on, so that whoever starts it can end it at once.
        let mut signals = Signals::listen()?;
        let names = config.advertise.iter().cloned().collect();
        let visitors = Arc::new(Visitors::new(&config.domain).by(approach, names));
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
            at: clock::rfc3339(clock::now()),
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
        m::cli_relay_join(join),
        m::cli_relay_secret(),
    ] {
        speech.say(&msg);
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
