//! How much anyone may ask of a relay: every bound of it, in one place.

use super::limiter::Share;
use crate::link;
use crate::link::resume::{Caps, Config};
use std::time::Duration;

/// A trusted proxy that has not said by then who its visitor is does not: it writes that first.
pub(super) const PROXY_HEADER_TIMEOUT: Duration = Duration::from_secs(5);

/// Every bound of a relay; tests use smaller ones. `underpass relay --help` has a flag for each but the
/// buffers of a link and how long it is remembered why one was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What visitors may take.
    pub visitors: VisitorLimits,
    /// A connection that is no session by then is closed.
    pub handshake_timeout: Duration,
    /// Maximum connections that are no session yet; one more ends one of whoever has most.
    pub unauthenticated: usize,
    /// Maximum of those from one network: the links of all tunnels of a host, at least, for they come
    /// back together.
    pub unauthenticated_per_network: usize,
    /// Maximum tunnels that an account hosts at once.
    pub sessions_per_account: u32,
    /// Maximum ports of a tunnel.
    pub ports_per_tunnel: usize,
    /// Maximum names of an account, those it hosts and those kept for it together; one more costs it its
    /// oldest that it does not host.
    pub names_per_account: u32,
    /// Maximum public TCP ports of an account, those that are served and those kept for it.
    pub public_ports_per_account: u32,
    /// Maximum labels that are remembered though their hosts have left; one more costs the account that
    /// has most its oldest.
    pub known_labels: usize,
    /// How long a label stays its account's after its host has left.
    pub reserved_for: Duration,
    /// A visitor's stream that the host does not answer by then is given up, and so is a visitor
    /// who comes while the link is parked.
    pub open_timeout: Duration,
    /// A host that was there when the last relay ended is waited for this long.
    pub return_within: Duration,
    /// The buffers of each link, and when a silent connection is given up.
    pub link: Config,
    /// What links without a connection may take, and for how long.
    pub parking: Caps,
}

/// What the visitors of a relay may take, at all its listeners together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitorLimits {
    /// Connections at a time. One more costs whoever has most their idlest.
    pub connections: usize,
    /// Maximum of those for one network.
    pub connections_per_network: usize,
    /// Streams of one tunnel, at all its ports together: the link has a few more, for those that are
    /// on their way out, and for probes. One more costs the port that has most one of its own.
    pub streams_per_link: usize,
    /// Streams to one port of a tunnel.
    pub streams_per_port: usize,
    /// Maximum streams to one port for one network.
    pub streams_per_network: usize,
    /// From the first byte of a request's head to the last, and from accept to the first head.
    pub head_timeout: Duration,
    /// Between an answer and the next request on the same connection.
    pub idle_timeout: Duration,
    /// How long nothing of a request's body may come, where the service has not answered yet.
    pub body_timeout: Duration,
    /// The same of a body whose visitor waits to be asked for it (`Expect: 100-continue`), where the
    /// service does not.
    pub expect_timeout: Duration,
    /// Maximum requests at a port's service of whose bodies nothing has come yet: what a visitor has
    /// announced and not sent takes no more of the streams to a host.
    pub bodies_ahead: usize,
    /// How long an `EventSource` waits for a service that is away: any answer but 200 would end it
    /// for good, so that it gets none then.
    pub event_stream_patience: Duration,
    /// How long a connection may take nothing of what it is sent before it is closed, where the system
    /// can (Linux).
    pub write_stall: Duration,
    /// Bytes that may wait in the system for a visitor who does not read, beyond those that are on
    /// their way.
    pub unsent: u32,
}

impl VisitorLimits {
    /// The connections, as a limiter wants them.
    pub const fn connection_share(&self) -> Share {
        Share {
            total: self.connections,
            per_network: self.connections_per_network,
        }
    }

    /// The streams to one port, as a limiter wants them.
    pub const fn stream_share(&self) -> Share {
        Share {
            total: self.streams_per_port,
            per_network: self.streams_per_network,
        }
    }
}

impl Default for VisitorLimits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_network: 2_500,
            // Of the link's 1,024.
            streams_per_link: 1_000,
            streams_per_port: 1_000,
            streams_per_network: 1_000,
            head_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            body_timeout: Duration::from_secs(30),
            expect_timeout: Duration::from_mins(1),
            bodies_ahead: 64,
            event_stream_patience: Duration::from_secs(30),
            write_stall: Duration::from_mins(5),
            unsent: 128 * 1024,
        }
    }
}

impl Limits {
    /// The connections that are no sessions yet, as a limiter wants them.
    pub const fn handshake_share(&self) -> Share {
        Share {
            total: self.unauthenticated,
            per_network: self.unauthenticated_per_network,
        }
    }

    /// The same, with no more connections than this process may have open.
    #[must_use]
    pub fn for_this_process(self) -> Self {
        match open_files() {
            Some(descriptors) => self.within(descriptors),
            None => self,
        }
    }

    /// The same, with no more connections than a process has descriptors for: some are kept for
    /// files, for links, and for those that are to become links.
    #[must_use]
    pub fn within(mut self, descriptors: usize) -> Self {
        let files = FILES.min(descriptors / 8);
        let handshakes = self.unauthenticated.min(descriptors / 8);
        let links = LINKS.min(descriptors / 4);
        let visitors = descriptors.saturating_sub(files + handshakes + links);
        self.unauthenticated = handshakes.max(1);
        self.visitors.connections = self.visitors.connections.min(visitors).max(1);
        self
    }
}

/// How many files this process may have open now; `None` is no limit.
#[cfg(unix)]
fn open_files() -> Option<usize> {
    use rustix::process::{Resource, getrlimit};
    let soft = getrlimit(Resource::Nofile).current?;
    Some(usize::try_from(soft).unwrap_or(usize::MAX))
}

/// Systems without such a limit.
#[cfg(not(unix))]
fn open_files() -> Option<usize> {
    None
}

/// Descriptors kept for listeners, logs, accounts and names.
const FILES: usize = 128;

/// Descriptors kept for links, if there are as many.
const LINKS: usize = 4_096;

impl Default for Limits {
    fn default() -> Self {
        Self {
            visitors: VisitorLimits::default(),
            handshake_timeout: link::HANDSHAKE_TIMEOUT,
            unauthenticated: 1_024,
            unauthenticated_per_network: 256,
            sessions_per_account: 100,
            ports_per_tunnel: 64,
            names_per_account: 1_000,
            public_ports_per_account: 25,
            known_labels: 100_000,
            reserved_for: Duration::from_hours(24),
            open_timeout: Duration::from_secs(10),
            return_within: Duration::from_secs(10),
            link: Config::default(),
            parking: Caps {
                // A displaced session and the one in its place overlap for a moment.
                sessions_per_account: 200,
                ..Caps::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plenty_of_descriptors_change_nothing() {
        assert_eq!(Limits::default().within(1 << 20), Limits::default());
    }

    proptest! {
        #[test]
        fn visitors_and_handshakes_leave_descriptors_for_links_and_files(descriptors in 16..100_000_usize) {
            let limits = Limits::default().within(descriptors);
            let strangers = limits.visitors.connections + limits.unauthenticated;
            prop_assert!(strangers >= 2);
            prop_assert!(descriptors - strangers >= descriptors / 4 || strangers == 11_024);
        }
    }
}
