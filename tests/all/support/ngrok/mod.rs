//! ngrok's edge on loopback: takes sessions and endpoints, brings visitors, and misbehaves as it is
//! told to.
//!
//! Its framing is the crate `muxado`'s, the client's own. That it is the real thing has been seen with
//! ngrok's official client of npm in our place: `tests/rig/README.md` says how. The unit tests of the provider use it, and those of the built binary.

mod door;
mod frames;

pub use frames::frame;

use muxado::typed::{
    StreamType, Typed, TypedAccept, TypedOpenClose as _, TypedSession, TypedStream,
};
use muxado::{MuxadoOpen, SessionBuilder};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, crypto::ring};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::task::AbortOnDropHandle;

const AUTH: u32 = 0;
const BIND: u32 = 1;
const UNBIND: u32 = 2;
const PROXY: u32 = 3;
pub const RESTART: u32 = 4;
pub const STOP: u32 = 5;
const STOP_TUNNEL: u32 = 9;
const HEARTBEAT: u32 = u32::MAX;

/// Whatever is waited for comes within this time.
const SOON: Duration = Duration::from_secs(10);

/// What the edge was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Of which connection, from 1.
    pub session: usize,
    /// `auth`, `bind` or `unbind`.
    pub what: &'static str,
    pub body: Value,
}

impl Asked {
    /// What stands at this place in it.
    pub fn at(&self, path: &str) -> &str {
        self.body
            .pointer(path)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// Refuses with this code.
type Rule = Box<dyn Fn(&Asked) -> Option<&'static str> + Send>;

/// How it answers.
#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    sessions: Vec<Arc<Served>>,
    connections: usize,
    gone: usize,
    rule: Option<Rule>,
    delay: Duration,
    held: Option<&'static str>,
    quoted: &'static str,
    bound: usize,
    door: Option<u16>,
    letting_in: Option<AbortOnDropHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
    deaf: AtomicBool,
    beats: AtomicU32,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics with it")
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_waiters();
        changed
    }
}

pub struct Edge {
    address: SocketAddr,
    pub authority: String,
    shared: Arc<Shared>,
    _task: AbortOnDropHandle<()>,
}

impl Edge {
    pub async fn start() -> Self {
        let names = vec!["localhost".to_owned()];
        let identity = rcgen::generate_simple_self_signed(names).expect("it is made");
        let key = PrivatePkcs8KeyDer::from(identity.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("they are there")
            .with_no_client_auth()
            .with_single_cert(vec![identity.cert.der().clone()], PrivateKeyDer::from(key))
            .expect("they fit");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::<Shared>::default();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let task = tokio::spawn(accept(listener, acceptor, Arc::clone(&shared)));
        Self {
            address,
            authority: identity.cert.pem(),
            shared,
            _task: AbortOnDropHandle::new(task),
        }
    }

    /// The port at which it is, as `localhost`.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Opens a door for visitors by HTTP, and gives endpoints URLs that lead to it from now on.
    pub async fn open_door(&self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("it is bound").port();
        self.shared.change(|state| state.door = Some(port));
        let task = tokio::spawn(door::let_in(listener, Arc::clone(&self.shared)));
        self.shared.lock().letting_in = Some(AbortOnDropHandle::new(task));
    }

    /// Refuses what the rule says from now on.
    pub fn refuse(&self, rule: impl Fn(&Asked) -> Option<&'static str> + Send + 'static) {
        self.shared
            .change(|state| state.rule = Some(Box::new(rule)));
    }

    /// Quotes this in each refusal from now on.
    pub fn quote(&self, text: &'static str) {
        self.shared.change(|state| state.quoted = text);
    }

    /// Answers nothing of this kind from now on.
    pub fn hold(&self, what: &'static str) {
        self.shared.change(|state| state.held = Some(what));
    }

    /// Answers so late from now on.
    pub fn delay(&self, delay: Duration) {
        self.shared.change(|state| state.delay = delay);
    }

    /// Answers no heartbeats from now on.
    pub fn be_deaf(&self) {
        self.shared.deaf.store(true, Ordering::Relaxed);
    }

    /// All that it was asked of this kind.
    pub fn asked(&self, what: &str) -> Vec<Asked> {
        let state = self.shared.lock();
        state
            .asked
            .iter()
            .filter(|asked| asked.what == what)
            .cloned()
            .collect()
    }

    /// Waits until it was asked so often.
    pub async fn was_asked(&self, what: &str, times: usize) {
        self.until(|edge| (edge.asked(what).len() >= times).then_some(()))
            .await;
    }

    /// The session of the connection with this number, once it has signed in.
    pub async fn session(&self, number: usize) -> Arc<Served> {
        self.until(|edge| {
            let state = edge.shared.lock();
            state
                .sessions
                .iter()
                .find(|session| session.number == number)
                .cloned()
        })
        .await
    }

    /// Waits until so many connections are closed.
    pub async fn lost(&self, connections: usize) {
        self.until(|edge| (edge.shared.lock().gone >= connections).then_some(()))
            .await;
    }

    /// Waits until so many have come.
    pub async fn found(&self, connections: usize) {
        self.until(|edge| (edge.shared.lock().connections >= connections).then_some(()))
            .await;
    }

    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    async fn until<T>(&self, is: impl Fn(&Self) -> Option<T>) -> T {
        let waiting = async {
            loop {
                let mut changed = std::pin::pin!(self.shared.changed.notified());
                changed.as_mut().enable();
                if let Some(found) = is(self) {
                    return found;
                }
                changed.await;
            }
        };
        timeout(SOON, waiting).await.expect("it comes soon")
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let mut open = tokio::task::JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
        let number = shared.change(|state| {
            state.connections += 1;
            state.connections
        });
        open.spawn(async move {
            if let Ok(stream) = acceptor.accept(socket).await {
                serve(stream, number, &shared).await;
            }
            shared.change(|state| state.gone += 1);
        });
    }
}

/// A session that has signed in.
pub struct Served {
    number: usize,
    open: tokio::sync::Mutex<Typed<MuxadoOpen>>,
    opened: AtomicU32,
    inject: mpsc::UnboundedSender<Option<Vec<u8>>>,
}

impl Served {
    /// Brings a visitor to an endpoint.
    pub async fn visit(&self, endpoint: &str) -> Visitor {
        let (mut stream, number) = self.open(PROXY).await;
        let header = json!({
            "Id": endpoint, "ClientAddr": format!("192.0.2.9:{}", 1000 + number),
            "Proto": "https", "EdgeType": "3", "PassthroughTLS": false,
        });
        let header = header.to_string();
        let length = i64::try_from(header.len()).expect("it is short");
        stream.write_i64_le(length).await.expect("it is open");
        stream
            .write_all(header.as_bytes())
            .await
            .expect("it is open");
        Visitor { stream, number }
    }

    /// Commands it; the answer.
    pub async fn command(&self, kind: u32) -> String {
        let (mut stream, _) = self.open(kind).await;
        stream.write_all(b"{}").await.expect("it is open");
        let mut answer = String::new();
        let reading = stream.read_to_string(&mut answer);
        timeout(SOON, reading).await.expect("soon").expect("text");
        answer
    }

    /// Takes an endpoint away.
    pub async fn stop_tunnel(&self, endpoint: &str, code: &str) {
        let (mut stream, _) = self.open(STOP_TUNNEL).await;
        let request = json!({"Id": endpoint, "Message": "it was deleted", "ErrorCode": code});
        let request = request.to_string();
        stream
            .write_all(request.as_bytes())
            .await
            .expect("it is open");
    }

    /// Sends everybody away.
    pub fn go_away(&self) {
        let _ = self.inject.send(Some(frame(3, 0, 0, &[0; 8])));
    }

    /// Resets a visitor's stream.
    pub fn reset(&self, visitor: &Visitor) {
        let _ = self
            .inject
            .send(Some(frame(0, 0, visitor.number, &[0, 0, 0, 7])));
    }

    /// Opens a visitor's stream once more.
    pub fn open_again(&self, visitor: &Visitor) {
        let _ = self.inject.send(Some(frame(1, 2, visitor.number, b"")));
    }

    /// Breaks its connection.
    pub fn cut(&self) {
        let _ = self.inject.send(None);
    }

    async fn open(&self, kind: u32) -> (TypedStream, u32) {
        let mut open = self.open.lock().await;
        let stream = open.open_typed(StreamType::clamp(kind)).await;
        let number = 2 * (self.opened.fetch_add(1, Ordering::Relaxed) + 1);
        (stream.expect("the session stands"), number)
    }
}

/// A visitor, as the edge has it.
pub struct Visitor {
    pub stream: TypedStream,
    number: u32,
}

async fn serve(stream: TlsStream<TcpStream>, number: usize, shared: &Arc<Shared>) {
    let (near, far) = duplex(256 * 1024);
    let (inject, injected) = mpsc::unbounded_channel();
    let session = SessionBuilder::new(near).server().start();
    let (open, accept) = Typed::new(session).split_typed();
    let served = Arc::new(Served {
        number,
        open: tokio::sync::Mutex::new(open),
        opened: AtomicU32::new(0),
        inject,
    });
    let answering = answer_all(accept, served, Arc::clone(shared));
    let _answering = AbortOnDropHandle::new(tokio::spawn(answering));
    frames::carry(stream, far, injected).await;
    shared.change(|state| state.sessions.retain(|session| session.number != number));
}

async fn answer_all<A: TypedAccept>(mut accept: A, served: Arc<Served>, shared: Arc<Shared>) {
    let mut open = tokio::task::JoinSet::new();
    while let Ok(stream) = accept.accept_typed().await {
        let (served, shared) = (Arc::clone(&served), Arc::clone(&shared));
        if *stream.typ() == HEARTBEAT {
            open.spawn(beat(stream, shared));
        } else {
            open.spawn(async move {
                let _ = answer(stream, served, shared).await;
            });
        }
    }
}

async fn beat(mut stream: TypedStream, shared: Arc<Shared>) {
    let mut beat = [0; 4];
    while stream.read_exact(&mut beat).await.is_ok() {
        if shared.deaf.load(Ordering::Relaxed) {
            continue;
        }
        wait(&shared).await;
        if stream.write_all(&beat).await.is_err() {
            return;
        }
        shared.beats.fetch_add(1, Ordering::Relaxed);
    }
}

/// The way to a slow region.
async fn wait(shared: &Shared) {
    let delay = shared.lock().delay;
    if !delay.is_zero() {
        sleep(delay).await;
    }
}

async fn answer(
    mut stream: TypedStream,
    served: Arc<Served>,
    shared: Arc<Shared>,
) -> std::io::Result<()> {
    let what = match *stream.typ() {
        AUTH => "auth",
        BIND => "bind",
        UNBIND => "unbind",
        other => panic!("nobody asks {other} of an edge"),
    };
    let (mut text, mut piece) = (Vec::new(), [0; 4096]);
    let body = loop {
        let read = stream.read(&mut piece).await?;
        text.extend_from_slice(&piece[..read]);
        match serde_json::from_slice(&text) {
            Ok(body) => break body,
            Err(_) if read > 0 => {}
            Err(error) => return Err(error.into()),
        }
    };
    wait(&shared).await;
    let session = served.number;
    let asked = Asked {
        session,
        what,
        body,
    };
    let reply = shared.change(|state| {
        let refused = state.rule.as_ref().and_then(|rule| rule(&asked));
        let reply = match refused {
            Some(code) => refusal(&asked, code, state.quoted),
            None => reply(&asked, state),
        };
        if what == "auth" && refused.is_none() {
            state.sessions.push(served);
        }
        state.asked.push(asked);
        (state.held != Some(what)).then_some(reply)
    });
    let Some(reply) = reply else {
        return std::future::pending().await;
    };
    stream.write_all(reply.to_string().as_bytes()).await?;
    stream.shutdown().await
}

/// As ngrok says it, and with the token, as it may.
fn refusal(asked: &Asked, code: &str, quoted: &str) -> Value {
    let token = asked.at("/Extra/AuthToken");
    json!({"Error": format!("The token {token} is no good. {quoted}\n\n{code}\n")})
}

fn reply(asked: &Asked, state: &mut State) -> Value {
    let given = |path: &str| Some(asked.at(path).to_owned()).filter(|text| !text.is_empty());
    match asked.what {
        "auth" => json!({
            "Version": "3", "ClientId": given("/ClientId").unwrap_or(format!("c{}", asked.session)),
            "Extra": {"Version": "prod", "Region": "test", "Cookie": "crumbs", "AccountName": "Anna",
                "SessionDuration": 0, "PlanName": "Free", "Banner": ""},
        }),
        "bind" => {
            state.bound += 1;
            let id = given("/Id").unwrap_or(format!("e{}", state.bound));
            let kind = asked.at("/Proto");
            let name = given("/Opts/Domain").or(given("/Opts/Hostname"));
            let url = match kind {
                "tcp" => {
                    let place = given("/Opts/Addr");
                    format!(
                        "tcp://{}",
                        place.unwrap_or(format!("1.tcp.test:{}", 20_000 + state.bound))
                    )
                }
                _ => match state.door {
                    Some(door) => format!("http://{id}.localhost:{door}"),
                    None => format!("{kind}://{}", name.unwrap_or(format!("{id}.edge.test"))),
                },
            };
            json!({"Id": id, "URL": url, "Proto": kind, "Opts": asked.body["Opts"],
                "Extra": {"Token": format!("token of {id}")}})
        }
        _ => json!({}),
    }
}
