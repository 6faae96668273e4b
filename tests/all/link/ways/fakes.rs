//! What stands in the way: networks that let only HTTPS through, and the proxies that people have.

use super::super::rig::*;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;
use tokio::sync::watch;
use underpass::link::tls::{ALPN, Identity};
use underpass::model::{JoinLink, Protocol};
use underpass::provider::Session;
use underpass::provider::relay::{Detours, Proxies};
use underpass::relay::{Relay, RelayConfig, Visitors};

/// Longer than any test takes.
pub const NEVER: Duration = Duration::from_hours(1);

/// Ways to a relay on this computer, with nobody at the port of HTTPS.
pub async fn detours(after: Duration) -> Detours {
    Detours {
        after,
        https_port: closed_port().await,
        on_loopback: true,
        proxies: Proxies::default(),
    }
}

/// A relay with the true ingress.
pub struct Open {
    pub relay: Relay,
    _data: TempDir,
}

impl Open {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut RelayConfig)) -> Self {
        let data = tempfile::tempdir().expect("there is room");
        let mut config = RelayConfig::local(data.path());
        change(&mut config);
        let relay = Relay::start(config, Arc::new(Visitors::new("localhost"))).await;
        Self {
            relay: relay.expect("it starts"),
            _data: data,
        }
    }
}

/// What a wall does with a connection that is no ordinary HTTPS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Lets it pass.
    Pass,
    /// Ends it.
    Cut,
    /// Says nothing.
    Swallow,
    /// Ends everything, HTTPS too.
    Shut,
    /// Ends it, and says nothing to HTTPS.
    CutOrSwallow,
}

/// A network before `target` that reads what a connection offers to speak.
pub struct Wall {
    service: Service,
    rule: watch::Sender<Rule>,
    covered: Arc<AtomicUsize>,
    direct: Arc<AtomicUsize>,
}

impl Wall {
    pub async fn before(target: SocketAddr, rule: Rule) -> Self {
        let (rule, rules) = watch::channel(rule);
        let (covered, direct) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let counts = (Arc::clone(&covered), Arc::clone(&direct));
        let service = Service::start(move |mut socket| {
            let (rules, counts) = (rules.clone(), counts.clone());
            async move {
                let Some(hello) = hello(&mut socket).await else {
                    return;
                };
                let is_link = hello.windows(ALPN.len()).any(|part| part == ALPN);
                let count = if is_link { &counts.1 } else { &counts.0 };
                count.fetch_add(1, Ordering::Relaxed);
                let rule = *rules.borrow();
                match (rule, is_link) {
                    (Rule::Cut | Rule::CutOrSwallow, true) | (Rule::Shut, _) => return,
                    (Rule::Swallow, true) | (Rule::CutOrSwallow, false) => {
                        return std::future::pending().await;
                    }
                    (Rule::Pass, _) | (Rule::Cut | Rule::Swallow, false) => {}
                }
                let mut relay = TcpStream::connect(target).await.expect("it is there");
                relay.write_all(&hello).await.expect("it goes");
                let _ = copy_bidirectional(&mut socket, &mut relay).await;
            }
        })
        .await;
        Self {
            service,
            rule,
            covered,
            direct,
        }
    }

    pub fn port(&self) -> u16 {
        self.service.port
    }

    pub fn set(&self, rule: Rule) {
        self.rule.send_replace(rule);
    }

    /// How many connections were ordinary HTTPS, and how many were not.
    pub fn seen(&self) -> (usize, usize) {
        let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (read(&self.covered), read(&self.direct))
    }
}

/// The first TLS record.
async fn hello(socket: &mut TcpStream) -> Option<Vec<u8>> {
    let mut record = vec![0; 5];
    socket.read_exact(&mut record).await.ok()?;
    let len = usize::from(u16::from_be_bytes([record[3], record[4]]));
    record.resize(5 + len, 0);
    socket.read_exact(&mut record[5..]).await.ok()?;
    Some(record)
}

/// A proxy before a relay's HTTP that ends TLS with a certificate of its own.
pub async fn reverse_proxy(http: SocketAddr) -> Service {
    let (certificate, key) = Identity::generate().expect("it is made");
    let identity = Identity::from_pem(&certificate, &key).expect("it is a pair");
    let acceptor = identity.acceptor().expect("it is a pair");
    Service::start(move |socket| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(mut visitor) = acceptor.accept(socket).await {
                let mut relay = TcpStream::connect(http).await.expect("it is there");
                let _ = copy_bidirectional(&mut visitor, &mut relay).await;
            }
        }
    })
    .await
}

/// Through which ports a proxy lets, and where its connections go instead.
#[derive(Clone, Copy)]
pub struct Gate {
    pub lets: u16,
    pub to: SocketAddr,
}

impl Gate {
    async fn carry(self, mut stream: TcpStream) {
        let mut relay = TcpStream::connect(self.to).await.expect("it is there");
        let _ = copy_bidirectional(&mut stream, &mut relay).await;
    }
}

/// An HTTP proxy that wants these credentials, in Base64.
pub async fn http_proxy(gate: Gate, credentials: Option<&'static str>) -> Service {
    Service::start(move |mut socket| async move {
        let Some(head) = head(&mut socket).await else {
            return;
        };
        let wanted = credentials.map(|right| format!("basic {right}").to_lowercase());
        let head = head.to_lowercase();
        let answer = if wanted.is_some_and(|wanted| !head.contains(&wanted)) {
            "407 Proxy Authentication Required"
        } else if head.starts_with(&format!("connect relay.example:{} http/1.1", gate.lets)) {
            "200 Connection established"
        } else {
            "403 Forbidden"
        };
        let said = format!("HTTP/1.1 {answer}\r\n\r\n");
        socket.write_all(said.as_bytes()).await.expect("it goes");
        if answer.starts_with("200") {
            gate.carry(socket).await;
        }
    })
    .await
}

async fn head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// A SOCKS5 proxy that wants a name and a password, or nothing (RFC 1928, 1929). It tells what it was
/// asked for.
pub async fn socks_proxy(
    gate: Gate,
    login: Option<(&'static str, &'static str)>,
) -> (Service, watch::Receiver<String>) {
    let (asked, told) = watch::channel(String::new());
    let asked = Arc::new(asked);
    let service = Service::start(move |mut socket| {
        let asked = Arc::clone(&asked);
        async move {
            let target = shake(&mut socket, login).await;
            let Some((host, port)) = target else { return };
            asked.send_replace(format!("{host}:{port}"));
            let code = if port == gate.lets { 0 } else { 2 };
            let answer = [5, code, 0, 1, 0, 0, 0, 0, 0, 0];
            socket.write_all(&answer).await.expect("it goes");
            if code == 0 {
                gate.carry(socket).await;
            }
        }
    })
    .await;
    (service, told)
}

async fn shake(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    login: Option<(&str, &str)>,
) -> Option<(String, u16)> {
    let methods = [stream.read_u8().await.ok()?, stream.read_u8().await.ok()?];
    assert_eq!(methods[0], 5);
    let mut offered = vec![0; usize::from(methods[1])];
    stream.read_exact(&mut offered).await.ok()?;
    let method = if login.is_some() { 2 } else { 0 };
    if !offered.contains(&method) {
        stream.write_all(&[5, 0xff]).await.ok()?;
        return None;
    }
    stream.write_all(&[5, method]).await.ok()?;
    if let Some((name, password)) = login {
        stream.read_u8().await.ok()?;
        let said = [counted(stream).await?, counted(stream).await?];
        let right = said == [name, password];
        stream.write_all(&[1, u8::from(!right)]).await.ok()?;
        right.then_some(())?;
    }
    let mut request = [0; 4];
    stream.read_exact(&mut request).await.ok()?;
    let host = match request[3] {
        1 => {
            let mut ip = [0; 4];
            stream.read_exact(&mut ip).await.ok()?;
            std::net::Ipv4Addr::from(ip).to_string()
        }
        3 => counted(stream).await?,
        other => panic!("address type {other}"),
    };
    Some((host, stream.read_u16().await.ok()?))
}

async fn counted(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut text = vec![0; usize::from(stream.read_u8().await.ok()?)];
    stream.read_exact(&mut text).await.ok()?;
    String::from_utf8(text).ok()
}

/// The same relay by another name.
pub fn at(link: &JoinLink, host: &str, port: u16) -> JoinLink {
    JoinLink {
        host: host.to_owned(),
        port: number(port),
        ..link.clone()
    }
}

/// A host of a TCP port with an echo behind it.
pub async fn host_echo(link: &JoinLink, detours: Detours) -> (Session, Service) {
    let echo = Service::echo().await;
    let connector = connector(link).with_detours(detours);
    let order = order("echo", echo.port, Protocol::Tcp);
    let session = connect(&connector, &order).await;
    (session.expect("it is admitted"), echo)
}

/// A visitor of its only port.
pub async fn visitor(session: &Session) -> TcpStream {
    let url = session.ports[0].url.as_str();
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    let port: u16 = port.expect("it has a port");
    let visitor = TcpStream::connect(("127.0.0.1", port)).await;
    visitor.expect("it listens")
}

/// Sends so many bytes and gets them back.
pub async fn echoes(visitor: &mut TcpStream, len: usize) {
    let sent: Vec<u8> = (0..=250).cycle().take(len).collect();
    let (mut from, mut to) = visitor.split();
    let mut back = vec![0; len];
    let both = async { tokio::join!(to.write_all(&sent), from.read_exact(&mut back)) };
    let (wrote, read) = tokio::time::timeout(HANG, both).await.expect("no hang");
    wrote.expect("it goes");
    read.expect("it comes back");
    assert!(back == sent);
}
