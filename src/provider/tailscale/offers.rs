//! What Tailscale Funnel carries, takes and needs, and the way from that to a connector.

use super::funnel::{self, Carrying, Patience};
use super::options::Options;
use super::probe::Dialect;
use crate::model::{
    AccountId, Inventory, Offers, OptionKind, OptionSpec, Program, Protocol, ProviderId,
    ProviderOptions, ReachBy,
};
use crate::provider::program::{self, Names, ProgramConnector};
use crate::provider::registry::BuiltIn;
use crate::provider::{BoxFuture, ConnectError, Connector, ProbeMarks, Provider};
use crate::secrets::Secrets;
use std::sync::Arc;

pub(super) static NAMES: Names = Names {
    program: "tailscale",
    variable: "TAILSCALE_BIN",
    folders: &[
        "/usr/bin",
        "/usr/sbin",
        "/run/current-system/sw/bin",
        "/Applications/Tailscale.app/Contents/MacOS",
    ],
};

/// Installs the program on this kind of computer.
const INSTALL_COMMAND: &str = if cfg!(target_os = "windows") {
    "winget install --id Tailscale.Tailscale"
} else if cfg!(target_os = "macos") {
    "brew install tailscale"
} else {
    "sudo apt-get install tailscale"
};

/// What it offers.
pub static OFFERS: Offers = Offers {
    id: ProviderId::literal("tailscale"),
    name: "Tailscale Funnel",
    protocols: &Protocol::ALL,
    inventory: Inventory::Here,
    program: Some(Program {
        name: NAMES.program,
        install_command: INSTALL_COMMAND,
        sign_in_command: "sudo tailscale up",
        install_page: "https://tailscale.com/download",
    }),
    joins: false,
    port_options: false,
    reach: ReachBy::Internet,
    probe: &Dialect,
    options: &[
        OptionSpec {
            default: "auto",
            ..OptionSpec::new(
                "port",
                "tailscale-port",
                OptionKind::Choice(&[
                    ("auto", "tailscale-port-auto"),
                    ("443", "tailscale-port-443"),
                    ("8443", "tailscale-port-8443"),
                    ("10000", "tailscale-port-10000"),
                ]),
            )
            .of_tunnel()
        },
        OptionSpec {
            default: "terminated",
            ..OptionSpec::new(
                "tcp",
                "tailscale-tcp",
                OptionKind::Choice(&[
                    ("terminated", "tailscale-tcp-terminated"),
                    ("raw", "tailscale-tcp-raw"),
                ]),
            )
            .of_tunnel()
            .advanced()
        },
    ],
    ..Offers::RELAY
};

/// Tailscale Funnel.
struct Tailscale(Arc<Secrets>);

/// How it is listed.
pub const BUILT_IN: BuiltIn = BuiltIn {
    offers: &OFFERS,
    make: |secrets| Arc::new(Tailscale(Arc::clone(secrets))),
    discreet: &[],
};

impl Provider for Tailscale {
    fn offers(&self) -> &'static Offers {
        &OFFERS
    }

    fn has_program(&self) -> Option<bool> {
        Some(program::Program::from_env(&NAMES).is_there())
    }

    fn program(&self) -> Option<BoxFuture<'_, Result<String, ConnectError>>> {
        Some(Box::pin(async {
            let program = program::Program::from_env(&NAMES);
            funnel::version(&program.within(Patience::default().answer)).await
        }))
    }

    fn connector(
        &self,
        _: &AccountId,
        options: &ProviderOptions,
        _: ProbeMarks,
    ) -> Box<dyn Connector> {
        let program = program::Program::from_env(&NAMES);
        let carrying = Carrying::new(program, Options::parse(options), Patience::default());
        Box::new(ProgramConnector::new(carrying, Arc::clone(&self.0)))
    }
}
