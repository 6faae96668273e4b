//! Where hosts reach a relay: what join links say of it. It is written down at each start, so that links
//! that are made later, by another process, say the same.

use super::registry::reachable;
use super::{RelayConfig, RelayError, certificate};
use crate::base::files::Document;
use crate::model::{JoinLink, PortNumber, Secret};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

pub(super) const FILE: &str = "relay.json";

/// Where a relay listens for hosts that has not said otherwise.
const USUAL_PORT: PortNumber = match PortNumber::new(7443) {
    Some(port) => port,
    None => panic!("it is not 0"),
};

/// What is typed counts before what the relay was started with the last time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Whereabouts {
    /// Where it listens for hosts; a wildcard stands for this machine's own address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<SocketAddr>,
    /// The host name or address that join links name; that of `link` when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advertise: Option<String>,
}

impl Whereabouts {
    /// Of a relay that listens on `link`.
    pub(super) fn new(config: &RelayConfig, link: SocketAddr) -> Self {
        Self {
            link: Some(link),
            advertise: config.advertise.clone(),
        }
    }

    /// Of the relay that keeps its data in `data`, as it was started last.
    pub fn last(data: &Path) -> Self {
        document(data).load().value
    }

    /// Writes it down. A relay that cannot do so runs all the same.
    pub(super) fn remember(&self, data: &Path) {
        if *self == Self::last(data) {
            return;
        }
        if let Err(error) = document(data).save(self) {
            tracing::warn!(%error, "where the relay is cannot be written down for later join links");
        }
    }

    /// This, and the other where this says nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            link: self.link.or(other.link),
            advertise: self.advertise.or(other.advertise),
        }
    }

    /// The join link that hands `token` to a host.
    pub(super) fn join(&self, token: &Secret, fingerprint: [u8; 32]) -> JoinLink {
        let anywhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        let ip = self.link.map_or(anywhere, |link| link.ip());
        // A wildcard is no address to connect to.
        let own = || reachable(ip).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let port = self.link.and_then(|link| PortNumber::new(link.port()));
        JoinLink {
            token: Secret::new(token.expose()),
            host: self.advertise.clone().unwrap_or_else(|| own().to_string()),
            port: port.unwrap_or(USUAL_PORT),
            fingerprint,
        }
    }

    /// The same for a relay of another process, whose key is in `data`.
    pub fn join_link(&self, data: &Path, token: &Secret) -> Result<JoinLink, RelayError> {
        let identity = certificate::load(data)?;
        Ok(self.join(token, identity.fingerprint()))
    }
}

fn document(data: &Path) -> Document<Whereabouts> {
    Document::new(data, FILE, &[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_counts_before_what_is_remembered() {
        let dir = tempfile::tempdir().expect("there is room");
        assert_eq!(Whereabouts::last(dir.path()), Whereabouts::default());
        let last = Whereabouts {
            link: Some(([127, 0, 0, 1], 4711).into()),
            advertise: Some("relay.example".to_owned()),
        };
        last.remember(dir.path());
        let typed = Whereabouts {
            advertise: Some("other.example".to_owned()),
            ..Whereabouts::default()
        };
        let token = Secret::new("token");
        let both = typed.or(Whereabouts::last(dir.path()));
        let link = both.join(&token, [7; 32]);
        assert_eq!((&*link.host, link.port.get()), ("other.example", 4711));
        let neither = Whereabouts::default().join(&token, [7; 32]);
        assert_eq!(neither.port, USUAL_PORT);
    }
}
