//! What the engine says of the ports it hosts.

use super::{Fingerprint, PortNumber, Reason, ServiceFault};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A port as the relay serves it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LivePort {
    pub number: PortNumber,
    /// Where visitors reach it.
    pub url: String,
    /// Where other machines of this network reach it, when that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lan_url: Option<String>,
    /// The URL is one of the relay's own computer, which is another one: it is shown and never asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub relays_own: bool,
}

/// Ports that are wanted and that the session cannot serve, with the reason.
pub type Lacking = BTreeMap<PortNumber, Reason>;

/// What went through one port since its engine started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// Connections open now.
    pub open: u64,
    /// Connections so far.
    pub total: u64,
    /// Bytes from visitors to the service.
    pub bytes_in: u64,
    /// Bytes from the service to visitors.
    pub bytes_out: u64,
    /// Connections so far that did not reach the service.
    #[serde(default)]
    pub failed: u64,
    /// Why the last one did not, unless a later one did.
    #[serde(default)]
    pub fault: Option<ServiceFault>,
    /// The service's certificate, where it was accepted because it came first.
    #[serde(default)]
    pub certificate: Option<Fingerprint>,
}

/// What kind of process hosts a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// The program with the window.
    Desktop,
    /// One in a terminal, or under a service manager.
    Host,
    /// One that `underpass host --detach` has left behind.
    Background,
}

impl Holder {
    const ALL: [Self; 3] = [Self::Desktop, Self::Host, Self::Background];

    /// The word for it in files and for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Host => "host",
            Self::Background => "background",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|holder| holder.as_str() == word)
    }
}
