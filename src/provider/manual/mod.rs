//! A URL that somebody else serves: it is probed, shown, audited and told about like any other, and
//! nothing is hosted.

use crate::model::{
    AccountId, Header, Inventory, Offers, OptionKind, OptionSpec, ProbeDialect, Protocol,
    ProviderId, ProviderOptions, ReachBy, Reason, RelayVerdict, TextSpec,
};
use crate::provider::refusing::Refusing;
use crate::provider::registry::BuiltIn;
use crate::provider::{Connector, ProbeMarks, Provider};
use std::sync::Arc;

/// What it offers.
pub static OFFERS: Offers = Offers {
    id: ProviderId::literal("manual"),
    name: "URL",
    protocols: &[Protocol::Auto, Protocol::Http, Protocol::Https],
    inventory: Inventory::Here,
    joins: false,
    port_options: false,
    reach: ReachBy::Server("url"),
    probe: &Dialect,
    watches: Some("url"),
    options: &[OptionSpec {
        required: true,
        ..OptionSpec::new(
            "url",
            "manual-url",
            OptionKind::Text(TextSpec {
                example: "https://app.example.org/",
                takes: is_url,
            }),
        )
        .of_tunnel()
    }],
    ..Offers::RELAY
};

/// Whether it is a URL that can be asked: of a web page, and without a user or password, which would be
/// shown.
fn is_url(text: &str) -> bool {
    reqwest::Url::parse(text.trim()).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none()
    })
}

/// Nobody but the service itself says anything there.
#[derive(Debug)]
struct Dialect;

impl ProbeDialect for Dialect {
    fn verdict(&self, _: u16, _: Header<'_>) -> Option<RelayVerdict> {
        None
    }
}

/// URLs that are watched.
struct Manual;

/// How it is listed.
pub const BUILT_IN: BuiltIn = BuiltIn {
    offers: &OFFERS,
    make: |_| Arc::new(Manual),
    discreet: &[],
};

impl Provider for Manual {
    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn connector(&self, _: &AccountId, _: &ProviderOptions, _: ProbeMarks) -> Box<dyn Connector> {
        let detail = "somebody else serves this URL: it can only be watched".to_owned();
        Box::new(Refusing(Reason::Refused { detail }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_of_a_web_page_and_holds_no_secret() {
        for good in [
            "https://app.example.org",
            "http://127.0.0.1:8080/x?y",
            " https://a.b/ ",
        ] {
            assert!(is_url(good), "{good}");
        }
        for bad in [
            "",
            "app.example.org",
            "ftp://a.b/",
            "https://",
            "https://u:p@a.b/",
            "https://u@a.b",
        ] {
            assert!(!is_url(bad), "{bad}");
        }
    }
}
