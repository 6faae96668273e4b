//! A session's life: welcome, ports, take-over, silence, shutdown.

use super::rig::*;
use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use underpass::model::{JoinLink, Phase, Protocol, Reason};
use underpass::provider::relay::{Located, Patience, RelayConnector, RelayLocator};
use underpass::provider::{Connector as _, SessionEvent};
use underpass::relay::{Lookup, OpenError, Relay, RelayConfig, RelayError};

#[tokio::test]
async fn a_host_is_welcomed_established_and_its_url_is_told() {
    let rig = Rig::start().await;
    let order = order("web", 3000, Protocol::Http);
    let connector = connector(&rig.relay.join_link());
    let tokens = connector.mint(&order).await.expect("it is located");
    let phases = RefCell::new(Vec::new());
    let progress = |phase| phases.borrow_mut().push(phase);
    let session = connector.connect(&order, &tokens, &progress).await;
    let mut session = session.expect("it is admitted");
    assert_eq!(
        *phases.borrow(),
        [Phase::ConnectingRelay, Phase::ForwardingPorts]
    );
    let http = rig.relay.http_addr().port();
    assert_eq!(
        session.ports[0].url,
        format!("http://web.localhost:{http}/")
    );
    assert_eq!(session.ports[0].lan_url, None);
    assert_eq!(session.events.recv().await, Some(SessionEvent::Established));
    assert!(matches!(rig.find("web"), Lookup::Live(_)));
    assert!(matches!(rig.find("other"), Lookup::Unknown));
    session.close().await;
    while !matches!(rig.find("web"), Lookup::NoHost) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn dropping_a_session_or_an_attempt_leaves_nothing() {
    let rig = Rig::start().await;
    let order = order("web", 3000, Protocol::Http);
    let connector = connector(&rig.relay.join_link());
    let tokens = connector.mint(&order).await.expect("it is located");
    drop(connector.connect(&order, &tokens, &|_| {}));
    drop(host(&rig, &order).await);
    while !matches!(rig.find("web"), Lookup::NoHost) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn ports_change_while_the_session_lives() {
    let rig = Rig::start().await;
    let service = Service::echo().await;
    let mut order = order("web", service.port, Protocol::Http);
    let mut session = host(&rig, &order).await;
    let Lookup::Live(before) = rig.find("web") else {
        panic!("it is hosted");
    };
    order.ports.push(port("web-2", 3001, Protocol::Http));
    session.part.set_ports(order.ports.clone());
    let ports = loop {
        match session.events.recv().await.expect("it lives") {
            SessionEvent::Ports(ports) => break ports,
            SessionEvent::Established | SessionEvent::Parked { .. } | SessionEvent::Resumed => {}
            SessionEvent::Lacking(lacking) => panic!("{lacking:?}"),
            SessionEvent::GoingDown => panic!("nobody goes down"),
            SessionEvent::Superseded => panic!("there is no other"),
            SessionEvent::Ended(ended) | SessionEvent::Lapsed(ended) => panic!("{ended:?}"),
        }
    };
    assert_eq!(ports.len(), 2);
    let Lookup::Live(after) = rig.find("web") else {
        panic!("it is hosted");
    };
    assert_eq!(before.key(), after.key(), "what stays is not disturbed");
    assert!(matches!(rig.find("web-2"), Lookup::Live(_)));
    order.ports.remove(0);
    session.part.set_ports(order.ports.clone());
    while !matches!(rig.find("web"), Lookup::NoHost) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_relay_that_goes_down_says_so() {
    let rig = Rig::start().await;
    let mut session = host(&rig, &order("web", 3000, Protocol::Http)).await;
    let (link, data) = (rig.relay.link_addr(), rig.data);
    rig.relay.shutdown().await;
    assert_eq!(ended(&mut session).await, Reason::RelayShutDown);
    assert!(TcpStream::connect(link).await.is_err(), "nobody listens");
    drop(data);
}

#[tokio::test]
async fn a_relay_that_dies_is_a_lost_link() {
    let rig = Rig::start().await;
    let mut session = host(&rig, &order("web", 3000, Protocol::Http)).await;
    drop(rig.relay);
    assert_eq!(ended(&mut session).await, Reason::LinkLost);
}

#[tokio::test]
async fn a_connection_outlives_its_link() {
    let rig = Rig::start().await;
    let service = Service::echo().await;
    let mut session = host(&rig, &order("web", service.port, Protocol::Http)).await;
    let mut stream = rig.visit("web").await.expect("it is hosted");
    for round in 0..3_u8 {
        stream.write_all(&[round; 3]).await.expect("it goes");
        session.part.drop_link();
        let mut back = [9; 3];
        let reading = tokio::time::timeout(HANG, stream.read_exact(&mut back)).await;
        reading.expect("no hang").expect("it comes back");
        assert_eq!(back, [round; 3]);
    }
    stream.shutdown().await.expect("half-close");
    assert_eq!(read_all(&mut stream).await, b"");
    happens(&mut session, |event| *event == SessionEvent::Resumed).await;
}

/// A relay that has forgotten the session.
#[tokio::test]
async fn what_another_relay_does_not_know_is_a_lost_link() {
    let rig = Rig::start().await;
    let other = Rig::start().await;
    let place = Arc::new(Mutex::new(rig.relay.join_link()));
    let connector = RelayConnector::new(Arc::new(Moving(Arc::clone(&place))));
    let order = order("web", 3000, Protocol::Http);
    let mut session = connect(&connector, &order).await.expect("it is admitted");
    *place.lock().expect("nobody panics") = other.relay.join_link();
    session.part.drop_link();
    assert_eq!(ended(&mut session).await, Reason::LinkLost);
}

/// Says where the relay is at the moment.
struct Moving(Arc<Mutex<JoinLink>>);

impl RelayLocator for Moving {
    fn locate(&self) -> Located<'_> {
        Box::pin(async { Ok(self.0.lock().expect("nobody panics").clone()) })
    }
}

#[tokio::test]
async fn a_revoked_token_resumes_nothing() {
    let rig = Rig::start().await;
    let joined = rig.join("anna");
    let place = Arc::new(Mutex::new(joined.clone()));
    let connector = RelayConnector::new(Arc::new(Moving(Arc::clone(&place))));
    let order = self::order("web", 3000, Protocol::Http);
    let mut session = connect(&connector, &order).await.expect("it is admitted");
    *place.lock().expect("nobody panics") = with_token(&joined, "revoked");
    session.part.drop_link();
    assert_eq!(ended(&mut session).await, Reason::LinkLost);
    *place.lock().expect("nobody panics") = rig.relay.join_link();
    let order = self::order("theirs", 3000, Protocol::Http);
    let session = connect(&connector, &order).await;
    let mut session = session.expect("another account's");
    *place.lock().expect("nobody panics") = joined;
    session.part.drop_link();
    let reason = ended(&mut session).await;
    assert_eq!(reason, Reason::LinkLost, "nobody resumes what is another's");
}

/// Passes bytes on until it is told to hold its breath.
async fn muffler(relay: std::net::SocketAddr) -> (u16, tokio::sync::watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    let (muffle, muffled) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        let (mut host, _) = listener.accept().await.expect("it comes");
        let mut relay = TcpStream::connect(relay).await.expect("it is there");
        let mut told = muffled.clone();
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut host, &mut relay) => {}
            _ = told.wait_for(|muffled| *muffled) => {}
        }
        // Both sockets stay open and nothing moves.
        std::future::pending::<()>().await;
        drop((host, relay));
    });
    (port, muffle)
}

#[tokio::test]
async fn silence_parks_both_ends_until_the_retention_is_over() {
    let rig = Rig::with(|config| {
        config.limits.link = quick_link();
        config.limits.parking.retention = Duration::from_secs(1);
        config.limits.open_timeout = Duration::from_millis(50);
    })
    .await;
    let (port, muffle) = muffler(rig.relay.link_addr()).await;
    let mut link = rig.relay.join_link();
    link.port = number(port);
    let connector = connector(&link).with_patience(quick());
    let order = order("web", 3000, Protocol::Http);
    let mut session = connect(&connector, &order).await.expect("it is admitted");
    assert_eq!(session.events.recv().await, Some(SessionEvent::Established));
    muffle.send(true).expect("it listens");
    let left = Duration::from_secs(1);
    happens(&mut session, |event| {
        *event == SessionEvent::Parked { left }
    })
    .await;
    let Lookup::Live(upstream) = rig.find("web") else {
        panic!("it is held");
    };
    while upstream.wait().is_none() {
        tokio::task::yield_now().await;
    }
    let visit = rig.visit("web").await.map(|_| ());
    assert_eq!(visit, Err(OpenError::HostGone), "it has waited for nothing");
    assert_eq!(ended(&mut session).await, Reason::LinkLost);
    while !matches!(rig.find("web"), Lookup::NoHost) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_checked_link_that_does_not_answer_parks_sooner() {
    let rig = Rig::start().await;
    let (port, muffle) = muffler(rig.relay.link_addr()).await;
    let mut link = rig.relay.join_link();
    link.port = number(port);
    let mut patience = Patience::default();
    patience.link.detector.check_at_least = Duration::from_millis(200);
    let connector = connector(&link).with_patience(patience);
    let order = order("web", 3000, Protocol::Http);
    let mut session = connect(&connector, &order).await.expect("it is admitted");
    assert_eq!(session.events.recv().await, Some(SessionEvent::Established));
    session.part.check_link();
    let early = tokio::time::timeout(Duration::from_millis(600), session.events.recv()).await;
    assert!(early.is_err(), "a link that answers lives on: {early:?}");
    muffle.send(true).expect("it listens");
    session.part.check_link();
    let parked = happens(&mut session, |event| {
        matches!(event, SessionEvent::Parked { .. })
    });
    let sooner = tokio::time::timeout(Duration::from_secs(4), parked).await;
    assert!(sooner.is_ok());
}

#[tokio::test]
async fn tcp_ports_are_public_stay_the_same_and_reach_the_service() {
    let rig = Rig::start().await;
    let service = Service::echo().await;
    let order = order("ssh", service.port, Protocol::Tcp);
    let session = host(&rig, &order).await;
    let url = session.ports[0].url.clone();
    let public: u16 = url
        .strip_prefix("tcp://localhost:")
        .and_then(|port| port.parse().ok())
        .expect("it has a port");
    let mut visitor = TcpStream::connect(("127.0.0.1", public))
        .await
        .expect("it listens");
    visitor.write_all(b"hello").await.expect("it goes");
    visitor.shutdown().await.expect("half-close");
    assert_eq!(read_all(&mut visitor).await, b"hello");
    // A second session of the same machine takes the port with it, while the first still lives.
    let second = host(&rig, &order).await;
    assert_eq!(second.ports[0].url, url);
    let mut visitor = TcpStream::connect(("127.0.0.1", public))
        .await
        .expect("it listens");
    visitor.write_all(b"again").await.expect("it goes");
    visitor
        .read_exact(&mut [0; 5])
        .await
        .expect("it comes back");
    second.close().await;
    drop(session);
    while TcpStream::connect(("127.0.0.1", public)).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(host(&rig, &order).await.ports[0].url, url);
}

#[tokio::test]
async fn public_ports_come_from_the_range_and_run_out() {
    let free = closed_port().await;
    let rig = Rig::with(|config| config.tcp_ports = Some(free..=free)).await;
    let link = rig.relay.join_link();
    let mut first = order("a", 3000, Protocol::Tcp);
    first.ports[0].public_port = Some(number(free));
    let session = host(&rig, &first).await;
    assert_eq!(session.ports[0].url, format!("tcp://localhost:{free}"));
    let second = order("b", 3000, Protocol::Tcp);
    assert_eq!(refused(&link, &second).await, Reason::NoPublicPorts);
    let mut second = second;
    second.ports[0].public_port = Some(number(free));
    let taken = Reason::PublicPortTaken { port: number(free) };
    assert_eq!(refused(&link, &second).await, taken);
    assert!(
        matches!(rig.find("b"), Lookup::Unknown),
        "a refusal changes nothing"
    );
}

#[tokio::test]
async fn in_lan_mode_a_web_port_has_a_listener_of_its_own() {
    let rig = Rig::with(|config| config.public_by_port = true).await;
    let session = host(&rig, &order("web", 3000, Protocol::Http)).await;
    let url = session.ports[0].lan_url.as_ref();
    let address = url.and_then(|url| url.strip_prefix("http://")?.strip_suffix('/'));
    let address = address.expect("it has one");
    TcpStream::connect(address).await.expect("it listens");
}

#[tokio::test]
async fn the_identity_and_the_owner_stay_over_a_restart() {
    let rig = Rig::start().await;
    let first = rig.relay.join_link();
    let data = rig.data;
    rig.relay.shutdown().await;
    let ingress = std::sync::Arc::new(FakeIngress::default());
    let relay = Relay::start(RelayConfig::local(data.path()), ingress).await;
    let again = relay.expect("it starts").join_link();
    assert_eq!(first.fingerprint, again.fingerprint);
    assert_eq!(first.token, again.token);
    assert_eq!(
        files(data.path()),
        [
            "accounts.lock",
            "names.json",
            "owner-token",
            "relay-cert.pem",
            "relay-key.pem",
            "relay.json",
            "relay.lock",
            "reserve"
        ]
    );
}

#[tokio::test]
async fn a_relay_that_cannot_start_says_why() {
    let dir = tempfile::tempdir().expect("there is room");
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let mut config = RelayConfig::local(dir.path());
    let address = taken.local_addr().expect("bound");
    config.http = address;
    let ingress = std::sync::Arc::new(FakeIngress::default());
    let error = Relay::start(config, ingress)
        .await
        .expect_err("it is taken");
    assert!(matches!(error, RelayError::AddressInUse { .. }));
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    let file = dir.path().join("file");
    std::fs::write(&file, "").expect("it is written");
    let ingress = std::sync::Arc::new(FakeIngress::default());
    let error = Relay::start(RelayConfig::local(file.join("data")), ingress).await;
    let error = error.expect_err("a file is no directory").to_string();
    assert!(error.contains("--data"), "{error}");
}
