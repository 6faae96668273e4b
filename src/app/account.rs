//! What the app needs of a provider that keeps accounts: its inventory and its connector, as
//! something that tests can stand in for.

use crate::model::{
    Access, AccountState, DeviceCode, Identity, LivePort, Metrics, Offer, Port, PortKey,
    PortNumber, Protocol, Reason, Tunnel, TunnelId,
};
use crate::provider::Connector;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// An answer that may take its time, within bounds of its own.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Reason>> + Send>>;

/// Told of the code that a sign-in waits for.
pub type OnCode = Box<dyn Fn(DeviceCode) + Send + Sync>;

/// A tunnel as the provider's inventory has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The tunnel, with its real id.
    pub tunnel: Tunnel,
    /// The URLs of its ports, as far as it has any.
    pub live: Vec<LivePort>,
    /// What is counted of each port.
    pub metrics: BTreeMap<PortNumber, Metrics>,
}

impl Reported {
    /// A tunnel of which nothing more is said.
    #[must_use]
    pub fn new(tunnel: Tunnel) -> Self {
        Self {
            tunnel,
            live: Vec::new(),
            metrics: BTreeMap::new(),
        }
    }
}

/// The account at a provider. What is `known` of a tunnel (its name, where its ports lead) is kept.
pub trait Account: Send + Sync {
    /// Finds out how far this computer is with it.
    fn preflight(&self) -> Pin<Box<dyn Future<Output = AccountState> + Send>>;

    /// All its tunnels.
    fn list(&self, known: Vec<Tunnel>) -> Answer<Vec<Reported>>;

    /// One of them, by its id or by what was requested as its id.
    fn show(&self, id: String, known: Option<Tunnel>) -> Answer<Reported>;

    /// Makes a tunnel of this name, with its ports and its access. Its real id comes back.
    fn create(&self, tunnel: Tunnel) -> Answer<Reported>;

    /// Deletes one.
    fn delete(&self, id: TunnelId) -> Answer<()>;

    /// Adds a port.
    fn add_port(&self, id: TunnelId, port: Port) -> Answer<()>;

    /// Removes one.
    fn remove_port(&self, key: PortKey) -> Answer<()>;

    /// Makes a port anew that speaks something else: its URL may change.
    fn change_protocol(&self, key: PortKey, protocol: Protocol) -> Answer<()>;

    /// Says who may visit.
    fn set_access(&self, id: TunnelId, access: Access) -> Answer<()>;

    /// Prolongs its life, and widens nobody's access.
    fn renew(&self, id: TunnelId) -> Answer<()>;

    /// The account's limits, a name and a value each, in the provider's words.
    fn limits(&self) -> Answer<Vec<(String, String)>>;

    /// Signs in. Dropping the answer gives it up.
    fn sign_in(&self, identity: Identity, device: bool, on_code: OnCode) -> Answer<()>;

    /// Signs out.
    fn sign_out(&self) -> Answer<()>;

    /// The version of the provider's own program.
    fn version(&self) -> Answer<String>;
}

/// Dev Tunnels as the app uses it. Cheap to clone.
#[derive(Clone)]
pub struct DevTunnels {
    /// The account.
    pub account: Arc<dyn Account>,
    /// Makes a connector that offers these protocols.
    pub connector: Arc<dyn Fn(Offer) -> Box<dyn Connector> + Send + Sync>,
}

impl std::fmt::Debug for DevTunnels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DevTunnels").finish_non_exhaustive()
    }
}
