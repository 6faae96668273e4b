//! Hosting from end to end, with a stand-in for the program and its daemon.

mod hosting;
#[allow(dead_code, reason = "the tests of the built binary use the rest")]
#[path = "../../../../tests/all/support/tailscale.rs"]
mod stand_in;
mod trouble;

use super::funnel::{Carrying, Patience};
use super::offers::NAMES;
use super::options::Options;
use crate::model::Protocol;
use crate::provider::program::{Program, ProgramConnector};
use crate::provider::tests::{SOON, connect, ended, host, options, order, port};
use crate::provider::{ConnectError, HostOrder, Session};
use crate::secrets::Secrets;
use stand_in::StandIn;
use std::sync::Arc;
use std::time::Duration;

fn patience() -> Patience {
    Patience {
        answer: SOON,
        start: SOON,
        look: Duration::from_millis(50),
    }
}

fn web() -> HostOrder {
    order(&[port(3000, Protocol::Http)])
}

fn connector_with(
    stand_in: &StandIn,
    chosen: &[(&str, &str)],
    patience: Patience,
) -> ProgramConnector<Carrying> {
    let home = tempfile::tempdir().expect("a folder");
    let secrets = Arc::new(Secrets::open(home.path(), true));
    let options = Options::parse(&options(chosen));
    let program = Program::at(&NAMES, stand_in.program());
    ProgramConnector::new(Carrying::new(program, options, patience), secrets)
}

fn connector(stand_in: &StandIn, chosen: &[(&str, &str)]) -> ProgramConnector<Carrying> {
    connector_with(stand_in, chosen, patience())
}

fn urls(session: &Session) -> Vec<&str> {
    session.ports.iter().map(|port| port.url.as_str()).collect()
}

/// Nothing was asked that could touch another's rule.
fn assert_harmless(stand_in: &StandIn) {
    for asked in stand_in.asked() {
        let words: Vec<&str> = asked.split(' ').collect();
        for never in ["reset", "off", "--bg", "serve", "--yes", "set", "up"] {
            assert!(!words.contains(&never), "{asked}");
        }
    }
}
