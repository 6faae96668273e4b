//! What localtunnel carries and takes, and the way from that to a connector.

use super::connector::LocaltunnelConnector;
use super::dialect::Dialect;
use crate::model::{
    AccountId, Inventory, Offers, OptionKind, OptionSpec, Protocol, ProviderId, ProviderOptions,
    ReachBy, TextSpec, UrlLasts, WithoutAccount,
};
use crate::provider::registry::BuiltIn;
use crate::provider::{BoxFuture, ConnectError, Connector, ProbeMarks, Provider, chosen, dial};
use reqwest::Url;
use std::sync::Arc;

/// What it offers.
pub static OFFERS: Offers = Offers {
    id: ProviderId::literal("localtunnel"),
    name: "localtunnel",
    protocols: &[Protocol::Auto, Protocol::Http, Protocol::Https],
    inventory: Inventory::Here,
    joins: false,
    port_options: false,
    encrypted: false,
    reach: ReachBy::Server("server"),
    without_account: Some(WithoutAccount {
        rank: 4,
        name: "localtunnel",
        protocols: &[Protocol::Auto, Protocol::Http, Protocol::Https],
        options: &[],
        url_lasts: UrlLasts::Asked,
    }),
    probe: &Dialect,
    options: &[
        OptionSpec {
            default: "https://localtunnel.me",
            ..OptionSpec::new(
                "server",
                "localtunnel-server",
                OptionKind::Text(TextSpec {
                    example: "https://HOST",
                    takes: |text| parse_server(text).is_some(),
                }),
            )
        }
        .of_tunnel(),
        OptionSpec::new(
            "subdomain",
            "localtunnel-subdomain",
            OptionKind::Text(TextSpec {
                example: "my-name (a-z, 0-9, -; 4-63)",
                takes: is_name,
            }),
        )
        .of_tunnel(),
    ],
    ..Offers::RELAY
};

pub(super) fn invalid(detail: String) -> ConnectError {
    chosen::invalid(&OFFERS, detail)
}

/// Whether a server would give this name: 4 to 63 small letters, digits and `-`, none at the ends.
pub(super) fn is_name(name: &str) -> bool {
    let taken = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (4..=63).contains(&name.len())
        && name.bytes().all(taken)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// The server's URL, with a slash at its end.
fn parse_server(text: &str) -> Option<Url> {
    let mut url = Url::parse(text.trim()).ok()?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    is_plain.then_some(url)
}

/// What was chosen for a tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) server: Url,
    pub(super) name: Option<String>,
}

impl Choice {
    pub(super) fn parse(options: &ProviderOptions) -> Result<Self, ConnectError> {
        chosen::check(&OFFERS, options)?;
        let of = |key| OFFERS.option(key).map_or("", |option| options.get(option));
        let server = parse_server(of("server"));
        let server = server.ok_or_else(|| invalid("server: it takes https://HOST".to_owned()))?;
        let name = Some(of("subdomain")).filter(|name| !name.is_empty());
        Ok(Self {
            server,
            name: name.map(str::to_owned),
        })
    }
}

/// localtunnel, which needs nothing of this computer.
struct Localtunnel;

/// How it is listed.
pub const BUILT_IN: BuiltIn = BuiltIn {
    offers: &OFFERS,
    make: |_| Arc::new(Localtunnel),
    discreet: &[],
};

impl Provider for Localtunnel {
    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn try_without_account(&self) -> BoxFuture<'_, Result<(), ConnectError>> {
        Box::pin(async {
            let Choice { server, .. } = Choice::parse(&ProviderOptions::default())?;
            let host = server.host_str().unwrap_or_default();
            dial::try_once(host, server.port_or_known_default().unwrap_or(443)).await
        })
    }

    fn connector(
        &self,
        _: &AccountId,
        options: &ProviderOptions,
        _: ProbeMarks,
    ) -> Box<dyn Connector> {
        Box::new(LocaltunnelConnector::new(Choice::parse(options)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::tests::options;

    #[test]
    fn what_is_set_becomes_a_choice_or_says_what_is_wrong() {
        let set = [
            ("server", "http://a.example:9/lt"),
            ("subdomain", "my-name"),
        ];
        let choice = Choice::parse(&options(&set)).expect("good");
        assert_eq!(choice.server.as_str(), "http://a.example:9/lt/");
        assert_eq!(choice.name.as_deref(), Some("my-name"));
        let usual = Choice::parse(&options(&[])).expect("all has a default");
        assert_eq!(usual.server.as_str(), "https://localtunnel.me/");
        assert_eq!(usual.name, None);
        for (key, value) in [
            ("server", "a.example"),
            ("server", "ftp://a.example"),
            ("server", "https://u:p@a.example"),
            ("server", "https://a.example/?new"),
            ("server", "https://a.example/#x"),
            ("server", ""),
            ("subdomain", "abc"),
            ("subdomain", "My-Name"),
            ("subdomain", "-name"),
            ("subdomain", "name-"),
            ("subdomain", "a.name"),
            ("subdomain", &"x".repeat(64)),
            ("of-later", "on"),
        ] {
            let error = Choice::parse(&options(&[(key, value)])).expect_err(key);
            let detail = error.reason.detail().unwrap_or_default().to_owned();
            assert!(
                detail.starts_with(key) && !detail.contains("u:p"),
                "{detail}"
            );
        }
    }
}
