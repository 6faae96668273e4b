//! Local services of several kinds, and what is found out of them.

use super::*;
use crate::model::{PortNumber, ProxyVersion, TunnelId};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, crypto::ring};
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

/// A certificate that nobody vouches for, and its key.
pub(super) struct Identity(rcgen::CertifiedKey<rcgen::KeyPair>);

impl Identity {
    pub(super) fn new() -> Self {
        let names = vec!["nas.test".to_owned()];
        Self(rcgen::generate_simple_self_signed(names).expect("it is made"))
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint(Sha256::digest(self.0.cert.der()).into())
    }

    fn acceptor(&self) -> TlsAcceptor {
        let key = PrivatePkcs8KeyDer::from(self.0.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("they are there")
            .with_no_client_auth()
            .with_single_cert(vec![self.0.cert.der().clone()], PrivateKeyDer::from(key))
            .expect("they fit");
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A service that speaks TLS with that certificate, and hangs up on anything else.
pub(super) async fn tls_service(identity: &Identity) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has one");
    let acceptor = identity.acceptor();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(socket).await {
                    let _ = stream.read(&mut [0; 64]).await;
                }
            });
        }
    });
    address
}

/// A service that answers whatever comes with these bytes and ends; what came first is told.
pub(super) async fn plain_service(
    answer: &'static [u8],
) -> (SocketAddr, mpsc::UnboundedReceiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has one");
    let (told, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let told = told.clone();
            tokio::spawn(async move {
                let mut bytes = vec![0; 1024];
                let read = socket.read(&mut bytes).await.unwrap_or_default();
                bytes.truncate(read);
                let _ = told.send(bytes);
                let _ = socket.write_all(answer).await;
            });
        }
    });
    (address, heard)
}

/// Most that are no web server's library end their connections so.
#[tokio::test]
async fn a_tls_service_may_end_without_saying_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has one");
    let acceptor = Identity::new().acceptor();
    let serving = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.expect("it comes");
        let mut stream = acceptor.accept(socket).await.expect("it is TLS");
        stream.write_all(b"all of it").await.expect("it goes");
        stream.flush().await.expect("it goes");
        // Without a `close_notify`.
        stream.get_mut().0.shutdown().await.expect("it ends");
        stream
    });
    let local = LocalPort::new(port(address, Protocol::Https), &Memories::default());
    let (mut service, _dialled) = local.connect(VISITOR).await.expect("it is there");
    let mut said = String::new();
    service
        .read_to_string(&mut said)
        .await
        .expect("a clean end");
    assert_eq!(said, "all of it");
    drop(serving.await.expect("it ends"));
}

const VISITOR: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9)),
    4711,
);

fn port(at: SocketAddr, protocol: Protocol) -> Port {
    let number = PortNumber::new(at.port()).expect("it is a port");
    Port {
        number,
        protocol,
        target: Target::local(number),
        label: TunnelId::new("web").expect("it is an id"),
        public_port: None,
        options: PortOptions::default(),
    }
}

#[tokio::test]
async fn a_plain_service_never_sees_tls_and_is_asked_once_for_all_sessions() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..],
        b"HTTP/1.1 400 Bad Request\r\n\r\nInvalid HTTP_HOST header",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ] {
        let (service, mut heard) = plain_service(answer).await;
        let memories = Memories::default();
        let mut asked = vec![];
        for _session in 0..2 {
            let local = LocalPort::new(port(service, Protocol::Auto), &memories);
            let (stream, _) = local.connect(VISITOR).await.expect("it listens");
            assert!(matches!(stream, Either::Left(_)));
            drop(stream);
        }
        // The two visitors' connections, which say nothing, come last.
        while asked
            .iter()
            .filter(|bytes: &&Vec<u8>| bytes.is_empty())
            .count()
            < 2
        {
            asked.push(heard.recv().await.expect("it serves"));
        }
        let questions: Vec<_> = asked.iter().filter(|bytes| !bytes.is_empty()).collect();
        let all_plain = questions
            .iter()
            .all(|bytes| bytes.starts_with(b"HEAD /") || bytes.starts_with(b"GET /"));
        assert!(all_plain, "{questions:?}");
        assert!(questions.len() <= 2, "{questions:?}");
    }
}

#[tokio::test]
async fn a_service_that_asks_for_it_is_told_first_who_each_connection_is_for() {
    let (service, mut heard) = plain_service(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let said = format!(
        "PROXY TCP4 203.0.113.9 127.0.0.1 4711 {}\r\n",
        service.port()
    );
    for (protocol, expected) in [
        (Protocol::Tcp, &[said.as_str()][..]),
        (Protocol::Http, &[&said]),
        // What finds out what it speaks is nobody's visit.
        (Protocol::Auto, &["PROXY UNKNOWN\r\n", &said]),
    ] {
        let mut port = port(service, protocol);
        port.options.proxy_protocol = Some(ProxyVersion::V1);
        let local = LocalPort::new(port, &Memories::default());
        let stream = local.connect(VISITOR).await.expect("it listens");
        for line in expected {
            let first = heard.recv().await.expect("it serves");
            assert!(first.starts_with(line.as_bytes()), "{protocol}");
        }
        drop(stream);
    }
}

#[tokio::test]
async fn a_tls_service_is_found_out() {
    let service = tls_service(&Identity::new()).await;
    let local = LocalPort::new(port(service, Protocol::Auto), &Memories::default());
    let (stream, _) = local.connect(VISITOR).await.expect("it listens");
    assert!(matches!(stream, Either::Right(_)));
}

#[tokio::test]
async fn https_at_a_plain_service_is_named_and_a_closed_port_is_refused() {
    let (service, _heard) = plain_service(b"HTTP/1.0 400 Bad Request\r\n\r\n").await;
    let local = LocalPort::new(port(service, Protocol::Https), &Memories::default());
    assert_eq!(
        local.connect(VISITOR).await.err(),
        Some(ServiceFault::NotTls)
    );
    let spot = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let closed = spot.local_addr().expect("it has one");
    drop(spot);
    let local = LocalPort::new(port(closed, Protocol::Http), &Memories::default());
    assert_eq!(
        local.connect(VISITOR).await.err(),
        Some(ServiceFault::Refused)
    );
}
