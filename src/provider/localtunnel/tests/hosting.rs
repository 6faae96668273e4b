//! What works, with the real server.

use super::npm::{DOMAIN, NpmClient};
use super::{connector, host_of, server};
use crate::model::{Class, Protocol, Reason};
use crate::provider::SessionEvent;
use crate::provider::tests::{
    SOON, closed, connect, ended, get, host, host_again, next, order, port, service, url, web,
};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Asks until nobody hosts it any more.
async fn is_gone(place: &str, host: &str) {
    let asking = async {
        loop {
            // Who comes while the server still waits for connections is never answered by it.
            let answer = timeout(Duration::from_secs(2), get(place, host)).await;
            if answer.is_ok_and(|answer| answer.starts_with("HTTP/1.1 404")) {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(SOON, asking).await.expect("the server notices");
}

#[tokio::test]
async fn a_service_has_a_name_and_more_visitors_than_connections() {
    let Some(server) = server() else { return };
    let (number, _web) = web("hello").await;
    let chosen = [("server", &server.url()[..]), ("subdomain", "my-name")];
    let session = host(&connector(&chosen), &order(&[port(number, Protocol::Http)])).await;
    assert_eq!(url(&session), format!("http://my-name.{DOMAIN}"));
    let place = server.place();
    let answers = join_all((0..60).map(|_| get(&place, host_of(url(&session))))).await;
    for answer in answers {
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.contains("hello"),
            "{answer}"
        );
    }
    let traffic = session.traffic.read();
    assert!(
        traffic
            .values()
            .all(|port| port.failed == 0 && port.total > 0),
        "{traffic:?}"
    );
    assert!(session.traffic.silence().is_some());
    let status = get(&place, "127.0.0.1").await;
    assert!(!status.contains("hello"), "the server's own page: {status}");
}

#[tokio::test]
async fn a_web_socket_holds_one_connection_and_no_other_visitor() {
    let Some(server) = server() else { return };
    // It switches, and then says everything back.
    let (number, _service) = service(|mut socket| async move {
        let mut head = [0; 2048];
        let Ok(read) = socket.read(&mut head).await else {
            return;
        };
        let answer: &[u8] = if head[..read].windows(9).any(|it| it == b"websocket") {
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
        } else {
            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello"
        };
        let _ = socket.write_all(answer).await;
        let (mut from, mut to) = socket.split();
        let _ = tokio::io::copy(&mut from, &mut to).await;
    })
    .await;
    let session = host(
        &connector(&[("server", &server.url())]),
        &order(&[port(number, Protocol::Http)]),
    )
    .await;
    let name = host_of(url(&session));
    let mut sockets = Vec::new();
    for _ in 0..5 {
        let mut socket = TcpStream::connect(server.place())
            .await
            .expect("it accepts");
        let head = format!(
            "GET /ws HTTP/1.1\r\nHost: {name}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.expect("it is open");
        let mut answer = vec![0; 2048];
        let read = timeout(SOON, socket.read(&mut answer))
            .await
            .expect("it answers");
        assert!(answer.starts_with(b"HTTP/1.1 101"), "{read:?}");
        sockets.push(socket);
    }
    for socket in &mut sockets {
        socket.write_all(b"frame").await.expect("it is open");
        let mut back = [0; 5];
        let reading = socket.read_exact(&mut back);
        timeout(SOON, reading)
            .await
            .expect("it comes")
            .expect("whole");
        assert_eq!(&back, b"frame");
    }
    let answer = get(&server.place(), name).await;
    assert!(answer.ends_with("hello"), "{answer}");
}

#[tokio::test]
async fn it_comes_back_under_the_same_name() {
    let Some(mut server) = server() else { return };
    let (number, _web) = web("hello").await;
    let connector = connector(&[("server", &server.url())]);
    let order = order(&[port(number, Protocol::Http)]);
    let mut session = host(&connector, &order).await;
    let before = url(&session).to_owned();
    server.stop();
    let lost = ended(&mut session).await;
    assert_eq!(lost.class(), Class::Transient, "{lost:?}");
    let gone = connect(&connector, &order).await.expect_err("it is gone");
    assert!(
        matches!(gone.reason, Reason::RelayUnreachable { .. }),
        "{gone:?}"
    );
    server.resume();
    let mut session = host_again(&connector, &order).await;
    assert_eq!(url(&session), before);
    session.part.drop_link();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    let session = host_again(&connector, &order).await;
    assert_eq!(url(&session), before);
    let answer = get(&server.place(), host_of(&before)).await;
    assert!(answer.contains("hello"), "{answer}");
}

#[tokio::test]
async fn a_name_that_the_official_client_has_is_told_as_taken() {
    let Some(server) = server() else { return };
    let (number, _web) = web("theirs").await;
    let other = NpmClient::host(&server, number, "my-name");
    assert_eq!(other.url, format!("http://my-name.{DOMAIN}"));
    let answer = get(&server.place(), host_of(&other.url)).await;
    assert!(answer.contains("theirs"), "the rig itself: {answer}");
    let chosen = [("server", &server.url()[..]), ("subdomain", "my-name")];
    let connector = connector(&chosen);
    let order = order(&[port(closed().await, Protocol::Http)]);
    let held = connect(&connector, &order).await.expect_err("it is taken");
    let place = "my-name".to_owned();
    assert_eq!(
        held.reason,
        Reason::StillHeld {
            place: place.clone()
        }
    );
    // An earlier run of ours would have been let go of by now.
    let asking = async {
        loop {
            match connect(&connector, &order)
                .await
                .expect_err("it is taken")
                .reason
            {
                Reason::StillHeld { .. } => sleep(Duration::from_millis(200)).await,
                reason => return reason,
            }
        }
    };
    let reason = timeout(SOON, asking).await.expect("it is told");
    assert_eq!(reason, Reason::NameTaken { name: place });
    let answer = get(&server.place(), host_of(&other.url)).await;
    assert!(
        answer.contains("theirs"),
        "nothing was taken away: {answer}"
    );
    drop(other);
    let session = host_again(&super::connector(&chosen), &order).await;
    assert_eq!(url(&session), format!("http://my-name.{DOMAIN}"));
}

#[tokio::test]
async fn stop_gives_the_name_back() {
    let Some(server) = server() else { return };
    let (number, _web) = web("hello").await;
    let session = host(
        &connector(&[("server", &server.url())]),
        &order(&[port(number, Protocol::Http)]),
    )
    .await;
    let name = host_of(url(&session)).to_owned();
    assert!(session.close().await, "it takes no longer than it may");
    is_gone(&server.place(), &name).await;
}

#[tokio::test]
async fn ports_come_and_go_while_it_hosts() {
    let Some(server) = server() else { return };
    let ((first, _one), (second, _two)) = (web("first").await, web("second").await);
    let one = port(first, Protocol::Http);
    let connector = connector(&[("server", &server.url())]);
    let mut session = host(&connector, &order(std::slice::from_ref(&one))).await;
    let before = url(&session).to_owned();
    session
        .part
        .set_ports(vec![one.clone(), port(second, Protocol::Auto)]);
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("the ports change");
    };
    assert_eq!((live.len(), &live[0].url), (2, &before));
    let answer = get(&server.place(), host_of(&live[1].url)).await;
    assert!(answer.contains("second"), "{answer}");
    let gone = live[1].url.clone();
    session.part.set_ports(vec![one]);
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("the ports change");
    };
    assert_eq!((live.len(), &live[0].url), (1, &before));
    is_gone(&server.place(), host_of(&gone)).await;
    let answer = get(&server.place(), host_of(&before)).await;
    assert!(answer.contains("first"), "{answer}");
}

#[tokio::test]
async fn a_service_that_is_down_has_a_page() {
    let Some(server) = server() else { return };
    let session = host(
        &connector(&[("server", &server.url())]),
        &order(&[port(closed().await, Protocol::Http)]),
    )
    .await;
    for _ in 0..15 {
        let page = get(&server.place(), host_of(url(&session))).await;
        assert!(page.starts_with("HTTP/1.1 502 "), "{page}");
        assert!(page.contains("x-underpass: service-down"), "{page}");
    }
}
