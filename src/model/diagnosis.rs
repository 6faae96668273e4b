//! What a probe found and whose side it is, as one value: the classifier makes it, the report carries
//! it, and machine, view and lines read it.

use super::{Health, LivePort, Reason, RelayVerdict, ServiceFault};

/// How a port that is served does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diagnosis {
    /// The service answered through the public URL.
    Works,
    /// The same for whoever signs in: the provider sends visitors to a login page first.
    Private,
    /// It is served, and the URL's name has no address here. Visitors have other name servers.
    UnknownName { host: String },
    /// It is served, and there was nothing to ask.
    NotAsked,
    /// The service is there and answers others just now.
    Busy,
    /// The relay was reached, the local service was not.
    ServiceDown {
        /// What stood in the way.
        fault: ServiceFault,
        /// Asked directly, the service accepts connections all the same.
        accepts: bool,
    },
    /// The service answered through the public URL, and not as is expected of it.
    Unexpected { status: u16 },
    /// The tunnel is fine and has as many visitors as it may have: more of them have to wait.
    Full,
    /// The public URL does not answer in time, and the session's link carries bytes or answers: what
    /// is on the way is only slow.
    Slow,
    /// The public URL is dead.
    Down {
        cause: UrlFault,
        /// What is wrong with the local service besides.
        service: Option<ServiceFault>,
        /// The session's link showed signs of life meanwhile.
        alive: bool,
    },
}

/// What is wrong with a public URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlFault {
    /// The relay says that nobody hosts the tunnel.
    NoHost,
    /// The relay says that it does not know the tunnel.
    UnknownTunnel,
    Failed(Reason),
}

impl Diagnosis {
    /// The one word for it.
    pub const fn health(&self) -> Health {
        match self {
            Self::Works | Self::Private => Health::Operational,
            Self::UnknownName { .. } | Self::NotAsked => Health::Unchecked,
            Self::Busy => Health::Busy,
            Self::ServiceDown { .. } | Self::Unexpected { .. } => Health::ServiceDown,
            Self::Full => Health::Full,
            Self::Slow => Health::Slow,
            Self::Down { .. } => Health::Down,
        }
    }

    /// Whether visitors get to the tunnel, whatever the local service does.
    pub const fn routes(&self) -> bool {
        self.health().routes()
    }

    /// Whether it speaks against the session: nobody answers for it at all, or the provider itself
    /// says that nobody hosts the tunnel.
    pub const fn is_against_session(&self) -> bool {
        matches!(
            self,
            Self::Down { alive: false, .. }
                | Self::Down {
                    cause: UrlFault::NoHost | UrlFault::UnknownTunnel,
                    ..
                }
        )
    }

    pub const fn is_offline(&self) -> bool {
        matches!(
            self,
            Self::Down {
                cause: UrlFault::Failed(Reason::Offline),
                ..
            }
        )
    }

    pub const fn service_fault(&self) -> Option<ServiceFault> {
        match self {
            Self::ServiceDown { fault, .. } => Some(*fault),
            Self::Down { service, .. } => *service,
            Self::Busy => Some(ServiceFault::Busy),
            Self::Works
            | Self::Private
            | Self::UnknownName { .. }
            | Self::NotAsked
            | Self::Unexpected { .. }
            | Self::Full
            | Self::Slow => None,
        }
    }

    /// The word for why it is not well: of the service where that is at fault, else of the URL.
    pub fn reason_code(&self) -> Option<&'static str> {
        match self {
            Self::Works | Self::Private | Self::NotAsked => None,
            Self::UnknownName { .. } => {
                let host = String::new();
                Some(Reason::UnknownHost { host }.code())
            }
            Self::Busy => Some(ServiceFault::Busy.code()),
            Self::ServiceDown { fault, .. } => Some(fault.code()),
            Self::Unexpected { .. } => Some("unexpected-status"),
            Self::Full => Some(RelayVerdict::Full.word()),
            Self::Slow => Some(Reason::TimedOut.code()),
            Self::Down { cause, .. } => Some(match cause {
                UrlFault::NoHost => RelayVerdict::NoHost.word(),
                UrlFault::UnknownTunnel => RelayVerdict::UnknownTunnel.word(),
                UrlFault::Failed(reason) => reason.code(),
            }),
        }
    }
}

/// Why a port that is served is not probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unprobed {
    /// The person does not want it.
    Off,
    /// The URL is one of the relay's own computer: asked here, a service of this one would answer.
    RelaysOwn,
}

impl Unprobed {
    /// Why a port that is served so is not probed; `None` if it is. `wanted`: the person wants it.
    pub const fn of(wanted: bool, live: &LivePort) -> Option<Self> {
        match wanted {
            false => Some(Self::Off),
            true if live.relays_own => Some(Self::RelaysOwn),
            true => None,
        }
    }
}

#[cfg(test)]
#[path = "diagnosis_tests.rs"]
mod tests;
