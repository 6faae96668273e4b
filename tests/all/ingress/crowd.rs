//! Many visitors at once: whoever has most pays for the next one, who never waits.

use super::fake::{Local, Relay, eventually, full, http_service, listener, tcp_service};
use ::http::Response;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use underpass::model::Network;
use underpass::relay::ingress::{HttpConfig, Limits, connections, serve_tcp};
use underpass::relay::{Limiter, Usage};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: one.localhost\r\n\r\n";

/// So many in all, so many for one address.
fn few(total: usize, per_network: usize) -> (HttpConfig, Arc<Limiter>) {
    let mut config = HttpConfig::new("localhost");
    config.limits = Limits {
        connections: total,
        connections_per_network: per_network,
        ..config.limits
    };
    let limiter = connections(&config.limits);
    config.connections = Some(Arc::clone(&limiter));
    (config, limiter)
}

/// A visitor whose address ends in `last`: all of 127/8 is this machine.
async fn visitor(last: u8, relay: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    let from = SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0));
    socket.bind(from).expect("it is this machine's");
    socket.connect(relay).await.expect("it listens")
}

/// One that is served, and stays.
async fn served(last: u8, relay: SocketAddr) -> TcpStream {
    let mut stream = visitor(last, relay).await;
    ask(&mut stream).await;
    stream
}

async fn ask(stream: &mut TcpStream) {
    stream.write_all(GET).await.expect("it reads");
    let mut answer = Vec::new();
    while !answer.ends_with(b"ok") {
        let count = stream.read_buf(&mut answer).await.expect("an answer");
        assert!(count > 0, "{}", String::from_utf8_lossy(&answer));
    }
}

async fn echo(stream: &mut TcpStream) {
    stream.write_all(b"x").await.expect("it reads");
    stream.read_exact(&mut [0]).await.expect("it echoes");
}

/// The connection is cut off, and not as if it had come to its end.
async fn is_reset(stream: &mut TcpStream) {
    let end = stream.read(&mut [0]).await;
    let kind = end.expect_err("it is no clean end").kind();
    assert_eq!(kind, ErrorKind::ConnectionReset);
}

async fn one() -> (Arc<Local>, super::fake::Task) {
    let (address, task) = http_service(|_| async { Response::new(full("ok")) }).await;
    (Local::at(address), task)
}

#[tokio::test]
async fn one_address_with_all_connections_keeps_nobody_out() {
    let (one, _one) = one().await;
    let (config, limiter) = few(8, 8);
    let relay = Relay::configured(&config, &[("one", &one)]).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        idle.push(visitor(1, relay.address).await);
    }
    let mut honest = served(2, relay.address).await;
    for stream in &mut idle[..13] {
        is_reset(stream).await;
    }
    eventually(|| limiter.usage().used == 8).await;
    ask(&mut honest).await;
    let mut same = served(1, relay.address).await;
    ask(&mut same).await;
}

#[tokio::test]
async fn an_address_has_a_share_whatever_is_free() {
    let (one, _one) = one().await;
    let (config, limiter) = few(100, 3);
    let relay = Relay::configured(&config, &[("one", &one)]).await;
    let mut first = served(1, relay.address).await;
    let mut others = [
        served(1, relay.address).await,
        served(1, relay.address).await,
    ];
    let _fourth = served(1, relay.address).await;
    is_reset(&mut first).await;
    for stream in &mut others {
        ask(stream).await;
    }
    let expected = Usage {
        used: 3,
        networks: 1,
        evicted: 1,
    };
    eventually(|| limiter.usage() == expected).await;
}

#[tokio::test]
async fn a_connection_that_is_on_its_way_out_gives_its_place_back_too() {
    let (one, _one) = one().await;
    let (config, limiter) = few(3, 1);
    let relay = Relay::configured(&config, &[("one", &one)]).await;
    let mut leaving = visitor(1, relay.address).await;
    // The relay has answered, and goes on reading what follows, which it cannot tell from a request.
    let faulty = b"POST / HTTP/1.1\r\nHost: one.localhost\r\nContent-Length: 3\r\n\
                   Transfer-Encoding: chunked\r\n\r\nabc";
    leaving.write_all(faulty).await.expect("it reads");
    leaving.read_to_end(&mut Vec::new()).await.expect("a page");
    let _other = served(2, relay.address).await;
    let _one_more = served(1, relay.address).await;
    let began = std::time::Instant::now();
    eventually(|| leaving.try_write(b"x").is_err()).await;
    // In its own time it would go after 5 s without a word, and never while there is one.
    assert!(began.elapsed().as_secs() < 4, "{:?}", began.elapsed());
    assert_eq!(limiter.usage().evicted, 1);
}

#[tokio::test]
async fn behind_a_proxy_only_the_total_counts() {
    let (one, _one) = one().await;
    let (mut config, limiter) = few(5, 1);
    let loopback: Network = "127.0.0.0/8".parse().expect("it is one");
    config.approach.trusted = [loopback].into();
    let relay = Relay::configured(&config, &[("one", &one)]).await;
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(served(1, relay.address).await);
    }
    for stream in &mut all {
        ask(stream).await;
    }
    let _one_more = served(1, relay.address).await;
    assert_eq!(limiter.usage().evicted, 1);
}

#[tokio::test]
async fn tcp_visitors_share_with_all_others_and_the_idlest_goes() {
    let (service, _service) = tcp_service(|mut stream| async move {
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    })
    .await;
    let (config, limiter) = few(3, 3);
    let (one, _one) = one().await;
    let relay = Relay::configured(&config, &[("one", &one)]).await;
    let (listener, address) = listener().await;
    let _guard = serve_tcp(listener, Local::at(service), &config);

    let mut web = served(1, relay.address).await;
    let mut idle = visitor(1, address).await;
    let mut busy = visitor(1, address).await;
    echo(&mut idle).await;
    echo(&mut busy).await;
    ask(&mut web).await;
    assert_eq!(limiter.usage().used, 3);
    let mut other = visitor(2, address).await;
    echo(&mut other).await;
    assert_eq!(limiter.usage().evicted, 1);
    let all_of_one = [web, idle, busy];
    let mut ended = 0;
    for mut stream in all_of_one {
        let _ = stream.write_all(GET).await;
        ended += usize::from(!matches!(stream.read(&mut [0]).await, Ok(1..)));
    }
    assert_eq!(ended, 1, "one of whoever has most");
}

/// What the system can: it gives up on whoever takes nothing for as long as it is told.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn whoever_takes_nothing_of_what_waits_for_it_is_cut_off() {
    let (service, _service) = tcp_service(|mut stream| async move {
        let bytes = vec![b'a'; 64 * 1024];
        while stream.write_all(&bytes).await.is_ok() {}
    })
    .await;
    let (mut config, limiter) = few(10, 10);
    config.limits.write_stall = std::time::Duration::from_millis(500);
    let (listener, address) = listener().await;
    let _guard = serve_tcp(listener, Local::at(service), &config);
    let _visitor = visitor(1, address).await;
    eventually(|| limiter.usage().used == 1).await;
    eventually(|| limiter.usage().used == 0).await;
}
