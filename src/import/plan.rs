//! Which tunnels are made of what was found. Nothing that is there is changed: what is there already, under
//! whichever name, is not made again; of another one with a name that is taken the name gets a number.

use crate::model::{
    AccountId, Catalog, Chosen, Found, Offers, OptionScope, Outcome, Planned, Port, Remote, Tunnel,
    TunnelId, UnixMillis, Why, parse_name,
};
use std::collections::BTreeSet;

/// The tunnels that are there, and those that are to be.
pub struct Plan<'a> {
    pub catalog: &'a Catalog,
    /// Whose token is kept.
    pub tokens: &'a BTreeSet<AccountId>,
    pub at: UnixMillis,
    tunnels: Vec<Tunnel>,
}

impl<'a> Plan<'a> {
    /// Beside these tunnels.
    pub fn beside(
        tunnels: &[Tunnel],
        catalog: &'a Catalog,
        tokens: &'a BTreeSet<AccountId>,
        at: UnixMillis,
    ) -> Self {
        Self {
            catalog,
            tokens,
            at,
            tunnels: tunnels.to_vec(),
        }
    }

    /// Decides of one more.
    pub fn add(&mut self, found: Found) -> Planned {
        let outcome = match self.make(&found) {
            Ok(outcome) => outcome,
            Err(why) => Outcome::Refused(why),
        };
        if let Outcome::New { tunnel, .. } = &outcome {
            self.tunnels.push((**tunnel).clone());
        }
        Planned { found, outcome }
    }

    fn make(&self, found: &Found) -> Result<Outcome, Why> {
        let offers = self.catalog.find(found.provider);
        let offers =
            offers.ok_or_else(|| Why::with(Why::NO_PROVIDER, found.provider.to_string()))?;
        check(offers, found)?;
        let (name, id) = self.free_name(&found.name)?;
        let of = |account: &&AccountId| account.provider == found.provider;
        let account = self.tokens.iter().find(of);
        let mut port = Port::new(found.target.clone(), found.protocol, id.clone());
        port.options = found.port.clone();
        let secrets = found.secrets.iter();
        let secrets = secrets.map(|(key, secret)| (Chosen::secret_name(&id, key), secret.clone()));
        let secrets = secrets.collect();
        let tunnel = Tunnel {
            id,
            name,
            provider: found.provider,
            ports: vec![port],
            chosen: Chosen {
                account: account.map_or_else(String::new, |account| account.name.clone()),
                options: found.options.clone(),
                secrets: found.secrets.keys().cloned().collect(),
                ..Chosen::default()
            },
            created_at: self.at,
            expires_at: None,
            remote: offers.is_remote().then(Remote::default),
        };
        if let Some(there) = self.tunnels.iter().find(|there| is_same(there, &tunnel)) {
            let (id, name) = (there.id.clone(), there.name.clone());
            return Ok(Outcome::There { id, name });
        }
        let tunnel = Box::new(tunnel);
        Ok(Outcome::New { tunnel, secrets })
    }

    /// The name, cut where it is too long, or the first of `NAME-2`, `NAME-3` … that nobody has.
    fn free_name(&self, name: &str) -> Result<(String, TunnelId), Why> {
        /// Leaves room for a number.
        const LONGEST: usize = 58;
        let plain: String = name.chars().filter(|c| !c.is_control()).collect();
        let plain: String = plain.trim().chars().take(LONGEST).collect();
        let numbered = (2..).map(|n: u32| format!("{plain}-{n}"));
        let names = std::iter::once(plain.clone()).chain(numbered);
        // Some number is free: there are fewer tunnels than these.
        for name in names.take(self.tunnels.len() + 2) {
            let (name, id) = parse_name(&name).map_err(|_| Why::with(Why::INVALID, "NAME"))?;
            if !self.is_taken(&id) {
                return Ok((name, id));
            }
        }
        Err(Why::with(Why::INVALID, "NAME"))
    }

    fn is_taken(&self, id: &TunnelId) -> bool {
        let has =
            |tunnel: &Tunnel| tunnel.id == *id || tunnel.ports.iter().any(|port| port.label == *id);
        self.tunnels.iter().any(has)
    }
}

/// Whether two do the same, whatever they are called and whoever may visit.
fn is_same(there: &Tunnel, new: &Tunnel) -> bool {
    let leads = |tunnel: &Tunnel| {
        let ports = tunnel.ports.iter();
        let ports = ports.map(|port| (port.target.clone(), port.protocol));
        ports.collect::<Vec<_>>()
    };
    there.provider == new.provider
        && leads(there) == leads(new)
        && there.chosen.options == new.chosen.options
        && there.chosen.secrets == new.chosen.secrets
}

/// Whether the provider takes all of it, by the rules that hold for what is typed.
fn check(offers: &Offers, found: &Found) -> Result<(), Why> {
    if !offers.carries(found.protocol) {
        let protocol = found.protocol.as_str();
        return Err(Why::with(Why::NOT_CARRIED, protocol));
    }
    let plain = found.options.iter().map(|(key, value)| (key, &**value));
    let secret = found.secrets.iter();
    let secret = secret.map(|(key, value)| (key, value.expose()));
    for (key, value) in plain.chain(secret) {
        let option = offers
            .option(key)
            .filter(|option| option.scope == OptionScope::Tunnel)
            .ok_or_else(|| Why::with(Why::UNKNOWN, key))?;
        let is_hidden = found.secrets.contains_key(key);
        if !option.takes(value) || option.is_secret() != is_hidden {
            let takes = format!("{key}={}", option.values());
            return Err(Why::with(Why::INVALID, takes));
        }
    }
    Ok(())
}
