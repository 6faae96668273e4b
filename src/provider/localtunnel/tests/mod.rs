//! Hosting from end to end: the connector between services on this computer and npm's own server, and
//! servers that are none.

mod hosting;
#[allow(dead_code, reason = "the tests of the built binary use the rest")]
#[path = "../../../../tests/all/support/localtunnel.rs"]
mod npm;
mod trouble;

use super::connector::{LocaltunnelConnector, Patience};
use super::offers::Choice;
use crate::provider::tests::{not_tested, options};
use npm::NpmServer;
use std::time::Duration;

fn connector(chosen: &[(&str, &str)]) -> LocaltunnelConnector {
    LocaltunnelConnector::new(Choice::parse(&options(chosen))).with_patience(Patience {
        answer: Duration::from_secs(3),
        ..Patience::default()
    })
}

/// npm's server, or word that it is not there.
fn server() -> Option<NpmServer> {
    let server = NpmServer::start();
    if server.is_none() {
        not_tested::not_tested("npm's localtunnel is not installed: see tests/localtunnel/install");
    }
    server
}

/// The host of a URL, by which the server knows whose visitors they are.
fn host_of(url: &str) -> &str {
    url.strip_prefix("http://").expect("a web URL")
}
