//! From a join link to an encrypted connection, or to the reason why there is none.
//!
//! The direct way goes first. Where it cannot be gone in a way that the network may be to blame for,
//! the link goes as a WebSocket inside ordinary TLS, at the relay's own port and at that of HTTPS;
//! the first connection on which the relay has shown the pinned certificate wins. A relay on this
//! computer has no network before it, and is reached directly or not at all.

mod walk;

use crate::link::tls::Secured;
use crate::model::{JoinLink, Reason};
use crate::provider::ConnectError;
use crate::provider::dial::{Proxies, is_here};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use parking_lot::Mutex;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use walk::{Blame, Failed, Way};

/// How a relay is reached where the network does not let everything through.
#[derive(Clone, Debug)]
pub struct Detours {
    /// A direct connection that is not there by then is joined by other ways; all go on.
    pub after: Duration,
    /// The port that every network lets through.
    pub https_port: u16,
    /// Also for a relay on this computer, as in tests.
    pub on_loopback: bool,
    /// The proxies to go through, on every way.
    pub proxies: Proxies,
}

impl Default for Detours {
    /// The usual ones, and no proxy.
    fn default() -> Self {
        Self {
            after: Duration::from_secs(3),
            https_port: 443,
            on_loopback: false,
            proxies: Proxies::default(),
        }
    }
}

impl Detours {
    /// The usual ones, through the proxy that the environment names.
    pub fn from_env() -> Self {
        Self {
            proxies: Proxies::from_env(),
            ..Self::default()
        }
    }
}

/// A direct way that has failed is gone again so soon, for as long as others have no answer: the relay
/// may only have been restarted.
const DIRECT_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Dials relays, and remembers which way was the one to go.
#[derive(Debug, Default)]
pub(super) struct Dialler {
    detours: Detours,
    /// The relay that was reached last, when not directly, and how.
    last: Mutex<Option<(String, Way)>>,
}

impl Dialler {
    pub(super) fn new(detours: Detours) -> Self {
        Self {
            detours,
            last: Mutex::new(None),
        }
    }

    /// Connects, within `patience` in all.
    pub(super) async fn dial(
        &self,
        link: &JoinLink,
        patience: Duration,
    ) -> Result<Secured, ConnectError> {
        let mut failures = Failures::default();
        let dialled = timeout(patience, self.dial_all(link, &mut failures)).await;
        let secured = dialled.ok().flatten();
        secured.ok_or_else(|| failures.into_error(|| self.too_late(link)))
    }

    fn too_late(&self, link: &JoinLink) -> ConnectError {
        let address = link.address();
        let detail = format!("{address} did not answer in time");
        match self.proxies().address_for(&link.host, link.port.get()) {
            None => ConnectError::with(Reason::TimedOut, detail),
            Some(proxy) => ConnectError::with(
                Reason::ProxyFailed {
                    address: proxy,
                    detail: "no answer in time".to_owned(),
                },
                detail,
            ),
        }
    }

    /// The first way that leads to the relay; `None` when all have failed.
    async fn dial_all(&self, link: &JoinLink, failures: &mut Failures) -> Option<Secured> {
        let mut rest = self.detours(link);
        let mut walks = FuturesUnordered::new();
        let walk = |way| async move { (way, walk::walk(way, link, self.proxies()).await) };
        walks.push(walk(Way::Direct));
        if let Some(known) = self.known(link) {
            rest.retain(|way| *way != known);
            walks.push(walk(known));
        }
        let mut late = pin!(sleep(self.detours.after));
        let mut again = pin!(sleep(Duration::ZERO));
        let mut has_failed = false;
        loop {
            tokio::select! {
                Some((way, walked)) = walks.next() => match walked {
                    Ok(secured) => {
                        self.remember(link, way);
                        return Some(secured);
                    }
                    Err(failed) => {
                        if way == Way::Direct {
                            rest.retain(|way| helps(*way, &failed, link));
                            walks.extend(rest.drain(..).map(walk));
                            again.as_mut().reset(Instant::now() + DIRECT_AGAIN_AFTER);
                            has_failed = true;
                        }
                        failures.add(way, failed);
                    }
                },
                () = &mut late, if !rest.is_empty() => walks.extend(rest.drain(..).map(walk)),
                () = &mut again, if has_failed && !walks.is_empty() => {
                    walks.push(walk(Way::Direct));
                    has_failed = false;
                }
                else => return None,
            }
        }
    }

    /// The ways to go when the direct one is none.
    fn detours(&self, link: &JoinLink) -> Vec<Way> {
        if is_here(&link.host) && !self.detours.on_loopback {
            return Vec::new();
        }
        let mut ports = vec![link.port.get(), self.detours.https_port];
        ports.dedup();
        let way = |port| Way::WebSocket { port };
        ports.into_iter().map(way).collect()
    }

    fn proxies(&self) -> &Proxies {
        &self.detours.proxies
    }

    fn known(&self, link: &JoinLink) -> Option<Way> {
        let last = self.last.lock();
        let (address, way) = last.as_ref()?;
        (*address == link.address()).then_some(*way)
    }

    fn remember(&self, link: &JoinLink, way: Way) {
        let address = link.address();
        match way {
            Way::Direct => *self.last.lock() = None,
            Way::WebSocket { port } => {
                tracing::info!(relay = address, port, "the link goes as a WebSocket");
                *self.last.lock() = Some((address, way));
            }
        }
    }
}

/// Whether `way` may lead where the direct one failed so.
fn helps(way: Way, failed: &Failed, link: &JoinLink) -> bool {
    match failed.blame {
        Blame::Hopeless => false,
        Blame::Port => way.port(link) != link.port.get(),
        Blame::Way => true,
    }
}

/// What failed, and on which way.
#[derive(Default)]
struct Failures {
    direct: Option<ConnectError>,
    others: Vec<String>,
}

impl Failures {
    fn add(&mut self, way: Way, failed: Failed) {
        let Failed { error, .. } = failed;
        match way {
            Way::Direct => self.direct = Some(error),
            Way::WebSocket { port } => {
                let code = error.reason.code();
                let said = format!("as a WebSocket at port {port}: {code}: {}", error.detail);
                self.others.push(said);
            }
        }
    }

    /// What the person is told is what is wrong with the direct way: the others are for the log.
    fn into_error(self, too_late: impl FnOnce() -> ConnectError) -> ConnectError {
        let mut error = self.direct.unwrap_or_else(too_late);
        for said in self.others {
            error.detail = format!("{}; {said}", error.detail);
        }
        error
    }
}

#[cfg(test)]
mod tests;
