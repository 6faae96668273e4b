//! Hosting from end to end: the connector between services on this computer and a server on loopback,
//! OpenSSH's own or one that says what a service says.

mod fake;
mod proxies;
mod services;
mod signing;
#[allow(dead_code, reason = "the tests of the built binary use the rest")]
#[path = "../../../../tests/all/support/sshd.rs"]
mod sshd;
mod trouble;
mod visitors;

use super::*;
use crate::model::{Class, Protocol, Reason, TunnelId};
use crate::provider::tests::{
    SOON, closed, connect, echo, host, next, not_tested, order, port, service, url,
};
use crate::provider::{ConnectError, HostOrder, Session, SessionEvent};
use options::Options;
use sshd::Sshd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

/// The server, or none where it is not installed: what needs it is then not tried.
fn sshd(lines: &str) -> Option<Sshd> {
    if Sshd::is_there() {
        return Some(Sshd::start(lines));
    }
    not_tested::not_tested("hosting through sshd: openssh-server is not installed");
    None
}

fn tcp(number: u16) -> HostOrder {
    order(&[port(number, Protocol::Tcp)])
}

/// A silence is noticed soon, so that a test need not wait long for it.
fn quick() -> Patience {
    Patience {
        beat: Duration::from_millis(300),
        silence: Duration::from_secs(2),
        announcement: Duration::from_secs(3),
        held: Duration::from_secs(1),
        ..Patience::default()
    }
}

/// With these options, and with no agent.
fn connector(chosen: &[(&str, &str)]) -> SshConnector {
    let mut options = Options::default();
    let set = chosen
        .iter()
        .try_for_each(|(key, value)| options.set(key, value));
    SshConnector::new(Arc::new(|_, _| Ok(None)), set.map(|()| options))
        .with_patience(quick())
        .with_agent(None)
}

/// To this server, with its user's key and what is known of it, and these options.
fn to(sshd: &Sshd, more: &[(&str, &str)]) -> SshConnector {
    let (identity, known) = (sshd.path("id"), sshd.path("known_hosts"));
    let url = sshd.url();
    let mut chosen = vec![
        ("server", url.as_str()),
        ("identity", identity.to_str().expect("text")),
        ("known-hosts", known.to_str().expect("text")),
    ];
    chosen.retain(|(key, _)| !more.iter().any(|(own, _)| own == key));
    chosen.extend(more);
    connector(&chosen)
}

/// Why there is no session.
async fn refused(connector: &SshConnector, order: &HostOrder) -> ConnectError {
    connect(connector, order).await.expect_err("it is refused")
}

/// Why the session is over.
async fn ended(session: &mut Session) -> ConnectError {
    loop {
        match next(session).await {
            SessionEvent::Ended(ended) => return ended,
            SessionEvent::Established | SessionEvent::Ports(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// The server's port that visitors come to.
fn given(session: &Session) -> u16 {
    let port = url(session).rsplit(':').next();
    port.and_then(|port| port.parse().ok()).expect("a port")
}

async fn visit(session: &Session) -> TcpStream {
    let visiting = TcpStream::connect(("127.0.0.1", given(session)));
    visiting.await.expect("the server listens")
}

/// All that a visitor is told, up to the end.
async fn all(visitor: &mut TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    let reading = visitor.read_to_end(&mut said);
    timeout(SOON, reading)
        .await
        .expect("it ends")
        .expect("it is whole");
    said
}

/// What is said to the service comes back.
async fn echoes(session: &Session) {
    let mut visitor = visit(session).await;
    visitor.write_all(b"hello").await.expect("it is open");
    visitor.shutdown().await.expect("it is open");
    assert_eq!(all(&mut visitor).await, b"hello");
}

fn text(path: &Path) -> String {
    path.to_str().expect("text").to_owned()
}
