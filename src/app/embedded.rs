//! Where the relay is: the joined one, or one embedded in this program (or in another one of the
//! same home) that starts when it is first needed.

use crate::base::files::{Document, try_lock};
use crate::model::{JoinLink, NoticeKind, PortNumber, Reason, RelaySettings, Secret};
use crate::provider::ConnectError;
use crate::provider::relay::{Located, RelayLocator};
use crate::relay::{Limits, Purpose, Relay, RelayConfig, RelayError, Visitors};
use crate::store::{Home, RelayPorts};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Mutex as AsyncMutex;

/// What the embedded relay's tunnels are called by: `NAME.localhost`.
const DOMAIN: &str = "localhost";

/// Threads that carry the embedded relay's traffic. A second one would only wake the first.
const WORKERS: usize = 1;

/// Which relay is in use.
#[derive(Clone, Debug, PartialEq)]
pub enum RelayChoice {
    Embedded,
    Joined(JoinLink),
    /// One was joined, and its token is gone from the keychain.
    TokenMissing,
}

/// Where the embedded relay of this home is, for another program of the same home.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EmbeddedAt {
    /// Its join link, token and all: the file is readable by this user alone.
    pub join: Option<Secret>,
    /// It listens on the local network too; unknown of one that an earlier version started.
    pub lan: Option<bool>,
}

/// Knows where the relay is; starts the embedded one when somebody asks.
pub struct RelayDirectory {
    home: Home,
    choice: Mutex<RelayChoice>,
    settings: Mutex<RelaySettings>,
    /// The embedded relay runs by other settings than these.
    outdated: AtomicBool,
    /// One of another process will not do where fewer can reach it than the settings say.
    exact: AtomicBool,
    running: AsyncMutex<Option<Running>>,
    tell: Mutex<Option<Tell>>,
}

/// Tells what the person should know.
type Tell = Box<dyn Fn(NoticeKind) + Send + Sync>;

/// The embedded relay of this process. While it has the lock no other process starts one.
struct Running {
    relay: Relay,
    runtime: OwnRuntime,
    _lock: File,
}

/// The threads of the embedded relay. Whoever asked for it may stop asking while it starts, in the
/// middle of asynchronous code: there, a runtime that is dropped as it is would panic.
struct OwnRuntime {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl OwnRuntime {
    fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("relay")
            .enable_all()
            .build()?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Running {
    async fn shut_down(self) {
        let Self { relay, runtime, .. } = self;
        let ended = runtime.handle.spawn(relay.shutdown());
        if let Err(error) = ended.await {
            tracing::warn!(%error, "the embedded relay did not end well");
        }
    }
}

impl RelayDirectory {
    /// A directory that begins with `choice`.
    pub fn new(home: Home, choice: RelayChoice, settings: RelaySettings) -> Arc<Self> {
        Arc::new(Self {
            home,
            choice: Mutex::new(choice),
            settings: Mutex::new(settings),
            outdated: AtomicBool::new(false),
            exact: AtomicBool::new(false),
            running: AsyncMutex::new(None),
            tell: Mutex::new(None),
        })
    }

    /// Calls `tell` with what the person should know of the embedded relay.
    pub(super) fn on_notice(&self, tell: impl Fn(NoticeKind) + Send + Sync + 'static) {
        *self.tell.lock() = Some(Box::new(tell));
    }

    /// Uses this relay from now on.
    pub(super) fn join(&self, link: JoinLink) {
        *self.choice.lock() = RelayChoice::Joined(link);
    }

    /// Uses the embedded relay from now on.
    pub(super) fn leave(&self) {
        *self.choice.lock() = RelayChoice::Embedded;
    }

    /// Runs the embedded relay by these settings from now on: the next host that asks starts it, and
    /// none is sent to the one that ran by the old ones.
    pub(super) fn set(&self, settings: RelaySettings) {
        *self.settings.lock() = settings;
        self.outdated.store(true, Ordering::Release);
    }

    /// Ends the embedded relay when it runs by old settings.
    pub(super) async fn end_outdated(&self) {
        self.take_outdated(&mut *self.running.lock().await).await;
    }

    async fn take_outdated(&self, running: &mut Option<Running>) {
        if self.outdated.swap(false, Ordering::AcqRel)
            && let Some(running) = running.take()
        {
            running.shut_down().await;
        }
    }

    /// Whom the embedded relay is for was said, and not only set: one of another process that fewer can
    /// reach will not do.
    pub fn be_exact(&self) {
        self.exact.store(true, Ordering::Release);
    }

    /// Ends the embedded relay, if it runs here.
    pub(super) async fn shut_down(&self) {
        if let Some(running) = self.running.lock().await.take() {
            running.shut_down().await;
        }
    }

    async fn locate_embedded(&self) -> Result<JoinLink, ConnectError> {
        let mut running = self.running.lock().await;
        self.take_outdated(&mut running).await;
        if let Some(running) = &*running {
            return Ok(running.relay.join_link());
        }
        match self.lock_file()? {
            None => self.elsewhere(),
            Some(lock) => {
                let started = self.start(lock).await?;
                let link = started.relay.join_link();
                *running = Some(started);
                Ok(link)
            }
        }
    }

    /// The lock on this home's embedded relay; `None` while another process has it.
    fn lock_file(&self) -> Result<Option<File>, ConnectError> {
        try_lock(&self.home.file("relay.lock")).map_err(failed)
    }

    fn elsewhere(&self) -> Result<JoinLink, ConnectError> {
        let known = self.embedded_at().load().value;
        let lan = self.settings.lock().lan;
        let is_exact = self.exact.load(Ordering::Acquire);
        match known.lan {
            // Written before it was: nobody knows.
            None if !lan && is_exact && known.join.is_some() => {
                return Err(failed(
                    "another Underpass of this user has one that this network may reach: \
                     end that one first",
                ));
            }
            // What this program's settings keep on this computer stays there.
            Some(true) if !lan => {
                return Err(failed(
                    "another Underpass of this user has one that this network can reach: \
                     end that one first",
                ));
            }
            Some(false) if lan && is_exact => {
                return Err(failed(
                    "another Underpass of this user has one for this computer only: \
                     end that one first, or open it to the network there",
                ));
            }
            Some(_) | None => {}
        }
        let link = known.join.and_then(|join| join.expose().parse().ok());
        link.ok_or_else(|| failed("another Underpass is just starting it"))
    }

    async fn start(&self, lock: File) -> Result<Running, ConnectError> {
        let runtime = OwnRuntime::start().map_err(failed)?;
        let wanted = self.wanted_port();
        let last = self.home.relay_ports().load().value;
        let configs = self.configs(last)?;
        // Until it is up nobody takes it for the one before, which fewer may have reached.
        let nowhere = EmbeddedAt::default();
        self.embedded_at().save(&nowhere).map_err(failed)?;
        let (relay, refused) = runtime
            .handle
            .spawn(start_first(configs))
            .await
            .map_err(failed)?
            .map_err(failed)?;
        for warning in relay.warnings() {
            tracing::warn!(%warning, "embedded relay");
        }
        tracing::info!(http = %relay.http_addr(), link = %relay.link_addr(), "embedded relay is up");
        self.remember(&relay, wanted);
        self.tell_of_port(wanted, last, relay.http_addr().port(), refused);
        Ok(Running {
            relay,
            runtime,
            _lock: lock,
        })
    }

    /// The HTTP port that the settings ask for; 0 is any.
    fn wanted_port(&self) -> u16 {
        self.settings.lock().http_port
    }

    /// Says that the port which the person expects could not be had: that of the last time, at first that
    /// of the settings.
    fn tell_of_port(&self, wanted: u16, last: RelayPorts, port: u16, refused: Option<RelayError>) {
        let known = last.http.filter(|_| last.is_for(wanted));
        let expected = known.or(PortNumber::new(wanted));
        if let (Some(expected), Some(port), Some(refused)) =
            (expected, PortNumber::new(port), refused)
            && port != expected
            && let Some(tell) = &*self.tell.lock()
        {
            tell(NoticeKind::PortTaken {
                wanted: expected,
                port,
                detail: refused.to_string(),
            });
        }
    }

    fn remember(&self, relay: &Relay, wanted: u16) {
        let at = EmbeddedAt {
            join: Some(Secret::new(&relay.join_link().reveal())),
            lan: Some(!relay.http_addr().ip().is_loopback()),
        };
        let ports = RelayPorts {
            link: PortNumber::new(relay.link_addr().port()),
            http: PortNumber::new(relay.http_addr().port()),
            wanted: Some(wanted),
        };
        let saved = self.embedded_at().save(&at);
        if let Err(error) = saved.and(self.home.relay_ports().save(&ports)) {
            tracing::warn!(%error, "the embedded relay's address could not be kept");
        }
    }

    fn embedded_at(&self) -> Document<EmbeddedAt> {
        Document::new(self.home.path(), "embedded-relay.json", &[])
    }

    /// What to try, in order: the port of the last time, so that the URLs stay, the one of the settings,
    /// any. Settings that have changed since the last time come first.
    fn configs(&self, last: RelayPorts) -> Result<Vec<RelayConfig>, ConnectError> {
        let settings = self.settings.lock().clone();
        let data = self.home.dir("relay").map_err(failed)?;
        let ip = if settings.lan {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED)
        } else {
            IpAddr::V4(Ipv4Addr::LOCALHOST)
        };
        let mut ports = vec![settings.http_port];
        ports.extend(last.http.map(PortNumber::get));
        if last.is_for(settings.http_port) {
            ports.reverse();
        }
        ports.push(0);
        ports.dedup();
        let (first, end) = settings.tcp_ports;
        let config = |http: u16| RelayConfig {
            http: SocketAddr::new(ip, http),
            tcp_ports: (first != 0 && first <= end).then_some(first..=end),
            domain: DOMAIN.to_owned(),
            public_by_port: settings.lan,
            limits: Limits {
                // There is one account, and it may have them all.
                names_per_account: u32::MAX,
                public_ports_per_account: u32::MAX,
                ..Limits::default().for_this_process()
            },
            ..RelayConfig::local(&data)
        };
        Ok(ports.into_iter().map(config).collect())
    }
}

impl RelayLocator for RelayDirectory {
    fn locate(&self) -> Located<'_> {
        Box::pin(async {
            let choice = self.choice.lock().clone();
            match choice {
                RelayChoice::Joined(link) => Ok(link),
                RelayChoice::TokenMissing => Err(ConnectError::new(Reason::TokenRefused)),
                RelayChoice::Embedded => self.locate_embedded().await,
            }
        })
    }
}

/// Starts the first that can be; what listens on a port of ours may be anybody.
/// With it comes why the one before could not be.
async fn start_first(configs: Vec<RelayConfig>) -> Result<(Relay, Option<RelayError>), RelayError> {
    let limits = Limits::default().for_this_process();
    let ingress = Arc::new(Visitors::within(DOMAIN, limits.visitors));
    let mut refused = None;
    for config in configs {
        match Relay::start(config, Arc::clone(&ingress) as _).await {
            Ok(relay) => return Ok((relay, refused)),
            Err(error @ (RelayError::AddressInUse { .. } | RelayError::Listen { .. })) => {
                tracing::warn!(%error, "embedded relay tries another port");
                refused = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    // There is always one config, and it was refused.
    Err(refused.unwrap_or(RelayError::AddressInUse {
        purpose: Purpose::Http,
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
    }))
}

fn failed(error: impl std::fmt::Display) -> ConnectError {
    ConnectError::new(Reason::EmbeddedRelay {
        detail: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_is_sent_to_a_relay_of_old_settings() {
        let dir = tempfile::tempdir().expect("there is room");
        let home = Home::at(dir.path()).expect("it can be made");
        let settings = |lan| RelaySettings {
            lan,
            http_port: 0,
            tcp_ports: (0, 0),
            ..RelaySettings::default()
        };
        let directory = RelayDirectory::new(home, RelayChoice::Embedded, settings(false));
        let first = directory.locate().await.expect("it starts");
        assert_eq!(directory.locate().await, Ok(first.clone()));
        let http = || directory.home.relay_ports().load().value.http;
        let before = http();
        directory.set(settings(true));
        let second = directory.locate().await.expect("it starts again");
        assert_ne!(second.port, first.port, "another one");
        assert_eq!(second.token, first.token);
        assert_eq!(http(), before, "visitors find it where it was");
        directory.end_outdated().await;
        assert_eq!(directory.locate().await, Ok(second), "it is up to date");
        directory.shut_down().await;
    }

    #[tokio::test]
    async fn the_port_of_the_last_time_comes_before_that_of_the_settings_and_a_lost_one_is_told() {
        let dir = tempfile::tempdir().expect("there is room");
        let home = Home::at(dir.path()).expect("it can be made");
        let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("bound");
        let wanted = taken.local_addr().expect("bound").port();
        let settings = RelaySettings {
            http_port: wanted,
            tcp_ports: (0, 0),
            ..RelaySettings::default()
        };
        let (tell, told) = std::sync::mpsc::channel();
        let start = || {
            let choice = RelayChoice::Embedded;
            let directory = RelayDirectory::new(home.clone(), choice, settings.clone());
            let tell = tell.clone();
            directory.on_notice(move |notice| tell.send(notice).expect("the test listens"));
            directory
        };
        let http = || home.relay_ports().load().value.http.map(PortNumber::get);
        let first = start();
        first.locate().await.expect("it starts elsewhere");
        first.shut_down().await;
        let elsewhere = http().expect("it is kept");
        assert_ne!(elsewhere, wanted);
        let said = told.try_recv().expect("the person expected another");
        assert!(matches!(said, NoticeKind::PortTaken { port, .. } if port.get() == elsewhere));
        drop(taken);
        let second = start();
        second.locate().await.expect("it starts again");
        assert_eq!(http(), Some(elsewhere), "the URLs stay");
        assert!(told.try_recv().is_err(), "nothing is new");
        second.shut_down().await;
    }
}
