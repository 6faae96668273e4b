//! What works.

use super::{at, connector, place};
use crate::model::{Class, Protocol, Reason};
use crate::provider::SessionEvent;
use crate::provider::bore::tests::server::BoreServer;
use crate::provider::tests::{
    SOON, closed, connect, echo, ended, get, host, host_again, next, order, port, said_back, url,
    web,
};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn a_web_service_has_a_url_and_bytes_have_a_port() {
    let server = BoreServer::start(None);
    let ((web, _web), (bytes, _echo)) = (web("hello").await, echo().await);
    let ports = [port(web, Protocol::Http), port(bytes, Protocol::Tcp)];
    let session = host(&at(&server, None), &order(&ports)).await;
    let [web, bytes] = &session.ports[..] else {
        panic!("{:?}", session.ports);
    };
    assert!(web.url.starts_with(&format!("http://{}:", server.address)));
    assert!(bytes.url.starts_with(&format!("tcp://{}:", server.address)));
    let answer = get(place(&web.url), "web.example").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"));
    assert_eq!(
        said_back(place(&bytes.url), b"bytes".to_vec()).await,
        b"bytes"
    );
    let (traffic, web, bytes) = (session.traffic.read(), web.number, bytes.number);
    assert_eq!((traffic[&web].total, traffic[&bytes].total), (1, 1));
    assert_eq!(
        (traffic[&bytes].bytes_in, traffic[&bytes].bytes_out),
        (5, 5)
    );
    assert!(
        session
            .traffic
            .silence()
            .is_some_and(|silence| silence < Duration::from_secs(2))
    );
}

#[tokio::test]
async fn many_visitors_at_once_get_what_is_theirs_whole() {
    let server = BoreServer::start(Some("s3cret"));
    let (number, _echo) = echo().await;
    let session = host(
        &at(&server, Some("s3cret")),
        &order(&[port(number, Protocol::Tcp)]),
    )
    .await;
    let url_of = url(&session);
    let visit = |of: u8| {
        let bytes = vec![of; 40_000 + usize::from(of) * 1_000];
        async move { (said_back(place(url_of), bytes.clone()).await, bytes) }
    };
    let visit = &visit;
    for (back, bytes) in join_all((0..100).map(visit)).await {
        assert!(back == bytes, "{} of {}", back.len(), bytes.len());
    }
    let large = vec![7; 32 * 1024 * 1024];
    assert!(said_back(place(url(&session)), large.clone()).await == large);
}

#[tokio::test]
async fn it_comes_back_at_the_same_port_and_at_another_where_that_is_not_to_be_had() {
    let mut server = BoreServer::start(None);
    let (number, _echo) = echo().await;
    let (connector, order) = (at(&server, None), order(&[port(number, Protocol::Tcp)]));
    let mut session = host(&connector, &order).await;
    let before = url(&session).to_owned();
    server.stop();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    let gone = connect(&connector, &order).await.expect_err("it is gone");
    assert!(
        matches!(gone.reason, Reason::RelayUnreachable { .. }),
        "{gone:?}"
    );
    server.resume();
    let mut session = host_again(&connector, &order).await;
    assert_eq!(url(&session), before);
    assert_eq!(said_back(place(&before), b"again".to_vec()).await, b"again");
    // The link is dropped, and the server has the port until it notices.
    session.part.drop_link();
    assert_eq!(ended(&mut session).await.reason, Reason::LinkLost);
    let mut session = host_again(&connector, &order).await;
    assert_eq!(url(&session), before);
    server.resume_with(60_000..=60_999);
    assert_eq!(ended(&mut session).await.class(), Class::Transient);
    let session = host_again(&connector, &order).await;
    assert_ne!(
        url(&session),
        before,
        "the server does not give it any more"
    );
}

#[tokio::test]
async fn a_port_is_had_where_it_was_chosen_and_waited_for_where_it_may_be_ours() {
    let server = BoreServer::start(None);
    let (number, _echo) = echo().await;
    let public = closed().await.max(20_000);
    let (host_name, chosen) = (server.address.to_string(), public.to_string());
    let chosen = [("server", &host_name[..]), ("remote-port", &chosen)];
    let (first, second) = (connector(&chosen, None), connector(&chosen, None));
    let order = order(&[port(number, Protocol::Tcp)]);
    let session = host(&first, &order).await;
    assert_eq!(url(&session), format!("tcp://{}:{public}", server.address));
    let held = connect(&second, &order).await.expect_err("it is taken");
    let place = format!("{}:{public}", server.address);
    assert_eq!(held.reason, Reason::StillHeld { place });
    assert!(session.close().await);
    let session = host_again(&second, &order).await;
    assert!(url(&session).ends_with(&format!(":{public}")));
    let two = crate::provider::tests::order(&[
        port(number, Protocol::Tcp),
        port(number - 1, Protocol::Tcp),
    ]);
    let error = connect(&first, &two).await.expect_err("one port for two");
    assert_eq!(error.reason.code(), "options-invalid");
}

#[tokio::test]
async fn stop_frees_the_port() {
    let server = BoreServer::start(None);
    let (number, _echo) = echo().await;
    let session = host(&at(&server, None), &order(&[port(number, Protocol::Tcp)])).await;
    let place = place(url(&session)).to_owned();
    assert!(session.close().await, "it takes no longer than it may");
    let freeing = async {
        while TcpStream::connect(&place).await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, freeing).await.expect("the server notices");
}

#[tokio::test]
async fn ports_come_and_go_while_it_hosts() {
    let server = BoreServer::start(None);
    let ((first, _one), (second, _two)) = (echo().await, echo().await);
    let one = port(first, Protocol::Tcp);
    let mut session = host(&at(&server, None), &order(std::slice::from_ref(&one))).await;
    let before = url(&session).to_owned();
    let mut visitor = TcpStream::connect(place(&before))
        .await
        .expect("it accepts");
    visitor.write_all(b"a").await.expect("it is open");
    let ports = vec![one.clone(), port(second, Protocol::Http)];
    session.part.set_ports(ports);
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("the ports change");
    };
    assert_eq!(live.len(), 2);
    assert_eq!(live[0].url, before, "what stays is where it was");
    assert_eq!(
        said_back(place(&live[1].url), b"new".to_vec()).await,
        b"new"
    );
    let gone = live[1].url.clone();
    let mut moved = one.clone();
    moved.target = port(second, Protocol::Tcp).target;
    session.part.set_ports(vec![moved]);
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("the ports change");
    };
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].url, before, "another target is no other place");
    let freeing = async {
        while TcpStream::connect(place(&gone)).await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, freeing).await.expect("the server notices");
    visitor.write_all(b"b").await.expect("it is open");
    let mut back = [0; 2];
    visitor
        .read_exact(&mut back)
        .await
        .expect("it is still served");
    assert_eq!(&back, b"ab");
}

#[tokio::test]
async fn a_service_that_is_down_has_a_page_and_bytes_an_end() {
    let server = BoreServer::start(None);
    let ports = [
        port(closed().await, Protocol::Http),
        port(closed().await, Protocol::Tcp),
    ];
    let session = host(&at(&server, None), &order(&ports)).await;
    let page = get(place(&session.ports[0].url), "web.example").await;
    assert!(page.starts_with("HTTP/1.1 502 "), "{page}");
    assert!(page.contains("x-underpass: service-down") && page.contains("bore and the tunnel"));
    assert_eq!(said_back(place(&session.ports[1].url), vec![]).await, b"");
}
