//! What works: visitors, much of them and much from them, several ports, a goodbye.

use super::*;

#[tokio::test]
async fn fifty_visitors_get_what_they_say_back_at_a_port_of_the_server_s_choice() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    let session = host(&to(&sshd, &[]), &tcp(number)).await;
    assert!(url(&session).starts_with("tcp://127.0.0.1:"));
    let visitors = (0..50).map(|_| echoes(&session));
    futures_util::future::join_all(visitors).await;
    let traffic = session.traffic.read();
    let port = traffic.values().next().expect("a port");
    assert_eq!((port.total, port.bytes_in, port.bytes_out), (50, 250, 250));
    assert!(
        session
            .traffic
            .silence()
            .is_some_and(|silence| silence < SOON)
    );
}

#[tokio::test]
async fn a_chosen_port_is_had_and_given_back_at_once_when_it_stops() {
    let Some(sshd) = sshd("") else { return };
    let ((number, _service), chosen) = (echo().await, closed().await.to_string());
    let connector = to(&sshd, &[("remote-port", &chosen)]);
    for _ in 0..2 {
        let session = host(&connector, &tcp(number)).await;
        assert_eq!(url(&session), format!("tcp://127.0.0.1:{chosen}"));
        echoes(&session).await;
        assert!(session.close().await, "it takes no longer than it may");
        let port: u16 = chosen.parse().expect("a port");
        let visiting = TcpStream::connect(("127.0.0.1", port)).await;
        assert!(visiting.is_err(), "the server was told");
    }
    let log = sshd.read("log");
    assert!(
        log.contains("it was stopped") || log.contains("disconnected by user"),
        "{log}"
    );
}

#[tokio::test]
async fn two_ports_go_over_one_connection_and_change_while_it_stands() {
    let Some(sshd) = sshd("") else { return };
    let ((one, _a), (two, _b)) = (
        echo().await,
        service(|mut socket| async move {
            let _ = socket.write_all(b"the other").await;
        })
        .await,
    );
    let (first, second) = (port(one, Protocol::Tcp), port(two, Protocol::Tcp));
    let connector = to(&sshd, &[]);
    let mut session = host(&connector, &order(&[first.clone(), second.clone()])).await;
    assert_eq!(session.ports.len(), 2);
    echoes(&session).await;
    let other = session.ports[1].url.clone();
    let other = other.trim_start_matches("tcp://");
    let mut visitor = TcpStream::connect(other).await.expect("it listens");
    assert_eq!(all(&mut visitor).await, b"the other");
    session.part.set_ports(vec![second]);
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("the ports change");
    };
    assert_eq!(live.len(), 1);
    assert!(live[0].url.ends_with(other), "what stays stays where it is");
    assert!(
        TcpStream::connect(("127.0.0.1", given(&session)))
            .await
            .is_err()
    );
    session.part.set_ports(vec![first]);
    let SessionEvent::Ports(live) = next(&mut session).await else {
        panic!("the ports change");
    };
    assert_eq!(live[0].url, url(&session), "it is asked for where it was");
    echoes(&session).await;
    assert_eq!(sshd.connections(), 1);
}

#[tokio::test]
async fn a_service_may_speak_first_and_either_end_may_stop_first() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = service(|mut socket| async move {
        let mut asked = Vec::new();
        let _ = socket.write_all(b"welcome\n").await;
        let _ = socket.read_to_end(&mut asked).await;
        let _ = socket.write_all(&asked).await;
    })
    .await;
    let session = host(&to(&sshd, &[]), &tcp(number)).await;
    let mut visitor = visit(&session).await;
    let mut welcome = [0; 8];
    visitor
        .read_exact(&mut welcome)
        .await
        .expect("it speaks first");
    visitor.write_all(b"bye").await.expect("it is open");
    visitor.shutdown().await.expect("it is open");
    assert_eq!(all(&mut visitor).await, b"bye", "half of it stays open");
}

#[tokio::test]
async fn much_goes_both_ways_and_is_whole() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    let session = host(&to(&sshd, &[]), &tcp(number)).await;
    let mut visitor = visit(&session).await;
    let data: Vec<u8> = (0..24 * 1024 * 1024_u32)
        .map(|at| (at % 251) as u8)
        .collect();
    let (mut from, mut to) = visitor.split();
    let writing = async {
        to.write_all(&data).await.expect("it is open");
        to.shutdown().await.expect("it is open");
    };
    let mut back = Vec::new();
    let ((), read) = tokio::join!(writing, from.read_to_end(&mut back));
    read.expect("it is whole");
    assert!(back == data);
}

#[tokio::test]
async fn whoever_visits_while_the_service_is_down_is_told_so() {
    let Some(sshd) = sshd("") else { return };
    let number = closed().await;
    let session = host(&to(&sshd, &[]), &order(&[port(number, Protocol::Http)])).await;
    assert!(url(&session).starts_with("http://127.0.0.1:"));
    let mut visitor = visit(&session).await;
    let asked = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    visitor.write_all(asked).await.expect("it is open");
    let page = String::from_utf8(all(&mut visitor).await).expect("text");
    assert!(page.starts_with("HTTP/1.1 502 "), "{page}");
    assert!(page.contains("x-underpass: service-down"), "{page}");
}

#[tokio::test]
async fn a_socket_is_made_in_the_place_of_a_port() {
    let Some(sshd) = sshd("") else { return };
    let (number, _service) = echo().await;
    let path = text(&sshd.path("web.sock"));
    let session = host(&to(&sshd, &[("socket", &path)]), &tcp(number)).await;
    assert_eq!(url(&session), format!("unix://127.0.0.1{path}"));
    assert!(session.ports[0].relays_own, "it is not asked from here");
    let mut visitor = tokio::net::UnixStream::connect(&path)
        .await
        .expect("it listens");
    visitor.write_all(b"hello").await.expect("it is open");
    visitor.shutdown().await.expect("it is open");
    let mut said = Vec::new();
    visitor.read_to_end(&mut said).await.expect("it is whole");
    assert_eq!(said, b"hello");
}

#[tokio::test]
async fn the_way_may_lead_through_another_server() {
    let (Some(gate), Some(sshd)) = (sshd(""), sshd("")) else {
        return;
    };
    let (number, _service) = echo().await;
    gate.write("authorized_keys", &sshd.read("id.pub"));
    let both = format!("{}\n{}", gate.read("known_hosts"), sshd.read("known_hosts"));
    sshd.write("known_hosts", &both);
    let jump = gate.url();
    let mut session = host(&to(&sshd, &[("jump", &jump)]), &tcp(number)).await;
    echoes(&session).await;
    assert_eq!((gate.connections(), sshd.connections()), (1, 1));
    gate.kill();
    assert_eq!(ended(&mut session).await.class(), Class::Transient);
    // Each of them has to be known.
    sshd.write("known_hosts", &gate.read("known_hosts"));
    let error = refused(&to(&sshd, &[("jump", &jump)]), &tcp(number)).await;
    let Reason::HostKeyUnknown { address, .. } = error.reason else {
        panic!("{error:?}");
    };
    assert!(address.ends_with(&sshd.port().to_string()), "{address}");
}
