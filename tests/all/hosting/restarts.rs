//! A planned restart of the relay, on sockets that somebody holds open: visitors wait a moment, what
//! they have under way comes to its end, and the tunnel is back at the same URLs.

use crate::support::computer::{Computer, Desk};
use crate::support::pattern::Pattern;
use crate::support::raw::RawService;
use crate::support::visitor::{Site, assert_echo, next_bytes};
use crate::support::wait::within;
use crate::support::web::WebService;
use futures_util::StreamExt as _;
use http::StatusCode;
use http_body_util::BodyExt as _;
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use underpass::app::Event;
use underpass::model::{Protocol, Reason};
use underpass::relay::{Relay, RelayConfig, Shelf, Sockets, Visitors};

/// Longer than what is under way takes on any machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// More than all buffers between a service and its visitor hold.
const DOWNLOAD: usize = 64 * 1024 * 1024;

/// What a service manager keeps between two relays.
#[derive(Default)]
struct Kept(Mutex<HashMap<u16, TcpListener>>);

impl Shelf for Kept {
    fn put(&self, number: u16, listener: &TcpListener) {
        let listener = listener.try_clone().expect("there are descriptors");
        let mut kept = self.0.lock().expect("nobody panics");
        kept.insert(number, listener);
    }

    fn remove(&self, number: u16) {
        self.0.lock().expect("nobody panics").remove(&number);
    }
}

/// A relay whose sockets and data stay.
struct HeldRelay {
    data: TempDir,
    link: TcpListener,
    http: TcpListener,
    shelf: Arc<Kept>,
}

impl HeldRelay {
    fn new() -> Self {
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a port");
        Self {
            data: tempfile::tempdir().expect("there is room"),
            link: listen(),
            http: listen(),
            shelf: Arc::default(),
        }
    }

    async fn start(&self) -> Relay {
        let again = |socket: &TcpListener| socket.try_clone().expect("there are descriptors");
        let shelved = {
            let kept = self.shelf.0.lock().expect("nobody panics");
            kept.values().map(again).collect()
        };
        let sockets = Sockets {
            link: Some(again(&self.link)),
            http: Some(again(&self.http)),
            shelved,
            shelf: Some(Arc::<Kept>::clone(&self.shelf)),
        };
        let config = RelayConfig::local(self.data.path());
        let visitors = Arc::new(Visitors::new("localhost"));
        let relay = Relay::start_on(sockets, config, visitors).await;
        relay.expect("it starts")
    }
}

/// A host of a web service and of one that echoes.
struct Scene {
    relay: HeldRelay,
    running: Relay,
    desk: Desk,
    web: Site,
    raw: Site,
    services: (WebService, RawService),
    _computer: Computer,
}

impl Scene {
    async fn begin() -> Self {
        let services = (WebService::start("it"), RawService::start(echo));
        let relay = HeldRelay::new();
        let running = relay.start().await;
        let computer = Computer::joined(&running.join_link());
        let mut desk = computer.start();
        let (_, web) = desk.share("web", services.0.port(), Protocol::Http).await;
        let (_, raw) = desk.share("raw", services.1.port(), Protocol::Tcp).await;
        Self {
            relay,
            running,
            desk,
            web,
            raw,
            services,
            _computer: computer,
        }
    }
}

async fn echo(mut stream: TcpStream) {
    let (mut read, mut write) = stream.split();
    let _ = tokio::io::copy(&mut read, &mut write).await;
    let _ = write.shutdown().await;
}

/// A web service that works, but for one page.
async fn never_answer(mut stream: TcpStream, asked: mpsc::UnboundedSender<()>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    if head.starts_with(b"GET /wait") {
        let _ = asked.send(());
        std::future::pending::<()>().await;
    }
    let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let _ = stream.write_all(answer).await;
}

async fn assert_echoes(stream: &mut TcpStream) {
    stream.write_all(b"marco").await.expect("it reads");
    let mut heard = [0; 5];
    let read = within("the echo", stream.read_exact(&mut heard)).await;
    read.expect("it echoes");
    assert_eq!(&heard, b"marco");
}

/// Visits again and again until it is told to stop: how often. Any failure is a panic.
fn keep_visiting(web: &Site, raw: &Site, stop: &watch::Receiver<bool>) -> JoinSet<u32> {
    let mut visits = JoinSet::new();
    for _ in 0..4 {
        let (site, stop) = (web.clone(), stop.clone());
        visits.spawn(async move {
            let mut count = 0;
            while !*stop.borrow() {
                let got = site.get("/").await;
                assert_eq!(got, (StatusCode::OK, "hello from it".to_owned()));
                count += 1;
            }
            count
        });
    }
    let (site, stop) = (raw.clone(), stop.clone());
    visits.spawn(async move {
        let mut count = 0;
        while !*stop.borrow() {
            let mut stream = site.connect().await.expect("it accepts");
            assert_echoes(&mut stream).await;
            count += 1;
        }
        count
    });
    visits
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_visitor_sees_a_restart() {
    let mut scene = Scene::begin().await;
    let states = ["web", "raw"].map(|name| underpass::model::TunnelId::new(name).expect("an id"));
    let before = states.each_ref().map(|id| scene.desk.state(id).session());
    let (stop, stopped) = watch::channel(false);
    let visits = keep_visiting(&scene.web, &scene.raw, &stopped);
    let path = format!("/download?{DOWNLOAD}");
    let mut visit = scene.web.visit().await;
    let mut body = visit.get(&path).await.into_body();
    let mut pattern = Pattern::default();
    pattern.check(&next_bytes(&mut body).await.expect("it begins"));

    let Scene { relay, running, .. } = scene;
    let draining = tokio::spawn(running.drain(PATIENCE));
    let state = scene.desk.until_state(&states[0], "reconnecting").await;
    assert_eq!(state.reason(), Some(&Reason::RelayShutDown));
    assert!(!draining.is_finished(), "a download is under way");
    while let Some(bytes) = within("the rest", next_bytes(&mut body)).await {
        pattern.check(&bytes);
    }
    assert_eq!(pattern.at(), DOWNLOAD);
    drop(body);
    within("the old one ends", draining)
        .await
        .expect("it ends well");

    let _second = relay.start().await;
    for (tunnel, before) in states.iter().zip(before) {
        let after = scene.desk.until_state(tunnel, "hosting").await.session();
        assert!(after > before);
    }
    assert_echoes(&mut scene.raw.connect().await.expect("it accepts")).await;
    stop.send_replace(true);
    let counts = within("they stop", visits.join_all()).await;
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_breaks_while_the_relay_goes_down_goes_on_over_another_connection() {
    let mut scene = Scene::begin().await;
    let web = underpass::model::TunnelId::new("web").expect("an id");
    let path = format!("/download?{DOWNLOAD}");
    let mut visit = scene.web.visit().await;
    let mut body = visit.get(&path).await.into_body();
    let mut pattern = Pattern::default();
    pattern.check(&next_bytes(&mut body).await.expect("it begins"));

    let draining = tokio::spawn(scene.running.drain(PATIENCE));
    scene.desk.until_state(&web, "reconnecting").await;
    scene.desk.send(Event::DropLink { tunnel: web });
    while let Some(bytes) = within("the rest", next_bytes(&mut body)).await {
        pattern.check(&bytes);
    }
    assert_eq!(pattern.at(), DOWNLOAD);
    drop(body);
    within("it ends", draining).await.expect("it ends well");
}

#[tokio::test]
async fn what_does_not_end_is_closed_cleanly() {
    let mut scene = Scene::begin().await;
    let mut stream = scene.raw.connect().await.expect("it accepts");
    assert_echoes(&mut stream).await;
    let mut chat = scene.web.websocket("/chat").await;
    assert_echo(&mut chat, Message::text("marco")).await;
    let (asked, mut asking) = mpsc::unbounded_channel();
    let slow = RawService::start(move |stream| never_answer(stream, asked.clone()));
    let (_, site) = scene.desk.share("slow", slow.port(), Protocol::Http).await;
    let waiting = tokio::spawn(async move { site.visit().await.get("/wait").await.status() });
    within("it is asked", asking.recv())
        .await
        .expect("it serves");
    let mut listener = scene.web.visit().await;
    let mut events = listener.get("/events").await.into_body();
    scene.services.0.say("one");
    assert!(next_bytes(&mut events).await.is_some());

    scene.running.drain(Duration::from_millis(300)).await;
    let mut rest = Vec::new();
    let end = within("its end", stream.read_to_end(&mut rest)).await;
    assert_eq!(end.expect("no reset"), 0);
    // No close frame can be put between what others say; but the end is one, no reset.
    let end = within("its end", chat.next()).await.expect("it is said");
    let error = end.expect_err("nobody said goodbye").to_string();
    assert!(!error.contains("reset by peer"), "{error}");
    let status = within("its answer", waiting).await.expect("it gets one");
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let broken = within("its end", events.frame()).await.expect("it is said");
    assert!(broken.is_err(), "a part must not pass for the whole");
}

#[tokio::test]
async fn a_raw_port_keeps_its_number_without_a_shelf() {
    let service = RawService::start(echo);
    let data = tempfile::tempdir().expect("there is room");
    let mut places = (0, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let mut urls = Vec::new();
    let mut computer = None;
    for _ in 0..2 {
        let config = RelayConfig {
            link: places.1,
            ..RelayConfig::local(data.path())
        };
        let relay = Relay::start(config, Arc::new(Visitors::new("localhost"))).await;
        let relay = relay.expect("it starts");
        places = (relay.http_addr().port(), relay.link_addr());
        let link = relay.join_link();
        let computer = computer.get_or_insert_with(|| Computer::joined(&link));
        let mut desk = computer.start();
        let key = match urls.len() {
            0 => desk.create("raw", service.port(), Protocol::Tcp),
            _ => crate::support::computer::key("raw", service.port()),
        };
        urls.push(desk.until_works(&key).await);
        desk.quit().await;
        relay.shutdown().await;
    }
    assert_eq!(urls[0], urls[1]);
}
