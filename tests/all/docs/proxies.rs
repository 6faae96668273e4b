//! The documents' examples of a proxy in front of a relay, word for word, in the real proxies.

use super::runner::{Place, Running};
use super::{read, root};
use crate::support::raw::RawService;
use crate::support::spot::Spot;
use crate::support::visitor::{next_bytes, whole};
use crate::support::wait::{PATIENCE, within};
use crate::support::web::{AnyBody, WebService, full};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

const DOCUMENT: &str = "docs/relay-service.md";
const DOMAIN: &str = "tunnels.example.org";
/// Where the examples think that the relay is.
const RELAY: &str = "127.0.0.1:7480";

/// More than nginx, Caddy and the kernel hold back of a body that nobody reads.
const UPLOAD: usize = 24 << 20;
const CHUNK: usize = 64 << 10;

/// Another address than the proxy's.
const VISITOR: (Ipv4Addr, u16) = (Ipv4Addr::new(127, 0, 0, 2), 0);

/// The user that is nobody, where the test runs as root.
const NOBODY: u32 = 65_534;

#[tokio::test]
async fn nginx_as_documented_lets_everything_through() {
    let scene = Scene::new("nginx", "server {", |block, files, (listen, relay)| {
        let path = |name: &str| files.path().join(name).display().to_string();
        let live = format!("/etc/letsencrypt/live/{DOMAIN}");
        let block = replaced(block, "listen 443 ssl", &format!("listen {listen} ssl"));
        let block = replaced(&block, &format!("{live}/fullchain.pem"), &path("cert.pem"));
        let block = replaced(&block, &format!("{live}/privkey.pem"), &path("key.pem"));
        let block = replaced(&block, RELAY, &relay.to_string());
        let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let folders = folders.map(|kind| format!("{kind}_temp_path {};\n", path(kind)));
        let text = format!(
            "daemon off;\npid {};\nerror_log stderr warn;\nevents {{}}\n\
             http {{\naccess_log off;\n{}{block}\n}}\n",
            path("pid"),
            folders.concat()
        );
        fs::write(files.path().join("nginx.conf"), text).expect("written");
        let mut nginx = Command::new(program("nginx", "nginx-light"));
        nginx.args(["-e", "stderr", "-c"]).arg(path("nginx.conf"));
        nginx
    });
    Box::pin(scene.await.visit()).await;
}

#[tokio::test]
async fn caddy_as_documented_lets_everything_through() {
    let scene = Scene::new("caddy", "*.tunnels", |block, files, (listen, relay)| {
        let path = |name: &str| files.path().join(name).display().to_string();
        // The module asks a provider of DNS; the certificate that it would get is here.
        let module = "tls {\n        dns PROVIDER {env.DNS_TOKEN}\n    }";
        let own = format!("tls {} {}", path("cert.pem"), path("key.pem"));
        let block = replaced(block, module, &own);
        let block = replaced(&block, RELAY, &relay.to_string());
        let text = format!(
            "{{\nadmin off\nauto_https disable_redirects\ndefault_bind {}\nhttps_port {}\n}}\n\
             {block}\n",
            listen.ip(),
            listen.port()
        );
        fs::write(files.path().join("Caddyfile"), text).expect("written");
        let mut caddy = Command::new(program("caddy", "caddy"));
        caddy.args(["run", "--adapter", "caddyfile", "--config"]);
        caddy.arg(path("Caddyfile"));
        caddy
    });
    Box::pin(scene.await.visit()).await;
}

/// Where the package puts it; Debian's `/usr/sbin` is not in everybody's `PATH`.
fn program(name: &str, package: &str) -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/usr/local/sbin"]);
    let mut places = folders.map(|folder| format!("{folder}/{name}"));
    let found = places.find(|place| Path::new(place).is_file());
    found.unwrap_or_else(|| {
        panic!(
            "{name} is not installed, and its example in {DOCUMENT} is not tested without it: \
                apt-get install {package}"
        )
    })
}

/// The example with one thing of this machine in the place of the document's.
fn replaced(block: &str, theirs: &str, ours: &str) -> String {
    assert_eq!(block.matches(theirs).count(), 1, "{theirs:?} in:\n{block}");
    block.replace(theirs, ours)
}

/// The document's example that begins so, to its end: empty lines are in it.
fn example(beginning: &str) -> String {
    let text = read(&root().join(DOCUMENT)).text;
    let beginning = format!("    {beginning}");
    let from = |line: &&str| !line.starts_with(&beginning);
    let inside = |line: &&str| line.is_empty() || line.starts_with("    ");
    let lines: Vec<&str> = text.lines().skip_while(from).take_while(inside).collect();
    assert!(!lines.is_empty(), "no {beginning:?} in {DOCUMENT}");
    let own = |line: &&str| line.get(4..).unwrap_or_default().to_owned();
    lines.iter().map(own).collect::<Vec<_>>().join("\n")
}

/// The command that the document gives for both proxies, with the relay at this address.
fn relay_command(address: SocketAddr) -> String {
    let page = read(&root().join(DOCUMENT));
    let spans = page.spans().into_iter().map(|(_, span)| span);
    let found: Vec<String> = spans
        .filter(|span| span.starts_with("underpass relay --http"))
        .collect();
    let [command] = found.as_slice() else {
        panic!("not one command for both: {found:?}")
    };
    let command = replaced(command, RELAY, &address.to_string());
    format!("{command} --listen 127.0.0.1:0 --tcp-ports 0-0 --json")
}

/// A proxy before a relay that two services have joined.
struct Scene {
    at: SocketAddr,
    tls: TlsConnector,
    shop: String,
    slow: String,
    /// What the visitor has seen of the service that waits to be seen.
    seen: Arc<Semaphore>,
    /// What that service has seen of the visitor.
    served: Arc<Semaphore>,
    _proxy: Proxy,
    _running: Vec<(Running, Place)>,
    _services: (WebService, RawService, Spot, Spot),
}

/// Is ended with the test, whatever becomes of it.
struct Proxy {
    child: Child,
    files: tempfile::TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        // nginx ends its worker when it is asked to end, and not when it is killed.
        let _ = Command::new("kill").args(["-TERM", &pid]).status();
        let _ = self.child.wait();
    }
}

impl Scene {
    /// `configure` makes the proxy's files of the document's block, and gives its command. It is told
    /// where to listen and where the relay is.
    async fn new(
        name: &str,
        beginning: &str,
        configure: impl FnOnce(&str, &tempfile::TempDir, (SocketAddr, SocketAddr)) -> Command,
    ) -> Self {
        let files = tempfile::tempdir().expect("a folder");
        let (tls, listen, relay) = (certificate(files.path()), Spot::new(), Spot::new());
        let addresses = (listen.address(), relay.address());
        let command = configure(&example(beginning), &files, addresses);
        let place = Place::new();
        let running = place.start(&relay_command(addresses.1));
        let join = running.word(&["underpass://"]);
        let mut all = vec![(running, place)];
        let web = WebService::start(name);
        let (seen, served) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let waits = waiting_service(Arc::clone(&seen), Arc::clone(&served));
        let shop = host(&mut all, "shop", web.port(), &join);
        let slow = host(&mut all, "slow", waits.port(), &join);
        let mut proxy = Proxy {
            child: start(command, &files),
            files,
        };
        listening(&mut proxy, addresses.0).await;
        Self {
            at: addresses.0,
            tls,
            shop,
            slow,
            seen,
            served,
            _proxy: proxy,
            _running: all,
            _services: (web, waits, listen, relay),
        }
    }

    async fn visit(&self) {
        within("a request", self.says_who_asks()).await;
        Box::pin(within("a WebSocket", self.echoes_on_a_websocket())).await;
        within("an upload", self.uploads_as_it_is_sent()).await;
        within("events", self.gets_events_as_they_come()).await;
        within("a name that is nobody's", self.asks_for_nobody()).await;
        Box::pin(within("a link", self.hosts_get_in())).await;
    }

    async fn tls(&self, name: &str) -> TlsStream<TcpStream> {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket
            .bind(SocketAddr::from(VISITOR))
            .expect("it is loopback");
        let stream = socket.connect(self.at).await.expect("it listens");
        stream.set_nodelay(true).expect("it is a TCP socket");
        let name = rustls::pki_types::ServerName::try_from(name.to_owned()).expect("a name");
        let shaken = self.tls.connect(name, stream).await;
        shaken.expect("the certificate is for this name")
    }

    async fn send(&self, method: &str, url: &str, body: AnyBody) -> Response<Incoming> {
        let uri: http::Uri = url.parse().expect("a URL");
        let name = uri.host().expect("a name");
        let stream = TokioIo::new(self.tls(name).await);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream)
            .await
            .expect("nothing was said yet");
        // The request that fails says so.
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(uri.path())
            .header("host", name);
        // What a stranger says of itself.
        let request = request
            .header("x-forwarded-proto", "gopher")
            .header("x-forwarded-host", "elsewhere.example.org")
            .body(body);
        sender
            .send_request(request.expect("it is valid"))
            .await
            .expect("an answer")
    }

    async fn says_who_asks(&self) {
        let answer = self
            .send("GET", &format!("{}head", self.shop), full(""))
            .await;
        assert_eq!(answer.status(), StatusCode::OK);
        let head = whole(answer).await;
        let name = format!("shop.{DOMAIN}");
        for (header, value) in [
            ("x-forwarded-for", "127.0.0.2, 127.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", &name),
        ] {
            assert!(
                head.contains(&format!("{header:?}: {value:?}")),
                "{header}: {head}"
            );
        }
    }

    async fn echoes_on_a_websocket(&self) {
        let name = format!("shop.{DOMAIN}");
        let request = format!("wss://{name}/chat")
            .into_client_request()
            .expect("valid");
        let opened = tokio_tungstenite::client_async(request, self.tls(&name).await).await;
        let mut socket = opened.expect("a WebSocket").0;
        for message in ["one", "two"] {
            let message = Message::text(message);
            socket.send(message.clone()).await.expect("it reads");
            let echo = socket.next().await.expect("an echo").expect("it is whole");
            assert_eq!(echo, message);
        }
    }

    /// The last byte is not sent before the service has got the first.
    async fn uploads_as_it_is_sent(&self) {
        let (first, rest) = ("first", UPLOAD / CHUNK);
        let served = Arc::clone(&self.served);
        let parts = futures_util::stream::unfold(0, move |at| {
            let served = Arc::clone(&served);
            async move {
                let part = match at {
                    0 => Bytes::from_static(first.as_bytes()),
                    _ if at > rest => return None,
                    1 => {
                        served.acquire().await.expect("open").forget();
                        Bytes::from(vec![b'x'; CHUNK])
                    }
                    _ => Bytes::from(vec![b'x'; CHUNK]),
                };
                Some((Ok(Frame::data(part)), at + 1))
            }
        });
        let body = StreamBody::new(parts).map_err(|e: Infallible| match e {});
        let answer = self
            .send("POST", &format!("{}upload", self.slow), body.boxed_unsync())
            .await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(whole(answer).await, (first.len() + UPLOAD).to_string());
    }

    /// The service says nothing more before the visitor has got what it said first.
    async fn gets_events_as_they_come(&self) {
        let answer = self
            .send("GET", &format!("{}events", self.slow), full(""))
            .await;
        let mut body = answer.into_body();
        assert_eq!(next_bytes(&mut body).await.as_deref(), Some(&b"one"[..]));
        self.seen.add_permits(1);
        assert_eq!(next_bytes(&mut body).await.as_deref(), Some(&b"two"[..]));
        assert_eq!(next_bytes(&mut body).await, None);
    }

    async fn asks_for_nobody(&self) {
        let url = format!("https://nobody.{DOMAIN}/");
        let answer = self.send("GET", &url, full("")).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let page = whole(answer).await;
        assert!(page.contains("nobody"), "{page}");
    }

    /// For the domain itself, which the certificate and the proxy have to know too.
    async fn hosts_get_in(&self) {
        let url = format!("wss://{DOMAIN}/.underpass/link");
        let request = url.into_client_request().expect("valid");
        let opened = tokio_tungstenite::client_async(request, self.tls(DOMAIN).await).await;
        opened.expect("a WebSocket");
    }
}

/// Writes `cert.pem` and `key.pem`, and gives who trusts them.
fn certificate(folder: &Path) -> TlsConnector {
    let made = rcgen::generate_simple_self_signed(vec![DOMAIN.to_owned(), format!("*.{DOMAIN}")]);
    let made = made.expect("there is randomness");
    fs::write(folder.join("cert.pem"), made.cert.pem()).expect("written");
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).expect("written");
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(made.cert.der().clone())
        .expect("it is a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// Starts it as nobody where we are root, with its files its own and no home but theirs.
fn start(mut command: Command, files: &tempfile::TempDir) -> Child {
    let own = fs::metadata(files.path()).expect("there");
    if own.uid() == 0 {
        let entries = fs::read_dir(files.path()).expect("there");
        let paths = entries.map(|entry| entry.expect("readable").path());
        for path in paths.chain([files.path().to_owned()]) {
            chown(path, Some(NOBODY), Some(NOBODY)).expect("we are root");
        }
        command.uid(NOBODY).gid(NOBODY);
    }
    let command = command
        .env_clear()
        .env("HOME", files.path())
        .current_dir(files.path());
    let log = fs::File::create(files.path().join("log")).expect("created");
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    command.spawn().expect("it starts")
}

/// Fails with what it said when it ends instead.
async fn listening(proxy: &mut Proxy, at: SocketAddr) {
    let began = Instant::now();
    while TcpStream::connect(at).await.is_err() {
        let ended = proxy.child.try_wait().expect("it is ours");
        let log = || fs::read_to_string(proxy.files.path().join("log")).unwrap_or_default();
        assert!(ended.is_none(), "it ended ({ended:?}):\n{}", log());
        assert!(began.elapsed() < PATIENCE, "it does not listen:\n{}", log());
        tokio::task::yield_now().await;
    }
}

/// Hosts a service, and gives its URL.
fn host(all: &mut Vec<(Running, Place)>, name: &str, port: u16, join: &str) -> String {
    let place = Place::new();
    let words = format!("underpass host {port} --name {name} --probe off --json --relay '{join}'");
    let running = place.start(&words);
    let url = running.word(&["https://"]);
    assert_eq!(url, format!("https://{name}.{DOMAIN}/"));
    all.push((running, place));
    url
}

/// At `/upload` it says when the first bytes are there, and counts them all. Elsewhere it says `one`, and
/// `two` when the first was seen.
fn waiting_service(seen: Arc<Semaphore>, served: Arc<Semaphore>) -> RawService {
    RawService::start(move |stream| {
        let (seen, served) = (Arc::clone(&seen), Arc::clone(&served));
        async move {
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let (seen, served) = (Arc::clone(&seen), Arc::clone(&served));
                async move {
                    let mut answer = Response::builder();
                    let body = if request.uri().path() == "/upload" {
                        count(request.into_body(), &served).await
                    } else {
                        // Caddy holds back what has a length unless it is told not to.
                        answer = answer.header("content-length", "onetwo".len());
                        say_two(seen)
                    };
                    Ok::<_, Infallible>(answer.body(body).expect("it is valid"))
                }
            });
            // The visitor sees what becomes of it.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        }
    })
}

async fn count(mut body: Incoming, served: &Semaphore) -> AnyBody {
    let mut all = 0;
    while let Some(bytes) = next_bytes(&mut body).await {
        if all == 0 {
            served.add_permits(1);
        }
        all += bytes.len();
    }
    full(all.to_string())
}

fn say_two(seen: Arc<Semaphore>) -> AnyBody {
    let events = futures_util::stream::unfold(0, move |at| {
        let seen = Arc::clone(&seen);
        async move {
            if at == 1 {
                seen.acquire().await.expect("open").forget();
            }
            let event = ["one", "two"].get(at)?;
            Some((
                Ok(Frame::data(Bytes::from_static(event.as_bytes()))),
                at + 1,
            ))
        }
    });
    StreamBody::new(events)
        .map_err(|e: Infallible| match e {})
        .boxed_unsync()
}
