//! What bore carries and takes, and the way from that to a connector.

use super::connector::BoreConnector;
use super::server::Server;
use crate::model::{
    AccountId, Inventory, Offers, OptionKind, OptionSpec, PageDialect, PortNumber, Protocol,
    ProviderId, ProviderOptions, ReachBy, Secret, TextSpec, UrlLasts, WithoutAccount,
};
use crate::provider::registry::BuiltIn;
use crate::provider::{BoxFuture, ConnectError, Connector, ProbeMarks, Provider, chosen, dial};
use crate::secrets::Secrets;
use std::sync::Arc;

/// bore's own variable for the secret, which its client reads too.
pub const SECRET_VARIABLE: &str = "BORE_SECRET";

/// What it offers.
pub static OFFERS: Offers = Offers {
    id: ProviderId::literal("bore"),
    name: "bore",
    protocols: &Protocol::ALL,
    inventory: Inventory::Here,
    joins: false,
    port_options: false,
    encrypted: false,
    reach: ReachBy::Server("server"),
    without_account: Some(WithoutAccount {
        rank: 3,
        name: "bore.pub",
        protocols: &Protocol::ALL,
        options: &[],
        url_lasts: UrlLasts::Asked,
    }),
    probe: &PageDialect,
    options: &[
        OptionSpec {
            default: "bore.pub",
            ..OptionSpec::new(
                "server",
                "bore-server",
                OptionKind::Text(TextSpec {
                    example: "HOST[:PORT]",
                    takes: |text| Server::parse(text).is_some(),
                }),
            )
        }
        .of_tunnel(),
        OptionSpec::new(
            "secret",
            "bore-secret",
            OptionKind::Secret(TextSpec {
                example: "SECRET",
                takes: is_secret,
            }),
        )
        .of_tunnel(),
        OptionSpec::new(
            "remote-port",
            "bore-remote-port",
            OptionKind::Number {
                min: 1,
                max: 65_535,
            },
        )
        .of_tunnel()
        .advanced(),
    ],
    ..Offers::RELAY
};

pub(super) fn invalid(detail: String) -> ConnectError {
    chosen::invalid(&OFFERS, detail)
}

/// Whether it can be a secret: one line that is not empty.
fn is_secret(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// What was chosen for a tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) server: Server,
    /// The public port that is to be had.
    pub(super) public: Option<PortNumber>,
}

impl Choice {
    pub(super) fn parse(options: &ProviderOptions) -> Result<Self, ConnectError> {
        chosen::check(&OFFERS, options)?;
        let of = |key| OFFERS.option(key).map_or("", |option| options.get(option));
        let server = Server::parse(of("server"));
        let server = server.ok_or_else(|| invalid("server: it takes HOST[:PORT]".to_owned()))?;
        let public = of("remote-port").parse().ok().and_then(PortNumber::new);
        Ok(Self { server, public })
    }
}

/// What the environment has, which counts where none was set.
fn given() -> Option<Secret> {
    let given = std::env::var(SECRET_VARIABLE).ok();
    let given = given.filter(|text| is_secret(text));
    given.map(|text| Secret::new(&text))
}

/// bore, with the secrets that are kept on this computer.
struct Bore(Arc<Secrets>);

/// How it is listed.
pub const BUILT_IN: BuiltIn = BuiltIn {
    offers: &OFFERS,
    make: |secrets| Arc::new(Bore(Arc::clone(secrets))),
    discreet: &[],
};

impl Provider for Bore {
    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn try_without_account(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async {
            let Choice { server, .. } = Choice::parse(&ProviderOptions::default())?;
            dial::try_once(&server.host, server.port).await
        })
    }

    fn connector(
        &self,
        _: &AccountId,
        options: &ProviderOptions,
        _: ProbeMarks,
    ) -> Box<dyn Connector> {
        let source = chosen::kept(Arc::clone(&self.0));
        let choice = Choice::parse(options);
        Box::new(BoreConnector::new(source, given(), choice))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_becomes_a_choice_or_says_what_is_wrong() {
        let parse = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            let pairs = pairs.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            Choice::parse(&ProviderOptions(pairs.collect()))
        };
        let choice = parse(&[("server", "a.example:9"), ("remote-port", "9000")]).expect("good");
        assert_eq!(choice.server.to_string(), "a.example:9");
        assert_eq!(choice.public.map(PortNumber::get), Some(9000));
        let usual = parse(&[]).expect("all has a default");
        assert_eq!(usual.server.to_string(), "bore.pub:7835");
        assert_eq!(usual.public, None);
        for (key, value) in [
            ("server", "http://a.example"),
            ("server", ""),
            ("remote-port", "0"),
            ("remote-port", "65536"),
            ("remote-port", "web"),
            ("secret", "s3cret"),
            ("of-later", "on"),
        ] {
            let error = parse(&[(key, value)]).expect_err(key);
            let detail = error.reason.detail().unwrap_or_default().to_owned();
            assert!(
                detail.starts_with(key) && !detail.contains("s3cret"),
                "{detail}"
            );
        }
        let secret = OFFERS.option("secret").expect("it is there");
        assert!(secret.takes("two words\n") && !secret.takes(" ") && !secret.takes("a\nb"));
    }
}
