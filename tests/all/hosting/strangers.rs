//! A relay that will not have us, is none, or says nothing.

use crate::support::computer::{Computer, Desk};
use crate::support::forwarder::Forwarder;
use crate::support::raw::RawService;
use crate::support::relay::TestRelay;
use crate::support::screen::Shown;
use crate::support::wait::{never, within};
use crate::support::web::WebService;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use underpass::model::{
    Action, DialogKind, Field, FieldError, JoinLink, Life, PortKey, PortNumber, Protocol, Reason,
    Secret,
};

fn with_token(link: &JoinLink, token: &str) -> JoinLink {
    JoinLink {
        token: Secret::new(token),
        ..link.clone()
    }
}

fn at(address: SocketAddr, link: &JoinLink) -> JoinLink {
    JoinLink {
        host: address.ip().to_string(),
        port: PortNumber::new(address.port()).expect("not 0"),
        ..link.clone()
    }
}

#[tokio::test]
async fn a_wrong_token_asks_to_sign_in_and_is_not_tried_again() {
    let service = WebService::start("it");
    let relay = TestRelay::start().await;
    let mut wire = Forwarder::to(relay.link_address());
    let right = wire.join_link(&relay.join_link());
    let computer = Computer::joined(&with_token(&right, "not-the-right-one"));
    let mut desk = computer.start();
    let key = desk.create("web", service.port(), Protocol::Http);
    wire.next().await;
    let state = desk.until_state(&key.tunnel, "sign-in").await;
    assert_eq!(state.reason(), Some(&Reason::TokenRefused));
    never("another attempt", wire.next()).await;
    assert_eq!(wire.accepted(), 1);

    let link = Secret::new(&right.reveal());
    desk.act(Action::JoinRelay { link });
    desk.until_works(&key).await;
    let needs = desk.screen.now().inputs.notices.clone();
    assert_eq!(needs, [], "nothing needs the person any more");
}

#[tokio::test]
async fn a_garbled_join_link_is_an_error_beside_its_field_and_changes_nothing() {
    let service = WebService::start("it");
    let computer = Computer::new();
    let mut desk = computer.start();
    let (key, site) = desk.share("web", service.port(), Protocol::Http).await;
    let before = desk.until_state(&key.tunnel, "hosting").await;
    for link in [
        "",
        "http://relay",
        "underpass://t@h:0#00",
        "underpass://t@h:1#zz",
    ] {
        desk.screen.skip();
        desk.act(Action::JoinRelay {
            link: Secret::new(link),
        });
        let error = |shown: &Shown| {
            let dialog = shown.inputs.dialog.as_ref()?;
            let errors = &dialog.errors;
            (dialog.kind == DialogKind::Settings).then(|| errors.clone())
        };
        let errors = desk.screen.until("an error is shown", error).await;
        let is_named = matches!(
            errors[..],
            [(
                Field::JoinLink,
                FieldError::Empty | FieldError::NotAJoinLink { .. }
            )]
        );
        assert!(is_named, "{link:?}: {errors:?}");
    }
    assert_eq!(desk.state(&key.tunnel), before);
    assert_eq!(site.get("/").await.1, "hello from it");
}

/// What comes of a tunnel at whatever answers at `address`.
async fn host_at(address: SocketAddr, link: &JoinLink) -> (Life, Computer, Desk, PortKey) {
    let computer = Computer::joined(&at(address, link));
    let mut desk = computer.start();
    let key = desk.create("web", 9, Protocol::Http);
    let ended = |shown: &Shown| {
        let state = shown.inputs.hosts.get(&key.tunnel)?.life.clone();
        state.reason().is_some().then_some(state)
    };
    let state = desk.screen.until("a reason is shown", ended).await;
    (state, computer, desk, key)
}

#[tokio::test]
async fn what_is_no_relay_is_told_apart_from_one_that_is_away() {
    let relay = TestRelay::start().await;
    let link = relay.join_link();

    let web = WebService::start("a web server");
    let (state, ..) = host_at(web.address(), &link).await;
    let address = web.address().to_string();
    assert!(matches!(state, Life::Failed(_)), "{state:?}");
    assert_eq!(state.reason(), Some(&Reason::NotARelay { address }));

    let chatty = RawService::start(|mut stream| async move {
        let _ = stream.write_all(&[0x55; 4096]).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let (state, ..) = host_at(chatty.address(), &link).await;
    let address = chatty.address().to_string();
    assert_eq!(state.reason(), Some(&Reason::NotARelay { address }));

    let other = TestRelay::start().await;
    let (state, ..) = host_at(other.link_address(), &link).await;
    let address = other.link_address().to_string();
    let expected = Reason::CertificateMismatch { address };
    assert!(matches!(state, Life::Failed(_)), "{state:?}");
    assert_eq!(state.reason(), Some(&expected));

    let curt = RawService::start(|stream| async move { drop(stream) });
    let (state, ..) = host_at(curt.address(), &link).await;
    assert!(state.retry().is_some(), "{state:?}");
}

#[tokio::test]
async fn a_stop_ends_an_attempt_at_a_silent_relay_at_once() {
    let relay = TestRelay::start().await;
    let (met, mut meeting) = mpsc::unbounded_channel();
    let silent = RawService::start(move |mut stream| {
        let met = met.clone();
        async move {
            let _ = met.send("came");
            // It ends when the host lets go of the connection, and not before.
            let _ = stream.read_to_end(&mut Vec::new()).await;
            let _ = met.send("left");
        }
    });
    let computer = Computer::joined(&at(silent.address(), &relay.join_link()));
    let mut desk = computer.start();
    let key = desk.create("web", 9, Protocol::Http);
    assert_eq!(within("it dials", meeting.recv()).await, Some("came"));
    let tunnel = key.tunnel.clone();
    desk.act(Action::Stop { tunnel });
    let asked = std::time::Instant::now();
    desk.until_state(&key.tunnel, "stopped").await;
    assert_eq!(within("it lets go", meeting.recv()).await, Some("left"));
    // The dial's own time-out is 10 s.
    assert!(asked.elapsed().as_secs() < 8, "{:?}", asked.elapsed());
    never("another attempt", meeting.recv()).await;
    within("quitting has nothing to wait for", desk.quit()).await;
}

#[tokio::test]
async fn two_starts_at_once_open_one_tunnel() {
    let service = WebService::start("it");
    let relay = TestRelay::start().await;
    let mut wire = Forwarder::to(relay.link_address());
    let computer = Computer::joined(&wire.join_link(&relay.join_link()));
    let mut desk = computer.start();
    let key = desk.create("web", service.port(), Protocol::Http);
    for _ in 0..10 {
        let tunnel = key.tunnel.clone();
        desk.act(Action::Host { tunnel });
    }
    desk.until_works(&key).await;
    let tunnel = key.tunnel.clone();
    desk.act(Action::Host { tunnel });
    wire.next().await;
    never("a second link", wire.next()).await;
    desk.quit().await;
    let ups = computer.audit();
    let ups = ups.iter().filter(|record| record.kind == "tunnel.up");
    assert_eq!(ups.count(), 1);
}

#[tokio::test]
async fn garbage_at_the_relays_doors_disturbs_nobody() {
    let service = WebService::start("it");
    let relay = TestRelay::start().await;
    let computer = Computer::joined(&relay.join_link());
    let mut desk = computer.start();
    let (key, site) = desk.share("web", service.port(), Protocol::Http).await;
    let before = desk.until_state(&key.tunnel, "hosting").await;
    let doors = [
        relay.link_address(),
        SocketAddr::from(([127, 0, 0, 1], site.port())),
    ];
    let mut silent = Vec::new();
    for door in doors {
        for garbage in [
            &[0_u8; 4096][..],
            &[0xff; 4096],
            b"\r\n\r\n",
            b"GET / HTTP/9\r\n\r\n",
        ] {
            let mut stream = TcpStream::connect(door).await.expect("it accepts");
            // It may close while it is still spoken to.
            let _ = stream.write_all(garbage).await;
            let _ = stream.shutdown().await;
            let mut answer = Vec::new();
            let _ = within("it closes", stream.read_to_end(&mut answer)).await;
        }
        silent.push(TcpStream::connect(door).await.expect("it accepts"));
    }
    assert_eq!(site.get("/").await.1, "hello from it");
    assert_eq!(desk.state(&key.tunnel), before);
}
