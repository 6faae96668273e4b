//! What works: visitors, much of them and much from them, several ports, a goodbye.

use super::*;
use crate::model::{HostHeader, ProxyVersion};
use sha2::{Digest as _, Sha256};

#[tokio::test]
async fn fifty_visitors_get_what_they_say_back() {
    let (edge, (number, _service)) = (Edge::start().await, echo().await);
    let connector = connector(&edge, &[]);
    let session = host(&connector, &order(&[port(number, Protocol::Http)])).await;
    assert_eq!(url(&session), "https://e1.edge.test");
    let served = edge.session(1).await;
    let visits = (0..50).map(|index| {
        let served = Arc::clone(&served);
        async move {
            let mut visitor = served.visit("e1").await;
            let words = format!("visitor {index}");
            visitor
                .stream
                .write_all(words.as_bytes())
                .await
                .expect("it is open");
            visitor.stream.shutdown().await.expect("it is open");
            assert_eq!(all(&mut visitor).await, words.as_bytes());
        }
    });
    futures_util::future::join_all(visits).await;
    let traffic = session.traffic.read();
    let port = traffic.values().next().expect("there is a port");
    assert_eq!((port.total, port.failed), (50, 0));
    assert_eq!(port.bytes_in, port.bytes_out);
    assert_eq!(edge.asked("auth").len(), 1);
    let auth = &edge.asked("auth")[0];
    assert_eq!(auth.at("/Extra/AuthToken"), TOKEN);
    assert_eq!(auth.at("/Extra/ClientType"), "underpass");
    let target = format!("localhost:{number}");
    assert_eq!(edge.asked("bind")[0].at("/ForwardsTo"), target);
}

#[tokio::test]
async fn much_comes_and_goes_exactly() {
    const PIECE: usize = 64 * 1024;
    const PIECES: usize = 1024;
    let (edge, (number, _service)) = (Edge::start().await, echo().await);
    let connector = connector(&edge, &[]);
    let session = host(&connector, &order(&[port(number, Protocol::Tcp)])).await;
    assert!(
        url(&session).starts_with("tcp://1.tcp.test:"),
        "{}",
        url(&session)
    );
    let visitor = edge.session(1).await.visit("e1").await;
    let (mut from, mut to) = {
        let (read, write) = tokio::io::split(VisitorIo(visitor));
        (read, write)
    };
    let byte = |at: usize| u8::try_from(at * 31 % 251).expect("a byte");
    let mut piece: Vec<u8> = (0..PIECE).map(byte).collect();
    let sending = async {
        let mut digest = Sha256::new();
        for index in 0..PIECES {
            piece[..8].copy_from_slice(&index.to_le_bytes());
            digest.update(&piece);
            to.write_all(&piece).await.expect("it is open");
        }
        to.shutdown().await.expect("it is open");
        digest.finalize()
    };
    let receiving = async {
        let (mut digest, mut length, mut bytes) = (Sha256::new(), 0, vec![0; PIECE]);
        loop {
            let read = from.read(&mut bytes).await.expect("it is whole");
            if read == 0 {
                return (digest.finalize(), length);
            }
            length += read;
            digest.update(&bytes[..read]);
        }
    };
    let (sent, (received, length)) = tokio::join!(sending, receiving);
    assert_eq!(length, PIECE * PIECES);
    assert_eq!(sent, received);
}

/// A visitor as one stream.
struct VisitorIo(Visitor);

impl tokio::io::AsyncRead for VisitorIo {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut *self.0.stream).poll_read(cx, buf)
    }
}

impl tokio::io::AsyncWrite for VisitorIo {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::pin::Pin::new(&mut *self.0.stream).poll_write(cx, buf)
    }
    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut *self.0.stream).poll_flush(cx)
    }
    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut *self.0.stream).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_service_that_is_down_has_a_page_that_says_whose_side_it_is() {
    let edge = Edge::start().await;
    let number = closed().await;
    let connector = connector(&edge, &[]);
    let session = host(&connector, &order(&[port(number, Protocol::Http)])).await;
    let mut visitor = edge.session(1).await.visit("e1").await;
    let request = b"GET / HTTP/1.1\r\nhost: e1.edge.test\r\naccept: text/html\r\n\r\n";
    visitor.stream.write_all(request).await.expect("it is open");
    let page = String::from_utf8(all(&mut visitor).await).expect("text");
    assert!(page.starts_with("HTTP/1.1 502 "), "{page}");
    assert!(page.contains("on the host's side"), "{page}");
    let traffic = session.traffic.read();
    let port = traffic.values().next().expect("there is a port");
    assert_eq!(port.failed, 1);
    assert_eq!(port.fault, Some(crate::model::ServiceFault::Refused));
}

#[tokio::test]
async fn ports_come_and_go_and_those_that_stay_keep_their_url() {
    let (edge, (first, _one)) = (Edge::start().await, echo().await);
    let (second, _two) = echo().await;
    let connector = connector(&edge, &[]);
    let (web, raw) = (port(first, Protocol::Http), port(second, Protocol::Tcp));
    let mut session = host(&connector, &order(std::slice::from_ref(&web))).await;
    let before = url(&session).to_owned();
    session.part.set_ports(vec![web.clone(), raw]);
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("the ports change");
    };
    assert_eq!(live.len(), 2);
    assert_eq!(live[0].url, before);
    assert!(live[1].url.starts_with("tcp://"), "{live:?}");
    let mut moved = web.clone();
    moved.target.port = PortNumber::new(second).expect("a port");
    session.part.set_ports(vec![moved]);
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("the ports change");
    };
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].url, before, "another target is no other endpoint");
    assert_eq!(edge.asked("bind").len(), 2);
    let unbound: Vec<String> = edge
        .asked("unbind")
        .iter()
        .map(|asked| asked.at("/Id").to_owned())
        .collect();
    assert!(
        !unbound.is_empty() && unbound.iter().all(|id| id == "e2"),
        "{unbound:?}"
    );
}

#[tokio::test]
async fn what_was_chosen_reaches_the_edge() {
    let edge = Edge::start().await;
    let chosen = [
        ("domain", "app.example.org"),
        ("basic-auth", "anna:correct horse"),
        ("allow", "192.0.2.0/24"),
        ("pooling", "on"),
        ("binding", "internal"),
    ];
    let connector = connector(&edge, &chosen);
    let session = host(&connector, &order(&[port(3000, Protocol::Http)])).await;
    assert_eq!(url(&session), "https://app.example.org");
    let bind = &edge.asked("bind")[0];
    let policy: serde_json::Value =
        serde_json::from_str(bind.at("/Opts/TrafficPolicy")).expect("it is JSON");
    let action = |at: usize| policy["on_http_request"][0]["actions"][at]["type"].clone();
    assert_eq!(
        (action(0), action(1)),
        ("restrict-ips".into(), "basic-auth".into())
    );
    assert_eq!(bind.body["Extra"]["PoolingEnabled"], true);
    assert_eq!(bind.body["Extra"]["Bindings"][0], "internal");
    drop(session);
    let tls = [("protocol", "tls"), ("domain", "tls.example.org")];
    let tls = super::connector(&edge, &tls);
    let session = host(&tls, &order(&[port(3000, Protocol::Https)])).await;
    assert_eq!(url(&session), "tls://tls.example.org");
    assert_eq!(edge.asked("bind")[1].at("/Proto"), "tls");
}

#[tokio::test]
async fn a_service_is_asked_by_its_own_name_and_told_of_its_visitors() {
    let (edge, (number, _service)) = (Edge::start().await, echo().await);
    let mut web = port(number, Protocol::Http);
    web.options.host_header = HostHeader::Rewrite;
    web.options.proxy_protocol = Some(ProxyVersion::V1);
    let connector = connector(&edge, &[]);
    let _session = host(&connector, &order(&[web])).await;
    let bind = &edge.asked("bind")[0];
    let policy = bind.at("/Opts/TrafficPolicy");
    let own = format!(r#"{{"host":"localhost:{number}"}}"#);
    assert!(policy.contains(&own), "{policy}");
    let mut visitor = edge.session(1).await.visit("e1").await;
    visitor.stream.shutdown().await.expect("it is open");
    let told = String::from_utf8(all(&mut visitor).await).expect("text");
    assert!(told.starts_with("PROXY TCP4 192.0.2.9 "), "{told:?}");
}

#[tokio::test]
async fn stop_unbinds_and_closes() {
    let (edge, (number, _service)) = (Edge::start().await, echo().await);
    let connector = connector(&edge, &[]);
    let session = host(&connector, &order(&[port(number, Protocol::Http)])).await;
    assert!(session.close().await, "it takes no longer than it may");
    edge.lost(1).await;
    let unbound = edge.asked("unbind");
    assert_eq!(unbound.first().map(|asked| asked.at("/Id")), Some("e1"));
    // The edge was told: what is online now is somebody else's.
    edge.refuse(|asked| (asked.what == "bind").then_some("ERR_NGROK_334"));
    let refused = connect(&connector, &order(&[port(number, Protocol::Http)])).await;
    assert_eq!(refused.expect_err("it is taken").class(), Class::Displaced);
}

#[tokio::test]
async fn stop_waits_for_no_change_of_ports() {
    let (edge, (number, _service)) = (Edge::start().await, echo().await);
    let connector = connector(&edge, &[]);
    let web = port(number, Protocol::Http);
    let session = host(&connector, &order(std::slice::from_ref(&web))).await;
    edge.hold("bind");
    session.part.set_ports(vec![web, port(1, Protocol::Tcp)]);
    edge.was_asked("bind", 2).await;
    assert!(session.close().await, "it takes no longer than it may");
    edge.lost(1).await;
    assert_eq!(edge.asked("unbind")[0].at("/Id"), "e1");
}

#[tokio::test]
async fn a_slow_region_is_slow_and_no_dead_one() {
    let (edge, (number, _service)) = (Edge::start().await, echo().await);
    edge.delay(Duration::from_millis(300));
    let connector = connector(&edge, &[]);
    let phases = std::sync::Mutex::new(Vec::new());
    let order = order(&[port(number, Protocol::Http)]);
    let tokens = connector.mint(&order).await.expect("there is one");
    let progress = |phase| phases.lock().expect("no panic with it").push(phase);
    let connected = connector.connect(&order, &tokens, &progress).await;
    let mut session = connected.expect("it is hosted");
    assert_eq!(next(&mut session).await, SessionEvent::Established);
    let phases = phases.into_inner().expect("no panic with it");
    assert_eq!(phases, [Phase::ConnectingRelay, Phase::ForwardingPorts]);
    assert!(
        session
            .traffic
            .silence()
            .is_some_and(|silence| silence < SOON)
    );
    let mut visitor = edge.session(1).await.visit("e1").await;
    visitor
        .stream
        .write_all(b"hello")
        .await
        .expect("it is open");
    visitor.stream.shutdown().await.expect("it is open");
    assert_eq!(all(&mut visitor).await, b"hello");
}
