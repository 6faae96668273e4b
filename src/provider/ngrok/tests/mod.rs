//! Hosting from end to end: the connector between services on this computer and an edge on loopback.

#[allow(dead_code, reason = "the tests of the built binary use the rest")]
#[path = "../../../../tests/all/support/ngrok/mod.rs"]
mod edge;
mod hosting;
mod official;
mod trouble;

use super::*;
use crate::model::{Class, Phase, PortNumber, Protocol, Reason, Secret, TunnelId};
use crate::provider::tests::{
    SOON, closed, connect, echo, ended, host, next, order, port, service, url,
};
use crate::provider::{Connector, HostOrder, SessionEvent};
pub(super) use edge::frame;
use edge::{Edge, Visitor};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

const TOKEN: &str = "2t0kenOfThisTest";

/// Beats often, so that a test need not wait long for one.
fn quick() -> Patience {
    Patience {
        beat: Duration::from_millis(200),
        tolerance: Duration::from_secs(3),
        ..Patience::default()
    }
}

/// Has one token, and a password.
struct Pocket;

impl SecretSource for Pocket {
    fn token(&self) -> Result<Option<Secret>, String> {
        Ok(Some(Secret::new(TOKEN)))
    }

    fn option(&self, tunnel: &TunnelId, key: &str) -> Result<Option<Secret>, String> {
        let is_its = tunnel.as_str() == "web" && key == "basic-auth";
        Ok(is_its.then(|| Secret::new("anna:password1")))
    }
}

/// Where an edge is, and who vouches for it.
fn server(edge: &Edge) -> Server {
    Server {
        host: "localhost".to_owned(),
        port: edge.port(),
        authority: Some(edge.authority.clone().into_bytes()),
    }
}

fn connector(edge: &Edge, chosen: &[(&str, &str)]) -> NgrokConnector {
    let options = Options::parse(chosen.iter().copied());
    NgrokConnector::new(Arc::new(Pocket), options)
        .with_server(server(edge))
        .with_patience(quick())
}

/// All that a visitor is told, up to the end.
async fn all(visitor: &mut Visitor) -> Vec<u8> {
    let mut said = Vec::new();
    let reading = visitor.stream.read_to_end(&mut said);
    timeout(SOON, reading)
        .await
        .expect("it ends")
        .expect("it is whole");
    said
}
