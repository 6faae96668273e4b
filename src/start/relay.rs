//! `underpass relay`: the public end, as a program of its own.

use super::service::{self, News};
use super::signals::Signals;
use super::speech::{Speech, complain, print_json};
use crate::cli::{QuotaArgs, RelayArgs};
use crate::clock;
use crate::relay::{Limits, OWNER, Relay, RelayConfig, ReservedNames, Visitors};
use crate::store::Home;
use crate::view::messages as m;
use serde::Serialize;
use std::io::{self, IsTerminal as _};
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
    let config = RelayConfig {
        link: args.listen,
        http: args.http,
        tcp_ports: args.tcp_ports.0.clone(),
        data: data_dir(home, args.data.as_deref())?,
        public_by_port: false,
        reserved: reserved(&args),
        limits: within(&Limits::default(), &args.quotas),
        advertise: args.advertise,
        domain: args.domain,
    };
    runtime.block_on(async {
        // Heard from the first moment on, so that whoever starts it can end it at once.
        let mut signals = Signals::listen()?;
        let visitors = Arc::new(Visitors::new(&config.domain));
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
        let parsed = parse(words.map(Into::into), |_| None);
        match parsed.expect("it is right").task {
            Task::Relay(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_not_typed_is_as_the_relay_has_it() {
        let usual = Limits::default();
        let limits = within(&usual, &args(&[]).quotas);
        assert_eq!(limits.names_per_account, usual.names_per_account);
        let ports = [limits, usual].map(|limits| limits.public_ports_per_account);
        assert_eq!(ports[0], ports[1]);
        let typed = args(&["--max-names-per-account", "7"]);
        assert_eq!(within(&usual, &typed.quotas).names_per_account, 7);
    }

    #[test]
    fn reserved_names_can_be_added() {
        let typed = "--domain T.example --advertise relay.t.example --reserve-name Status";
        let typed: Vec<&str> = typed
            .split(' ')
            .chain(["--reserve-name", "corp-*"])
            .collect();
        let reserved = reserved(&args(&typed));
        for label in ["www", "status", "corp-a", "relay"] {
            assert!(reserved.contains(label), "{label}");
        }
        assert!(!reserved.contains("shop"));
    }
}
