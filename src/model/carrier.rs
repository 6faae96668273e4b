//! Who carries a tunnel, by whom it is for: pure, for the command line and the window.

use super::{Catalog, Offers, Protocol, Reach, RelayFacts, WithoutAccount};

/// Who is to carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Whoever was chosen.
    Chosen,
    /// The embedded relay, for the network or for this computer alone.
    Embedded { lan: bool },
    /// The first way that works without an account.
    WithoutAccount,
}

impl Carrier {
    /// Decides by what was asked for: whether our relay is meant, and whether one was joined.
    pub const fn of(asked: Reach, ours: bool, joined: bool) -> Self {
        match (asked, ours) {
            (_, false) => Self::Chosen,
            (Reach::Here, true) => Self::Embedded { lan: false },
            (Reach::Network, true) => Self::Embedded { lan: true },
            (Reach::Internet, true) if joined => Self::Chosen,
            (Reach::Internet, true) => Self::WithoutAccount,
        }
    }
}

/// Why a tunnel cannot be for those alone while the relay in use is what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReachBar {
    /// The embedded relay listens on the network: what it carries is not for this computer alone.
    OpenToNetwork,
    /// A relay was joined, so nothing new goes through the embedded one.
    Joined {
        /// `HOST:PORT` of it.
        address: String,
    },
}

impl Reach {
    /// Whether a way that those can reach is one that was asked for. What is not known may be on the
    /// internet, and nowhere else.
    pub fn fits(self, way: Option<Self>) -> bool {
        match self {
            Self::Here | Self::Network => way == Some(self),
            Self::Internet => matches!(way, None | Some(Self::Internet)),
        }
    }

    /// Why a new tunnel cannot be for those, as long as the settings of the relay are left as they are.
    /// Opening the embedded relay to the network takes nothing from anybody, so it is no bar; closing it
    /// would take its visitors from the other tunnels.
    pub fn bar(self, relay: &RelayFacts) -> Option<ReachBar> {
        match (self, &relay.joined) {
            (Self::Here | Self::Network, Some(joined)) => Some(ReachBar::Joined {
                address: joined.clone(),
            }),
            (Self::Here, None) => relay.lan.then_some(ReachBar::OpenToNetwork),
            (Self::Internet, _) | (Self::Network, None) => None,
        }
    }

    /// Whom a new tunnel is for until somebody says otherwise: those who reach the relay in use.
    pub const fn usual(relay: &RelayFacts) -> Self {
        match (&relay.joined, relay.lan) {
            (Some(_), _) => Self::Internet,
            (None, true) => Self::Network,
            (None, false) => Self::Here,
        }
    }
}

impl Catalog {
    /// The first way for somebody without an account that carries this and is ready for it.
    pub fn first_way(
        &self,
        protocol: Protocol,
        is_ready: impl Fn(&Offers) -> bool,
    ) -> Option<(&'static Offers, WithoutAccount)> {
        let ways = self.without_account().into_iter();
        let mut fitting = ways.filter(|(_, way)| way.protocols.contains(&protocol));
        fitting.find(|(offers, _)| is_ready(offers))
    }
}

#[cfg(test)]
#[path = "carrier_tests.rs"]
mod tests;
