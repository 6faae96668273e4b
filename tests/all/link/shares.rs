//! What one address may take of a relay, and that the others have the rest.

use super::rig::*;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use underpass::link::resume::{self, HandshakeError};
use underpass::link::{tls, transport};
use underpass::model::Protocol;
use underpass::relay::{Evicted, Stream};

/// A connection to the link's door from the address that ends in `last`: all of 127/8 is this machine.
async fn stranger(rig: &Rig, last: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    let from = SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0));
    socket.bind(from).expect("it is this machine's");
    let door = rig.relay.link_addr();
    socket.connect(door).await.expect("it listens")
}

/// Waits for its end; a TLS alert may come before.
async fn is_closed(stream: &mut TcpStream) {
    let mut said = Vec::new();
    let read = tokio::time::timeout(HANG, stream.read_to_end(&mut said)).await;
    // A reset is an end too.
    let _ = read.expect("no hang");
    assert!(said.len() < 100, "{said:?}");
}

/// Goes on from a connection to a link's TLS, which takes a relay that still listens to it.
async fn shakes_hands(rig: &Rig, socket: TcpStream) -> tls::Secured {
    let transport = transport::prepare(socket).expect("it is whole");
    let pin = rig.relay.join_link().fingerprint;
    let secured = tokio::time::timeout(HANG, tls::connect(transport, pin)).await;
    secured.expect("no hang").expect("the relay answers")
}

#[tokio::test]
async fn a_flood_from_one_address_does_not_push_out_a_slow_host_of_another() {
    let rig = Rig::with(|config| config.limits.unauthenticated = 8).await;
    let slow = stranger(&rig, 1).await;
    let mut flood = Vec::new();
    for _ in 0..40 {
        flood.push(stranger(&rig, 2).await);
    }
    for stream in &mut flood[..33] {
        is_closed(stream).await;
    }
    shakes_hands(&rig, slow).await;
}

#[tokio::test]
async fn whoever_only_connects_goes_before_whoever_has_begun_to_shake_hands() {
    let rig = Rig::with(|config| config.limits.unauthenticated = 8).await;
    let mut begun = stranger(&rig, 1).await;
    // The beginning of a TLS record.
    begun.write_all(&[0x16, 0x03, 0x01]).await.expect("it goes");
    let mut flood = vec![stranger(&rig, 1).await];
    // Its turn came: what came before it has been read.
    is_closed(&mut {
        let mut last = stranger(&rig, 1).await;
        last.write_all(b"no TLS at all").await.expect("it goes");
        last
    })
    .await;
    for _ in 0..40 {
        flood.push(stranger(&rig, 1).await);
    }
    for stream in &mut flood[..33] {
        is_closed(stream).await;
    }
    let kept = tokio::time::timeout(std::time::Duration::ZERO, begun.read(&mut [0])).await;
    assert!(kept.is_err(), "it may go on");
}

/// What would make the relay hold a link's buffers is read from nobody who has shown no token.
#[tokio::test]
async fn whoever_shows_no_token_gets_no_link() {
    let rig = Rig::start().await;
    let mut secured = shakes_hands(&rig, stranger(&rig, 1).await).await;
    let refused = resume::open(&mut secured.stream, b"no token".to_vec()).await;
    let reason = resume::ResumeRefusal::Unauthorized;
    assert!(matches!(refused, Err(HandshakeError::Refused(said)) if said == reason));
    let end = tokio::time::timeout(HANG, secured.stream.read(&mut [0])).await;
    assert!(!matches!(end.expect("no hang"), Ok(1..)), "it hangs up");

    let mut secured = shakes_hands(&rig, stranger(&rig, 1).await).await;
    let token = rig.relay.join_link().token.expose().as_bytes().to_vec();
    let opened = resume::open(&mut secured.stream, token).await;
    assert!(opened.is_ok(), "{opened:?}");
}

/// Whether the service still echoes over it.
async fn echoes(stream: &mut Box<dyn Stream>) -> bool {
    let echoed = async {
        stream.write_all(b"x").await?;
        stream.flush().await?;
        stream.read_exact(&mut [0]).await
    };
    tokio::time::timeout(HANG, echoed)
        .await
        .expect("no hang")
        .is_ok()
}

async fn is_evicted(stream: &mut Box<dyn Stream>) {
    let read = tokio::time::timeout(HANG, stream.read(&mut [0])).await;
    let error = read.expect("no hang").expect_err("it is broken");
    assert!(Evicted::broke(&error), "{error}");
}

#[tokio::test]
async fn one_address_does_not_take_all_streams_of_a_port() {
    let rig = Rig::with(|config| {
        config.limits.visitors.streams_per_port = 4;
        config.limits.visitors.streams_per_network = 3;
    })
    .await;
    let service = Service::echo().await;
    let _session = host(&rig, &order("web", service.port, Protocol::Http)).await;
    let mut many = Vec::new();
    for _ in 0..4 {
        many.push(rig.visit_from("web", 1).await.expect("there is a place"));
    }
    is_evicted(&mut many[0]).await;
    let mut other = rig.visit_from("web", 2).await.expect("it has a place");
    let mut third = rig.visit_from("web", 3).await.expect("it has a place");
    assert!(echoes(&mut other).await && echoes(&mut third).await);
    is_evicted(&mut many[1]).await;
    assert!(echoes(&mut many[2]).await && echoes(&mut many[3]).await);
}

#[tokio::test]
async fn two_full_ports_leave_streams_for_a_third() {
    let rig = Rig::with(|config| config.limits.visitors.streams_per_link = 6).await;
    let services = [
        Service::echo().await,
        Service::echo().await,
        Service::echo().await,
    ];
    let mut order = order("web", services[0].port, Protocol::Http);
    for (name, service) in [("second", &services[1]), ("third", &services[2])] {
        order.ports.push(port(name, service.port, Protocol::Http));
    }
    let _session = host(&rig, &order).await;
    let mut quiet = rig.visit_from("third", 1).await.expect("it has a place");
    let mut many = Vec::new();
    for n in 0..20 {
        let to = if n % 2 == 0 { "web" } else { "second" };
        many.push(rig.visit_from(to, 9).await.expect("there is a place"));
    }
    let mut beside = rig.visit_from("third", 9).await.expect("it has a place");
    assert!(echoes(&mut quiet).await && echoes(&mut beside).await);
    let mut live = 0;
    for stream in &mut many {
        live += usize::from(echoes(stream).await);
    }
    assert_eq!(live, 4, "two of the six are the third port's");
}

#[tokio::test]
async fn a_full_port_leaves_streams_for_another() {
    let rig = Rig::with(|config| config.limits.visitors.streams_per_port = 2).await;
    let service = Service::echo().await;
    let mut order = order("web", service.port, Protocol::Http);
    let other = Service::echo().await;
    order.ports.push(port("other", other.port, Protocol::Http));
    let _session = host(&rig, &order).await;
    let mut many = Vec::new();
    for _ in 0..20 {
        many.push(rig.visit_from("web", 1).await.expect("there is a place"));
    }
    let mut beside = rig.visit_from("other", 1).await.expect("it has a place");
    assert!(echoes(&mut beside).await);
    let mut live = 0;
    for stream in &mut many {
        live += usize::from(echoes(stream).await);
    }
    assert_eq!(live, 2);
}
