//! What ngrok carries and needs, and the way from what is set for it to a connector.

use super::connector::NgrokConnector;
use super::options::{Options, Rejected};
use super::probe::Dialect;
use super::server::Server;
use super::token::{TokenSource, token_from_env};
use crate::model::{Inventory, Offers, Protocol, ProviderId, ProviderOptions};
use crate::provider::{Connector, ProbeMarks, Provider};
use std::sync::Arc;

/// What it offers.
pub static OFFERS: Offers = Offers {
    id: ProviderId::literal("ngrok"),
    name: "ngrok",
    protocols: &Protocol::ALL,
    inventory: Inventory::Here,
    joins: false,
    probe: &Dialect,
    ..Offers::RELAY
};

/// ngrok, with one account's token.
pub struct Ngrok {
    token: TokenSource,
}

impl Ngrok {
    /// With the token that `token` gets.
    #[must_use]
    pub fn new(token: TokenSource) -> Self {
        Self { token }
    }

    /// With the token that the environment has.
    #[must_use]
    pub fn from_env() -> Self {
        Self::new(Arc::new(token_from_env))
    }
}

/// What was set, checked.
fn parse(options: &ProviderOptions) -> Result<Options, Rejected> {
    let set = options.0.iter();
    Options::parse(set.map(|(key, value)| (key.as_str(), value.as_str())))
}

impl Provider for Ngrok {
    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn service(&self) -> Result<Option<(String, u16)>, String> {
        let server = Server::from_env()?.unwrap_or_default();
        Ok(Some((server.host, server.port)))
    }

    fn connector(&self, options: &ProviderOptions, _: ProbeMarks) -> Box<dyn Connector> {
        let token = Arc::clone(&self.token);
        Box::new(NgrokConnector::new(token, parse(options)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_becomes_options_or_says_what_is_wrong() {
        let set = |key: &str, value: &str| {
            let pair = (key.to_owned(), value.to_owned());
            parse(&ProviderOptions([pair].into_iter().collect()))
        };
        assert!(set("domain", "app.example.org").is_ok());
        let refused = set("colour", "red").expect_err("there is none");
        assert_eq!(refused.key, "colour");
        assert_eq!(OFFERS.id.as_str(), "ngrok");
    }
}
