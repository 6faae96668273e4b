//! The visitors of a session: from the number of a port to a connection to its service, and the bytes
//! between the two.
//!
//! It knows nothing of how a visitor comes, and takes no more of them at once than it has room for.

use crate::base::local;
use crate::link::pump::pump_service;
use crate::model::{Port, PortNumber, Target};
use crate::provider::TrafficBoard;
use crate::provider::types::{ConnectionGuard, PortCounters};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many visitors are served at once.
const MOST_VISITORS: usize = 2048;

/// Why a visitor is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The port is none of ours.
    NotServed,
    /// Its service is not there.
    ConnectFailed,
    /// There are too many visitors already.
    Shortage,
}

/// Shared by all that visitors come through.
#[derive(Debug)]
pub(super) struct Visitors {
    targets: Mutex<HashMap<u16, Target>>,
    traffic: Arc<TrafficBoard>,
    room: Arc<Semaphore>,
}

impl Visitors {
    pub fn new(ports: &[Port], traffic: Arc<TrafficBoard>) -> Self {
        let visitors = Self {
            targets: Mutex::default(),
            traffic,
            room: Arc::new(Semaphore::new(MOST_VISITORS)),
        };
        visitors.set(ports);
        visitors
    }

    /// Serves these ports and no others. Who is connected stays so.
    pub fn set(&self, ports: &[Port]) {
        let target = |port: &Port| (port.number.get(), port.target.clone());
        *self.targets.lock() = ports.iter().map(target).collect();
    }

    /// Connects to the service of `port`. What its visitors send is the relay's business, TLS and all,
    /// so nothing is put around it here.
    pub async fn reach(&self, port: u32) -> Result<Reached, Refusal> {
        let room = Arc::clone(&self.room).try_acquire_owned();
        let room = room.map_err(|_| Refusal::Shortage)?;
        let number = u16::try_from(port).ok().and_then(PortNumber::new);
        let number = number.ok_or(Refusal::NotServed)?;
        let target = self.targets.lock().get(&number.get()).cloned();
        let target = target.ok_or(Refusal::NotServed)?;
        let counters = self.traffic.port(number);
        let open = counters.connection();
        match local::reach(&target).await {
            Ok(service) => Ok(Reached {
                service,
                counters,
                _open: open,
                _room: room,
            }),
            Err(_) => Err(Refusal::ConnectFailed),
        }
    }
}

/// A connection to a service that waits for its visitor.
#[derive(Debug)]
pub(super) struct Reached {
    service: TcpStream,
    counters: Arc<PortCounters>,
    _open: ConnectionGuard,
    _room: OwnedSemaphorePermit,
}

impl Reached {
    /// Carries the bytes of a visitor until both sides have ended, or the service has and has nothing
    /// more to hear: Microsoft's clients learn of its end by the close of their channel alone.
    pub async fn carry<S: AsyncRead + AsyncWrite + Unpin>(mut self, visitor: &mut S) {
        let counters = &self.counters;
        let (received, sent) = (|n| counters.add_in(n), |n| counters.add_out(n));
        if let Err(error) = pump_service(visitor, &mut self.service, received, sent).await {
            tracing::debug!(%error, "a connection broke");
            // A clean end would pass a part for the whole.
            let _ = self.service.set_zero_linger();
        }
    }
}
