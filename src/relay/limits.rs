//! How much anyone may ask of a relay.

use crate::link;
use crate::link::resume::{Caps, Config};
use std::time::Duration;

/// Every bound in one place; tests use smaller ones.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A connection that is no session by then is closed.
    pub handshake_timeout: Duration,
    /// So many connections may be under way to a session; one more ends the oldest of them.
    pub unauthenticated: usize,
    /// An account may host so many tunnels at once.
    pub sessions_per_account: u32,
    /// A tunnel may have so many ports.
    pub ports_per_tunnel: usize,
    /// An account may have so many names, those it hosts and those kept for it together; one more
    /// costs it its oldest that it does not host.
    pub names_per_account: u32,
    /// An account may have so many public TCP ports, those that are served and those kept for it.
    pub public_ports_per_account: u32,
    /// So many labels are remembered whose hosts have left; one more costs the account that has most
    /// its oldest.
    pub known_labels: usize,
    /// A label stays its account's for so long after its host has left.
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

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake_timeout: link::HANDSHAKE_TIMEOUT,
            unauthenticated: 256,
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
