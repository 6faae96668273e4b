//! Ids of providers, the catalogue, and a provider for the tests of all rooms.

use super::*;
use crate::model::OptionKind;
use proptest::prelude::*;

impl ProviderId {
    /// The id of [`Offers::SAMPLE`].
    pub const SAMPLE: Self = Self::literal("devtunnel");
}

impl Offers {
    /// A provider with everything that our relay has not: for tests.
    pub const SAMPLE: Self = Self {
        id: ProviderId::SAMPLE,
        name: "Dev Tunnels",
        protocols: &[Protocol::Auto, Protocol::Http, Protocol::Https],
        inventory: Inventory::AtProvider,
        program: Some(Program {
            name: "devtunnel",
            install_command: "curl -sL https://aka.ms/DevTunnelCliInstall | bash",
            sign_in_command: "devtunnel user login",
            install_page: "https://example.org/install",
        }),
        sign_in: &[
            SignInWay {
                key: "microsoft",
                name: "Microsoft",
            },
            SignInWay {
                key: "github",
                name: "GitHub",
            },
        ],
        token: None,
        access: true,
        renewal: true,
        protocol_is_fixed: true,
        joins: false,
        port_options: false,
        encrypted: true,
        reach: ReachBy::Internet,
        without_account: None,
        probe: &SampleDialect,
        trial: true,
        watches: None,
        accepts: None,
        imports: &[],
        options: &[OptionSpec {
            default: "both",
            ..OptionSpec::new(
                "offer",
                "devtunnel-offer",
                OptionKind::Choice(&[
                    ("both", "devtunnel-offer-both"),
                    ("v1", "devtunnel-offer-v1"),
                ]),
            )
        }],
    };
}

/// Asks as a provider does that counts requests, and whose TCP ports have no address.
#[derive(Debug)]
struct SampleDialect;

impl ProbeDialect for SampleDialect {
    fn verdict(&self, _: u16, _: crate::model::Header<'_>) -> Option<crate::model::RelayVerdict> {
        None
    }

    fn asks_tcp(&self) -> bool {
        false
    }

    fn is_limit(&self, status: u16) -> bool {
        status == 429
    }
}

impl Catalog {
    /// Our relay and [`Offers::SAMPLE`].
    pub fn sample() -> Self {
        static SAMPLE: Offers = Offers::SAMPLE;
        Self::new([&RELAY, &SAMPLE])
    }
}

#[test]
fn an_id_is_short_and_plain() {
    for good in ["relay", "a", "x-2", "abcdefghijklmnopqrstuvw"] {
        let id: ProviderId = good.parse().expect("it is one");
        assert_eq!(id.as_str(), good);
    }
    for bad in ["", "A", "2x", "-x", "a b", "ü", "abcdefghijklmnopqrstuvwx"] {
        bad.parse::<ProviderId>().expect_err("it is none");
    }
}

#[test]
fn a_provider_that_is_not_there_offers_nothing_and_is_kept() {
    let id: ProviderId = "later".parse().expect("an id");
    let catalog = Catalog::default();
    assert_eq!(catalog.find(id), None);
    assert!(catalog.of(id).protocols.is_empty());
    let text = serde_json::to_string(&id).expect("it is written");
    assert_eq!(serde_json::from_str::<ProviderId>(&text).ok(), Some(id));
}

proptest! {
    #[test]
    fn any_text_is_an_id_or_refused_and_never_changed(text in ".{0,40}") {
        if let Ok(id) = text.parse::<ProviderId>() {
            prop_assert_eq!(id.as_str(), text.as_str());
            prop_assert_eq!(id.to_string(), text);
        }
    }
}
