//! Hosting from end to end, with a stand-in for the program.

mod hosting;
#[allow(dead_code, reason = "the tests of the built binary use the rest")]
#[path = "../../../../tests/all/support/cloudflared.rs"]
mod stand_in;
mod trouble;

use super::connection::{Carrying, Patience};
use super::offers::NAMES;
use super::options::Options;
use crate::model::{Chosen, Port, PortNumber, Protocol, Secret};
use crate::provider::program::{Program, ProgramConnector};
use crate::provider::tests::{self as common, SOON, closed, ended, next, order, url, web};
use crate::provider::{ConnectError, Connector as _, HostOrder, Session, SessionEvent};
use crate::secrets::Secrets;
use stand_in::{DEAF, NAMED, QUICK, SERVES, StandIn};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

const TOKEN: &str = "eyJhIjoiYWNjb3VudCIsInQiOiJ0dW5uZWwiLCJzIjoic2VjcmV0In0";

fn patience() -> Patience {
    Patience {
        look: Duration::from_millis(50),
        ..Patience::default()
    }
}

fn port(number: u16) -> Port {
    common::port(number, Protocol::Http)
}

/// A connector with these options, and its secrets.
struct Scene {
    connector: ProgramConnector<Carrying>,
    secrets: Arc<Secrets>,
    _home: tempfile::TempDir,
}

fn scene_with(stand_in: &StandIn, chosen: &[(&str, &str)], patience: Patience) -> Scene {
    let home = tempfile::tempdir().expect("a folder");
    let secrets = Arc::new(Secrets::open(home.path(), true));
    let carrying = Carrying {
        program: Program::at(&NAMES, stand_in.program()),
        options: Options::parse(&common::options(chosen)),
        patience,
    };
    Scene {
        connector: ProgramConnector::new(carrying, Arc::clone(&secrets)),
        secrets,
        _home: home,
    }
}

fn scene(stand_in: &StandIn) -> Scene {
    scene_with(stand_in, &[], patience())
}

impl Scene {
    /// The order with a token that is kept.
    fn with_token(&self, mut order: HostOrder) -> HostOrder {
        let name = Chosen::secret_name(&order.tunnel, "token");
        self.secrets
            .set(&name, &Secret::new(TOKEN))
            .expect("it is kept");
        order.secrets.insert("token".to_owned());
        order
    }

    async fn connect(&self, order: &HostOrder) -> Result<Session, ConnectError> {
        common::connect(&self.connector, order).await
    }

    async fn host(&self, order: &HostOrder) -> Session {
        common::host(&self.connector, order).await
    }
}

/// Where the program that was started last is to send visitors.
fn origin(stand_in: &StandIn) -> String {
    let started = stand_in.started();
    let last = started.last().expect("it was started");
    let url = last.split_once("--url http://").expect("it is told").1;
    url.split(' ').next().unwrap_or_default().to_owned()
}

/// What a visitor gets there.
async fn visit(origin: &str) -> String {
    common::get(origin, "x").await
}
