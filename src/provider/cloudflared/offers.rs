//! What Cloudflare carries, takes and needs, and the way from that to a connector.

use super::connection::{Carrying, Patience};
use super::import;
use super::options::{self, Options};
use super::probe::Dialect;
use crate::model::{
    AccountId, Inventory, Offers, OptionKind, OptionSpec, Program, Protocol, ProviderId,
    ProviderOptions, ReachBy, TextSpec, UrlLasts, WithoutAccount,
};
use crate::provider::program::{self, Names, ProgramConnector};
use crate::provider::registry::BuiltIn;
use crate::provider::{BoxFuture, ConnectError, Connector, ProbeMarks, Provider};
use crate::secrets::Secrets;
use std::sync::Arc;
use std::time::Duration;

/// It is asked for its version, and asks nobody else.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

pub(super) static NAMES: Names = Names {
    program: "cloudflared",
    variable: "CLOUDFLARED_BIN",
    folders: &["/usr/bin", "/snap/bin"],
};

/// Installs the program on this kind of computer.
const INSTALL_COMMAND: &str = if cfg!(target_os = "windows") {
    "winget install --id Cloudflare.cloudflared"
} else if cfg!(target_os = "macos") {
    "brew install cloudflared"
} else {
    "sudo apt-get install cloudflared"
};

/// What it offers.
pub static OFFERS: Offers = Offers {
    id: ProviderId::literal("cloudflared"),
    name: "Cloudflare",
    protocols: &[Protocol::Auto, Protocol::Http, Protocol::Https],
    inventory: Inventory::Here,
    program: Some(Program {
        name: NAMES.program,
        install_command: INSTALL_COMMAND,
        sign_in_command: "cloudflared tunnel login",
        install_page: "https://developers.cloudflare.com/cloudflare-one/networks/connectors/cloudflare-tunnel/downloads/",
    }),
    joins: false,
    port_options: false,
    reach: ReachBy::Internet,
    without_account: Some(WithoutAccount {
        rank: 1,
        name: "Cloudflare quick tunnel",
        protocols: &[Protocol::Auto, Protocol::Http, Protocol::Https],
        options: &[],
        url_lasts: UrlLasts::Run,
    }),
    probe: &Dialect,
    options: &[
        OptionSpec::new(
            "token",
            "cloudflared-token",
            OptionKind::Secret(TextSpec {
                example: "eyJhIjoi…",
                takes: options::is_token,
            }),
        )
        .of_tunnel(),
        OptionSpec::new(
            "hostname",
            "cloudflared-hostname",
            OptionKind::Text(TextSpec {
                example: "app.example.org",
                takes: options::is_hostname,
            }),
        )
        .of_tunnel(),
        OptionSpec::new("credentials", "cloudflared-credentials", OptionKind::File)
            .of_tunnel()
            .advanced(),
        OptionSpec {
            default: "auto",
            ..OptionSpec::new(
                "protocol",
                "cloudflared-protocol",
                OptionKind::Choice(&[
                    ("auto", "cloudflared-protocol-auto"),
                    ("quic", "cloudflared-protocol-quic"),
                    ("http2", "cloudflared-protocol-http2"),
                ]),
            )
            .of_tunnel()
            .advanced()
        },
    ],
    imports: &[import::FORMAT],
    ..Offers::RELAY
};

/// Cloudflare, with the tokens that are kept on this computer.
struct Cloudflared(Arc<Secrets>);

/// How it is listed.
pub const BUILT_IN: BuiltIn = BuiltIn {
    offers: &OFFERS,
    make: |secrets| Arc::new(Cloudflared(Arc::clone(secrets))),
    discreet: &[],
};

impl Provider for Cloudflared {
    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn has_program(&self) -> Option<bool> {
        Some(program::Program::from_env(&NAMES).is_there())
    }

    fn program(&self) -> Option<BoxFuture<'_, Result<String, ConnectError>>> {
        Some(Box::pin(async {
            let program = program::Program::from_env(&NAMES).within(ANSWERS_WITHIN);
            program.ask(&["version", "--short"]).await
        }))
    }

    fn connector(
        &self,
        _: &AccountId,
        options: &ProviderOptions,
        _: ProbeMarks,
    ) -> Box<dyn Connector> {
        let carrying = Carrying {
            program: program::Program::from_env(&NAMES),
            options: Options::parse(options),
            patience: Patience::default(),
        };
        Box::new(ProgramConnector::new(carrying, Arc::clone(&self.0)))
    }
}
