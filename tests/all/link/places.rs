//! Visitors who hold what others want, through a real relay to a real host: each gives it back,
//! whatever it is that it waits for.

use super::rig::*;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use underpass::model::Protocol;
use underpass::provider::Session;
use underpass::relay::Lookup;
use underpass::relay::ingress::{HttpConfig, IngressGuard, serve_fixed_web, serve_tcp};

/// What a service has seen.
#[derive(Default)]
struct Seen {
    heads: AtomicUsize,
    /// Bytes of endless answers that were taken.
    taken: AtomicU64,
    /// Connections that ended while they were at work.
    ended: AtomicUsize,
    /// Answers those that hang.
    answer: watch::Sender<bool>,
    last: std::sync::Mutex<String>,
}

impl Seen {
    async fn at_work(&self, count: usize) {
        eventually(|| self.heads.load(Ordering::Relaxed) >= count).await;
    }

    async fn ended(&self, count: usize) {
        eventually(|| self.ended.load(Ordering::Relaxed) >= count).await;
    }

    /// Nobody takes anything of the endless answers any more.
    async fn is_stuck(&self) {
        let (mut before, mut same) = (0, 0);
        eventually(|| {
            let now = self.taken.load(Ordering::Relaxed);
            same = if now > 0 && now == before {
                same + 1
            } else {
                0
            };
            before = now;
            same > 40
        })
        .await;
    }
}

/// Waits until something is true that no event tells of.
async fn eventually(mut fact: impl FnMut() -> bool) {
    let wait = async {
        while !fact() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), wait).await;
    waited.expect("it becomes true");
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Answers without end, never, with a switch, or at once: as it is asked.
async fn serve(mut socket: TcpStream, seen: Arc<Seen>) {
    loop {
        let head = read_head(&mut socket).await;
        if head.is_empty() {
            return;
        }
        seen.heads.fetch_add(1, Ordering::Relaxed);
        (*seen.last.lock().expect("nobody panics")).clone_from(&head);
        if head.contains(" /endless ") {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            let chunk = vec![b'a'; 64 * 1024];
            while let Ok(taken) = socket.write(&chunk).await {
                seen.taken.fetch_add(taken as u64, Ordering::Relaxed);
            }
            seen.ended.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if head.contains(" /switch ") {
            let switch = b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
            let _ = socket.write_all(switch).await;
            let _ = socket.read_to_end(&mut Vec::new()).await;
            seen.ended.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if head.contains(" /hang ") {
            let mut answer = seen.answer.subscribe();
            let _ = answer.wait_for(|now| *now).await;
        }
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        if socket.write_all(answer).await.is_err() {
            return;
        }
    }
}

/// A tunnel of one port, and the relay's real ingress in front of it.
struct Stage {
    seen: Arc<Seen>,
    address: SocketAddr,
    _guard: IngressGuard,
    _session: Session,
    _service: Service,
    _rig: Rig,
}

impl Stage {
    /// With so many streams for visitors.
    async fn with(streams: usize, body_timeout: Duration, protocol: Protocol) -> Self {
        let rig = Rig::with(|config| {
            config.limits.visitors.streams_per_port = streams;
            config.limits.visitors.streams_per_network = streams;
        })
        .await;
        let seen = Arc::<Seen>::default();
        let known = Arc::clone(&seen);
        let service = Service::start(move |socket| serve(socket, Arc::clone(&known))).await;
        let session = host(&rig, &order("web", service.port, Protocol::Http)).await;
        let Lookup::Live(upstream) = rig.find("web") else {
            panic!("nobody hosts it");
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let mut config = HttpConfig::new("localhost");
        config.limits.body_timeout = body_timeout;
        let guard = match protocol {
            Protocol::Tcp => serve_tcp(listener, upstream, &config),
            _ => serve_fixed_web(listener, upstream, &config),
        };
        Self {
            seen,
            address,
            _guard: guard,
            _session: session,
            _service: service,
            _rig: rig,
        }
    }

    async fn web(streams: usize) -> Self {
        Self::with(streams, Duration::from_secs(30), Protocol::Http).await
    }

    /// What a visitor says whose address ends in `last`: all of 127/8 is this machine.
    async fn say(&self, last: u8, request: &[u8]) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        let from = SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0));
        socket.bind(from).expect("it is this machine's");
        let mut stream = socket.connect(self.address).await.expect("it listens");
        stream.write_all(request).await.expect("it reads");
        stream
    }

    async fn ask(&self, last: u8, path: &str) -> TcpStream {
        self.say(last, &request("GET", path, "")).await
    }

    /// A visitor of another address is served.
    async fn serves(&self, last: u8) {
        let mut stream = self.ask(last, "/ok").await;
        let head = tokio::time::timeout(HANG, read_head(&mut stream)).await;
        let head = head.expect("no hang");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    }
}

fn request(method: &str, path: &str, lines: &str) -> Vec<u8> {
    format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n").into_bytes()
}

#[tokio::test]
async fn a_visitor_who_reads_nothing_of_an_answer_gives_its_stream_back() {
    for protocol in [Protocol::Http, Protocol::Tcp] {
        let stage = Stage::with(2, Duration::from_secs(30), protocol).await;
        let _flood = [
            stage.ask(1, "/endless").await,
            stage.ask(1, "/endless").await,
        ];
        stage.seen.at_work(2).await;
        stage.seen.is_stuck().await;
        stage.serves(2).await;
        stage.seen.ended(1).await;
        let _third = stage.ask(3, "/hang").await;
        let _fourth = stage.ask(4, "/hang").await;
        stage.seen.ended(2).await;
    }
}

#[tokio::test]
async fn a_switch_whose_request_never_ends_gives_its_stream_back() {
    let stage = Stage::web(1).await;
    let lines = "Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 10\r\n";
    let mut switch = request("GET", "/switch", lines);
    switch.push(b'x');
    let _flood = stage.say(1, &switch).await;
    stage.seen.at_work(1).await;
    let _hang = stage.ask(2, "/hang").await;
    stage.seen.ended(1).await;
}

#[tokio::test]
async fn a_switch_whose_request_never_ends_is_over_in_time() {
    let stage = Stage::with(8, Duration::from_millis(200), Protocol::Http).await;
    let lines = "Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 10\r\n";
    let mut switch = request("GET", "/switch", lines);
    switch.push(b'x');
    let mut visitor = stage.say(1, &switch).await;
    let head = tokio::time::timeout(HANG, read_head(&mut visitor)).await;
    let head = head.expect("no hang");
    assert!(head.starts_with("HTTP/1.1 408 "), "{head}");
    stage.seen.ended(1).await;
}

/// The record before a request says how long it is: a number that wraps would have the host take the
/// end of the head for the next record, and the visitor's lines for the relay's own.
#[tokio::test]
async fn no_length_has_a_visitor_write_past_the_relays_rules() {
    let stage = Stage::web(8).await;
    for less in [1, 4, 200, 1 << 20] {
        let length = format!("Content-Length: {}\r\n", u64::MAX - less + 1);
        let mut post = request("POST", "/admin", &length);
        post.extend_from_slice(b"\r\n\r\n\0\0\0\0\0\0\0\0");
        post.extend_from_slice(&[0xff; 8]);
        post.extend_from_slice(b"\r\nX-Real-IP: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n");
        let mut visitor = stage.say(1, &post).await;
        let head = tokio::time::timeout(HANG, read_head(&mut visitor)).await;
        let head = head.expect("no hang");
        assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    }
    assert_eq!(stage.seen.heads.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_connection_kept_for_later_goes_before_a_request_under_way() {
    let stage = Stage::web(2).await;
    let mut under_way = stage.ask(1, "/hang").await;
    stage.seen.at_work(1).await;
    let mut kept = stage.ask(1, "/ok").await;
    assert!(read_head(&mut kept).await.starts_with("HTTP/1.1 200 OK"));
    kept.read_exact(&mut [0; 2]).await.expect("a body");
    // The next answer is the relay's own, and comes when the connection has been put aside.
    let other = b"GET / HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n";
    kept.write_all(other).await.expect("it reads");
    assert!(read_head(&mut kept).await.starts_with("HTTP/1.1 421 "));
    let post = request("POST", "/hang", "Content-Length: 0\r\n");
    let mut newcomer = stage.say(2, &post).await;
    stage.seen.at_work(3).await;
    stage.seen.answer.send_replace(true);
    for visitor in [&mut under_way, &mut newcomer] {
        let head = tokio::time::timeout(HANG, read_head(visitor)).await;
        let head = head.expect("no hang");
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    }
}

#[tokio::test]
async fn a_request_that_was_passed_on_is_not_told_to_come_again() {
    let stage = Stage::web(1).await;
    let post = request("POST", "/hang", "Content-Length: 0\r\n");
    let mut first = stage.say(1, &post).await;
    stage.seen.at_work(1).await;
    let _second = stage.say(2, &post).await;
    let head = tokio::time::timeout(HANG, read_head(&mut first)).await;
    let head = head.expect("no hang").to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 503 "), "{head}");
    assert!(head.contains("x-underpass: displaced\r\n"), "{head}");
    assert!(!head.contains("retry-after"), "{head}");
}
