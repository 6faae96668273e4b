//! Hosting from end to end, with a stand-in for the program and its daemon.

mod hosting;
#[allow(dead_code, reason = "the tests of the built binary use the rest")]
#[path = "../../../../tests/all/support/tailscale.rs"]
mod stand_in;
mod trouble;

use super::funnel::{Carrying, Patience};
use super::offers::NAMES;
use super::options::Options;
use crate::model::{
    AccountId, Port, PortNumber, PortOptions, Protocol, ProviderId, ProviderOptions, Target,
    TunnelId,
};
use crate::provider::program::{Program, ProgramConnector};
use crate::provider::{ConnectError, Connector as _, HostOrder, Session, SessionEvent};
use crate::secrets::Secrets;
use stand_in::StandIn;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// What is waited for comes within this time.
const SOON: Duration = Duration::from_secs(30);

fn patience() -> Patience {
    Patience {
        answer: SOON,
        start: SOON,
        look: Duration::from_millis(50),
    }
}

fn port(number: u16, protocol: Protocol) -> Port {
    let number = PortNumber::new(number).expect("a port");
    Port {
        number,
        protocol,
        target: Target::local(number),
        label: TunnelId::new("web").expect("a label"),
        public_port: None,
        options: PortOptions::default(),
    }
}

fn order(ports: &[Port]) -> HostOrder {
    HostOrder {
        account: AccountId::only(ProviderId::literal("tailscale")),
        tunnel: TunnelId::new("web").expect("an id"),
        ports: ports.to_vec(),
        install: "install".to_owned(),
        take_over: false,
        fixed_ports: false,
        options: ProviderOptions::default(),
        secrets: std::collections::BTreeSet::new(),
        sessions: 0,
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
    let chosen = chosen
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let options = Options::parse(&ProviderOptions(chosen.collect()));
    let program = Program::at(&NAMES, stand_in.program());
    ProgramConnector::new(Carrying::new(program, options, patience), secrets)
}

fn connector(stand_in: &StandIn, chosen: &[(&str, &str)]) -> ProgramConnector<Carrying> {
    connector_with(stand_in, chosen, patience())
}

async fn connect(
    connector: &ProgramConnector<Carrying>,
    order: &HostOrder,
) -> Result<Session, ConnectError> {
    let tokens = connector.mint(order).await?;
    let connecting = connector.connect(order, &tokens, &|_| ());
    timeout(SOON, connecting).await.expect("it does not hang")
}

async fn host(connector: &ProgramConnector<Carrying>, order: &HostOrder) -> Session {
    let mut session = connect(connector, order).await.expect("it is hosted");
    assert_eq!(next(&mut session).await, SessionEvent::Established);
    session
}

async fn next(session: &mut Session) -> SessionEvent {
    let event = timeout(SOON, session.events.recv());
    event
        .await
        .expect("it comes soon")
        .expect("the session stands")
}

async fn ended(session: &mut Session) -> ConnectError {
    match next(session).await {
        SessionEvent::Ended(ended) => ended,
        other => panic!("{other:?}"),
    }
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
