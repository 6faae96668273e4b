//! What goes wrong: secrets, servers that are none, silence, floods.

use super::{at, connector};
use crate::model::{Class, Protocol, Reason};
use crate::provider::bore::tests::server::BoreServer;
use crate::provider::tests::{
    SOON, closed, connect, echo, ended, host, next, order, port, service,
};
use crate::provider::{ConnectError, SessionEvent};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

/// Why nothing can be hosted at `127.0.0.1:PORT`.
async fn refused_at(server: u16, secret: Option<&str>) -> ConnectError {
    let server = format!("127.0.0.1:{server}");
    let order = order(&[port(3000, Protocol::Tcp)]);
    let connected = connect(&connector(&[("server", &server)], secret), &order).await;
    connected.expect_err("it is refused")
}

/// What is wrong with an option.
fn detail(error: &ConnectError) -> &str {
    assert_eq!(error.reason.code(), "options-invalid", "{error:?}");
    error.reason.detail().expect("it has one")
}

#[tokio::test]
async fn a_secret_that_is_wrong_missing_or_needless_is_told_as_that() {
    let (open, shut) = (BoreServer::start(None), BoreServer::start(Some("s3cret")));
    let order = order(&[port(3000, Protocol::Tcp)]);
    for (server, secret, said) in [
        (&shut, Some("wrong"), "does not accept it"),
        (&shut, None, "asks for one"),
        (&open, Some("s3cret"), "asks for none"),
    ] {
        let refused = connect(&at(server, secret), &order).await;
        let refused = refused.expect_err("it is refused");
        let detail = detail(&refused);
        assert!(
            detail.starts_with("secret: ") && detail.contains(said),
            "{detail}"
        );
        assert!(!format!("{refused:?}").contains("wrong"), "{refused:?}");
    }
}

#[tokio::test]
async fn a_port_that_is_not_given_is_told_as_that() {
    let server = BoreServer::with_ports(30_000..=30_010, None);
    let address = server.address.to_string();
    let chosen = [("server", &address[..]), ("remote-port", "80")];
    let order = order(&[port(3000, Protocol::Tcp)]);
    let refused = connect(&connector(&chosen, None), &order).await;
    let refused = refused.expect_err("it is refused");
    let detail = detail(&refused);
    assert!(
        detail.starts_with("remote-port: ") && detail.contains("80"),
        "{detail}"
    );
}

#[tokio::test]
async fn a_server_without_a_free_port_is_told_as_that() {
    let server = BoreServer::with_ports(30_100..=30_100, None);
    let order = order(&[port(3000, Protocol::Tcp)]);
    let _first = host(&at(&server, None), &order).await;
    let refused = connect(&at(&server, None), &order).await;
    assert_eq!(
        refused.expect_err("it is full").reason,
        Reason::NoPublicPorts
    );
}

#[tokio::test]
async fn what_is_no_bore_server_is_told_as_that_and_nothing_hangs() {
    let say = |what: &'static [u8]| {
        service(move |mut socket: TcpStream| async move {
            let _ = socket.read(&mut [0; 1024]).await;
            let _ = socket.write_all(what).await;
            // What was not read would reset what was said.
            let _ = socket.read(&mut [0; 1024]).await;
        })
    };
    let endless =
        service(|mut socket| async move { while socket.write_all(&[b'x'; 4096]).await.is_ok() {} });
    let (web, _web) = say(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n").await;
    let (beat, _beat) = say(b"\"Heartbeat\"\0").await;
    let (other, _other) = say(b"{\"Hello\":0}\0").await;
    let (talker, _talker) = say(b"{\"Error\":\"\\u001b[31mgo away, please\"}\0").await;
    let (mute, _mute) = service(|socket| async move {
        sleep(SOON * 2).await;
        drop(socket);
    })
    .await;
    let (shy, _shy) = service(|socket| async move { drop(socket) }).await;
    let (endless, _endless) = endless.await;
    for (server, code, said) in [
        (web, "protocol-fault", "HTTP/1.1 400"),
        (beat, "protocol-fault", "out of turn"),
        (other, "protocol-fault", "nobody asked for"),
        (endless, "protocol-fault", "xxxx"),
        (talker, "refused", "go away, please"),
        (mute, "timed-out", ""),
        (shy, "link-lost", ""),
        (closed().await, "relay-unreachable", ""),
    ] {
        let began = Instant::now();
        let refused = refused_at(server, None).await;
        assert_eq!(refused.reason.code(), code, "{refused:?}");
        let detail = refused.reason.detail().unwrap_or_default();
        assert!(
            detail.contains(said) && !detail.contains('\x1b'),
            "{detail}"
        );
        assert!(began.elapsed() < SOON / 2);
    }
    let refused = refused_at(web, Some("s3cret")).await;
    assert_eq!(refused.class(), Class::Fatal, "{refused:?}");
}

/// A server that opens port 9000, beats once, and then does this; what comes later it holds.
async fn server<F>(then: impl Fn(TcpStream) -> F + Send + Sync + 'static) -> Fake
where
    F: Future<Output = ()> + Send + 'static,
{
    let (came, held) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let (open, then) = (Arc::clone(&held), Arc::new(then));
    let (number, task) = service(move |mut socket| {
        let (open, then) = (Arc::clone(&open), Arc::clone(&then));
        let first = came.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if !first {
                open.fetch_add(1, Ordering::SeqCst);
                let mut all = [0; 1024];
                while matches!(socket.read(&mut all).await, Ok(1..)) {}
                open.fetch_sub(1, Ordering::SeqCst);
                return;
            }
            let _ = socket.read(&mut [0; 1024]).await;
            let opened = b"{\"Hello\":9000}\0\"Heartbeat\"\0";
            if socket.write_all(opened).await.is_ok() {
                then(socket).await;
            }
        }
    })
    .await;
    Fake {
        address: format!("127.0.0.1:{number}"),
        held,
        _task: task,
    }
}

struct Fake {
    address: String,
    /// So many connections for visitors there are.
    held: Arc<AtomicUsize>,
    _task: AbortOnDropHandle<()>,
}

#[tokio::test]
async fn silence_ends_it_within_five_seconds_and_sooner_when_it_is_asked() {
    let mute = || {
        server(|socket| async move {
            sleep(SOON * 2).await;
            drop(socket);
        })
    };
    for (asked, at_most) in [(false, 7), (true, 4)] {
        let server = mute().await;
        let connector = connector(&[("server", &server.address)], None);
        let mut session = host(&connector, &order(&[port(3000, Protocol::Tcp)])).await;
        let began = Instant::now();
        if asked {
            session.part.check_link();
        }
        assert_eq!(ended(&mut session).await.reason, Reason::LinkSilent);
        assert!(
            began.elapsed() < Duration::from_secs(at_most),
            "{:?}",
            began.elapsed()
        );
    }
}

#[tokio::test]
async fn a_server_that_says_nonsense_later_is_left() {
    for (said, code) in [
        (&b"nonsense\0"[..], "protocol-fault"),
        (b"{\"Error\":\"shutting down\"}\0", "refused"),
        (
            b"{\"Challenge\":\"67e55044-10b1-426f-9247-bb680e5fe0c8\"}\0",
            "options-invalid",
        ),
        (b"", "link-lost"),
    ] {
        let server = server(move |mut socket| async move {
            let _ = socket.write_all(said).await;
        })
        .await;
        let connector = connector(&[("server", &server.address)], None);
        let mut session = host(&connector, &order(&[port(3000, Protocol::Tcp)])).await;
        assert_eq!(ended(&mut session).await.reason.code(), code);
    }
}

#[tokio::test]
async fn a_flood_of_visitors_has_a_bound() {
    let server = server(|mut socket| async move {
        let visitor = b"{\"Connection\":\"67e55044-10b1-426f-9247-bb680e5fe0c8\"}\0";
        for _ in 0..5_000 {
            let _ = socket.write_all(visitor).await;
        }
        loop {
            let _ = socket.write_all(b"\"Heartbeat\"\0").await;
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let (number, _echo) = echo().await;
    let connector = connector(&[("server", &server.address)], None);
    let mut session = host(&connector, &order(&[port(number, Protocol::Tcp)])).await;
    // 480 are served; 20 more are told so, and the server sees a little late that they are gone.
    let (before, mut most) = (Instant::now(), 0);
    while before.elapsed() < Duration::from_secs(3) {
        sleep(Duration::from_millis(20)).await;
        most = most.max(server.held.load(Ordering::SeqCst));
    }
    assert!((480..600).contains(&most), "{most}");
    session.part.set_ports(vec![]);
    assert_eq!(
        next(&mut session).await,
        SessionEvent::Ports(vec![]),
        "it still stands"
    );
}
