//! Hosting from end to end: the connector between a management service and a relay on loopback.

pub(in crate::provider::devtunnel) mod fakes;
mod ports;

use super::*;
use crate::model::{
    Class, LivePort, Phase, Port, PortNumber, Protocol, Reason, Secret, Target, TunnelId,
};
use crate::provider::{ConnectError, Connector, HostOrder, Session, SessionEvent, Tokens};
use fakes::relay::{HostLink, Relay, Said};
use fakes::{Answered, Asked, Service};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const V1: &str = "tunnel-relay-host";
const V2: &str = "tunnel-relay-host-v2-dev";

/// Mints what the test says, and remembers what for.
#[derive(Default)]
struct Source {
    asked: Mutex<Vec<Scope>>,
    no_ports: Option<Reason>,
}

impl TokenSource for Source {
    fn mint<'a>(&'a self, _: &'a TunnelId, scope: Scope) -> Minting<'a> {
        Box::pin(async move {
            self.asked
                .lock()
                .expect("no test panics with it")
                .push(scope);
            // The other one is asked for meanwhile.
            tokio::task::yield_now().await;
            let both = self.asked.lock().expect("no test panics with it").len();
            assert!(both >= 2, "they are minted side by side");
            if let (Scope::ManagePorts, Some(reason)) = (scope, &self.no_ports) {
                return Err(ConnectError::new(reason.clone()));
            }
            let hours = if scope == Scope::Host { 24 } else { 12 };
            Ok(Minted {
                token: Secret::new(&format!("{scope} token")),
                lifetime: Some(Duration::from_hours(hours)),
            })
        })
    }
}

fn port(number: u16) -> Port {
    let number = PortNumber::new(number).expect("a port");
    Port {
        number,
        protocol: Protocol::Http,
        target: Target::local(number),
        label: TunnelId::new("web").expect("a label"),
        public_port: None,
        options: crate::model::PortOptions::default(),
    }
}

struct Rig {
    service: Service,
    relay: Relay,
    connector: DevTunnelConnector,
    order: HostOrder,
    local: TcpListener,
}

impl Rig {
    /// The tunnel has the ports of `known`; one service is there, and is what is hosted.
    async fn start(known: &[u16]) -> Self {
        Self::with(known, Source::default()).await
    }

    async fn with(known: &[u16], source: Source) -> Self {
        Self::with_ports(Arc::new(Mutex::new(known.to_vec())), source).await
    }

    /// The service says this of who hosts.
    async fn hosted_by(who: &'static str) -> Self {
        let mut rig = Self::start(&[]).await;
        let uri = rig.relay.uri();
        rig.service = Service::start(move |asked| match asked.method.as_str() {
            "GET" => Answered::json(200, who),
            _ => answer(asked, &uri, &[]),
        })
        .await;
        let base = Base::at(&rig.service.url()).expect("it is here");
        rig.connector = rig.connector.with_base(base);
        rig
    }

    /// As another engine of the same tunnel has it.
    fn another_connector(&self) -> DevTunnelConnector {
        let base = Base::at(&self.service.url()).expect("it is here");
        DevTunnelConnector::new(Arc::new(Source::default())).with_base(base)
    }

    /// The tunnel's ports may change.
    async fn with_ports(known: Arc<Mutex<Vec<u16>>>, source: Source) -> Self {
        let relay = Relay::start().await;
        let uri = relay.uri();
        let known = move || known.lock().expect("no test panics with it").clone();
        let service = Service::start(move |asked| answer(asked, &uri, &known())).await;
        let local = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let number = local.local_addr().expect("bound").port();
        let base = Base::at(&service.url()).expect("it is here");
        Self {
            connector: DevTunnelConnector::new(Arc::new(source)).with_base(base),
            service,
            relay,
            order: HostOrder {
                account: crate::model::AccountId::only(crate::provider::devtunnel::OFFERS.id),
                secrets: std::collections::BTreeSet::new(),
                options: crate::model::ProviderOptions::default(),
                tunnel: TunnelId::new("web.usw2").expect("an id"),
                ports: vec![port(number)],
                // A host of its own: the process knows those of all tests.
                install: format!("here {number}"),
                take_over: false,
                sessions: 0,
                fixed_ports: true,
            },
            local,
        }
    }

    fn number(&self) -> u16 {
        self.order.ports[0].number.get()
    }

    async fn connect(&self) -> Result<Session, ConnectError> {
        let tokens = self.connector.mint(&self.order).await?;
        self.connector.connect(&self.order, &tokens, &|_| {}).await
    }

    /// A session that stands, and the relay's end of it.
    async fn host(&self) -> (Session, HostLink) {
        let accepting = async {
            let mut link = self.relay.accept(V2).await;
            let forward = Said::Forward(u32::from(self.number()), "host token".to_owned());
            assert_eq!(link.next().await, forward);
            link
        };
        let (session, link) = tokio::join!(self.connect(), accepting);
        (session.expect("it connects"), link)
    }

    async fn visit(&self, link: &mut HostLink) -> TcpStream {
        link.open(u32::from(self.number()), false).await;
        let (said, visited) = tokio::join!(link.next(), self.local.accept());
        assert_eq!(said, Said::Confirmed { e2ee: false });
        visited.expect("a connection").0
    }

    fn calls(&self, method: &str) -> Vec<String> {
        let asked = self.service.asked().into_iter();
        asked
            .filter(|asked| asked.method == method)
            .map(|asked| asked.path.split('?').next().unwrap_or_default().to_owned())
            .collect()
    }
}

async fn ports(session: &mut Session) -> Vec<LivePort> {
    loop {
        if let Some(SessionEvent::Ports(live)) = session.events.recv().await {
            return live;
        }
    }
}

fn answer(asked: &Asked, relay: &str, known: &[u16]) -> Answered {
    if asked.method == "PUT" && asked.path.contains("/endpoints/") {
        let format = "https://a5n51h3l-{port}.usw2.x/";
        let body = format!(r#"{{"hostRelayUri":"{relay}","portUriFormat":"{format}"}}"#);
        return Answered::json(200, &body);
    }
    let ports: Vec<String> = known
        .iter()
        .map(|number| format!(r#"{{"portNumber":{number},"protocol":"https"}}"#))
        .collect();
    Answered::json(200, &format!(r#"{{"ports":[{}]}}"#, ports.join(",")))
}

async fn ended(session: &mut Session) -> ConnectError {
    loop {
        match session.events.recv().await.expect("the session says") {
            SessionEvent::Ended(ended) => return ended,
            SessionEvent::Superseded => return ConnectError::new(Reason::LinkLost),
            SessionEvent::Established | SessionEvent::Ports(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Until the host says goodbye or goes.
async fn last_said(link: &mut HostLink) -> Said {
    loop {
        let said = link.next().await;
        if matches!(said, Said::Disconnect(_) | Said::Gone) {
            return said;
        }
    }
}

#[tokio::test]
async fn a_tunnel_is_hosted_visited_and_left() {
    let rig = Rig::start(&[]).await;
    let phases = Mutex::new(Vec::new());
    let tokens = rig.connector.mint(&rig.order).await.expect("tokens");
    assert_eq!(tokens.lifetime, Some(Duration::from_hours(12)));
    let progress = |phase| phases.lock().expect("one thread").push(phase);
    let connecting = rig.connector.connect(&rig.order, &tokens, &progress);
    let accepting = async {
        let mut link = rig.relay.accept(V2).await;
        link.next().await;
        link
    };
    let (session, mut link) = tokio::join!(connecting, accepting);
    let mut session = session.expect("it connects");
    let number = rig.number();
    assert_eq!(
        *phases.lock().expect("one thread"),
        [Phase::ConnectingRelay, Phase::ForwardingPorts]
    );
    assert_eq!(
        session.ports[0].url,
        format!("https://a5n51h3l-{number}.usw2.x/")
    );
    assert_eq!(rig.calls("PUT")[0], format!("/tunnels/web/ports/{number}"));

    let mut service = rig.visit(&mut link).await;
    // Its answer to a ping has come while the relay was read.
    assert_eq!(session.events.recv().await, Some(SessionEvent::Established));
    link.data(b"question").await;
    link.eof().await;
    let mut heard = String::new();
    service.read_to_string(&mut heard).await.expect("it comes");
    assert_eq!(heard, "question");
    service
        .write_all(b"answer")
        .await
        .expect("it is open still");
    drop(service);
    assert_eq!(link.next().await, Said::Data(b"answer".to_vec()));
    assert_eq!(link.next().await, Said::Eof);
    let traffic = session.traffic.read();
    let counted = traffic.values().next().expect("a port");
    assert_eq!((counted.bytes_in, counted.bytes_out), (8, 6));

    let (clean, said) = tokio::join!(session.close(), last_said(&mut link));
    assert!(clean);
    assert_eq!(said, Said::Disconnect(11));
    assert_eq!(rig.calls("DELETE").len(), 1);
    assert!(rig.calls("DELETE")[0].ends_with("-relay"));
}

/// The visitor's client may know nothing of the end of one direction, and holds its own open.
#[tokio::test]
async fn the_end_of_a_service_closes_its_visitor_s_channel() {
    let rig = Rig::start(&[]).await;
    let (_session, mut link) = rig.host().await;
    let mut service = rig.visit(&mut link).await;
    service.write_all(b"bye").await.expect("it goes");
    drop(service);
    assert_eq!(link.next().await, Said::Data(b"bye".to_vec()));
    assert_eq!(link.next().await, Said::Eof);
    assert_eq!(link.next().await, Said::Close);
}

#[tokio::test]
async fn encryption_from_end_to_end_is_agreed_to() {
    let rig = Rig::start(&[]).await;
    let (_session, mut link) = rig.host().await;
    link.open(u32::from(rig.number()), true).await;
    assert_eq!(link.next().await, Said::Confirmed { e2ee: true });
    link.data(b"SSH-2.0-visitor\r\n").await;
    let Said::Data(said) = link.next().await else {
        panic!("it says its name");
    };
    assert!(said.starts_with(b"SSH-2.0-underpass"));
}

#[tokio::test]
async fn another_host_displaces_it_for_good() {
    let rig = Rig::start(&[]).await;
    let (mut session, mut link) = rig.host().await;
    link.disconnect(12).await;
    let ended = ended(&mut session).await;
    assert_eq!(ended.class(), Class::Displaced);
    session.close().await;
    assert_eq!(rig.calls("DELETE").len(), 0, "the place is the other one's");
}

#[tokio::test]
async fn a_newer_session_of_its_own_is_no_other_host() {
    let rig = Rig::start(&[]).await;
    let (mut old, mut old_link) = rig.host().await;
    let (new, mut new_link) = rig.host().await;
    old_link.disconnect(12).await;
    let event = loop {
        match old.events.recv().await {
            Some(SessionEvent::Established | SessionEvent::Ports(_)) => {}
            event => break event,
        }
    };
    assert_eq!(event, Some(SessionEvent::Superseded));
    old.close().await;
    assert_eq!(
        rig.calls("DELETE").len(),
        0,
        "the newer one is in its place"
    );
    let (_, said) = tokio::join!(new.close(), last_said(&mut new_link));
    assert_eq!(said, Said::Disconnect(11));
    assert_eq!(rig.calls("DELETE").len(), 1);
}

#[tokio::test]
async fn nor_is_one_of_another_connector() {
    let mut rig = Rig::start(&[]).await;
    let (old, mut old_link) = rig.host().await;
    rig.connector = rig.another_connector();
    let (new, _new_link) = rig.host().await;
    let (_, said) = tokio::join!(old.close(), last_said(&mut old_link));
    assert_eq!(said, Said::Disconnect(11));
    assert_eq!(rig.calls("DELETE").len(), 0, "its place is the newer one's");
    drop(new);
}

#[tokio::test]
async fn an_attempt_that_is_given_up_is_signed_off() {
    let rig = Rig::start(&[]).await;
    let giving_up = async { rig.relay.upgrade(V2).await };
    tokio::select! {
        session = rig.connect() => panic!("{session:?}"),
        link = giving_up => drop(link),
    }
    assert_eq!(
        rig.calls("DELETE").len(),
        0,
        "nothing runs that nobody waits for"
    );
    rig.connector.clean_up().expect("something is left").await;
    assert_eq!(rig.calls("DELETE").len(), 1);
    assert!(rig.connector.clean_up().is_none(), "once");
}

#[tokio::test]
async fn one_that_is_given_up_while_its_ports_are_asked_for_is_too() {
    let rig = Rig::start(&[]).await;
    let silent = async {
        let mut link = rig.relay.accept(V2).await;
        link.refuses = true;
        link
    };
    let link = tokio::select! {
        session = rig.connect() => panic!("{session:?}"),
        link = silent => link,
    };
    rig.connector.clean_up().expect("something is left").await;
    assert_eq!(rig.calls("DELETE").len(), 1);
    drop(link);
}

#[tokio::test]
async fn a_place_that_another_session_of_ours_has_is_not_given_back() {
    let rig = Rig::start(&[]).await;
    let (_session, _link) = rig.host().await;
    tokio::select! {
        session = rig.connect() => panic!("{session:?}"),
        link = rig.relay.upgrade(V2) => drop(link),
    }
    rig.connector.clean_up().expect("it is looked at").await;
    assert_eq!(rig.calls("DELETE").len(), 0);
}

/// One host is connected, and a stranger is on the register.
const ELSEWHERE: &str =
    r#"{"ports":[],"endpoints":[{"hostId":"other"}],"status":{"hostConnectionCount":1}}"#;

#[tokio::test]
async fn a_tunnel_that_another_machine_hosts_is_left_to_it() {
    let mut rig = Rig::hosted_by(ELSEWHERE).await;
    let error = rig.connect().await.expect_err("it is hosted elsewhere");
    assert_eq!(error.reason, Reason::HostedElsewhere);
    assert_eq!(rig.calls("PUT").len(), 0, "nothing was touched");
    rig.order.take_over = true;
    let _hosting = rig.host().await;
}

#[tokio::test]
async fn who_has_left_the_register_alone_hosts_nothing() {
    let rig = Rig::hosted_by(
        r#"{"endpoints":[{"hostId":"other"}],"status":{"hostConnectionCount":{"current":0}}}"#,
    )
    .await;
    let _hosting = rig.host().await;
}

#[tokio::test]
async fn a_link_that_is_dropped_is_cut_at_once_and_not_signed_off() {
    let rig = Rig::start(&[]).await;
    let (mut session, mut link) = rig.host().await;
    session.part.drop_link();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    assert_eq!(last_said(&mut link).await, Said::Gone);
    assert_eq!(rig.calls("DELETE").len(), 0);
}

#[tokio::test]
async fn a_relay_that_goes_is_a_drop_and_its_reasons_are_told() {
    for (code, class) in [
        (7, Class::Transient),
        (14, Class::SignIn),
        (2, Class::Fatal),
    ] {
        let rig = Rig::start(&[]).await;
        let (mut session, mut link) = rig.host().await;
        link.disconnect(code).await;
        assert_eq!(ended(&mut session).await.class(), class, "{code}");
    }
    let rig = Rig::start(&[]).await;
    let (mut session, link) = rig.host().await;
    drop(link);
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
}

#[tokio::test]
async fn a_relay_that_declines_the_second_version_is_offered_the_first_alone() {
    let rig = Rig::start(&[]).await;
    let declining = async {
        drop(rig.relay.upgrade(V2).await);
        rig.relay.accept(V1).await
    };
    let (session, link) = tokio::join!(rig.connect(), declining);
    let session = session.expect("it connects");
    assert_eq!(session.ports.len(), 1);
    drop((session, link));
    // And from then on at once.
    let (session, _link) = tokio::join!(rig.connect(), rig.relay.accept(V1));
    assert!(session.is_ok());
}

#[tokio::test]
async fn a_relay_that_picks_neither_version_is_offered_the_first_alone() {
    let rig = Rig::start(&[]).await;
    let declining = async {
        drop(rig.relay.upgrade("something else").await);
        rig.relay.accept(V1).await
    };
    let (session, _link) = tokio::join!(rig.connect(), declining);
    assert!(session.is_ok());
}

#[tokio::test]
async fn a_port_that_the_relay_refuses_is_said_so() {
    let rig = Rig::start(&[]).await;
    let refusing = async {
        let mut link = rig.relay.accept(V2).await;
        link.refuses = true;
        link.next().await;
        link
    };
    let (session, _link) = tokio::join!(rig.connect(), refusing);
    let error = session.expect_err("nothing is served");
    assert_eq!(error.reason.code(), "refused");
}

#[tokio::test]
async fn without_a_token_for_ports_those_that_are_there_are_hosted() {
    let source = |reason| Source {
        no_ports: Some(reason),
        ..Source::default()
    };
    let missing = Reason::ProgramFailed {
        program: "devtunnel".to_owned(),
        detail: String::new(),
    };
    let rig = Rig::with(&[], source(missing)).await;
    let error = rig.connect().await.expect_err("its port is not there");
    assert_eq!(error.class(), Class::Fatal);
    let rig = Rig::with(&[], source(Reason::SignedOut)).await;
    let error = rig.connect().await.expect_err("nobody is signed in");
    assert_eq!(error.class(), Class::SignIn);
    let none = Tokens::default();
    let connected = rig.connector.connect(&rig.order, &none, &|_| {}).await;
    assert_eq!(connected.expect_err("no token").reason, Reason::SignedOut);
}
