//! Where the tokens of a tunnel come from, as the connector needs to know it.
//!
//! It knows neither the program that mints them nor what is in them.

use crate::model::{Secret, TunnelId};
use crate::provider::ConnectError;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Host,
    /// Making and changing its ports.
    ManagePorts,
}

impl Scope {
    /// The word for it, as the service and its program spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::ManagePorts => "manage:ports",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minted {
    pub token: Secret,
    /// How long it is good for; `None` when that was not said.
    pub lifetime: Option<Duration>,
}

/// What a [`TokenSource`] answers with.
pub type Minting<'a> = Pin<Box<dyn Future<Output = Result<Minted, ConnectError>> + Send + 'a>>;

/// Mints tokens, one scope a call.
pub trait TokenSource: Send + Sync {
    /// A fresh token of this scope for the tunnel.
    fn mint<'a>(&'a self, tunnel: &'a TunnelId, scope: Scope) -> Minting<'a>;
}
