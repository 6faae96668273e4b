//! What ngrok carries, takes and needs, and the way from that to a connector.

use super::connector::NgrokConnector;
use super::import;
use super::options::{self, Binding, Endpoint, OAuth, Options};
use super::probe::Dialect;
use super::server::Server;
use super::token::{self, TOKEN_VARIABLE};
use crate::model::{
    AccountId, Inventory, Offers, OptionKind, OptionScope, OptionSpec, Protocol, ProviderId,
    ProviderOptions, ReachBy, TextSpec, TokenSpec,
};
use crate::provider::registry::BuiltIn;
use crate::provider::{Connector, ProbeMarks, Provider, Rejected, chosen};
use crate::secrets::Secrets;
use std::path::PathBuf;
use std::sync::Arc;

/// What it offers.
pub static OFFERS: Offers = Offers {
    id: ProviderId::literal("ngrok"),
    name: "ngrok",
    protocols: &Protocol::ALL,
    inventory: Inventory::Here,
    joins: false,
    reach: ReachBy::Internet,
    probe: &Dialect,
    token: Some(TokenSpec {
        variable: TOKEN_VARIABLE,
        page: "https://dashboard.ngrok.com/get-started/your-authtoken",
        takes: token::is_token,
    }),
    options: &[
        of_tunnel(
            "protocol",
            "ngrok-protocol",
            OptionKind::Choice(&Endpoint::CHOICES),
        )
        .advanced(),
        of_tunnel(
            "domain",
            "ngrok-domain",
            text("app.example.org", options::is_domain),
        ),
        of_tunnel(
            "address",
            "ngrok-address",
            text("1.tcp.eu.ngrok.io:20001", options::is_address),
        )
        .advanced(),
        of_tunnel(
            "basic-auth",
            "ngrok-basic-auth",
            OptionKind::Secret(TextSpec {
                example: "USER:PASSWORD (8-128)",
                takes: options::are_credentials,
            }),
        ),
        of_tunnel(
            "allow",
            "ngrok-allow",
            text("192.0.2.0/24, 2001:db8::/32", options::are_networks),
        )
        .advanced(),
        of_tunnel(
            "deny",
            "ngrok-deny",
            text("192.0.2.0/24, 2001:db8::/32", options::are_networks),
        )
        .advanced(),
        of_tunnel("oauth", "ngrok-oauth", OptionKind::Choice(&OAuth::CHOICES)).advanced(),
        of_tunnel("policy", "ngrok-policy", OptionKind::File).advanced(),
        of_tunnel("pooling", "ngrok-pooling", OptionKind::Switch).advanced(),
        of_tunnel(
            "binding",
            "ngrok-binding",
            OptionKind::Choice(&Binding::CHOICES),
        )
        .advanced(),
        OptionSpec::new("server", "ngrok-server", text("eu", options::is_server)),
    ],
    imports: &[import::FORMAT],
    ..Offers::RELAY
};

const fn of_tunnel(key: &'static str, label: &'static str, kind: OptionKind) -> OptionSpec {
    OptionSpec {
        scope: OptionScope::Tunnel,
        ..OptionSpec::new(key, label, kind)
    }
}

const fn text(example: &'static str, takes: fn(&str) -> bool) -> OptionKind {
    OptionKind::Text(TextSpec { example, takes })
}

/// ngrok, with the tokens that are kept on this computer.
struct Ngrok(Arc<Secrets>);

/// How it is listed.
pub const BUILT_IN: BuiltIn = BuiltIn {
    offers: &OFFERS,
    make: |secrets| Arc::new(Ngrok(Arc::clone(secrets))),
    discreet: &["ngrok", "muxado"],
};

/// What was chosen, checked.
fn parse(chosen: &ProviderOptions) -> Result<Options, Rejected> {
    let mut read = vec![];
    for chosen in chosen::known(&OFFERS, chosen) {
        let (option, value) = chosen?;
        if option.key != "policy" {
            read.push((option.key, value));
        }
    }
    Options::parse(read)
}

impl Provider for Ngrok {
    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn service(&self) -> Result<Option<(String, u16)>, String> {
        let server = Server::from_env()?.unwrap_or_default();
        Ok(Some((server.host, server.port)))
    }

    fn connector(
        &self,
        account: &AccountId,
        options: &ProviderOptions,
        _: ProbeMarks,
    ) -> Box<dyn Connector> {
        let kept = token::Kept::new(Arc::clone(&self.0), account);
        let policy = options.text("policy");
        let connector = NgrokConnector::new(Arc::new(kept), parse(options));
        Box::new(connector.with_policy(policy.map(PathBuf::from)))
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
        let parsed = set("domain", "app.example.org").expect("it is one");
        assert_eq!(parsed.domain.as_deref(), Some("app.example.org"));
        assert!(set("domain", "nowhere").is_err());
        // What is not understood may be what was to keep strangers out.
        for (key, value) in [
            ("of-later", "on"),
            ("basic-auth", "anna:password1"),
            ("allow", ""),
        ] {
            assert!(set(key, value).is_err(), "{key}");
        }
    }

    #[test]
    fn each_option_takes_what_the_connector_takes() {
        for (key, good, bad) in [
            ("protocol", "tls", "udp"),
            ("domain", "app.example.org", "localhost"),
            ("address", "1.tcp.ngrok.io:20001", "1.tcp.ngrok.io"),
            ("allow", "192.0.2.0/24, 2001:db8::1", "192.0.2.0/33"),
            ("deny", "192.0.2.7", "everybody"),
            ("oauth", "github", "nobody"),
            ("pooling", "on", "perhaps"),
            ("binding", "internal", "mine"),
            ("server", "eu", "no place"),
        ] {
            let option = OFFERS.option(key).expect(key);
            let parsed = |value: &str| Options::parse([(key, value)]).is_ok();
            assert!(option.takes(good) && parsed(good), "{key}={good}");
            assert!(!option.takes(bad) && !parsed(bad), "{key}={bad}");
        }
        let auth = OFFERS.option("basic-auth").expect("it is there");
        assert!(auth.is_secret() && auth.takes("anna:password1") && !auth.takes("anna:short"));
    }
}
