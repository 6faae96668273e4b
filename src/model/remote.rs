//! What a provider that keeps an inventory and accounts of its own says of them. It knows no
//! provider's formats.

use super::{Access, PortKey, Reason, UnixMillis};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// What the provider's inventory says of a tunnel beyond its ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remote {
    pub access: Access,
    /// How many hosts serve it now; ours is one of them while we do.
    pub hosts: u32,
    /// How many visitors' clients are connected, if it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visitors: Option<u32>,
    /// What was written about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// What the provider counts of one tunnel or port. Each may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// From the service to visitors, in bytes a second.
    pub upload_rate: Option<u64>,
    /// From visitors to the service, in bytes a second.
    pub download_rate: Option<u64>,
    /// From the service to visitors, in bytes.
    pub upload_total: Option<u64>,
    /// From visitors to the service, in bytes.
    pub download_total: Option<u64>,
    /// Clients connected now.
    pub connections: Option<u32>,
}

/// Everything that is known of the account at a provider, beside its tunnels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountFacts {
    /// How far this computer is with it.
    pub state: AccountState,
    /// A list of what it has is on its way.
    pub refreshing: bool,
    /// What the provider counts of each port of the tunnel in the panel, oldest first.
    pub metrics: BTreeMap<PortKey, VecDeque<Metrics>>,
}

impl AccountFacts {
    /// Of an account that nobody has asked about.
    pub const fn unknown() -> Self {
        Self {
            state: AccountState::Unknown,
            refreshing: false,
            metrics: BTreeMap::new(),
        }
    }
}

/// How far this computer is with an account at a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum AccountState {
    /// Nobody has asked yet.
    #[default]
    Unknown,
    /// The provider's own program is not on this computer.
    NotInstalled,
    SignedOut,
    SigningIn {
        /// Where a code is to be typed, and the code, when there is one.
        device: Option<DeviceCode>,
    },
    /// Somebody is signed in.
    Ready {
        user: String,
        /// Through whom, in the provider's own words.
        via: String,
    },
    /// It could not be found out.
    Failed {
        reason: Reason,
        since: UnixMillis,
    },
}

/// A sign-in that is finished in a browser, on this computer or on another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCode {
    pub url: String,
    pub code: String,
}

impl AccountState {
    /// What cannot work now for want of a program or a sign-in. Nothing, while it is not known.
    pub const fn lacks(&self) -> Option<Lack> {
        match self {
            Self::NotInstalled => Some(Lack::Program),
            Self::SignedOut => Some(Lack::SignIn),
            Self::SigningIn { .. } => Some(Lack::Patience),
            Self::Unknown | Self::Ready { .. } | Self::Failed { .. } => None,
        }
    }

    /// Somebody is signed in.
    pub const fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    /// The code that waits to be typed, if one does.
    pub const fn device_code(&self) -> Option<&DeviceCode> {
        match self {
            Self::SigningIn { device } => device.as_ref(),
            Self::Unknown
            | Self::NotInstalled
            | Self::SignedOut
            | Self::Ready { .. }
            | Self::Failed { .. } => None,
        }
    }
}

/// What an account lacks before anything works with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    Program,
    /// Somebody who is signed in.
    SignIn,
    Token,
    /// The end of the sign-in that is under way.
    Patience,
}
