//! What is to be had of where tunnels are listed, an account at a provider or a file of this computer: the
//! list, each tunnel, the changes, and the account itself.

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

/// A tunnel as the inventory has it.
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
    pub fn new(tunnel: Tunnel) -> Self {
        Self {
            tunnel,
            live: Vec::new(),
            metrics: BTreeMap::new(),
        }
    }
}

/// Tunnels that are listed in one place: an account at a provider, or a file of this computer.
///
/// It owns the way to ask, and no answer: the app keeps the rows, numbers its questions and knows which
/// answer is older than a change. Calls may come from any thread and at the same time; the app makes an
/// account's changes one after the other, while it may ask beside them.
///
/// What only this computer knows of a tunnel (its name, where its ports lead) is not in its row:
/// [`Tunnel::with_known`] adds it. Every answer bounds itself, dropping it gives the question up,
/// and an error is a [`Reason`] that a person can be told. It never starts hosting, and asks nothing by
/// itself.
pub trait Inventory: Send + Sync {
    /// All of them; those that are `known` need not be looked at more closely.
    fn list(&self, known: Vec<Tunnel>) -> Answer<Vec<Row>>;

    /// One of them, by its id or by what was requested as its id; `TunnelGone` where there is none.
    fn show(&self, id: String) -> Answer<Row>;

    /// Makes a change of the tunnel that is `known`, for [`Pending::Create`] the new one itself. The
    /// tunnel as it is now comes back where that can be had: a new one with its real id, always.
    fn change(&self, change: Pending, known: Tunnel) -> Answer<Option<Row>>;

    /// Whose they are; nobody's, where they are in a file of this computer.
    fn account(&self) -> Option<&dyn Account> {
        None
    }
}

/// One identity at a provider: whether this computer is signed in, and how to get there.
///
/// [`preflight`](Self::preflight) comes first and finds out how far one is: without a program, without a
/// sign-in, ready. It has no error, since each outcome is a state that the person is shown. All else may
/// be asked at any time and says [`Reason::SignedOut`] where it takes a sign-in. It never opens a window
/// or asks the person anything by itself; a code to type goes to `on_code`, and nowhere else.
pub trait Account: Send + Sync {
    /// Finds out how far this computer is with it.
    fn preflight(&self) -> Pin<Box<dyn Future<Output = AccountState> + Send>>;

    /// Its limits, a name and a value each, in the provider's words.
    fn limits(&self) -> Answer<Vec<(String, String)>>;

    /// Signs in by one of the ways that the provider offers, `device` with a code that is typed on
    /// another device. Dropping the answer gives it up.
    fn sign_in(&self, way: String, device: bool, on_code: OnCode) -> Answer<()>;

    fn sign_out(&self) -> Answer<()>;

    fn version(&self) -> Answer<String>;
}
