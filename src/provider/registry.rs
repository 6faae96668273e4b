//! What each provider gives, and all that this build has: the only place that knows which are built in.

use super::OTHERS;
use super::refusing::Refusing;
use super::relay::{RelayConnector, RelayLocator};
use super::{BoxFuture, ConnectError, Connector, Inventory, ProbeMarks};
use crate::model::{AccountId, Catalog, Offers, ProviderId, ProviderOptions, Reason};
use crate::secrets::Secrets;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Somebody who carries tunnels, as one value. A new one is a folder beside this file and a line in
/// `providers!`.
///
/// It owns what all its tunnels and accounts share (a program that was found, an address that the
/// environment names) and is there for the program's whole life. [`offers`](Self::offers) is what
/// everybody else decides by: it never changes, and nobody asks for a name. All calls return at once;
/// what takes time is in the [`Inventory`] and the [`Connector`] that they give, one for each account and
/// one for each engine.
pub trait Provider: Send + Sync {
    /// What it can do and needs: what everybody else decides by.
    fn offers(&self) -> &'static Offers;

    /// The tunnels of an account there; `None` where they are listed in a file of this computer.
    fn inventory(&self, _account: &AccountId) -> Option<Arc<dyn Inventory>> {
        None
    }

    /// The address where its service accepts connections, for whoever looks whether it does; `None`
    /// where there is no one place.
    ///
    /// # Errors
    /// A sentence on what is wrong with what the environment says of it.
    fn service(&self) -> Result<Option<(String, u16)>, String> {
        Ok(None)
    }

    /// What its own program says of itself, and whether that can work here; `None` where it runs none,
    /// or an account tells. It bounds itself.
    fn program(&self) -> Option<BoxFuture<'_, Result<String, ConnectError>>> {
        None
    }

    /// Whether its program is on this computer, by a look at the file system: nothing is run and nobody
    /// is asked. `None` where it runs none, or an account tells.
    fn has_program(&self) -> Option<bool> {
        None
    }

    /// Whether its way for somebody without an account ([`Offers::without_account`]) leads somewhere from
    /// here: its program is there, its server lets us in. Nothing is hosted by that. It bounds itself.
    fn try_without_account(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async {
            match self.program() {
                Some(program) => program.await.map(|_| ()),
                None => Ok(()),
            }
        })
    }

    /// Makes the sessions of one tunnel for an account, whose probes are known by `probes`.
    fn connector(
        &self,
        account: &AccountId,
        options: &ProviderOptions,
        probes: ProbeMarks,
    ) -> Box<dyn Connector>;
}

/// A provider that is built in: what is known of it before it is made, and how it is made.
#[derive(Clone, Copy)]
pub struct BuiltIn {
    pub offers: &'static Offers,
    /// With the secrets of this computer.
    pub make: fn(&Arc<Secrets>) -> Arc<dyn Provider>,
    /// The crates it brings whose own details hold tokens and passwords: nobody logs them.
    pub discreet: &'static [&'static str],
}

/// The providers there are. Cheap to clone.
#[derive(Clone)]
pub struct Registry(Arc<[Arc<dyn Provider>]>);

/// All of this build; our relay is where `locator` says, and what is secret is in `secrets`.
pub fn all(locator: Arc<dyn RelayLocator>, secrets: &Arc<Secrets>) -> Registry {
    let ours: Arc<dyn Provider> = Arc::new(OurRelay(locator));
    Registry::new([ours].into_iter().chain(others(secrets)))
}

/// The crates whose own details hold tokens and passwords: nobody logs them.
pub fn discreet() -> Vec<&'static str> {
    let crates = OTHERS.iter().flat_map(|other| other.discreet);
    crates.copied().collect()
}

/// Those of this build that need no relay: for whoever only asks accounts.
pub fn remote(secrets: &Arc<Secrets>) -> Registry {
    Registry::new(others(secrets))
}

fn others(secrets: &Arc<Secrets>) -> impl Iterator<Item = Arc<dyn Provider>> {
    OTHERS.iter().map(|other| (other.make)(secrets))
}

pub fn catalog() -> Catalog {
    let others = OTHERS.iter().map(|other| other.offers);
    Catalog::new([OurRelay::OFFERS].into_iter().chain(others))
}

impl Registry {
    /// These, each with an id of its own.
    pub fn new(providers: impl IntoIterator<Item = Arc<dyn Provider>>) -> Self {
        Self(providers.into_iter().collect())
    }

    /// The same with this one, in the place of whoever has its id.
    #[must_use]
    pub fn with(&self, provider: Arc<dyn Provider>) -> Self {
        let id = provider.offers().id;
        let others = self.0.iter().filter(|other| other.offers().id != id);
        Self::new(others.cloned().chain([provider]))
    }

    pub fn catalog(&self) -> Catalog {
        Catalog::new(self.0.iter().map(|provider| provider.offers()))
    }

    /// Those whose program is not on this computer.
    pub fn missing_programs(&self) -> BTreeSet<ProviderId> {
        let missing = self.0.iter().filter(|it| it.has_program() == Some(false));
        missing.map(|it| it.offers().id).collect()
    }

    /// The provider of this id, if this build has it.
    pub fn find(&self, id: ProviderId) -> Option<&dyn Provider> {
        let found = self.0.iter().find(|provider| provider.offers().id == id);
        found.map(|provider| &**provider)
    }

    /// The tunnels of an account.
    ///
    /// # Errors
    /// This build lacks the provider, or it keeps none.
    pub fn inventory(&self, account: &AccountId) -> Result<Arc<dyn Inventory>, Reason> {
        let provider = self.find(account.provider);
        let inventory = provider.and_then(|provider| provider.inventory(account));
        inventory.ok_or_else(|| absent(account.provider))
    }

    /// Makes the sessions of one tunnel; of a provider that is not there, one that says so.
    pub fn connector(
        &self,
        account: &AccountId,
        options: &ProviderOptions,
        probes: ProbeMarks,
    ) -> Box<dyn Connector> {
        match self.find(account.provider) {
            Some(provider) => provider.connector(account, options, probes),
            None => Box::new(Refusing(absent(account.provider))),
        }
    }
}

/// Our own relay, embedded or joined.
struct OurRelay(Arc<dyn RelayLocator>);

impl OurRelay {
    const OFFERS: &'static Offers = &Offers::RELAY;
}

impl Provider for OurRelay {
    fn offers(&self) -> &'static Offers {
        Self::OFFERS
    }

    fn connector(
        &self,
        _: &AccountId,
        _: &ProviderOptions,
        probes: ProbeMarks,
    ) -> Box<dyn Connector> {
        Box::new(RelayConnector::new(Arc::clone(&self.0)).with_probes(probes))
    }
}

fn absent(provider: ProviderId) -> Reason {
    Reason::NoProvider {
        provider: provider.to_string(),
    }
}
