//! What listens, what resolves and who answers: each in bounded time.

use super::{Check, Subject, said};
use crate::app::{RelayChoice, relay_choice};
use crate::model::{JoinLink, RelaySettings, Settings};
use crate::provider::relay::{Detours, reach};
use crate::relay::{Relay, RelayConfig, Visitors};
use crate::secrets::Secrets;
use crate::store::Home;
use crate::view::fold::fault;
use crate::view::messages as m;
use std::fs::{File, TryLockError};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

/// How long a name or a relay may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// A name as the embedded relay gives them.
const NAME: &str = "underpass-doctor.localhost";

/// So many public TCP ports are tried at most.
const TRIED: usize = 256;

/// All of them.
pub(super) async fn all(home: &Home, settings: &Settings) -> Vec<Check> {
    vec![
        relay().await,
        http_port(home, &settings.relay),
        tcp_ports(&settings.relay),
        names().await,
        joined(&settings.relay, has_token(home, settings)).await,
    ]
}

/// Starts one on any ports, with data that is thrown away.
async fn relay() -> Check {
    let of = Subject::new("relay", m::doctor_relay());
    let started = async {
        let data = tempfile::tempdir()?;
        let visitors = Arc::new(Visitors::new("localhost"));
        let relay = Relay::start(RelayConfig::local(data.path()), visitors).await?;
        TcpStream::connect(relay.link_addr()).await?;
        TcpStream::connect(relay.http_addr()).await?;
        relay.shutdown().await;
        anyhow::Ok(())
    };
    match started.await {
        Ok(()) => of.ok(m::doctor_relay_starts()),
        Err(error) => of.fail(said(error), m::advice_relay()),
    }
}

fn http_port(home: &Home, settings: &RelaySettings) -> Check {
    let of = Subject::new("http-port", m::doctor_http_port());
    let port = settings.http_port;
    if port == 0 {
        of.ok(m::doctor_port_any())
    } else if is_free(port) {
        of.ok(m::doctor_port_free(port.to_string()))
    } else if relay_runs(home) {
        of.ok(m::doctor_port_ours(port.to_string()))
    } else {
        let detail = m::doctor_port_taken(port.to_string());
        of.warn(detail, m::advice_port_taken())
    }
}

fn tcp_ports(settings: &RelaySettings) -> Check {
    let of = Subject::new("tcp-ports", m::doctor_tcp_ports());
    let (first, last) = settings.tcp_ports;
    if first == 0 || first > last {
        return of.ok(m::doctor_port_any());
    }
    let tried = (first..=last).take(TRIED);
    let all = tried.clone().count();
    let free = tried.filter(|port| is_free(*port)).count();
    let detail = m::doctor_tcp_free(all, first.to_string(), free, last.to_string());
    match free {
        0 => of.warn(detail, m::advice_tcp_taken()),
        _ => of.ok(detail),
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).is_ok()
}

/// An Underpass of this home runs the embedded relay now: it has the lock.
fn relay_runs(home: &Home) -> bool {
    let lock = File::open(home.file("relay.lock"));
    lock.is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

async fn names() -> Check {
    let of = Subject::new("names", m::doctor_names());
    let found = timeout(ANSWER, lookup_host((NAME, 80))).await;
    let here = match found {
        Ok(Ok(mut addresses)) => addresses.any(|address| address.ip().is_loopback()),
        Ok(Err(_)) | Err(_) => false,
    };
    if here {
        of.ok(m::doctor_names_resolve())
    } else {
        of.warn(m::doctor_names_fail(NAME), m::advice_names())
    }
}

fn has_token(home: &Home, settings: &Settings) -> bool {
    // The keychain is asked only when there is something to ask for.
    settings.relay.joined.is_some() && {
        let secrets = Secrets::open(home.path(), home.is_private());
        matches!(relay_choice(settings, &secrets), RelayChoice::Joined(_))
    }
}

async fn joined(settings: &RelaySettings, has_token: bool) -> Check {
    let of = Subject::new("joined-relay", m::doctor_joined());
    let Some(address) = &settings.joined else {
        return of.ok(m::doctor_joined_none());
    };
    let shown = address.split('#').next().unwrap_or(address).to_owned();
    if !has_token {
        return of.warn(m::doctor_joined_no_token(shown), m::advice_joined_token());
    }
    // The token plays no part in reaching it.
    let link: JoinLink = match format!("{}-@{address}", JoinLink::SCHEME).parse() {
        Ok(link) => link,
        Err(fault) => return of.warn(said(fault), m::advice_joined()),
    };
    let detours = Detours::from_env();
    let proxy = detours.proxies.address_for(&link.host, link.port.get());
    match (reach(&link, detours, ANSWER).await, proxy) {
        (Ok(()), None) => of.ok(m::doctor_joined_fine(shown)),
        (Ok(()), Some(proxy)) => of.ok(m::doctor_joined_by_proxy(shown, proxy)),
        (Err(error), _) => of.warn(fault(&error.reason), m::advice_joined()),
    }
}
