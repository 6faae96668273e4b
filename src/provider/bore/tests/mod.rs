//! Hosting from end to end: the connector between services on this computer and the real server.

mod hosting;
#[allow(dead_code, reason = "the tests of the built binary use the rest")]
#[path = "../../../../tests/all/support/bore.rs"]
mod server;
mod trouble;

use super::connector::{BoreConnector, Patience};
use super::offers::Choice;
use crate::model::{Secret, TunnelId};
use crate::provider::tests::options;
use server::BoreServer;
use std::sync::Arc;
use std::time::Duration;

fn quick() -> Patience {
    Patience {
        challenge: Duration::from_millis(500),
        answer: Duration::from_secs(2),
        ..Patience::default()
    }
}

/// Hosts as was chosen, with this secret.
fn connector(chosen: &[(&str, &str)], secret: Option<&str>) -> BoreConnector {
    let secret = secret.map(Secret::new);
    let none = Arc::new(|_: &TunnelId, _: &str| Ok(None));
    BoreConnector::new(none, secret, Choice::parse(&options(chosen))).with_patience(quick())
}

/// Hosts at this server.
fn at(server: &BoreServer, secret: Option<&str>) -> BoreConnector {
    connector(&[("server", &server.address.to_string())], secret)
}

/// Where visitors of this URL go.
fn place(url: &str) -> &str {
    url.split_once("://").expect("a URL").1
}
