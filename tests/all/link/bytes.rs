//! What visitors and local services say to each other arrives, whole and at once.

use super::rig::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use underpass::link::tls::Identity;
use underpass::model::{Protocol, ServiceFault, Traffic};
use underpass::relay::OpenError;

const MIB: usize = 1024 * 1024;

/// Bytes that differ everywhere, so that none can be lost, doubled or swapped unseen.
fn pattern(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .flatten()
    .take(len)
    .collect()
}

async fn hosted(protocol: Protocol, service: &Service) -> (Rig, underpass::provider::Session) {
    let rig = Rig::start().await;
    let session = host(&rig, &order("web", service.port, protocol)).await;
    (rig, session)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_mib_each_way_at_once_arrive_byte_for_byte() {
    let service = Service::echo().await;
    let (rig, session) = hosted(Protocol::Tcp, &service).await;
    let sent = Arc::new(pattern(64 * MIB));
    let visitor = rig.visit("web").await.expect("it is there");
    let (mut read, mut write) = tokio::io::split(visitor);
    let sending = Arc::clone(&sent);
    let writer = tokio::spawn(async move {
        write.write_all(&sending).await.expect("it goes");
        write.shutdown().await.expect("half-close");
    });
    let came_back = read_all(&mut read).await;
    writer.await.expect("it ends");
    assert!(came_back == *sent);
    let traffic = session.traffic.read()[&number(service.port)];
    let bytes = sent.len() as u64;
    assert_eq!((traffic.bytes_in, traffic.bytes_out), (bytes, bytes));
}

#[tokio::test]
async fn two_hundred_visitors_at_once() {
    let service = Service::echo().await;
    let (rig, session) = hosted(Protocol::Http, &service).await;
    let rig = Arc::new(rig);
    let mut visitors = JoinSet::new();
    for n in 0..200_u8 {
        let rig = Arc::clone(&rig);
        visitors.spawn(async move {
            let mut visitor = rig.visit("web").await.expect("it is there");
            visitor.write_all(&[n; 3000]).await.expect("it goes");
            visitor.shutdown().await.expect("half-close");
            assert_eq!(read_all(&mut visitor).await, [n; 3000]);
        });
    }
    visitors.join_all().await;
    let seen = || session.traffic.read()[&number(service.port)];
    while seen().open > 0 {
        tokio::task::yield_now().await;
    }
    let expected = Traffic {
        open: 0,
        total: 200,
        bytes_in: 600_000,
        bytes_out: 600_000,
        failed: 0,
        fault: None,
        certificate: None,
    };
    assert_eq!(seen(), expected);
}

#[tokio::test]
async fn a_visitor_that_does_not_read_stalls_nobody_else() {
    let service = Service::echo().await;
    let (rig, _session) = hosted(Protocol::Http, &service).await;
    let mut stalled = rig.visit("web").await.expect("it is there");
    let stuck = tokio::spawn(async move { stalled.write_all(&vec![0; 32 * MIB]).await });
    let sent = pattern(4 * MIB);
    let (mut read, mut write) = tokio::io::split(rig.visit("web").await.expect("it is there"));
    let copy = sent.clone();
    let writer = tokio::spawn(async move {
        write.write_all(&copy).await.expect("it goes");
        write.shutdown().await.expect("half-close");
    });
    assert!(read_all(&mut read).await == sent);
    writer.await.expect("it ends");
    assert!(!stuck.is_finished());
    stuck.abort();
}

#[tokio::test]
async fn a_service_that_does_not_accept_keeps_nobody_from_another() {
    // It is asked what it speaks, and says nothing: that takes a second.
    let mute = Service::start(|socket| async move {
        let _socket = socket;
        std::future::pending::<()>().await;
    })
    .await;
    let echo = Service::echo().await;
    let rig = Arc::new(Rig::start().await);
    let mut order = order("mute", mute.port, Protocol::Auto);
    order.ports.push(port("web", echo.port, Protocol::Http));
    let session = host(&rig, &order).await;
    let mut waiting = JoinSet::new();
    // More than an older relay lets be unanswered.
    for _ in 0..300 {
        let rig = Arc::clone(&rig);
        waiting.spawn(async move { rig.visit("mute").await.map(drop) });
    }
    let open = || {
        let traffic = session.traffic.read();
        traffic.get(&number(mute.port)).map_or(0, |port| port.open)
    };
    while open() < 256 {
        tokio::task::yield_now().await;
    }
    assert!(echoes(&rig).await);
    assert!(waiting.try_join_next().is_none(), "they still wait");
}

#[tokio::test]
async fn a_service_may_speak_first_and_answer_after_the_question_ended() {
    let service = Service::start(|mut socket| async move {
        socket.write_all(b"220 ready\n").await.expect("it goes");
        let question = read_all(&mut socket).await;
        socket.write_all(&question).await.expect("still open");
    })
    .await;
    let (rig, _session) = hosted(Protocol::Tcp, &service).await;
    let mut visitor = rig.visit("web").await.expect("it is there");
    let mut greeting = [0; 10];
    visitor.read_exact(&mut greeting).await.expect("it comes");
    assert_eq!(&greeting, b"220 ready\n");
    visitor.write_all(b"question").await.expect("it goes");
    visitor.shutdown().await.expect("half-close");
    assert_eq!(read_all(&mut visitor).await, b"question");
}

#[tokio::test]
async fn a_service_that_breaks_off_is_no_clean_end() {
    let service = Service::start(|mut socket| async move {
        let _ = socket.write_all(b"half of it").await;
        let _ = socket.read(&mut [0; 1]).await;
        // Unread bytes make the system reset the connection.
    })
    .await;
    let (rig, _session) = hosted(Protocol::Tcp, &service).await;
    let mut visitor = rig.visit("web").await.expect("it is there");
    visitor.write_all(&[0; 100]).await.expect("it goes");
    let mut seen = Vec::new();
    let end = tokio::time::timeout(HANG, visitor.read_to_end(&mut seen)).await;
    end.expect("no hang").expect_err("it was cut");
}

#[tokio::test]
async fn a_service_that_breaks_off_is_no_clean_end_after_a_half_close() {
    let service = Service::start(|mut socket| async move {
        read_all(&mut socket).await;
        let _ = socket.write_all(b"half of it").await;
        let reset = socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO));
        reset.expect("it is open");
    })
    .await;
    let (rig, _session) = hosted(Protocol::Tcp, &service).await;
    for _ in 0..20 {
        let mut visitor = rig.visit("web").await.expect("it is there");
        visitor.write_all(b"question").await.expect("it goes");
        visitor.shutdown().await.expect("half-close");
        let mut seen = Vec::new();
        let end = tokio::time::timeout(HANG, visitor.read_to_end(&mut seen)).await;
        end.expect("no hang").expect_err("it was cut");
    }
}

#[tokio::test]
async fn a_visitor_that_leaves_a_service_that_does_not_read_leaves_nothing_behind() {
    let service = Service::start(|socket| async move {
        let _socket = socket;
        std::future::pending::<()>().await;
    })
    .await;
    let (rig, session) = hosted(Protocol::Tcp, &service).await;
    for half_close in [false, true] {
        let mut visitor = rig.visit("web").await.expect("it is there");
        let stalled = Duration::from_millis(300);
        let chunk = vec![0; 64 * 1024];
        while let Ok(written) = tokio::time::timeout(stalled, visitor.write(&chunk)).await {
            written.expect("it goes");
        }
        if half_close {
            visitor.shutdown().await.expect("half-close");
        }
        drop(visitor);
        let left = async {
            while session.traffic.read()[&number(service.port)].open > 0 {
                tokio::task::yield_now().await;
            }
        };
        let left = tokio::time::timeout(HANG, left).await;
        assert!(left.is_ok(), "half-closed: {half_close}");
    }
}

#[tokio::test]
async fn a_visitor_that_leaves_half_way_frees_the_service() {
    let (gone, mut noticed) = tokio::sync::mpsc::channel(1);
    let service = Service::start(move |mut socket| {
        let gone = gone.clone();
        async move {
            while socket.write_all(&[0; 4096]).await.is_ok() {}
            gone.send(()).await.expect("somebody waits");
        }
    })
    .await;
    let (rig, _session) = hosted(Protocol::Tcp, &service).await;
    let mut visitor = rig.visit("web").await.expect("it is there");
    // It ends its side first, as HTTP clients do: the worst case for the multiplexer.
    visitor.shutdown().await.expect("half-close");
    visitor.read_exact(&mut [0; 100]).await.expect("it comes");
    drop(visitor);
    let noticed = tokio::time::timeout(HANG, noticed.recv()).await;
    noticed.expect("the service is told");
}

#[tokio::test]
async fn a_service_that_is_not_there_is_said_so() {
    let closed = closed_port().await;
    let rig = Rig::start().await;
    let _session = host(&rig, &order("web", closed, Protocol::Auto)).await;
    assert_eq!(
        rig.visit("web").await.err(),
        Some(OpenError::Service(ServiceFault::Refused))
    );
}

#[tokio::test]
async fn a_port_that_is_gone_has_no_host() {
    let rig = Rig::start().await;
    let session = host(&rig, &order("web", 3000, Protocol::Http)).await;
    let underpass::relay::Lookup::Live(upstream) = rig.find("web") else {
        panic!("it is hosted");
    };
    session.close().await;
    let peer = ([203, 0, 113, 9], 4711).into();
    let opened = upstream
        .open(underpass::relay::Visitor {
            peer,
            reached: None,
        })
        .await;
    assert_eq!(opened.err(), Some(OpenError::HostGone));
}

/// Echoes inside TLS, counting handshakes.
async fn tls_echo() -> Service {
    let (certificate, key) = Identity::generate().expect("there is randomness");
    let identity = Identity::from_pem(&certificate, &key).expect("it is PEM");
    let acceptor = identity.acceptor().expect("it fits");
    let mut config = acceptor.config().as_ref().clone();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    Service::start(move |socket| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(socket).await {
                let (mut read, mut write) = tokio::io::split(stream);
                let _ = tokio::io::copy(&mut read, &mut write).await;
                let _ = write.shutdown().await;
            }
        }
    })
    .await
}

async fn echoes(rig: &Rig) -> bool {
    let Ok(mut visitor) = rig.visit("web").await else {
        return false;
    };
    let mut word = [0; 4];
    let echoed = async {
        visitor.write_all(b"word").await?;
        visitor.read_exact(&mut word).await
    };
    echoed.await.is_ok() && &word == b"word"
}

#[tokio::test]
async fn local_tls_is_spoken_where_it_is_wanted_or_found() {
    let (plain, tls) = (Service::echo().await, tls_echo().await);
    let cases = [
        (Protocol::Https, &tls, true),
        (Protocol::Https, &plain, false),
        (Protocol::Http, &plain, true),
        (Protocol::Http, &tls, false),
        (Protocol::Auto, &tls, true),
        (Protocol::Auto, &plain, true),
        (Protocol::Tcp, &tls, false),
    ];
    for (protocol, service, works) in cases {
        let (rig, _session) = hosted(protocol, service).await;
        for _ in 0..2 {
            assert_eq!(echoes(&rig).await, works, "{protocol}, {}", service.port);
        }
    }
}

#[tokio::test]
async fn what_a_port_speaks_is_asked_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    let rig = Arc::new(Rig::start().await);
    let _session = host(&rig, &order("web", port, Protocol::Auto)).await;
    let mut visitors = JoinSet::new();
    for _ in 0..5 {
        let rig = Arc::clone(&rig);
        visitors.spawn(async move {
            let mut visitor = rig.visit("web").await.expect("it is there");
            visitor.write_all(b"v").await.expect("it goes");
            visitor.read_u8().await.expect("it is answered")
        });
    }
    let mut first = Vec::new();
    while first.len() < 6 {
        let (mut socket, _) = listener.accept().await.expect("it comes");
        first.push(first_byte(&mut socket).await);
        let _ = socket.write_all(b"plainly").await;
    }
    assert_eq!(first, [b'H', b'v', b'v', b'v', b'v', b'v'], "one HEAD");
    assert_eq!(visitors.join_all().await, [b'p'; 5]);
}

async fn first_byte(stream: &mut (impl AsyncRead + Unpin)) -> u8 {
    stream.read_u8().await.expect("it comes")
}
