//! What is to be had of a provider that keeps its tunnels in an account: the list, each tunnel, the
//! changes, and the account itself.

use crate::model::{
    AccountState, DeviceCode, LivePort, Metrics, Pending, PortNumber, Reason, Tunnel,
};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

/// An answer that may take its time, within bounds of its own. Dropping it gives the question up.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Reason>> + Send>>;

/// Told of the code that a sign-in waits for.
pub type OnCode = Box<dyn Fn(DeviceCode) + Send + Sync>;

/// A tunnel as the provider's inventory has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The tunnel, with its real id.
    pub tunnel: Tunnel,
    /// The URLs of its ports, as far as it has any.
    pub live: Vec<LivePort>,
    /// What is counted of each port.
    pub metrics: BTreeMap<PortNumber, Metrics>,
}

impl Row {
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

/// The tunnels of an account. What is `known` of one on this computer alone (its name, where its
/// ports lead) is kept.
pub trait Inventory: Send + Sync {
    /// All of them.
    fn list(&self, known: Vec<Tunnel>) -> Answer<Vec<Row>>;

    /// One of them, by its id or by what was requested as its id; `TunnelGone` where there is none.
    fn show(&self, id: String, known: Option<Tunnel>) -> Answer<Row>;

    /// Makes a change of the tunnel that is `known`, for [`Pending::Create`] the new one itself. The
    /// tunnel as it is now comes back where that can be had: a new one with its real id, always.
    fn change(&self, change: Pending, known: Tunnel) -> Answer<Option<Row>>;

    /// Whose they are.
    fn account(&self) -> &dyn Account;
}

/// One identity at a provider.
pub trait Account: Send + Sync {
    /// Finds out how far this computer is with it.
    fn preflight(&self) -> Pin<Box<dyn Future<Output = AccountState> + Send>>;

    /// Its limits, a name and a value each, in the provider's words.
    fn limits(&self) -> Answer<Vec<(String, String)>>;

    /// Signs in by one of the ways that the provider offers, `device` with a code that is typed on
    /// another device. Dropping the answer gives it up.
    fn sign_in(&self, way: String, device: bool, on_code: OnCode) -> Answer<()>;

    /// Signs out.
    fn sign_out(&self) -> Answer<()>;

    /// The version of the provider's own program.
    fn version(&self) -> Answer<String>;
}
